"""The worker: claims what is due, checks it once more, sends it outside any transaction, and records each try.

Any number of workers on any number of hosts may run. What each guarantee rests on:

- Nothing is lost: a claim is a lease, and a row whose worker was killed is due again when the lease ends.
- Nothing is sent twice without a crash: the fencing token, and the check for an earlier try that arrived.
- After a crash between sending and recording, a channel that can confirm arrivals is queried. One that cannot (SMTP) is
  recorded message by message, so at most one message for each killed worker is in doubt. It is sent again, and flagged.
- One row or one council stops nobody else: what fails is tried again alone. Rows not started are released, always.
- A channel that refuses this service costs no message a try: its rows wait, and other channels go on.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from core.clock import Clock
from core.database import Database
from core.errors import DeliveryFailed
from core.text import one_line
from reminders import queue, untried
from reminders.after_kinds import PROGRESS, SUMMARY
from reminders.appointment_queries import ids_beside, message_facts, with_told_times
from reminders.channel_queue import ChannelQueue, DeliveryCounts
from reminders.channels.base import (
    Channel,
    ChannelConnection,
    ChannelUnavailable,
    DeliveryDeferred,
    DeliveryUnclear,
    TracksDelivery,
)
from reminders.channels.registry import FACTORIES
from reminders.costs.sent_units import units_of
from reminders.delivery_decisions import (
    DEFERRED_OUTCOME,
    FAILED_OUTCOME,
    REFUSED_OUTCOME,
    SENT_OUTCOME,
    UNAVAILABLE_OUTCOME,
    UNCLEAR_OUTCOME,
    ClaimedRow,
    Closed,
    EarlierTries,
    Held,
    ReadyMessage,
    decide_delivery,
)
from reminders.delivery_results import DeliveryResult
from reminders.heartbeat import worker_name
from reminders.messages import EmailBody, MessageWriter
from reminders.reasons import INTERNAL_ERROR
from reminders.recipients import rules_in
from reminders.same_day import joined
from reminders.same_day_queries import lock_beside, take
from reminders.slow_conversations import SlowConversations, Substitute
from reminders.summaries_owed import keep_words_told

# Of claimed rows, and of the one being sent: a mail server may take 60 s to connect, 120 s for the text, 600 s to answer.
LEASE, SENDING_LEASE = timedelta(minutes=5), timedelta(minutes=15)
NOT_TRIED = (UNAVAILABLE_OUTCOME, DEFERRED_OUTCOME)

log = logging.getLogger(__name__)


@dataclass
class Worker:
    """Sends by each of `channels`. `stop` may be called from a signal or another thread: the current message is finished.

    `on_progress` is called after each message, batch and finished pass: never while anything hangs or fails.
    """

    database: Database
    clock: Clock
    channels: Mapping[str, Channel]
    writer: MessageWriter
    name: str = field(default_factory=worker_name)
    lease: timedelta = LEASE
    sending_lease: timedelta = SENDING_LEASE
    stopping: threading.Event = field(default_factory=threading.Event)
    on_progress: Callable[[], None] = field(default=lambda: None)

    def __post_init__(self) -> None:
        tracking = {name for name, channel in self.channels.items() if isinstance(channel, TracksDelivery)}
        where = (self.name, self.database, self.clock, self.lease, self.sending_lease)
        self.queues = {name: ChannelQueue(name, *where, tracks_delivery=name in tracking) for name in self.channels}
        self.slow = SlowConversations(self.stopping)

    def stop(self) -> None:
        """Stop after the current message (after the batch, where batches are recorded at once)."""
        self.stopping.set()

    def send_due(self) -> DeliveryCounts:
        """The counts of one pass over everything that is due as it begins."""
        counts = DeliveryCounts()
        with self.database.writing() as db:
            began = self.clock.database_now(db)
            counts.skipped += queue.close_late(db, began)
            known = rules_in(db.info).channels | set(self.channels) | set(FACTORIES)
            unknown = queue.withhold_unknown(db, known, began)
        if unknown:
            untried.count_unknown_channels(unknown, counts)
        for name in self.channels:
            self._send_channel(name, began, counts)
        if self.slow.substitutes:
            self.slow.finish(counts)
        self.on_progress()
        return counts

    def _send_channel(self, name: str, due_by: datetime, counts: DeliveryCounts) -> None:
        """Batch after batch, until nothing is left or the channel refuses this service."""
        while not self.stopping.is_set() and self._send_batch(name, due_by, counts):
            self.on_progress()

    def _send_beside(self, name: str, counts: DeliveryCounts) -> None:
        """A pass of one channel while a message of it waits for a slow server."""
        with self.queues[name].transaction() as (_, now):
            due_by = now
        self._send_channel(name, due_by, counts)
        self.on_progress()

    def _send_batch(self, name: str, due_by: datetime, counts: DeliveryCounts) -> bool:
        """Whether there was anything to claim."""
        rows, channel = self.queues[name], self.channels[name]
        claimed, now = rows.claim(due_by, channel.batch_size)
        with rows.released_on_failure(claimed):
            ready = self._check(name, claimed, counts)
        if ready:
            sender = _Sender(
                rows, channel, self.writer, self.slow, self.on_progress, partial(self._send_beside, name), self.stopping
            )
            sender.send(ready, now, counts)
        return bool(claimed)

    def _check(self, name: str, claimed: Sequence[ClaimedRow], counts: DeliveryCounts) -> list[ReadyMessage]:
        """Those rows that are true, of use and for somebody; the others are closed, with the reason.

        Each authority is checked by itself, and row by row where that fails. A row that fails alone has had a try.
        """
        rows, check, ready = self.queues[name], partial(self._check_together, name), list[ReadyMessage]()
        for authority_id in dict.fromkeys(row.authority_id for row in claimed):
            group = [row for row in claimed if row.authority_id == authority_id]
            found = rows.run(partial(check, group, is_alone=False), counts, f"check authority {authority_id}")
            ready += found or []
            for row in group if found is None else []:
                alone = rows.run(partial(check, [row], is_alone=True), counts, f"check notification {row.id}")
                ready += alone or []
                if alone is None:
                    rows.count_failure(row, counts)
        return sorted(ready, key=lambda message: message.claimed.id)

    def _check_together(
        self, name: str, group: Sequence[ClaimedRow], db: Session, now: datetime, counts: DeliveryCounts, is_alone: bool
    ) -> list[ReadyMessage]:
        waiting, ids, ready = self.queues[name], () if is_alone else ids_beside(db, group), list[ReadyMessage]()
        is_batch = self.channels[name].can_confirm_arrival
        group, beside = lock_beside(db, group, ids, now) if ids or is_batch else (group, [])
        rows = [*group, *beside]
        facts = with_told_times(db, rows, message_facts(db, [row.appointment_id for row in rows]))
        earlier = queue.earlier_tries(db, rows)

        def decide(row: ClaimedRow) -> ReadyMessage | Held | Closed:
            tries = earlier.get(row.id, EarlierTries())
            return decide_delivery(row, facts.get(row.appointment_id), tries, rules_in(db.info), now)

        for row in waiting.not_held(db, group, now):
            decision = decide(row)
            if isinstance(decision, ReadyMessage):
                ready.append(decision)
                facts[row.appointment_id] = replace(decision.facts, said={**decision.facts.said, row.kind: now})
            elif isinstance(decision, Held):
                waiting.hold(db, row, decision, counts)
            else:
                waiting.close(db, row, decision.status, decision.reason, now, counts)
        if ids:
            ready = joined(ready, [one for one in map(decide, beside) if isinstance(one, ReadyMessage)], now)
            take(db, beside, ready, now + self.lease)
        if any(message.claimed.kind.startswith((SUMMARY, PROGRESS)) for message in ready):
            keep_words_told(db, ready)
        if is_batch and ready:
            queue.start(db, [message.claimed for message in ready], self.name, now, maybe_duplicate=False)
        return ready


@dataclass
class _Sender:
    """Sends the messages of one channel for one worker, outside any transaction, and has every try recorded."""

    queue: ChannelQueue
    channel: Channel
    writer: MessageWriter
    slow: SlowConversations
    on_progress: Callable[[], None]
    send_beside: Callable[[DeliveryCounts], None]
    stopping: threading.Event
    message: ReadyMessage | None = None  # in hand
    left: list[ClaimedRow] = field(default_factory=list)  # of the batch
    substitutes: list[Substitute] = field(default_factory=list)

    def send(self, ready: Sequence[ReadyMessage], now: datetime, counts: DeliveryCounts) -> None:
        """Send `ready` by one connection, recorded as the channel allows."""
        with self.channel.open(self) as connection:
            if self.channel.can_confirm_arrival:
                self._send_together(connection, ready, now, counts)
            else:
                self._send_one_by_one(connection, ready, counts)

    def _send_together(
        self, connection: ChannelConnection, ready: Sequence[ReadyMessage], now: datetime, counts: DeliveryCounts
    ) -> None:
        """Send a batch whose tries are on record as started, and record all results in one transaction."""
        is_doubted = any(message.earlier.in_doubt for message in ready)
        results = untried.known_results(self.queue, self.channel, ready) if is_doubted else []
        known = {result.claimed for result in results}
        left = [message for message in ready if message.claimed not in known]
        while left:
            result = None if untried.is_given_back(self.queue, left[0]) else self._try(connection, left[0], now)
            if result and result.outcome in NOT_TRIED:
                break
            results += [result] if result else []
            left.pop(0)
        self.queue.record(results, counts)
        if left and result:
            untried.give_back_batch(self.queue, result, [message.claimed for message in left], counts)

    def _send_one_by_one(
        self, connection: ChannelConnection, ready: Sequence[ReadyMessage], counts: DeliveryCounts
    ) -> None:
        """Send one by one; a transaction between two messages writes the last result and starts the next try."""
        messages = {message.claimed: message for message in ready}
        slow = self.slow.domains
        self.left = untried.put_aside(self.queue, messages, slow, counts) if slow else list(messages)
        left, results = self.left, list[DeliveryResult]()
        with self.queue.released_on_failure(left):
            while left and not self.stopping.is_set():
                message = messages[left[0]]
                started_at = self.queue.start_next(message, results, counts)
                left.pop(0)
                results = [self._try_watched(connection, message, started_at)] if started_at else []
                self.on_progress()
                if results and results[0].outcome in NOT_TRIED:
                    result, results = results[0], []
                    if untried.give_back(self.queue, result, left, counts, is_stopping=self.stopping.is_set()):
                        return
            self.queue.record(results, counts)
            if left:
                self.queue.release(left)

    def on_slow(self) -> None:
        """The message in hand takes long: the rest of the batch is given back, and a substitute sends meanwhile."""
        if self.message and (substitute := self.slow.begin(self.message, self.send_beside)):
            self.substitutes.append(substitute)
            self.queue.release(self.left)
            self.left.clear()
            substitute.start()

    def _try_watched(self, connection: ChannelConnection, message: ReadyMessage, now: datetime) -> DeliveryResult:
        """The result of one try, which may turn out to be slow."""
        self.message = message
        try:
            return replace(self._try(connection, message, now), last_unclear=message.earlier.in_doubt)
        finally:
            self.message = None
            while self.substitutes:
                self.slow.end(message, self.substitutes.pop())

    def _try(self, connection: ChannelConnection, message: ReadyMessage, now: datetime) -> DeliveryResult:
        """The result of one try. It never raises: whatever goes wrong with one message must not stop the others.

        With an outcome of `NOT_TRIED` no try was made.
        """
        try:
            rendered = self.writer.render(message, self.channel.body_type, now)
            units = 0 if isinstance(rendered.body, EmailBody) else units_of(rendered.body)
            reference = connection.send(rendered)
        except ChannelUnavailable as error:
            return replace(_result(message, UNAVAILABLE_OUTCOME, error=error.detail), retry_after=error.retry_after)
        except DeliveryDeferred as error:
            return _result(message, DEFERRED_OUTCOME, error=error.detail)
        except DeliveryUnclear as error:
            return _result(message, UNCLEAR_OUTCOME, error=error.detail)
        except DeliveryFailed as error:
            return _result(message, REFUSED_OUTCOME if error.permanent else FAILED_OUTCOME, error=error.detail)
        except Exception:  # a mistake of ours in one message; the log has it, and a later release may correct it
            log.exception("A message could not be written or sent: notification %s", message.claimed.id)
            return _result(message, FAILED_OUTCOME, error=INTERNAL_ERROR)
        return replace(_result(message, SENT_OUTCOME, reference=reference), units=units)


def _result(message: ReadyMessage, outcome: str, *, reference: str = "", error: str = "") -> DeliveryResult:
    """The result of a try. What the provider said is cleaned and cut here, whichever channel it came by."""
    provider_reference, reason = one_line(reference)[: untried.DETAIL_LENGTH], one_line(error)[: untried.DETAIL_LENGTH]
    return DeliveryResult(message.claimed, outcome, message.earlier.tries + 1, provider_reference, reason)
