"""What the worker asks of a channel, and what it hands over.

A later channel (GOV.UK Notify, texts) is one class with these members; the worker needs no change.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.errors import DeliveryFailed


@dataclass(frozen=True)
class Message:
    """A message ready to be sent. `reference` is ours, and the same for every try of one notification."""

    notification_id: int
    authority_id: int
    reference: str
    to_name: str
    to_email: str
    sender_name: str
    reply_to: str
    subject: str
    text: str
    html: str
    calendar: str
    calendar_method: str
    at: datetime


class DeliveryUnclear(DeliveryFailed):
    """The connection broke when the message was on its way: it may have arrived. Tried again, and flagged."""


class ChannelUnavailable(DeliveryFailed):
    """The provider cannot be reached or refuses us, whoever the message is for: no try of any message."""


class Line(Protocol):
    """An open connection, good for one batch by one worker."""

    def send(self, message: Message) -> str:
        """The provider's own reference. Raises: DeliveryFailed, permanent or not; DeliveryUnclear; ChannelUnavailable."""
        ...


class Channel(Protocol):
    """A way to deliver messages.

    `can_be_asked` says that `arrived` knows, by our references, which messages the provider has. Then whole batches are
    recorded at once, and the provider is asked about those that a dead worker left in doubt. A channel that cannot be
    asked (SMTP) is recorded message by message, so that a dead worker leaves at most one in doubt.
    """

    can_be_asked: bool
    batch_size: int

    def open(self) -> AbstractContextManager[Line]:
        """A line for one batch. It connects at its first message."""
        ...

    def arrived(self, references: Sequence[str]) -> set[str]:
        """Those of our `references` that the provider has. Raises: DeliveryFailed when it cannot say."""
        ...
