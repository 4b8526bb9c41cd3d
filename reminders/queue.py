"""The outbox as a queue: claim, start, record. Every statement is safe beside any number of other workers.

A claim raises the row's fence and sets its next try to the end of the lease, so a row whose worker died is simply due
again. Whoever writes a result names the fence it claimed under; if the row was claimed again since, nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, literal, literal_column, null, or_, select, update
from sqlalchemy.orm import Session

from core.database import UtcDateTime
from reminders.outbox import LATE, PENDING, SENT, VOID
from reminders.tables import DeliveryAttempt, Notification

# Written out, not bound: neither database can prove that a bound value matches the partial index.
IS_PENDING = Notification.state == literal_column(f"'{PENDING}'")
TOO_LATE = "It would have been of no use any more."


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row that this worker has for the length of its lease. `fence` 1 says that nobody had it before."""

    id: int
    authority_id: int
    appointment_id: int
    version: int
    kind: str
    channel: str
    useful_until: datetime
    fence: int

    @property
    def reference(self) -> str:
        """Our own reference, the same for every try: what a provider is asked by, and what makes the Message-ID."""
        return f"notification-{self.id}-{self.version}"


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is known of earlier tries: how many, whether one arrived, whether one may have arrived."""

    tries: int = 0
    arrived: bool = False
    in_doubt: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    """How a try ended: outcome is sent, failed (temporarily), refused (for good) or unclear."""

    claimed: Claimed
    outcome: str
    tries: int
    provider_reference: str = ""
    error: str = ""


def settle_late(db: Session, now: datetime) -> int:
    """Settle what is of no use any more, and say how many. A row that a worker has is left to that worker."""
    late = (
        select(Notification.id)
        .where(IS_PENDING, Notification.next_try_at <= now, Notification.useful_until <= now)
        .with_for_update(skip_locked=True)
        .cte("late")
    )
    statement = update(Notification).where(Notification.id.in_(select(late.c.id)))
    return _changed(db, statement.values(state=LATE, closed_at=now, reason=TOO_LATE, lease_until=null()))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a worker wants to claim: rows of `channel` that were due at `due_by`, `limit` at most."""

    channel: str
    due_by: datetime
    limit: int


def claim(db: Session, wanted: Wanted, *, now: datetime, lease_until: datetime) -> list[Claimed]:
    """The rows that are wanted, the longest overdue first; nobody else has them until `lease_until`."""
    due = (
        select(Notification.id)
        .where(IS_PENDING, Notification.next_try_at <= wanted.due_by, Notification.useful_until > now)
        .where(Notification.channel == wanted.channel)
        .order_by(Notification.next_try_at)  # not by id as well: at 09:00 thousands share one instant
        .limit(wanted.limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    statement = (
        update(Notification)
        .where(Notification.id.in_(select(due.c.id)))
        .values(fence=Notification.fence + 1, lease_until=lease_until, next_try_at=lease_until)
        .returning(
            Notification.id,
            Notification.authority_id,
            Notification.appointment_id,
            Notification.version,
            Notification.kind,
            Notification.channel,
            Notification.useful_until,
            Notification.fence,
        )
    )
    return sorted((Claimed(*row) for row in db.execute(_quick(statement))), key=lambda row: row.id)


def renew(db: Session, row: Claimed, lease_until: datetime) -> bool:
    """Whether the row is still this worker's and still owed; if so the lease now lasts until `lease_until`."""
    return _changed(db, _ours([row]).values(lease_until=lease_until, next_try_at=lease_until)) == 1


def release(db: Session, rows: Sequence[Claimed], now: datetime) -> None:
    """Give back rows that were never started."""
    _each_fence(db, rows, {"lease_until": None, "next_try_at": now})


def postpone(db: Session, rows: Sequence[Claimed], reason: str, until: datetime) -> None:
    """Give back rows, to be due again at `until`, because none could be tried. A try that was begun is none."""
    by_fence: dict[int, list[int]] = {}
    for row in rows:
        by_fence.setdefault(row.fence, []).append(row.id)
    for fence, ids in by_fence.items():
        begun = delete(DeliveryAttempt).where(DeliveryAttempt.notification_id.in_(ids), DeliveryAttempt.fence == fence)
        db.execute(_quick(begun.where(DeliveryAttempt.outcome == "")))
    _each_fence(db, rows, {"lease_until": None, "next_try_at": until, "reason": reason})


def settle(db: Session, rows: Sequence[Claimed], state: str, reason: str, now: datetime) -> None:
    """Settle rows that are not going to be sent, saying why."""
    _each_fence(db, rows, {"state": state, "reason": reason, "closed_at": now, "lease_until": None})


def earlier_tries(db: Session, rows: Iterable[Claimed]) -> dict[int, Earlier]:
    """What is known of earlier tries, by the row's id. Rows that nobody had before are not looked up."""
    known: dict[int, Earlier] = {}
    ids = [row.id for row in rows if row.fence > 1]
    if not ids:
        return known
    columns = (DeliveryAttempt.notification_id, DeliveryAttempt.outcome)
    for row_id, outcome in db.execute(select(*columns).where(DeliveryAttempt.notification_id.in_(ids))):
        before = known.get(row_id, Earlier())
        known[row_id] = Earlier(
            tries=before.tries + 1,
            arrived=before.arrived or outcome == "sent",
            in_doubt=before.in_doubt or outcome in ("", "unclear"),
        )
    return known


def start(db: Session, rows: Sequence[Claimed], worker: str, now: datetime, *, maybe_duplicate: bool) -> None:
    """Write that a try of each row begins, in one statement."""
    begun = select(
        Notification.id, Notification.fence, literal(worker), literal(now, UtcDateTime()), literal(""), literal(""),
        literal(""), literal(maybe_duplicate),
    ).where(Notification.id.in_([row.id for row in rows]))  # fmt: skip
    names = ("notification_id", "fence", "worker", "started_at", "outcome", "provider_reference", "error")
    db.execute(insert(DeliveryAttempt).from_select([*names, "maybe_duplicate"], begun))


def record_attempts(db: Session, endings: Sequence[Ending], now: datetime) -> None:
    """Write how tries ended. A try's own record is true whoever has the row by now, so no fence is asked."""
    alike: dict[tuple[int, str, str, str], list[int]] = {}
    for ending in endings:
        key = (ending.claimed.fence, ending.outcome, ending.provider_reference, ending.error)
        alike.setdefault(key, []).append(ending.claimed.id)
    for (fence, outcome, reference, error), ids in alike.items():
        statement = update(DeliveryAttempt).where(
            DeliveryAttempt.notification_id.in_(ids), DeliveryAttempt.fence == fence
        )
        values = {"ended_at": now, "outcome": outcome, "provider_reference": reference, "error": error}
        db.execute(_quick(statement.values(values)))


def record_sent(db: Session, endings: Sequence[Ending], now: datetime) -> None:
    """Settle rows as sent; also those that were voided while the message was on its way, for it did go out."""
    alike: dict[int, list[Claimed]] = {}
    for ending in endings:
        alike.setdefault(ending.tries, []).append(ending.claimed)
    for tries, rows in alike.items():
        values = {"state": SENT, "closed_at": now, "lease_until": None, "reason": "", "tries": tries}
        _each_fence(db, rows, values, states=(PENDING, VOID))


def put_off(db: Session, ending: Ending, next_try_at: datetime) -> None:
    """Let the row be tried again at `next_try_at`."""
    values = {"next_try_at": next_try_at, "lease_until": None, "tries": ending.tries, "reason": ending.error}
    db.execute(_quick(_ours([ending.claimed]).values(values)))


def give_up(db: Session, ending: Ending, state: str, reason: str, now: datetime) -> None:
    """Settle the row as failed or late after its last try."""
    values = {"state": state, "closed_at": now, "lease_until": None, "tries": ending.tries, "reason": reason}
    db.execute(_quick(_ours([ending.claimed]).values(values)))


def _each_fence(
    db: Session, rows: Iterable[Claimed], values: dict[str, Any], states: tuple[str, ...] = (PENDING,)
) -> None:
    by_fence: dict[int, list[Claimed]] = {}
    for row in rows:
        by_fence.setdefault(row.fence, []).append(row)
    for alike in by_fence.values():
        db.execute(_quick(_ours(alike, states).values(values)))


def _ours(rows: Sequence[Claimed], states: tuple[str, ...] = (PENDING,)) -> Any:
    """An UPDATE of those rows, all of one fence, that are still under it. Locks in order of id, as bookings do."""
    mine = (
        select(Notification.id)
        .where(Notification.id.in_([row.id for row in rows]), Notification.fence == rows[0].fence)
        .where(or_(*(Notification.state == state for state in states)))
        .order_by(Notification.id)
        .with_for_update()
        .cte("mine")
    )
    return update(Notification).where(Notification.id.in_(select(mine.c.id)))


def _quick(statement: Any) -> Any:
    """`statement` without looking for mapped objects to bring up to date: the worker holds none."""
    return statement.execution_options(synchronize_session=False)


def _changed(db: Session, statement: Any) -> int:
    """How many rows `statement` changed. Counted by what it returns: Python's SQLite does not count after a WITH."""
    return len(db.execute(_quick(statement.returning(Notification.id))).all())
