"""A real gunicorn with one process, as `gunicorn.conf.py` sets it up, and people who use it all at once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlencode

from tests.faults.mail_server import free_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
PATIENCE_SECONDS = 30  # longer than any answer may take, so that a late one is seen as late


@dataclass(frozen=True)
class Answer:
    """What came back, and after how many seconds."""

    status: int
    headers: Mapping[str, str]
    text: str
    seconds: float


@dataclass(frozen=True)
class WebProcess:
    """Where it listens."""

    port: int

    def request(self, method: str, path: str, form: Mapping[str, str] | None = None, cookie: str = "") -> Answer:
        """The answer to one request on a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
        began = monotonic()
        try:
            connection.request(
                method, path, urlencode(form) if form is not None else None, headers | {"Cookie": cookie}
            )
            response = connection.getresponse()
            text = response.read().decode()
            return Answer(response.status, dict(response.getheaders()), text, monotonic() - began)
        finally:
            connection.close()

    def get(self, path: str) -> Answer:
        """The answer to a GET."""
        return self.request("GET", path)

    def get_all(self, paths: list[str]) -> list[Answer]:
        """The answers to all of these at the same time."""
        with ThreadPoolExecutor(len(paths)) as pool:
            return list(pool.map(self.get, paths))

    def seconds_until_answered(self, path: str, status: int = 200) -> float:
        """How long it takes until `path` is answered with `status`."""
        began = monotonic()
        while self.get(path).status != status:
            if monotonic() - began > PATIENCE_SECONDS:
                raise AssertionError(f"{path} was not answered with {status} within {PATIENCE_SECONDS} seconds")
            sleep(0.1)
        return monotonic() - began


@contextmanager
def web_process(database_url: str, log: Path, **settings: str) -> Iterator[WebProcess]:
    """gunicorn on a port of its own while the block lasts."""
    port = free_port()
    environ = {name: value for name, value in os.environ.items() if name != "PROMETHEUS_MULTIPROC_DIR"}
    environ |= {"DATABASE_URL": database_url, "SECRET_KEY": "a secret for tests " * 3, "FRONT_DOOR_DEMO": "1"}
    environ |= {"WEB_CONCURRENCY": "1", "PORT": str(port), **settings}
    command = [str(Path(sys.executable).with_name("gunicorn")), "wsgi:app"]
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=file, stderr=file)
    try:
        web = WebProcess(port)
        _wait_for(web, process, log)
        yield web
    finally:
        process.kill() if process.poll() is None else None
        process.wait()


def _wait_for(web: WebProcess, process: subprocess.Popen[bytes], log: Path) -> None:
    began = monotonic()
    while process.poll() is None and monotonic() - began < START_SECONDS:
        try:
            web.get("/healthz")
            return
        except OSError:
            sleep(0.05)
    raise AssertionError(log.read_text(encoding="utf-8"))
