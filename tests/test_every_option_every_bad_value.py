"""Every option of every command, every bad value: no traceback, an exit code that says so, and one plain line.

The commands are those that the application registers, so that a new option is tried from the day it is there. A NUL is
not among the values: no program can be started with one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask.testing import FlaskCliRunner

from booking.importing.old_booking import COLUMNS
from core.clock import FixedClock
from core.database import Database
from tests.support.bad_values import EMPTY
from tests.support.callers import Callers, make_callers
from tests.support.council import PASSWORD
from tests.support.second_step import give_second_step
from wsgi import COMMANDS

FILE = "bookings.csv"
VALUES_THAT_WORK = {
    "file": FILE,
    "authority": "testshire",
    "slug": "testshire",
    "new_slug": "northbank",
    "email": "triage_agent@example.org",
    "role": "triage_agent",
    "site": "high-street",
    "name": "Robin Sample",
    "scopes": "read",
    "prefix": "abcdefgh",
    "since": "2026-11-24T18:00+00:00",
}
UNREADABLE = {"half a character": "half \udcff", "escape": "\x1b[31m", "10,000 letters": "x" * 10_000}
WRONG = {
    "an unknown slug": "no-such-thing",
    "another script": "\u0662\u0663",
    "a path": "../../etc/passwd",
    "markup": "<script>alert(1)</script>",
    "a statement": "'; DROP TABLE residents; --",
    "below zero": "-1",
    "more than 64 bits": "9223372036854775808",
    "not whole": "1.5",
    "no number": "1e999",
    "a day that is not": "2026-02-30",
}
# It goes on until it is stopped, loads for long, or wants a file, a key that was made before, an audit of the same key, or
# that nothing is to come.
NEED_MORE = {
    ("reminders", "bounces"),  # a mailbox: tests/reminders/test_bounces.py
    ("reminders", "templates", "check"),
    ("reminders", "run"),
    ("demo", "load"),
    ("locations", "import"),
    ("locations", "wards"),
    ("appointments", "import"),
    ("rota", "import"),
    ("api-key", "revoke"),
    ("audit", "renew"),
    ("audit", "verify"),
    ("privacy", "erase"),
}
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")  # what is new may have any
WITH_ANY_TEXT = {"name"}  # in any script, and with any sign


def leaves(
    commands: tuple[click.Command, ...], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Each command that does something, with the words that call it."""
    for command in commands:
        words = (*path, command.name or "")
        if isinstance(command, click.Group):
            yield from leaves(tuple(command.commands.values()), words)
        else:
            yield words, command


CASES = [
    pytest.param(words, parameter, id=" ".join([*words, parameter.name or ""]))
    for words, command in leaves(COMMANDS)
    for parameter in command.params
    if not (isinstance(parameter, click.Option) and parameter.is_flag)
]


@pytest.fixture
def callers(database: Database, clock: FixedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callers:
    """A council with its people, one of whom has a second step; beside it a file with the columns of bookings alone."""
    monkeypatch.chdir(tmp_path)
    Path(FILE).write_text(f"{','.join(COLUMNS)}\n")
    callers = make_callers(database, clock.now())
    give_second_step(database, clock, callers.agent_id)
    return callers


def value_of(parameter: click.Parameter, callers: Callers) -> str:
    """A value that works."""
    return callers.booked.reference if parameter.name == "reference" else VALUES_THAT_WORK[parameter.name or ""]


def arguments(words: tuple[str, ...], bad: click.Parameter, value: str, callers: Callers) -> list[str]:
    """The command with `value` where it is bad, and with what works for all else that it needs."""
    command = dict(leaves(COMMANDS))[words]
    given = {one.name: value_of(one, callers) for one in command.params if one.required and one is not bad}
    given[bad.name] = value
    options = [one for one in command.params if isinstance(one, click.Option) and one.name in given]
    positional = [given[one.name] for one in command.params if isinstance(one, click.Argument)]
    named = (f"{one.opts[0]}={given[one.name]}" for one in options)
    return [*words, *named, *(["--", *positional] if positional else [])]


def bad_values(parameter: click.Parameter) -> dict[str, str]:
    """What cannot be meant by the parameter."""
    if parameter.name in WITH_ANY_TEXT:
        return EMPTY | UNREADABLE
    if parameter.name == "new_slug":
        return EMPTY | UNREADABLE | {words: value for words, value in WRONG.items() if not SLUG.fullmatch(value)}
    means_something = {click.IntRange: "another script", click.Path: "a path"}.get(type(parameter.type))
    return EMPTY | UNREADABLE | {words: value for words, value in WRONG.items() if words != means_something}


@pytest.mark.parametrize(("words", "parameter"), CASES)
def test_a_command_refuses_what_cannot_be_meant(
    words: tuple[str, ...], parameter: click.Parameter, runner: FlaskCliRunner, callers: Callers
) -> None:
    failures = []
    for kind, value in bad_values(parameter).items():
        result = runner.invoke(args=arguments(words, parameter, value, callers), env={"STAFF_PASSWORD": PASSWORD})
        lines = [line for line in result.stderr.splitlines() if line.strip()]
        is_plain = bool(lines) and lines[-1].startswith("Error: ") and len(lines) <= len(["Usage", "Try", "Error"])
        if not isinstance(result.exception, SystemExit) or result.exit_code == 0 or not is_plain or result.stdout:
            failures.append(f"{kind}: {result.exit_code} {result.exception!r:.300} {result.output[-300:]!r}")
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("words", sorted(dict(leaves(COMMANDS)).keys() - NEED_MORE), ids=" ".join)
def test_a_command_takes_what_works(words: tuple[str, ...], runner: FlaskCliRunner, callers: Callers) -> None:
    """So that what is refused above is refused for the one bad value."""
    command = dict(leaves(COMMANDS))[words]
    required = [one for one in command.params if one.required]
    options = [f"{one.opts[0]}={value_of(one, callers)}" for one in required]
    result = runner.invoke(args=[*words, *options], env={"STAFF_PASSWORD": PASSWORD})
    assert result.exit_code == 0, result.output


def test_every_command_is_walked() -> None:
    names = {" ".join(words) for words, _ in leaves(COMMANDS)}
    assert {"migrate", "staff add", "reminders retry-failed", "locations import", "demo load"} <= names


@pytest.mark.parametrize("words", [words for words, _ in leaves(COMMANDS) if words[-1] == "import"], ids=" ".join)
def test_a_file_that_is_none_is_refused(
    words: tuple[str, ...], runner: FlaskCliRunner, callers: Callers, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    file = next(one for one in dict(leaves(COMMANDS))[words].params if isinstance(one, click.Argument))
    for content in (b"", b"\x00", b"\xff\xfe", b"x" * 10_000, b"[authority]\nslug = 7\n"):
        path.write_bytes(content)
        result = runner.invoke(args=arguments(words, file, str(path), callers))
        assert isinstance(result.exception, SystemExit), content[:20]
        assert (result.exit_code, result.stdout) == (1, ""), content[:20]
        assert result.stderr.splitlines()[-1].startswith("Error: ")
