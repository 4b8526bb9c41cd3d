"""The outbox as a queue: claim, start, record. Every statement is safe beside any number of other workers.

A claim raises the row's fencing token and sets its next try to the end of the lease, so a row whose worker died is due
again then. A result is written under the token of its claim; if the row was claimed again since, nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, cast, delete, func, insert, literal, literal_column, not_, null, or_, select, update
from sqlalchemy.orm import Session

from core.database import UtcDateTime
from reminders.delivery_decisions import (
    LATE,
    PENDING,
    SENT,
    VOID,
    WITHHELD,
    ClaimedRow,
    EarlierTries,
)
from reminders.delivery_results import DeliveryResult
from reminders.pause_queries import rows_held
from reminders.pauses import MessagePause
from reminders.reasons import PAUSED, TOO_LATE, UNKNOWN_CHANNEL
from reminders.retry_decisions import wait_after
from reminders.tables import ChannelPause, CouncilPause, DeliveryAttempt, Notification
from reminders.try_queries import SAID_OF_EARLIER, tries_of

EVERY_CHANNEL = "*"  # of a pause
LONGEST_PAUSE = timedelta(minutes=5)  # of a channel: one that works again is noticed within it

_OF_PAUSE = tuple(getattr(CouncilPause, one.name) for one in fields(MessagePause))
# Written out, not bound: neither database can prove that a bound value matches the partial index.
IS_PENDING = Notification.status == literal_column(f"'{PENDING}'")


def close_late(db: Session, now: datetime) -> int:
    """How many rows were closed because they are of no use any more. A row that a worker has is left to that worker.

    Of those that their council holds back the reason is the pause.
    """
    late = (
        select(Notification.id)
        .where(IS_PENDING, Notification.next_try_at <= now, Notification.useful_until <= now)
        .with_for_update(skip_locked=True)
        .cte("late")
    )
    statement = update(Notification).where(Notification.id.in_(select(late.c.id)))
    pauses = pauses_on(db, now)
    reason = case((rows_held(pauses), PAUSED), else_=TOO_LATE) if pauses else TOO_LATE
    return _changed(db, statement.values(status=LATE, closed_at=now, reason=reason, lease_until=null()))


def withhold_unknown(db: Session, known: Iterable[str], now: datetime) -> list[str]:
    """Close what is due for a channel that is not among `known`; the channel of each such row."""
    unknown = (
        select(Notification.id)
        .where(IS_PENDING, Notification.next_try_at <= now, Notification.channel.not_in(sorted(known)))
        .with_for_update(skip_locked=True)
        .cte("unknown")
    )
    statement = update(Notification).where(Notification.id.in_(select(unknown.c.id)))
    values = {"status": WITHHELD, "closed_at": now, "reason": UNKNOWN_CHANNEL, "lease_until": null()}
    return list(db.scalars(_unsynchronized(statement.values(values).returning(Notification.channel))))


@dataclass(frozen=True, slots=True)
class Pause:
    """How long a channel is left alone after it refused this service: 1 s, 2 s, 4 s, ... and 5 minutes at the most.

    One whose provider said when to come back is left alone until then, within the same five minutes.
    One without an end lasts until an operator ends it.
    """

    refusals: int = 0
    until: datetime | None = None

    def after_refusal(self, now: datetime, at_least: timedelta = timedelta(0)) -> Pause:
        """The pause that follows a refusal: longer than this one, or this one while it lasts, which somebody else began."""
        if self.is_on(now):
            return self
        refusals = self.refusals + 1
        return Pause(refusals, now + min(max(wait_after(refusals), at_least), LONGEST_PAUSE))

    def is_on(self, now: datetime) -> bool:
        """Whether it lasts. A clock that was set back does not make it longer than the longest."""
        return self.until is None or self.until - LONGEST_PAUSE <= now < self.until


def pauses_of(db: Session, channel: str) -> dict[str, Pause]:
    """The pauses that concern `channel`, by its name and `EVERY_CHANNEL`."""
    columns = (ChannelPause.channel, ChannelPause.refusals, ChannelPause.until)
    rows = db.execute(select(*columns).where(ChannelPause.channel.in_([channel, EVERY_CHANNEL])))
    return {name: Pause(refusals, until) for name, refusals, until in rows}


def pauses_on(db: Session, now: datetime, authority_id: int | None = None) -> list[MessagePause]:
    """The pauses of councils that last, of this one or of all, the oldest first."""
    found = select(*_OF_PAUSE).where(or_(CouncilPause.until.is_(None), CouncilPause.until > now))
    if authority_id is not None:
        found = found.where(CouncilPause.authority_id == authority_id)
    return [MessagePause(*row) for row in db.execute(found.order_by(CouncilPause.since, CouncilPause.id))]


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """What a worker claims: rows of `channel` that were due at `due_by`, `limit` at most; none that `held` hold back."""

    channel: str
    due_by: datetime
    limit: int
    held: Sequence[MessagePause] = ()


def claim(db: Session, request: ClaimRequest, *, now: datetime, lease_until: datetime) -> list[ClaimedRow]:
    """The rows of the request, the longest overdue first; nobody else has them until `lease_until`."""
    due = (
        select(Notification.id)
        .where(IS_PENDING, Notification.next_try_at <= request.due_by, Notification.useful_until > now)
        .where(Notification.channel == request.channel, *([not_(rows_held(request.held))] if request.held else ()))
        .order_by(Notification.next_try_at)  # not by id as well: at 09:00 thousands share one instant
        .limit(request.limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    statement = (
        update(Notification)
        .where(Notification.id.in_(select(due.c.id)))
        .values(fencing_token=Notification.fencing_token + 1, lease_until=lease_until, next_try_at=lease_until)
        .values(provider_status=SAID_OF_EARLIER, overdue_at=null())
        .returning(
            Notification.id,
            Notification.authority_id,
            Notification.appointment_id,
            Notification.version,
            Notification.kind,
            Notification.channel,
            Notification.useful_until,
            Notification.fencing_token,
            Notification.due_at,
            Notification.instead_of,
        )
    )
    return sorted((ClaimedRow(*row) for row in db.execute(_unsynchronized(statement))), key=lambda row: row.id)


def renew(db: Session, row: ClaimedRow, lease_until: datetime) -> bool:
    """Whether the row is still this worker's and still owed; if so the lease now lasts until `lease_until`."""
    return _changed(db, _current([row]).values(lease_until=lease_until, next_try_at=lease_until)) == 1


def release(db: Session, rows: Sequence[ClaimedRow], now: datetime) -> None:
    """Give back rows that were never started; one that was claimed before its time, with another, waits for that again."""
    next_try_at = case((Notification.due_at > now, Notification.due_at), else_=literal(now, UtcDateTime()))
    _each_token(db, rows, {"lease_until": None, "next_try_at": next_try_at})


def postpone(db: Session, rows: Sequence[ClaimedRow], reason: str, until: datetime) -> None:
    """Give back rows, to be due again at `until`, because none could be tried. A try that was begun is none."""
    by_token: dict[int, list[int]] = {}
    for row in each_of(rows):
        by_token.setdefault(row.fencing_token, []).append(row.id)
    for token, ids in by_token.items():
        begun = delete(DeliveryAttempt).where(
            DeliveryAttempt.notification_id.in_(ids), DeliveryAttempt.fencing_token == token
        )
        db.execute(_unsynchronized(begun.where(DeliveryAttempt.outcome == "")))
    _each_token(db, rows, {"lease_until": None, "next_try_at": until, "reason": reason})


def close(
    db: Session,
    rows: Sequence[ClaimedRow],
    status: str,
    reason: str,
    now: datetime,
    ask_at: datetime | None = None,
) -> None:
    """Close rows that are not going to be sent, with the reason; of those sent before the provider is asked at `ask_at`."""
    values = {"status": status, "reason": reason, "closed_at": now, "lease_until": None, "ask_at": ask_at}
    _each_token(db, rows, values)


def earlier_tries(db: Session, rows: Iterable[ClaimedRow]) -> dict[int, EarlierTries]:
    """What is known of earlier tries, by the row's id. Rows that nobody had before are not looked up."""
    again = [row for row in rows if row.fencing_token > 1]
    return tries_of(db, again) if again else {}


def start(db: Session, rows: Sequence[ClaimedRow], worker: str, now: datetime, *, maybe_duplicate: bool) -> None:
    """Write that a try of each row begins, and of those that are told with it, in one statement."""
    joined = {other.id: row.id for row in rows for other in row.joined}
    joined_to = case(joined, value=Notification.id) if joined else cast(null(), DeliveryAttempt.joined_to.type)
    begun = select(
        Notification.id, Notification.fencing_token, literal(worker), literal(now, UtcDateTime()), literal(""), literal(""),
        literal(""), literal(maybe_duplicate), joined_to,
    ).where(Notification.id.in_([row.id for row in each_of(rows)]))  # fmt: skip
    names = ("notification_id", "fencing_token", "worker", "started_at", "outcome", "provider_reference", "error")
    db.execute(insert(DeliveryAttempt).from_select([*names, "maybe_duplicate", "joined_to"], begun))


def record_attempts(db: Session, results: Sequence[DeliveryResult], now: datetime) -> None:
    """Write the results of tries. They are true whoever has the rows by now, so tokens are only compared with the try's."""
    alike: dict[tuple[int, str, str, str], list[int]] = {}
    for result in results:
        key = (result.claimed.fencing_token, result.outcome, result.provider_reference, result.error)
        alike.setdefault(key, []).append(result.claimed.id)
    for (token, outcome, reference, error), ids in alike.items():
        statement = update(DeliveryAttempt).where(
            DeliveryAttempt.notification_id.in_(ids), DeliveryAttempt.fencing_token == token
        )
        values = {"ended_at": now, "outcome": outcome, "provider_reference": reference, "error": error}
        db.execute(_unsynchronized(statement.values(values)))


def record_sent(db: Session, results: Sequence[DeliveryResult], now: datetime, ask_at: datetime | None = None) -> None:
    """Close rows as sent; also those that were voided while the message was on its way, because it did go out.

    The provider is asked at `ask_at` what became of them, if it says so at all.
    """
    alike: dict[tuple[int, int | None], list[ClaimedRow]] = {}
    for result in results:
        alike.setdefault((result.tries, result.units), []).append(result.claimed)
    for (tries, units), rows in alike.items():
        values: dict[str, Any] = {"status": SENT, "closed_at": now, "lease_until": None, "reason": "", "tries": tries}
        if units is None:  # paid for with the message that told it
            values["units_sent"] = func.coalesce(Notification.units_sent, 0)
        elif units:  # what was sent before of the same message was paid for, too
            values["units_sent"] = func.coalesce(Notification.units_sent, 0) + units
        _each_token(db, rows, {**values, "ask_at": ask_at}, statuses=(PENDING, VOID))


def schedule_retry(db: Session, result: DeliveryResult, next_try_at: datetime) -> None:
    """Have the row tried again at `next_try_at`."""
    values = {"next_try_at": next_try_at, "lease_until": None, "tries": result.tries, "reason": result.error}
    db.execute(_unsynchronized(_current([result.claimed]).values(values)))


def give_up(db: Session, result: DeliveryResult, status: str, reason: str, now: datetime) -> bool:
    """Whether the row was closed as failed or late after its last try: it was still this worker's."""
    values = {"status": status, "closed_at": now, "lease_until": None, "tries": result.tries, "reason": reason}
    return _changed(db, _current([result.claimed]).values(values)) == 1


def results_of_each(results: Iterable[DeliveryResult]) -> list[DeliveryResult]:
    """The results, each also for the rows that were told in its message, in order of id, in which rows are locked."""
    of_rows = (
        one if row is one.claimed else replace(one, claimed=row, units=one.units if row.id == one.claimed.id else None)
        for one in results
        for row in one.claimed.each
    )
    return sorted(of_rows, key=lambda result: result.claimed.id)


def each_of(rows: Iterable[ClaimedRow]) -> list[ClaimedRow]:
    """`rows`, and those that are told with them."""
    return [one for row in rows for one in row.each]


def _each_token(
    db: Session, rows: Iterable[ClaimedRow], values: dict[str, Any], statuses: tuple[str, ...] = (PENDING,)
) -> None:
    by_token: dict[int, list[ClaimedRow]] = {}
    for row in each_of(rows):
        by_token.setdefault(row.fencing_token, []).append(row)
    for alike in by_token.values():
        db.execute(_unsynchronized(_current(alike, statuses).values(values)))


def _current(rows: Sequence[ClaimedRow], statuses: tuple[str, ...] = (PENDING,)) -> Any:
    """An UPDATE of those rows, all of one token, that still have it. Locks in order of id, as bookings do."""
    current = (
        select(Notification.id)
        .where(Notification.id.in_([row.id for row in rows]), Notification.fencing_token == rows[0].fencing_token)
        .where(or_(*(Notification.status == status for status in statuses)))
        .order_by(Notification.id)
        .with_for_update()
        .cte("current")
    )
    return update(Notification).where(Notification.id.in_(select(current.c.id)))


def _unsynchronized(statement: Any) -> Any:
    """`statement` without looking for mapped objects to bring up to date: the worker holds none."""
    return statement.execution_options(synchronize_session=False)


def _changed(db: Session, statement: Any) -> int:
    """How many rows `statement` changed. Counted by what it returns: Python's SQLite does not count after a WITH."""
    return len(db.execute(_unsynchronized(statement.returning(Notification.id))).all())
