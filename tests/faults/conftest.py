"""How much the fault tests do, and the table that `make faults` prints of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pytest


@dataclass(frozen=True)
class Scale:
    """How many last slots are raced for, messages are sent and workers are killed, on each database.

    The messages of `channels` go over three, the others by email alone.
    """

    rounds: int
    messages: int
    kills: int
    channels: Channels


@dataclass(frozen=True)
class Channels:
    """How many messages go over three channels, workers are killed, and requests to each of two servers meet a fault."""

    messages: int
    kills: int
    faults: int


SHORT = Scale(rounds=60, messages=250, kills=6, channels=Channels(messages=90, kills=2, faults=10))
FULL = Scale(rounds=500, messages=1_000, kills=15, channels=Channels(messages=2_000, kills=40, faults=60))
LINES = pytest.StashKey[list[str]]()


class Report(Protocol):
    """Notes what a test did, for the table."""

    def __call__(self, what: str, **figures: int) -> None:
        """Add a line with these figures."""


@pytest.fixture
def scale(request: pytest.FixtureRequest) -> Scale:
    """Short, unless `--full-faults` was given."""
    return FULL if request.config.getoption("--full-faults") else SHORT


@pytest.fixture
def report(request: pytest.FixtureRequest, database_url: str) -> Report:
    """Adds lines to the table of this run."""
    lines = request.config.stash.setdefault(LINES, [])
    database = database_url.partition("+")[0].partition(":")[0]

    def add(what: str, **figures: int) -> None:
        numbers = "   ".join(f"{name} {number:5,}" for name, number in figures.items())
        lines.append(f"{what:24}{database:14}{numbers}")

    return add


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table, when the tests ran in this process."""
    lines = config.stash.get(LINES, [])
    if lines:
        terminalreporter.section("faults")
        terminalreporter.write_line("\n".join(lines))
