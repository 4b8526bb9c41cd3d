"""What `make run` starts: the demo's web server with the reminder scheduler beside it, until it is told to stop.

Everything that it makes is kept in `instance/`: the database, the secret key and the password of the demo sign-ins.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from core.database import ROOT

INSTANCE = ROOT / "instance"
SIGN_INS = {
    "agent@demo.example": "triage agent",
    "site@demo.example": "site staff at one library",
    "manager@demo.example": "site manager",
    "admin@demo.example": "authority admin",
}
POLL_SECONDS = 0.2
STOP_SECONDS = 10


class Stop(Exception):
    """Ctrl-C, or a SIGTERM."""


def main() -> int:
    """0 when it was asked to stop; otherwise the exit status of the part that failed."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        environ = demo_environment(os.environ, INSTANCE)
        for step in (["migrate"], ["demo", "load", "--if-empty"]):
            status = _finish(_flask(*step), environ)
            if status:
                return status
        return _serve(environ)
    except Stop:
        return 0


def demo_environment(environ: Mapping[str, str], instance: Path) -> dict[str, str]:
    """`environ` with what the demo needs: demo mode, a secret key, a password, and the port."""
    port = environ.get("PORT") or "8000"
    return {
        **environ,
        "FRONT_DOOR_DEMO": "1",
        "PORT": port,
        "PUBLIC_URL": environ.get("PUBLIC_URL") or f"http://127.0.0.1:{port}",
        "SECRET_KEY": environ.get("SECRET_KEY") or kept_secret(instance / "secret-key", 48),
        "DEMO_PASSWORD": environ.get("DEMO_PASSWORD") or kept_secret(instance / "demo-password", 9),
        "PYTHONUNBUFFERED": "1",
    }


def kept_secret(file: Path, length: int) -> str:
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


def _serve(environ: Mapping[str, str]) -> int:
    """Run both parts until one ends or somebody stops them; the other part is stopped too."""
    port = environ["PORT"]
    web = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}", "--threads", "4"]
    parts = []
    try:
        for command in ([*web, "--log-level", "warning"], _flask("reminders", "run")):
            parts.append(_start(command, environ))
        print(_welcome(environ), flush=True)
        while all(part.poll() is None for part in parts):
            time.sleep(POLL_SECONDS)
        return next(part.returncode for part in parts if part.returncode is not None) or 1
    finally:
        _stop_all(parts)


def _finish(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """The exit status of `command`; it is stopped when we are."""
    part = _start(command, environ)
    try:
        return part.wait()
    finally:
        _stop_all([part])


def _start(command: Sequence[str], environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C at the terminal reaches this process alone, which then stops the parts in order.
    return subprocess.Popen(command, cwd=ROOT, env=environ, start_new_session=True, stdin=subprocess.DEVNULL)


def _stop_all(parts: Sequence[subprocess.Popen[bytes]]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    for part in parts:
        part.terminate()
    for part in parts:
        try:
            part.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            part.kill()
            part.wait()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stop


def _flask(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]


def _welcome(environ: Mapping[str, str]) -> str:
    address = environ["PUBLIC_URL"]
    people = "\n".join(f"  {email:<22} {role}" for email, role in SIGN_INS.items())
    return (
        f"\nFront Door is at {address}\n"
        f"  book an appointment    {address}/\n"
        f"  staff sign in          {address}/staff/sign-in\n"
        f"  messages that went out {address}/demo/outbox\n"
        f"  the API                {address}/api/docs\n\n"
        f"Demo sign-ins, all with the password {environ['DEMO_PASSWORD']}\n{people}\n\n"
        "Press Ctrl-C to stop.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
