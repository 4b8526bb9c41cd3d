"""What `make run` starts: the demo's web server with the reminder scheduler beside it, until it is stopped.

Everything that it makes is kept in `instance/`, readable for this user alone: the database, the secret key, the password of
the demo sign-ins, and the log of the latest run.
"""

from __future__ import annotations

import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import IO

from core.settings import ROOT

INSTANCE = ROOT / "instance"
SIGN_INS = {
    "agent@demo.example": "triage agent",
    "site@demo.example": "site staff at one library",
    "manager@demo.example": "site manager",
    "admin@demo.example": "authority admin",
    "agent.aberwyn@demo.example": "triage agent of the council in Wales",
    "site.aberwyn@demo.example": "site staff there",
    "manager.aberwyn@demo.example": "site manager there",
    "admin.aberwyn@demo.example": "authority admin there",
}
STEPS = (["migrate"], ["demo", "load", "--if-empty"])
POLL_SECONDS = 0.2
STOP_SECONDS = 10
LINES_OF_LOG = 20

Part = subprocess.Popen[bytes]


class StopRequest:
    """Whether we are to stop: Ctrl-C, a SIGTERM, a terminal that was closed, or the end of the `make` that started us.

    A flag rather than an exception: an exception could fall between the start of a part and the note that it runs.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._was_signalled = False
        self._make = os.getppid() if "MAKELEVEL" in environ else None
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGTERM, self._on_signal)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # `nohup` wants it to outlive its terminal
            signal.signal(signal.SIGHUP, self._on_signal)

    @property
    def is_made(self) -> bool:
        """Whether it is time to stop. An orphan has another parent than the one that it began with."""
        return self._was_signalled or self._make not in (None, os.getppid())

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._was_signalled = True


def main() -> int:
    """0 when it was stopped; otherwise the exit status of the part that failed."""
    os.umask(0o077)
    stop_request = StopRequest(os.environ)
    environ = demo_environment(os.environ, INSTANCE)
    problem = port_problem(environ["PORT"])
    if problem:
        print(problem, file=sys.stderr)
        return 1
    for step in STEPS:
        status = _run_step(_flask(*step), environ, stop_request)
        if status or stop_request.is_made:
            return status
    return _serve(environ, stop_request)


def demo_environment(environ: Mapping[str, str], instance: Path) -> dict[str, str]:
    """`environ` with what the demo needs: demo mode, a secret key, a password, and the port."""
    port = environ.get("PORT") or "8000"
    return {
        **environ,
        "FRONT_DOOR_DEMO": "1",
        "PORT": port,
        "PUBLIC_URL": environ.get("PUBLIC_URL") or f"http://127.0.0.1:{port}",
        "SECRET_KEY": environ.get("SECRET_KEY") or stored_secret(instance / "secret-key", 48),
        "DOCUMENT_KEY": environ.get("DOCUMENT_KEY") or stored_secret(instance / "document-key", 48),
        "DEMO_PASSWORD": environ.get("DEMO_PASSWORD") or stored_secret(instance / "demo-password", 9),
        "PYTHONUNBUFFERED": "1",
    }


def stored_secret(file: Path, length: int) -> str:
    """The secret in `file`, made of `length` random bytes the first time; only this user can read it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text(encoding="utf-8").strip()
    secret = secrets.token_urlsafe(length)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(secret + "\n")
    return secret


def port_problem(port: str) -> str:
    """Why nothing can be served at `port`, and what to do; empty when it can."""
    other = "Choose another one, for example: make run PORT=8400"
    if not (port.isascii() and port.isdecimal() and 1 <= int(port) <= 65535):
        return f"PORT must be a number from 1 to 65535, not {port!r}. {other}"
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as gunicorn: a port just given up is free
        try:
            attempt.bind(("127.0.0.1", int(port)))
        except PermissionError:
            return f"Port {port} is for the system's own programs. {other}"
        except OSError:
            return f"Port {port} is taken: another program, or another Front Door, is there. {other}"
    return ""


def _serve(environ: Mapping[str, str], stop_request: StopRequest) -> int:
    """Run both parts until one ends or somebody stops them; the other part is stopped too."""
    web = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{environ['PORT']}"]
    parts: list[Part] = []
    file = INSTANCE / "demo.log"
    with _private_log(file) as log:
        try:
            for command in ([*web, "--log-level", "warning"], _flask("reminders", "run")):
                parts.append(_start(command, environ, log))
            if _wait_for_server(int(environ["PORT"]), parts, stop_request):
                print(_welcome(environ, file), flush=True)
            _wait_for_one_to_end(parts, stop_request)
        finally:
            ended = [part.returncode for part in parts if part.poll() is not None]
            _stop_all(parts)
    if stop_request.is_made or not ended:
        return 0
    print(f"A part of Front Door ended by itself. Its last words, from {file}:\n", file=sys.stderr)
    print(*_last_lines(file), sep="\n", file=sys.stderr)
    return ended[0] or 1


def _run_step(command: Sequence[str], environ: Mapping[str, str], stop_request: StopRequest) -> int:
    """The exit status of `command`; it is stopped when we are, and the status is 0 then."""
    part = _start(command, environ, None)
    try:
        _wait_for_one_to_end([part], stop_request)
    finally:
        _stop_all([part])
    return 0 if stop_request.is_made else part.returncode


def _start(command: Sequence[str], environ: Mapping[str, str], log: IO[bytes] | None) -> Part:
    # A session of its own: Ctrl-C at the terminal reaches this process alone, which then stops the parts in order.
    return subprocess.Popen(
        command, cwd=ROOT, env=environ, start_new_session=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log
    )


def _wait_for_one_to_end(parts: Sequence[Part], stop_request: StopRequest) -> None:
    while not stop_request.is_made and all(part.poll() is None for part in parts):
        time.sleep(POLL_SECONDS)


def _wait_for_server(port: int, parts: Sequence[Part], stop_request: StopRequest) -> bool:
    """Whether the web server answers; it is waited for as long as everything runs."""
    while not stop_request.is_made and all(part.poll() is None for part in parts):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=STOP_SECONDS)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            time.sleep(POLL_SECONDS)
        finally:
            connection.close()
    return False


def _stop_all(parts: Sequence[Part]) -> None:
    for part in parts:
        part.terminate()
    for part in parts:
        try:
            part.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            part.kill()
            part.wait()


def _private_log(file: Path) -> IO[bytes]:
    """`file`, emptied, for the parts to append to; only this user can read it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    return os.fdopen(descriptor, "ab")


def _last_lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8", errors="replace").splitlines()[-LINES_OF_LOG:]


def _flask(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]


def _welcome(environ: Mapping[str, str], log: Path) -> str:
    address = environ["PUBLIC_URL"]
    people = "\n".join(f"  {email:<28} {role}" for email, role in SIGN_INS.items())
    return (
        f"\nFront Door is at {address}\n"
        f"  book an appointment    {address}/\n"
        f"  staff sign in          {address}/staff/sign-in\n"
        f"  messages that went out {address}/demo/outbox\n"
        f"  the API                {address}/api/docs\n\n"
        f"Demo sign-ins, all with the password {environ['DEMO_PASSWORD']}\n{people}\n\n"
        f"The log of requests and messages is in {os.path.relpath(log, ROOT)}\n"
        "Press Ctrl-C to stop.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
