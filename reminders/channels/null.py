"""A channel that drops every message: for benchmarks, and to try a service without sending."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from reminders.channels.base import Waiting
from reminders.messages import Body, EmailBody, RenderedMessage


class NullChannel:
    """Takes every message and drops it."""

    can_confirm_arrival = True
    batch_size = 500

    def __init__(self, body_type: type[Body] = EmailBody) -> None:
        self.body_type = body_type

    @contextmanager
    def open(self, _waiting: Waiting) -> Iterator[NullChannel]:
        """The channel, which is its own connection."""
        yield self

    def send(self, message: RenderedMessage) -> str:
        """An empty reference, because nobody has the message."""
        return ""

    def arrived(self, references: Sequence[str]) -> set[str]:
        """An empty set: nothing ever arrives."""
        return set()
