"""Whether somebody was told of a change that staff want to take back, and what is owed when it is taken back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.events import PlanningFacts
from core.errors import Stale
from reminders.arrival_queries import may_have_arrived
from reminders.contacts import Contacts
from reminders.delivery_decisions import FAILED, LATE, PENDING, VOID, WITHHELD
from reminders.outdated import follow_contact
from reminders.reasons import SUPERSEDED, SWITCHED_OFF, TOLD_ALREADY
from reminders.recipients import CANCELLED, CONFIRMATION, RESCHEDULED, ChannelRules, family_of, is_current
from reminders.tables import Notification

NOTICES = (RESCHEDULED, CANCELLED)


def check_untold(db: Session, appointment_id: int, version: int) -> None:
    """Raises: Stale when the notice of this version has gone out, or a worker or a colleague has it."""
    same = (Notification.appointment_id == appointment_id, Notification.version == version)
    rows = select(Notification).where(*same, Notification.kind.in_(NOTICES))
    for row in db.scalars(rows.order_by(Notification.id).with_for_update()):
        waits = row.status == PENDING and row.fencing_token == 0 and row.tries == 0
        if not (waits or row.status == WITHHELD) or row.told_at is not None:
            raise Stale.because("too_late_to_undo")


def notice_owed(db: Session, appointment_id: int, version: int) -> str:
    """By what somebody is still told of the time that this version of the appointment has; empty for nothing."""
    same = (Notification.appointment_id == appointment_id, Notification.version == version)
    kinds = db.scalars(select(Notification.kind).where(*same, Notification.status == PENDING))
    return next((family for family in map(family_of, kinds) if family in (CONFIRMATION, RESCHEDULED)), "")


def owe_again(
    db: Session,
    people: tuple[Contacts, ChannelRules, PlanningFacts],
    known: Mapping[tuple[str, str], Notification],
    undone_at: datetime,
    now: datetime,
) -> None:
    """Owe what the change that was made at `undone_at` and is taken back now has voided, as it was owed before.

    What reached nobody before it is staff's task again. What went out stays as it is, and is not owed a second time.
    `known` are the rows of this version, which has what the version before the change had.
    """
    facts = people[2]
    before = (Notification.appointment_id == facts.appointment_id, Notification.version == facts.version - 2)
    done = {kind for kind, _channel in known}
    by_kind: defaultdict[str, list[Notification]] = defaultdict(list)
    for row in db.scalars(select(Notification).where(*before).order_by(Notification.id)):
        if row.kind not in done and not _holds(row, facts):
            by_kind[row.kind].append(row)
    added = [again for alike in by_kind.values() for again in _again(alike, facts.version, undone_at, now)]
    db.add_all(added)
    db.flush()
    waiting = {(row.kind, row.channel): row for row in added if row.status == PENDING and not row.tries}
    follow_contact(db, people, waiting, now)  # where that has changed meanwhile


def _holds(row: Notification, facts: PlanningFacts) -> bool:
    """Whether the message is true of this version, too, as it stands."""
    since = facts.owner_since
    return is_current(
        row.kind, version=row.version, now_version=facts.version, now_state=facts.state, owner_since=since
    )


def _again(alike: Sequence[Notification], version: int, undone_at: datetime, now: datetime) -> Iterator[Notification]:
    """The new rows of a message for the `version` that is as before; old ones that are not pending become rows of it."""
    told = next((row for row in alike if may_have_arrived(row) or row.told_at), None)
    if told:
        closed = {"status": WITHHELD, "reason": TOLD_ALREADY, "closed_at": now}
        yield _copy(told, version, now, told_at=told.told_at or told.closed_at, **closed)
        return
    for row in alike:
        if row.status in (WITHHELD, FAILED, LATE):
            row.version = version
        elif (row.status, row.reason, row.closed_at) == (VOID, SUPERSEDED, undone_at) and now < row.useful_until:
            next_try_at = now if row.lease_until else row.next_try_at  # whoever had it may not send it any more
            yield _copy(row, version, now, status=PENDING, next_try_at=next_try_at, tries=row.tries)
        elif (row.status, row.reason) == (VOID, SWITCHED_OFF):
            yield _copy(row, version, now, status=PENDING)  # by now it may be on; the worker asks


def _copy(row: Notification, version: int, now: datetime, **values: Any) -> Notification:
    same = ("authority_id", "appointment_id", "kind", "channel", "due_at", "useful_until", "next_try_at", "instead_of")
    return Notification(
        **{name: getattr(row, name) for name in same} | {"version": version, "created_at": now} | values
    )
