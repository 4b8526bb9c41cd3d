"""A real HTTP server for calendars, which can be told to misbehave; and Radicale, a real CalDAV server."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from booking.outside.tables import OutsideCalendar
from core.database import Database
from core.sealed import seal
from tests.support.factories import World

DRIP_SECONDS = 0.2


class CalendarServer(ThreadingHTTPServer):
    """Answers by the path: `/calendar.ics` is `text`; the others are ways to misbehave. `seen` are headers that came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.text = ""
        self.status = 200
        self.seen: list[dict[str, str]] = []
        self.paths: list[str] = []

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: CalendarServer

    def log_message(self, *_arguments: object) -> None:
        """Keep the output of tests clean."""

    def do_GET(self) -> None:
        """Answer as the path says."""
        self.server.seen.append(dict(self.headers))
        self.server.paths.append(self.path)
        name = self.path.partition("?")[0].strip("/").partition("/")[0].replace(".", "_")
        with suppress(BrokenPipeError, ConnectionResetError):
            getattr(self, f"_{name}")()

    def do_REPORT(self) -> None:
        """A query of CalDAV is answered like every other question."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _calendar_ics(self) -> None:
        self._answer(self.server.status, self.server.text.encode(), Content_Type="text/calendar")

    def _html(self) -> None:
        self._answer(200, b"<!DOCTYPE html><p>Sign in</p>", Content_Type="text/html")

    def _garbage(self) -> None:
        self.wfile.write(b"\x00\x01\x02 what\r\n\r\n")

    def _endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        while True:
            self.wfile.write(b"x" * 65_536)

    def _slow(self) -> None:
        time.sleep(3)

    def _drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        while True:
            self.wfile.write(b"x")
            time.sleep(DRIP_SECONDS)

    def _drip_head(self) -> None:
        while True:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-A: ")
            time.sleep(DRIP_SECONDS)

    def _redirect(self) -> None:
        """`/redirect/3` redirects three times, and then to the calendar."""
        left = int(self.path.rpartition("/")[2])
        self._answer(302, Location=f"/redirect/{left - 1}" if left else "/calendar.ics")

    def _away(self) -> None:
        """To another name of this host, which nobody allowed."""
        self._answer(302, Location=f"https://localhost:{self.server.server_port}/calendar.ics")

    def _nowhere(self) -> None:
        """To what is no address."""
        self._answer(302, Location="https://[nowhere/")

    def _elsewhere(self) -> None:
        """To another place at the same host, that is another server."""
        self._answer(307, Location=f"http://localhost:{self.server.server_port}/calendar.ics")


@contextmanager
def calendar_server() -> Iterator[CalendarServer]:
    """The server, while it is needed."""
    server = CalendarServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def radicale(folder: Path, user: str, password: str) -> Iterator[str]:
    """The address of a running Radicale with one user."""
    (folder / "users").write_text(f"{user}:{password}\n", encoding="utf-8")
    port = _free_port()
    settings = (
        f"--server-hosts=127.0.0.1:{port}",
        "--auth-type=htpasswd",
        f"--auth-htpasswd-filename={folder / 'users'}",
        "--auth-htpasswd-encryption=plain",
        f"--storage-filesystem-folder={folder / 'collections'}",
    )
    with subprocess.Popen([sys.executable, "-m", "radicale", "--config=", *settings], stderr=subprocess.DEVNULL) as run:
        try:
            _wait_for(port, run)
            yield f"http://127.0.0.1:{port}"
        finally:
            run.terminate()


def outside_calendar(database: Database, world: World, at: datetime) -> int:
    """The id of a calendar of the first resource that nobody can reach."""
    sealed = seal(("a secret for tests",), "https://localhost/calendar.ics")
    of = {"authority_id": world.authority_id, "resource_id": world.resource_ids[0]}
    with database.writing() as db:
        row = OutsideCalendar(**of, kind="ics", host="localhost", sealed_address=sealed, created_at=at, tried_at=at)
        db.add(row)
        db.flush()
        return row.id


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, run: subprocess.Popen[bytes]) -> None:
    """Until the server takes connections. Raises: RuntimeError when it has ended, or does not within 20 seconds."""
    for _ in range(200):
        if run.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("Radicale does not run")
