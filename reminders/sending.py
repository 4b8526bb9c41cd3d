"""Sends messages that are ready, outside any transaction, and has every try recorded."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.errors import DeliveryFailed
from reminders.channel_queue import ChannelQueue
from reminders.channels.base import Channel, ChannelConnection, ChannelUnavailable, DeliveryUnclear, RenderedMessage
from reminders.channels.headers import one_line
from reminders.delivery_decisions import ReadyMessage
from reminders.delivery_facts import (
    FAILED_OUTCOME,
    REFUSED_OUTCOME,
    SENT_OUTCOME,
    UNAVAILABLE_OUTCOME,
    UNCLEAR_OUTCOME,
    DeliveryResult,
)
from reminders.messages import MessageWriter
from reminders.reasons import ARRIVAL_UNKNOWN, ARRIVED_EARLIER, INTERNAL_ERROR, with_detail
from reminders.results import DeliveryCounts

TEXT_LENGTH = 200  # of what a provider says: with a code before it, it fits every column that keeps it

log = logging.getLogger(__name__)


@dataclass
class Sender:
    """Sends the messages of one channel for one worker."""

    queue: ChannelQueue
    channel: Channel
    writer: MessageWriter
    stopping: threading.Event
    on_progress: Callable[[], None]

    def send(self, ready: Sequence[ReadyMessage], now: datetime, counts: DeliveryCounts) -> None:
        """Send `ready` by one connection, recorded as the channel allows."""
        with self.channel.open() as connection:
            if self.channel.can_confirm_arrival:
                self._send_together(connection, ready, now, counts)
            else:
                self._send_one_by_one(connection, ready, counts)

    def _send_together(
        self, connection: ChannelConnection, ready: Sequence[ReadyMessage], now: datetime, counts: DeliveryCounts
    ) -> None:
        """Send a batch whose tries are on record as started, and record all results in one transaction."""
        results = self._known_results(ready)
        known = {result.claimed for result in results}
        left = [message for message in ready if message.claimed not in known]
        reason = ""
        while left and not reason:
            result = self._try(connection, left[0], now)
            if result.outcome == UNAVAILABLE_OUTCOME:
                reason = result.error or result.outcome
            else:
                results.append(result)
                left.pop(0)
        self.queue.record(results, counts)
        if left:
            self.queue.postpone([message.claimed for message in left], reason, counts)

    def _known_results(self, ready: Sequence[ReadyMessage]) -> list[DeliveryResult]:
        """Results without a try: of messages in doubt that the provider has already, or cannot say anything about."""
        doubted = [message for message in ready if message.earlier.in_doubt]
        if not doubted:
            return []
        try:
            arrived = self.channel.arrived([message.claimed.reference for message in doubted])
        except DeliveryFailed as error:
            reason = with_detail(ARRIVAL_UNKNOWN, error.detail)
            return [_result(message, FAILED_OUTCOME, error=reason) for message in doubted]
        return [
            _result(message, SENT_OUTCOME, reference=ARRIVED_EARLIER)
            for message in doubted
            if message.claimed.reference in arrived
        ]

    def _send_one_by_one(
        self, connection: ChannelConnection, ready: Sequence[ReadyMessage], counts: DeliveryCounts
    ) -> None:
        """Send one by one; a transaction between two messages writes the last result and starts the next try."""
        left = [message.claimed for message in ready]
        results: Sequence[DeliveryResult] = []
        with self.queue.released_on_failure(left):
            for message in ready:
                if self.stopping.is_set():
                    break
                started_at = self.queue.start_next(message, results, counts)
                left.remove(message.claimed)
                results = [self._try(connection, message, started_at)] if started_at else []
                self.on_progress()
                if results and results[0].outcome == UNAVAILABLE_OUTCOME:
                    self.queue.postpone([message.claimed, *left], results[0].error, counts)
                    return
            self.queue.record(results, counts)
            if left:
                self.queue.release(left)

    def _try(self, connection: ChannelConnection, message: ReadyMessage, now: datetime) -> DeliveryResult:
        """The result of one try. It never raises: whatever goes wrong with one message must not stop the others.

        With the outcome UNAVAILABLE_OUTCOME no try was made, and none of the next message would succeed.
        """
        try:
            reference = connection.send(self._render(message, now))
        except ChannelUnavailable as error:
            return _result(message, UNAVAILABLE_OUTCOME, error=error.detail)
        except DeliveryUnclear as error:
            return _result(message, UNCLEAR_OUTCOME, error=error.detail)
        except DeliveryFailed as error:
            return _result(message, REFUSED_OUTCOME if error.permanent else FAILED_OUTCOME, error=error.detail)
        except Exception:  # a mistake of ours in one message; the log has it, and a later release may correct it
            log.exception("A message could not be written or sent: notification %s", message.claimed.id)
            return _result(message, FAILED_OUTCOME, error=INTERNAL_ERROR)
        return _result(message, SENT_OUTCOME, reference=reference)

    def _render(self, message: ReadyMessage, now: datetime) -> RenderedMessage:
        row, facts = message.claimed, message.facts
        return RenderedMessage(
            notification_id=row.id,
            authority_id=row.authority_id,
            reference=row.reference,
            recipient=message.delivery,
            sender_name=facts.authority.name,
            reply_to=facts.authority.email,
            body=self.writer.write(row.kind, facts, message.delivery, self.channel.body_type),
            at=now,
        )


def _result(message: ReadyMessage, outcome: str, *, reference: str = "", error: str = "") -> DeliveryResult:
    """The result of a try. What the provider said is cleaned and cut here, whichever channel it came by."""
    provider_reference, reason = one_line(reference)[:TEXT_LENGTH], one_line(error)[:TEXT_LENGTH]
    return DeliveryResult(message.claimed, outcome, message.earlier.tries + 1, provider_reference, reason)
