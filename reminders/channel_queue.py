"""The outbox rows of one channel as one worker handles them: every method is one short transaction.

Results of tries are recorded, counted and logged here; nothing is sent here. What fails to be recorded is tried again
alone, so that one row stops no other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from prometheus_client import Counter
from sqlalchemy import delete
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from core.clock import Clock
from core.database import Database
from reminders import queue
from reminders.appointment_queries import current_state, is_reached_as_checked
from reminders.delivery_decisions import (
    ASK_AFTER,
    FAILED,
    FAILED_OUTCOME,
    IN_DOUBT,
    LATE,
    SENT,
    SENT_OUTCOME,
    VOID,
    ClaimedRow,
    EarlierTries,
    Held,
    ReadyMessage,
)
from reminders.delivery_results import DeliveryResult
from reminders.queue import ClaimRequest, pauses_on
from reminders.reasons import INTERNAL_ERROR, INTERRUPTED, OTHER_CHANNEL, QUIET_HOURS, RESULT_NOT_RECORDED, SUPERSEDED
from reminders.recipients import REMINDER, family_of
from reminders.rerouting import locked_alike, plan_next_channel
from reminders.retry_decisions import Retry, decide_after_failure
from reminders.tables import ChannelPause

NO_DATABASE = (OperationalError, InterfaceError, PoolTimeout)

Done = TypeVar("Done")

# With PROMETHEUS_MULTIPROC_DIR the web server's /metrics shows what the scheduler's process counts.
MESSAGES = Counter("front_door_messages_total", "Tries to send and messages closed", ["kind", "result"])

log = logging.getLogger(__name__)
message_log = logging.getLogger("front_door.messages")


@dataclass
class DeliveryCounts:
    """Counts of one pass. Failed counts tries; skipped are rows not true, of no use, or for nobody any more.

    Postponed are rows given back because the channel could not be used.
    """

    sent: int = 0
    failed: int = 0
    skipped: int = 0
    postponed: int = 0

    def add(self, other: DeliveryCounts) -> None:
        """Add the counts of `other`."""
        self.sent += other.sent
        self.failed += other.failed
        self.skipped += other.skipped
        self.postponed += other.postponed


@dataclass
class ChannelQueue:
    """The rows of the channel `name` for the worker `worker`.

    A claim lasts for `lease`, a try that is started for `sending_lease`. The channel `was_refused` until it takes a message.
    Where it `tracks_delivery` its provider is asked later what became of what was sent.
    """

    name: str
    worker: str
    database: Database
    clock: Clock
    lease: timedelta
    sending_lease: timedelta
    tracks_delivery: bool = False
    was_refused: bool = False
    deferred_in_a_row: set[int] = field(default_factory=set)

    @contextmanager
    def transaction(self) -> Iterator[tuple[Session, datetime]]:
        """One transaction and the database's time in it: leases of all hosts go by one clock."""
        with self.database.writing() as db:
            yield db, self.clock.database_now(db)

    def run(
        self, operation: Callable[[Session, datetime, DeliveryCounts], Done], counts: DeliveryCounts, what: str
    ) -> Done | None:
        """What `operation` returns, done in one transaction, or None when it failed: the log names `what` failed.

        Raises: errors of the connection to the database, because then no row is at fault.
        """
        counted = DeliveryCounts()
        try:
            with self.transaction() as (db, now):
                done = operation(db, now, counted)
                if counted.sent and self.was_refused:
                    db.execute(delete(ChannelPause).where(ChannelPause.channel == self.name))
        except NO_DATABASE:
            raise
        except Exception:  # a mistake of ours or bad data in one row; the others go on
            log.exception("The worker could not %s", what)
            return None
        counts.add(counted)
        if counted.sent:
            self.was_refused = False
            self.deferred_in_a_row.clear()
        return done

    def claim(self, due_by: datetime, limit: int) -> tuple[list[ClaimedRow], datetime]:
        """Rows that were due at `due_by`, for the length of a lease, and the time of the claim; none that is paused."""
        with self.transaction() as (db, now):
            pauses = queue.pauses_of(db, self.name)
            self.was_refused = self.name in pauses
            if any(pause.is_on(now) for pause in pauses.values()):
                return [], now
            request = ClaimRequest(self.name, due_by, limit, pauses_on(db, now))
            return queue.claim(db, request, now=now, lease_until=now + self.lease), now

    @contextmanager
    def released_on_failure(self, rows: list[ClaimedRow]) -> Iterator[None]:
        """Release what is still in `rows` if the block fails, so that it need not wait for the end of the lease."""
        try:
            yield
        except BaseException:
            try:
                self.release(rows)
            except Exception:
                log.exception("Claimed rows could not be released; they are due again when their lease ends")
            raise

    def release(self, rows: Sequence[ClaimedRow]) -> None:
        """Give back rows that were never started."""
        with self.transaction() as (db, now):
            queue.release(db, rows, now)

    def count_failure(self, row: ClaimedRow, counts: DeliveryCounts) -> None:
        """Count a try of a row that cannot even be started; if that fails too the end of its lease makes it due again."""

        def write(db: Session, now: datetime, counts: DeliveryCounts) -> int:
            earlier = queue.earlier_tries(db, [row]).get(row.id, EarlierTries())
            queue.start(db, [row], self.worker, now, maybe_duplicate=earlier.in_doubt)
            result = DeliveryResult(row, FAILED_OUTCOME, earlier.tries + 1, error=INTERNAL_ERROR)
            return self._record(db, [result], now, counts)

        self.run(write, counts, f"count the try of notification {row.id}")

    def record(self, results: Sequence[DeliveryResult], counts: DeliveryCounts) -> None:
        """Record results: together, else one by one, else without what the provider said.

        A result that cannot be recorded at all leaves its try in doubt until the lease ends.
        """
        what = f"record notifications {[result.claimed.id for result in results]}"
        if self.run(lambda db, now, counts: self._record(db, results, now, counts), counts, what) is not None:
            return
        for result in results:
            plain = replace(result, provider_reference="", error=RESULT_NOT_RECORDED)
            if len(results) > 1:
                self.record([result], counts)
            elif plain != result:
                self.record([plain], counts)

    def start_next(
        self, ready: ReadyMessage, results: Sequence[DeliveryResult], counts: DeliveryCounts
    ) -> datetime | None:
        """Record `results` and start a try of `ready`; when it started, or None if there is nothing to try."""

        def write(
            results: Sequence[DeliveryResult], db: Session, now: datetime, counts: DeliveryCounts
        ) -> tuple[bool, datetime]:
            self._record(db, results, now, counts)
            return self._start(db, ready, now, counts), now

        row = ready.claimed
        started = self.run(partial(write, results), counts, f"record a try and start notification {row.id}")
        if started is None:
            self.record(results, counts)
            started = self.run(partial(write, []), counts, f"start notification {row.id}")
        if started is None:
            self.count_failure(row, counts)
            return None
        return started[1] if started[0] else None

    def _record(self, db: Session, results: Sequence[DeliveryResult], now: datetime, counts: DeliveryCounts) -> int:
        """How many tries were recorded, with their rows closed or scheduled again, and counted."""
        if not results:
            return 0
        results = queue.results_of_each(results)
        queue.record_attempts(db, results, now)
        sent = [result for result in results if result.outcome == SENT_OUTCOME]
        queue.record_sent(db, sent, now, self._ask_at(now))
        counts.sent += len(sent)
        for result in sent:
            _log_result(result.claimed, SENT)
        for result in results:
            if result.outcome != SENT_OUTCOME:
                counts.failed += 1
                _record_failure(db, result, now)
        return len(results)

    def _start(self, db: Session, ready: ReadyMessage, now: datetime, counts: DeliveryCounts) -> bool:
        """Whether a try starts: all its rows are still ours and still true, and no earlier try of one has arrived."""
        row = ready.claimed
        may_go = [one for one in row.each if self._may_go(db, one, ready.facts.version, now, counts)]
        if len(may_go) < len(row.each) or not is_reached_as_checked(db, ready):
            log.info("Notification %s is checked again: it, or how it reaches somebody, has changed", row.id)
            queue.release(db, may_go, now)  # the next pass finds out what is told without the others, or to whom
            return False
        queue.start(db, [row], self.worker, now, maybe_duplicate=ready.earlier.in_doubt)
        return True

    def _may_go(self, db: Session, row: ClaimedRow, version: int, now: datetime, counts: DeliveryCounts) -> bool:
        """Whether a row is sent now; else it is closed or given back."""
        if not queue.renew(db, row, now + self.sending_lease):
            return False
        found = current_state(db, row.appointment_id)
        if not found.makes_current(row.kind, row.version):
            self.close(db, row, VOID, SUPERSEDED, now, counts)
            return False
        is_other = found.version != (row.version if family_of(row.kind) == REMINDER else version)
        if is_other or now >= row.useful_until or (found.awaits_rebooking and family_of(row.kind) == REMINDER):
            queue.release(db, [row], now)  # the next pass checks it again, closes it as late, or holds it
            return False
        if not self.not_held(db, [row], now):
            return False
        earlier = queue.earlier_tries(db, [row]).get(row.id, EarlierTries())
        if earlier.arrived:
            self.close(db, row, SENT, "", now, counts)
            return False
        if earlier.doubts > 1:
            self.close(db, row, IN_DOUBT, INTERRUPTED, now, counts)
            return False
        return True

    def close(
        self, db: Session, row: ClaimedRow, status: str, reason: str, now: datetime, counts: DeliveryCounts
    ) -> None:
        """Close a row that is not sent, in the running transaction."""
        if reason in (OTHER_CHANNEL, QUIET_HOURS):
            locked_alike(db, row.id)
        queue.close(db, [row], status, reason, now, self._ask_at(now) if status == SENT else None)
        if reason in (OTHER_CHANNEL, QUIET_HOURS):
            plan_next_channel(db, row.id, now)
        counts.skipped += 1
        _log_result(row, status)

    def _ask_at(self, now: datetime) -> datetime | None:
        return now + ASK_AFTER if self.tracks_delivery else None

    def not_held(self, db: Session, rows: Sequence[ClaimedRow], now: datetime) -> list[ClaimedRow]:
        """Those that no council holds back since they were claimed; the others are given back, and wait."""
        pauses = pauses_on(db, now)
        held = {row.id for row in rows if any(one.holds(row.authority_id, row.kind, row.channel) for one in pauses)}
        if held:
            queue.release(db, [row for row in rows if row.id in held], now)
        return [row for row in rows if row.id not in held]

    def hold(self, db: Session, row: ClaimedRow, held: Held, counts: DeliveryCounts) -> None:
        """Give back a row that is not sent for the time being, in the running transaction."""
        queue.postpone(db, [row], held.reason, held.until)
        counts.skipped += 1
        _log_result(row, "held", error=held.reason)


def _record_failure(db: Session, result: DeliveryResult, now: datetime) -> None:
    decision = decide_after_failure(result, now)
    if isinstance(decision, Retry):
        queue.schedule_retry(db, result, decision.at)
    else:
        locked_alike(db, result.claimed.id)
        if queue.give_up(db, result, decision.status, decision.reason, now) and decision.status in (FAILED, LATE):
            plan_next_channel(db, result.claimed.id, now)
    _log_result(result.claimed, result.outcome, error=result.error)


def _log_result(row: ClaimedRow, result: str, **facts: str) -> None:
    """Log one line and count it: ids and the result, nothing about a person."""
    MESSAGES.labels(family_of(row.kind), result).inc()
    if message_log.isEnabledFor(logging.INFO):
        about = {"notification": row.id, "kind": row.kind, "channel": row.channel, "result": result, **facts}
        message_log.info("message", extra=about)
