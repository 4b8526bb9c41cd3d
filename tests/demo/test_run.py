"""What `make run` makes for itself, what it says, and how it stops."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.database import Database
from demo.run import demo_environment, port_problem, stored_secret
from locations.tables import Authority

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "import sys; from pathlib import Path; import demo.run as demo; demo.INSTANCE = Path(sys.argv[1]); {}"
RUN = PROGRAM.format("sys.exit(demo.main())")


def permissions(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def children_of(process: subprocess.Popen[str]) -> list[int]:
    """The ids of the processes that `process` started and that still run."""
    return [int(child) for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def is_running(process_id: int) -> bool:
    return Path(f"/proc/{process_id}").exists()


@pytest.fixture
def environ(sqlite_url: str) -> dict[str, str]:
    """The environment of a demo with a database that is not empty, so that it starts at once."""
    database = Database(sqlite_url)
    with database.writing() as db:
        db.add(Authority(slug="north", name="North", reminder_plan=[]))
    database.dispose()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("FRONT_DOOR_", "MAKE"))}
    return {**inherited, "DATABASE_URL": sqlite_url, "PORT": str(free_port()), "WEB_CONCURRENCY": "1"}


@contextmanager
def demo(program: str, instance: Path, environ: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The demo, running with `instance` as its folder; it is ended whatever happens."""
    command = [sys.executable, "-c", program, str(instance)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def output_until(process: subprocess.Popen[str], text: str) -> str:
    """The output of the process, up to the line with `text`."""
    assert process.stdout
    output = ""
    for line in process.stdout:
        output += line
        if text in line:
            break
    assert text in output, process.communicate()
    return output


def test_a_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    file = tmp_path / "instance" / "secret-key"
    first = stored_secret(file, 48)
    assert len(first) == 64
    assert stored_secret(file, 48) == first
    assert permissions(file) == 0o600


def test_the_demo_has_a_key_a_password_and_its_own_address(tmp_path: Path) -> None:
    environ = demo_environment({"PORT": "8123", "LANG": "C"}, tmp_path)
    assert environ["FRONT_DOOR_DEMO"] == "1"
    assert environ["PUBLIC_URL"] == "http://127.0.0.1:8123"
    assert environ["SECRET_KEY"] == (tmp_path / "secret-key").read_text().strip()
    assert environ["DEMO_PASSWORD"] == (tmp_path / "demo-password").read_text().strip()
    assert environ["LANG"] == "C"


def test_what_the_environment_says_wins(tmp_path: Path) -> None:
    keys = {"SECRET_KEY": "given", "DOCUMENT_KEY": "given also", "DEMO_PASSWORD": "given too"}
    given = {**keys, "PUBLIC_URL": "https://demo.example.org"}
    assert {name: demo_environment(given, tmp_path)[name] for name in given} == given
    assert list(tmp_path.iterdir()) == []


def test_the_demo_serves_until_it_is_stopped(tmp_path: Path, environ: dict[str, str]) -> None:
    """Ctrl-C ends both parts, and is no failure."""
    instance = tmp_path / "instance"
    with demo(RUN, instance, environ) as process:
        output = output_until(process, "Press Ctrl-C to stop.")
        address = f"http://127.0.0.1:{environ['PORT']}"
        with urllib.request.urlopen(f"{address}/healthz") as answer:
            assert answer.status == 200
        parts = children_of(process)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert process.returncode == 0
    assert len(parts) == 2
    assert [part for part in parts if is_running(part)] == []
    assert port_problem(environ["PORT"]) == ""
    assert f"book an appointment    {address}/\n" in output
    assert (instance / "demo-password").read_text().strip() in output
    assert "demo.log" in output
    assert errors == ""
    assert '"endpoint": "health.alive"' in (instance / "demo.log").read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_way_to_stop_it_ends_what_runs(number: int, tmp_path: Path, environ: dict[str, str]) -> None:
    """Ctrl-C, a SIGTERM, and a terminal that is closed: whatever runs is ended, a step here, and it is no failure."""
    work = "import time; print('at work', flush=True); time.sleep(600)"
    program = PROGRAM.format(f"demo._flask = lambda *_: [sys.executable, '-c', {work!r}]; sys.exit(demo.main())")
    with demo(program, tmp_path, environ) as process:
        output_until(process, "at work")
        (step,) = children_of(process)
        process.send_signal(number)
        _, errors = process.communicate()
    assert (process.returncode, errors, is_running(step)) == (0, "", False)


def test_the_demo_ends_with_the_make_that_started_it(tmp_path: Path, environ: dict[str, str]) -> None:
    """However hard make is killed, nothing keeps the port."""
    serve = PROGRAM.format("demo.STEPS = (); sys.exit(demo.main())")
    make = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {serve!r}, sys.argv[1]])"
    with demo(make, tmp_path, environ | {"MAKELEVEL": "1"}) as process:
        output_until(process, "Press Ctrl-C to stop.")
        process.kill()
        process.communicate()  # the demo has the other end of the pipe: this returns when it has ended
    assert port_problem(environ["PORT"]) == ""


def test_what_the_demo_makes_is_for_its_owner_alone(tmp_path: Path, environ: dict[str, str]) -> None:
    instance = tmp_path / "instance"
    environ["DATABASE_URL"] = f"sqlite:///{instance}/front-door.sqlite"
    with demo(PROGRAM.format("demo.STEPS = (['migrate'],); sys.exit(demo.main())"), instance, environ) as process:
        output_until(process, "Press Ctrl-C to stop.")
        made = {file.name: permissions(file) for file in instance.iterdir() if not file.name.endswith(("-wal", "-shm"))}
    assert permissions(instance) == 0o700
    assert made == dict.fromkeys(
        ["demo-password", "demo.log", "document-key", "front-door.sqlite", "secret-key"], 0o600
    )


def test_a_part_that_ends_by_itself_ends_the_demo_with_its_last_words(tmp_path: Path, environ: dict[str, str]) -> None:
    fail = "import sys; sys.exit('no more room')"
    program = PROGRAM.format(
        f"demo._flask = lambda *_: [sys.executable, '-c', {fail!r}]; demo.STEPS = (); sys.exit(demo.main())"
    )
    with demo(program, tmp_path, environ) as process:
        output, errors = process.communicate()
    assert process.returncode == 1
    assert "Press Ctrl-C" not in output
    assert "ended by itself" in errors
    assert "no more room" in errors
    assert port_problem(environ["PORT"]) == ""


def test_a_step_that_fails_ends_the_demo(tmp_path: Path, environ: dict[str, str]) -> None:
    with demo(RUN, tmp_path, environ | {"DATABASE_URL": "mysql://example.org/demo"}) as process:
        output, errors = process.communicate()
    assert process.returncode == 1
    assert "DATABASE_URL must begin with" in errors
    assert output == ""


def test_a_port_in_use_is_reported_before_anything_is_done(tmp_path: Path, environ: dict[str, str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(environ["PORT"])))
        other.listen()
        with demo(RUN, tmp_path, environ) as process:
            output, errors = process.communicate()
    assert process.returncode == 1
    assert output == ""
    assert errors == (
        f"Port {environ['PORT']} is taken: another program, or another Front Door, is there. "
        "Choose another one, for example: make run PORT=8400\n"
    )


@pytest.mark.parametrize("port", ["", "http", "0", "65536", "-1", "8000 ", "²"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    assert port_problem(port).startswith("PORT must be a number from 1 to 65535")
