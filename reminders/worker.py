"""The worker: claims what is due, checks it once more, sends it outside any transaction, and records each try.

Any number of workers on any number of hosts may run. What each promise rests on:

- Nothing is lost: a claim is a lease, and a row whose worker died is due again when the lease ends.
- Nothing is sent twice without a crash: the fence, and the check for an earlier try that arrived.
- After a crash between sending and recording, a channel that can be asked is asked. One that cannot (SMTP) is recorded
  message by message: one transaction writes the last result and marks the next try as started, so at most one message
  for each dead worker is in doubt. It is sent again, and flagged.
- One row or one council stops nobody else: what fails to be checked or recorded is tried again alone. Rows not begun are
  given back, whatever happens.
- A channel that refuses this service costs no message a try: its rows are given back, and it is left alone for a while.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from core.clock import Clock
from core.database import Database
from core.errors import DeliveryFailed
from reminders import queue
from reminders.appointment_queries import current_versions, message_facts
from reminders.channels.base import Channel, Line
from reminders.delivery_decisions import (
    FAILED_OUTCOME,
    MISTAKE,
    UNAVAILABLE_OUTCOME,
    Ready,
    attempt,
    known_ending,
    verdict_on,
)
from reminders.messages import Writer
from reminders.outbox import SENT, SUPERSEDED, VOID
from reminders.plan import EMAIL, is_current
from reminders.queue import Claimed, Earlier, Ending, Wanted
from reminders.results import REFUSALS, Pause, Tally, note, record

# A try waits 30 s at most for each of the ten answers of a mail server. A slower worker loses its row, and the fence
# refuses what it writes later.
LEASE = timedelta(minutes=5)
UNRECORDED = "The result could not be recorded in full; see the log."
NO_DATABASE = (OperationalError, InterfaceError, PoolTimeout)

Done = TypeVar("Done")

log = logging.getLogger(__name__)


def worker_name() -> str:
    """Host and process: who did it, in the record of a try."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}"


@dataclass
class Worker:
    """One sender. `stop` may be called from a signal or another thread: the message in hand is finished.

    `progressed` is called after each message, each batch and each finished pass: never while anything hangs or fails.
    """

    database: Database
    clock: Clock
    channel: Channel
    writer: Writer
    name: str = field(default_factory=worker_name)
    lease: timedelta = LEASE
    stopping: threading.Event = field(default_factory=threading.Event)
    progressed: Callable[[], None] = field(default=lambda: None)
    pause: Pause = field(default_factory=Pause)

    def stop(self) -> None:
        """Ask the worker to end after the message in hand (after the batch, where batches are recorded at once)."""
        self.stopping.set()

    def send_due(self) -> Tally:
        """One pass over everything that is due as it begins; says what became of it."""
        tally = Tally()
        with self._transaction() as (db, began):
            tally.skipped += queue.settle_late(db, began)
        while not self.stopping.is_set() and not self.pause.is_on(began) and self._send_batch(began, tally):
            self.progressed()
            if tally.postponed:
                break
        self.progressed()
        return tally

    def _send_batch(self, due_by: datetime, tally: Tally) -> bool:
        """Whether there was anything to claim."""
        wanted = Wanted(EMAIL, due_by, self.channel.batch_size)
        with self._transaction() as (db, now):
            claimed = queue.claim(db, wanted, now=now, lease_until=now + self.lease)
        with self._given_back(claimed):
            ready = self._check(claimed, tally)
        if ready:
            with self.channel.open() as line:
                if self.channel.can_be_asked:
                    self._send_at_once(line, ready, now, tally)
                else:
                    self._send_each(line, ready, tally)
        return bool(claimed)

    def _check(self, claimed: Sequence[Claimed], tally: Tally) -> list[Ready]:
        """Those rows that are true, of use and for somebody; the others are settled, with the reason.

        Each authority is checked by itself, and row by row where that fails. A row that fails alone has had a try.
        """
        ready: list[Ready] = []
        for authority_id in dict.fromkeys(row.authority_id for row in claimed):
            rows = [row for row in claimed if row.authority_id == authority_id]
            found = self._done(partial(self._check_together, rows), tally, f"check authority {authority_id}")
            ready += found or []
            for row in rows if found is None else []:
                alone = self._done(partial(self._check_together, [row]), tally, f"check notification {row.id}")
                ready += alone or []
                if alone is None:
                    self._count_failure(row, tally)
        return sorted(ready, key=lambda one: one.claimed.id)

    def _check_together(self, rows: Sequence[Claimed], db: Session, now: datetime, tally: Tally) -> list[Ready]:
        facts = message_facts(db, [row.appointment_id for row in rows])
        earlier = queue.earlier_tries(db, rows)
        ready: list[Ready] = []
        for row in rows:
            verdict = verdict_on(row, facts.get(row.appointment_id), earlier.get(row.id, Earlier()))
            if isinstance(verdict, Ready):
                ready.append(verdict)
            else:
                self._settle(db, row, verdict.state, verdict.reason, now, tally)
        if self.channel.can_be_asked and ready:
            queue.start(db, [one.claimed for one in ready], self.name, now, maybe_duplicate=False)
        return ready

    def _count_failure(self, row: Claimed, tally: Tally) -> None:
        """Count a try of a row that cannot even be begun, and put it off; if that fails too its lease puts it off."""

        def write(db: Session, now: datetime, tally: Tally) -> int:
            earlier = queue.earlier_tries(db, [row]).get(row.id, Earlier())
            queue.start(db, [row], self.name, now, maybe_duplicate=earlier.in_doubt)
            return record(db, [Ending(row, FAILED_OUTCOME, earlier.tries + 1, error=MISTAKE)], now, tally)

        self._done(write, tally, f"count the try of notification {row.id}")

    def _send_at_once(self, line: Line, ready: Sequence[Ready], now: datetime, tally: Tally) -> None:
        """Send a batch whose tries are on record as started, and record all results in one transaction."""
        endings = self._asked(ready)
        known = {ending.claimed for ending in endings}
        left = [one for one in ready if one.claimed not in known]
        reason = ""
        while left and not reason:
            ending = attempt(line, self.writer, left[0], now)
            if ending.outcome == UNAVAILABLE_OUTCOME:
                reason = ending.error or ending.outcome
            else:
                endings.append(ending)
                left.pop(0)
        self._record(endings, tally)
        if left:
            self._postpone([one.claimed for one in left], reason, tally)

    def _asked(self, ready: Sequence[Ready]) -> list[Ending]:
        """How those ended that an earlier worker left in doubt and that the provider has, or cannot speak about."""
        doubted = [one for one in ready if one.earlier.in_doubt]
        if not doubted:
            return []
        try:
            there = self.channel.arrived([one.claimed.reference for one in doubted])
        except DeliveryFailed as error:
            return [known_ending(one, error) for one in doubted]
        return [known_ending(one) for one in doubted if one.claimed.reference in there]

    def _send_each(self, line: Line, ready: Sequence[Ready], tally: Tally) -> None:
        """Send one by one; a transaction between two messages writes the last result and starts the next try."""
        left = [one.claimed for one in ready]
        ended: Sequence[Ending] = []
        with self._given_back(left):
            for one in ready:
                if self.stopping.is_set():
                    break
                started_at = self._begin(one, ended, tally)
                left.remove(one.claimed)
                ended = [attempt(line, self.writer, one, started_at)] if started_at else []
                self.progressed()
                if ended and ended[0].outcome == UNAVAILABLE_OUTCOME:
                    self._postpone([one.claimed, *left], ended[0].error, tally)
                    return
            self._record(ended, tally)
            if left:
                self._release(left)

    def _begin(self, one: Ready, ended: Sequence[Ending], tally: Tally) -> datetime | None:
        """Record the try before, `ended`; when the try of `one` began, or None if there is nothing to try."""

        def write(ended: Sequence[Ending], db: Session, now: datetime, tally: Tally) -> tuple[bool, datetime]:
            record(db, ended, now, tally)
            return self._start(db, one, now, tally), now

        begun = self._done(partial(write, ended), tally, f"record a try and begin notification {one.claimed.id}")
        if begun is None:
            self._record(ended, tally)
            begun = self._done(partial(write, []), tally, f"begin notification {one.claimed.id}")
        if begun is None:
            self._count_failure(one.claimed, tally)
            return None
        return begun[1] if begun[0] else None

    def _record(self, endings: Sequence[Ending], tally: Tally) -> None:
        """Record how tries ended: together, else one by one, else without the words of the provider.

        A result that cannot be recorded at all leaves its try in doubt until the lease ends.
        """
        what = f"record notifications {[ending.claimed.id for ending in endings]}"
        if self._done(lambda db, now, tally: record(db, endings, now, tally), tally, what) is not None:
            return
        for ending in endings:
            plain = replace(ending, provider_reference="", error=UNRECORDED)
            if len(endings) > 1:
                self._record([ending], tally)
            elif plain != ending:
                self._record([plain], tally)

    def _postpone(self, rows: Sequence[Claimed], reason: str, tally: Tally) -> None:
        """Give back `rows`, none of which was tried, until the channel's pause ends."""
        with self._transaction() as (db, now):
            until = self.pause.begin(now)
            queue.postpone(db, rows, reason, until)
        tally.postponed += len(rows)
        REFUSALS.labels(EMAIL).inc()
        log.error("The channel %s refuses this service until %s at least: %s", EMAIL, until.isoformat(), reason)

    def _done(self, work: Callable[[Session, datetime, Tally], Done], tally: Tally, what: str) -> Done | None:
        """What `work` returns, done in one transaction, or None when it failed: the log says `what` could not be done.

        Raises: what says that the database cannot be used, for then no row is to blame.
        """
        counted = Tally()
        try:
            with self._transaction() as (db, now):
                done = work(db, now, counted)
        except NO_DATABASE:
            raise
        except Exception:  # a mistake of ours or bad data in one row; the others go on
            log.exception("The worker could not %s", what)
            return None
        tally.add(counted)
        if counted.sent:
            self.pause.reset()
        return done

    @contextmanager
    def _given_back(self, rows: list[Claimed]) -> Iterator[None]:
        """Give back what is still in `rows` if the block fails, so that it need not wait for the end of the lease."""
        try:
            yield
        except BaseException:
            try:
                self._release(rows)
            except Exception:
                log.exception("Claimed rows could not be given back; they are due again when their lease ends")
            raise

    def _release(self, rows: Sequence[Claimed]) -> None:
        with self._transaction() as (db, now):
            queue.release(db, rows, now)

    def _start(self, db: Session, one: Ready, now: datetime, tally: Tally) -> bool:
        """Whether a try begins: the row is still ours and still true, and no earlier try of it has arrived."""
        row = one.claimed
        if not queue.renew(db, row, now + self.lease):
            return False
        version, state = current_versions(db, [row.appointment_id]).get(row.appointment_id, (0, ""))
        if not is_current(row.kind, version=row.version, now_version=version, now_state=state):
            self._settle(db, row, VOID, SUPERSEDED, now, tally)
            return False
        if now >= row.useful_until:
            queue.release(db, [row], now)  # the next pass settles it as late
            return False
        earlier = queue.earlier_tries(db, [row]).get(row.id, Earlier())
        if earlier.arrived:
            self._settle(db, row, SENT, "", now, tally)
            return False
        queue.start(db, [row], self.name, now, maybe_duplicate=earlier.in_doubt)
        return True

    def _settle(self, db: Session, row: Claimed, state: str, reason: str, now: datetime, tally: Tally) -> None:
        queue.settle(db, [row], state, reason, now)
        tally.skipped += 1
        note(row, state)

    @contextmanager
    def _transaction(self) -> Iterator[tuple[Session, datetime]]:
        """One transaction and the database's time in it: leases of all hosts go by one clock."""
        with self.database.writing() as db:
            yield db, self.clock.database_now(db)
