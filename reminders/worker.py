"""The worker: claims what is due, checks it once more, sends it outside any transaction, and records each try.

Any number of workers on any number of hosts may run. What each promise rests on:

- Nothing is lost: a claim is a lease, and a row whose worker died is due again when the lease ends.
- Nothing is sent twice without a crash: the fence, and the check for an earlier try that arrived.
- After a crash between sending and recording, a channel that can be asked is asked. One that cannot (SMTP) is recorded
  message by message: one transaction writes the last result and marks the next try as started, so at most one message
  for each dead worker is in doubt. It is sent again, and flagged.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.queries.for_messages import current_versions, message_facts
from core.clock import Clock
from core.database import Store
from core.errors import DeliveryFailed
from reminders import queue
from reminders.channels.base import Channel, Line
from reminders.delivery import Ready, attempt, known_ending, verdict_on
from reminders.messages import Writer
from reminders.outbox import SENT, SUPERSEDED, VOID
from reminders.plan import EMAIL, is_current
from reminders.queue import Claimed, Earlier, Ending, Wanted
from reminders.records import Tally, note, record

# A try waits 30 s at most for each of the ten answers of a mail server. A slower worker loses its row, and the fence
# refuses what it writes later.
LEASE = timedelta(minutes=5)


def worker_name() -> str:
    """Host and process: who did it, in the record of a try."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}"


@dataclass
class Worker:
    """One sender. `stop` may be called from a signal or another thread: the message in hand is finished.

    `progressed` is called after each message, each batch and each finished pass: never while anything hangs or fails.
    """

    store: Store
    clock: Clock
    channel: Channel
    writer: Writer
    name: str = field(default_factory=worker_name)
    lease: timedelta = LEASE
    stopping: threading.Event = field(default_factory=threading.Event)
    progressed: Callable[[], None] = field(default=lambda: None)

    def stop(self) -> None:
        """Ask the worker to end after the message in hand (after the batch, where batches are recorded at once)."""
        self.stopping.set()

    def send_due(self) -> Tally:
        """One pass over everything that is due as it begins; says what became of it."""
        tally = Tally()
        with self._transaction() as (session, began):
            tally.skipped += queue.settle_late(session, began)
        while not self.stopping.is_set() and self._send_batch(began, tally):
            self.progressed()
        self.progressed()
        return tally

    def _send_batch(self, due_by: datetime, tally: Tally) -> bool:
        """Whether there was anything to claim."""
        in_bulk = self.channel.can_be_asked
        wanted = Wanted(EMAIL, due_by, self.channel.batch_size)
        with self._transaction() as (session, now):
            claimed = queue.claim(session, wanted, now=now, lease_until=now + self.lease)
            ready = self._check(session, claimed, now, tally) if claimed else []
            if in_bulk and ready:
                queue.start(session, [one.claimed for one in ready], self.name, now, maybe_duplicate=False)
        if ready:
            with self.channel.open() as line:
                self._send_at_once(line, ready, now, tally) if in_bulk else self._send_each(line, ready, tally)
        return bool(claimed)

    def _check(self, session: Session, claimed: Sequence[Claimed], now: datetime, tally: Tally) -> list[Ready]:
        """Those rows that are true, of use and for somebody; the others are settled, with the reason."""
        facts = message_facts(session, [row.appointment_id for row in claimed])
        earlier = queue.earlier_tries(session, claimed)
        ready: list[Ready] = []
        for row in claimed:
            verdict = verdict_on(row, facts.get(row.appointment_id), earlier.get(row.id, Earlier()))
            if isinstance(verdict, Ready):
                ready.append(verdict)
            else:
                self._settle(session, row, verdict.state, verdict.reason, now, tally)
        return ready

    def _send_at_once(self, line: Line, ready: Sequence[Ready], now: datetime, tally: Tally) -> None:
        """Send a batch whose tries are on record as started, and record all results in one transaction."""
        endings = self._asked(ready)
        known = {ending.claimed for ending in endings}
        endings += [attempt(line, self.writer, one, now) for one in ready if one.claimed not in known]
        with self._transaction() as (session, ended):
            record(session, endings, ended, tally)

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
        ended: list[Ending] = []
        for position, one in enumerate(ready):
            with self._transaction() as (session, now):
                record(session, ended, now, tally)
                if self.stopping.is_set():
                    queue.release(session, [left.claimed for left in ready[position:]], now)
                    return
                is_started = self._start(session, one, now, tally)
            ended = [attempt(line, self.writer, one, now)] if is_started else []
            self.progressed()
        with self._transaction() as (session, now):
            record(session, ended, now, tally)

    def _start(self, session: Session, one: Ready, now: datetime, tally: Tally) -> bool:
        """Whether a try begins: the row is still ours and still true, and no earlier try of it has arrived."""
        row = one.claimed
        if not queue.renew(session, row, now + self.lease):
            return False
        version, state = current_versions(session, [row.appointment_id]).get(row.appointment_id, (0, ""))
        if not is_current(row.kind, version=row.version, now_version=version, now_state=state):
            self._settle(session, row, VOID, SUPERSEDED, now, tally)
            return False
        if now >= row.useful_until:
            queue.release(session, [row], now)  # the next pass settles it as late
            return False
        earlier = queue.earlier_tries(session, [row]).get(row.id, Earlier())
        if earlier.arrived:
            self._settle(session, row, SENT, "", now, tally)
            return False
        queue.start(session, [row], self.name, now, maybe_duplicate=earlier.in_doubt)
        return True

    def _settle(self, session: Session, row: Claimed, state: str, reason: str, now: datetime, tally: Tally) -> None:
        queue.settle(session, [row], state, reason, now)
        tally.skipped += 1
        note(row, state)

    @contextmanager
    def _transaction(self) -> Iterator[tuple[Session, datetime]]:
        """One transaction and the database's time in it: leases of all hosts go by one clock."""
        with self.store.writing() as session:
            yield session, self.clock.database_now(session)
