"""Channels for tests: they record what they get, and fail as they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from core.database import Database
from core.runtime import Runtime
from reminders.channels.base import Channel, Message
from reminders.messages import Writer
from reminders.worker import Worker


class RecordingChannel:
    """Keeps what is sent. `on_send` runs first and may raise; `there` are references that arrived earlier."""

    def __init__(
        self,
        *,
        can_be_asked: bool = False,
        batch_size: int = 50,
        on_send: Callable[[Message], None] | None = None,
        there: frozenset[str] = frozenset(),
    ) -> None:
        self.can_be_asked = can_be_asked
        self.batch_size = batch_size
        self.on_send = on_send
        self.there = there
        self.sent: list[Message] = []

    @contextmanager
    def open(self) -> Iterator[RecordingChannel]:
        """Itself."""
        yield self

    def send(self, message: Message) -> str:
        """A reference of the provider."""
        if self.on_send:
            self.on_send(message)
        self.sent.append(message)
        return f"provider-{len(self.sent)}"

    def arrived(self, references: Sequence[str]) -> set[str]:
        """Those that the test says are there."""
        return set(references) & self.there


def writer() -> Writer:
    """A writer for tests."""
    return Writer("https://appointments.example.org", "for-tests-only", "appointments@testshire.example.org")


def worker_for(runtime: Runtime, channel: Channel, name: str = "worker-1", **values: Any) -> Worker:
    """A worker in the surroundings of `runtime`."""
    return Worker(runtime.database, runtime.clock, channel, writer(), name=name, **values)


def worker_on(database: Database, clock: Any, channel: Channel, name: str = "worker-1", **values: Any) -> Worker:
    """A worker on a store and a clock."""
    return Worker(database, clock, channel, writer(), name=name, **values)
