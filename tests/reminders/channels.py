"""Channels for tests: they record what they get, and fail as they are told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from core.database import Database
from core.runtime import Runtime
from reminders.channels.base import Channel, Waiting
from reminders.messages import Body, EmailBody, MessageWriter, RenderedMessage
from reminders.recipients import EMAIL
from reminders.worker import Worker


class RecordingChannel:
    """Keeps what is sent. `on_send` runs first and may raise; `there` are references that arrived earlier."""

    def __init__(
        self,
        *,
        can_confirm_arrival: bool = False,
        batch_size: int = 50,
        on_send: Callable[[RenderedMessage], None] | None = None,
        there: frozenset[str] = frozenset(),
        body_type: type[Body] = EmailBody,
    ) -> None:
        self.can_confirm_arrival = can_confirm_arrival
        self.batch_size = batch_size
        self.body_type = body_type
        self.on_send = on_send
        self.there = there
        self.sent: list[RenderedMessage] = []

    @contextmanager
    def open(self, _waiting: Waiting) -> Iterator[RecordingChannel]:
        """The channel, which is its own connection."""
        yield self

    def send(self, message: RenderedMessage) -> str:
        """A reference of the provider."""
        if self.on_send:
            self.on_send(message)
        self.sent.append(message)
        return f"provider-{len(self.sent)}"

    def arrived(self, references: Sequence[str]) -> set[str]:
        """Those that the test says are there."""
        return set(references) & self.there


class Patient:
    """Waits without a wish to stop. It counts how often it was told that a message takes long."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.slow = 0

    def on_slow(self) -> None:
        """Count."""
        self.slow += 1


def writer() -> MessageWriter:
    """A writer for tests."""
    return MessageWriter("https://appointments.example.org", "for-tests-only", "appointments@testshire.example.org")


def worker_for(runtime: Runtime, channel: Channel, name: str = "worker-1", **values: Any) -> Worker:
    """A worker with the database and the clock of `runtime`, that sends email by `channel`."""
    return worker_on(runtime.database, runtime.clock, channel, name, **values)


def worker_on(database: Database, clock: Any, channel: Channel, name: str = "worker-1", **values: Any) -> Worker:
    """A worker on a database and a clock, that sends email by `channel`."""
    return Worker(database, clock, {EMAIL: channel}, writer(), name=name, **values)
