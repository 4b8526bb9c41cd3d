"""What a channel is. How to add one: docs/reminders.md."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from core.errors import DeliveryFailed
from reminders.messages import Body, RenderedMessage
from reminders.provider_states import ProviderState


class DeliveryUnclear(DeliveryFailed):
    """The connection broke when the message was on its way: it may have arrived. Tried once more, and flagged."""


class DeliveryDeferred(DeliveryFailed):
    """No try of this message: the provider refuses it for what may be our fault or the recipient's, or we are stopping."""


@dataclass
class ChannelUnavailable(DeliveryFailed):
    """The provider cannot be reached or refuses us, whoever the message is for: no try of any message.

    `retry_after` is how many seconds it asked us to stay away; 0 where it said nothing.
    """

    retry_after: float = 0


class Waiting(Protocol):
    """What a connection heeds while it waits for its provider. It ends its wait soon after `stopping` is set."""

    stopping: threading.Event

    def on_slow(self) -> None:
        """Called once for each message that takes long."""
        ...


class ChannelConnection(Protocol):
    """An open connection, good for one batch by one worker."""

    def send(self, message: RenderedMessage) -> str:
        """The provider's own reference. It ends in less time than a lease lasts.

        Raises: DeliveryFailed, permanent or not; DeliveryUnclear; DeliveryDeferred; ChannelUnavailable.
        """
        ...


class Channel(Protocol):
    """A way to deliver messages.

    `can_confirm_arrival` says that `arrived` knows, by our references, which messages the provider has. Then whole
    batches are recorded at once, and `arrived` is called for those that a killed worker left in doubt. A channel that
    cannot (SMTP) is recorded message by message, so that a killed worker leaves at most one in doubt.
    """

    can_confirm_arrival: bool
    batch_size: int

    @property
    def body_type(self) -> type[Body]:
        """As what it sends messages."""
        ...

    def open(self, waiting: Waiting) -> AbstractContextManager[ChannelConnection]:
        """A connection for one batch. It connects at its first message."""
        ...

    def arrived(self, references: Sequence[str]) -> set[str]:
        """Those of our `references` that the provider has. Raises: DeliveryFailed when it cannot say."""
        ...


@runtime_checkable
class TracksDelivery(Protocol):
    """A channel whose provider says what became of each message that it took: by itself, and when it is asked."""

    def states_of(self, reference: str, waiting: Waiting) -> list[ProviderState]:
        """What became of the messages under our `reference`. Raises: DeliveryFailed when it cannot say."""
        ...
