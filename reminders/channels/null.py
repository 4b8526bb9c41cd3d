"""A channel that does nothing, and knows that it did: for benchmarks, and to run a service dry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from reminders.channels.base import Message


class NothingChannel:
    """Takes every message and drops it."""

    can_be_asked = True
    batch_size = 500

    @contextmanager
    def open(self) -> Iterator[NothingChannel]:
        """Itself."""
        yield self

    def send(self, message: Message) -> str:
        """No reference, for nobody has it."""
        return ""

    def arrived(self, references: Sequence[str]) -> set[str]:
        """None: nothing ever arrives."""
        return set()
