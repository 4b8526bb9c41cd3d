"""Messages of an appointment that are owed and not true any more: they are voided."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.events import AppointmentChange, PlanningFacts
from booking.tables import Appointment, HandOver
from reminders.delivery_decisions import PENDING, VOID, WITHHELD
from reminders.due_times import Owed, owed_going_ahead, owed_gone, owed_offer, owed_pause
from reminders.reasons import SILENCE, SUPERSEDED
from reminders.recipients import (
    ARRANGEMENT,
    EARLIER_GONE,
    EARLIER_TIME,
    GOING_AHEAD,
    HANDED_OVER,
    OFFER,
    OFFERS,
    WISH_PAUSED,
    family_of,
    is_current,
    number_of,
)
from reminders.tables import Notification

NOT_AGAIN = (ARRANGEMENT, HANDED_OVER, *OFFERS, GOING_AHEAD, EARLIER_GONE, WISH_PAUSED)  # voided for good


def void_outdated(db: Session, facts: PlanningFacts, now: datetime) -> tuple[dict[tuple[str, str], Notification], str]:
    """The rows of this version, after outdated ones were voided and what a wrong click voided is pending again.

    And the reason for which the owner of the address gets nothing about this appointment, if there is one.
    """
    # Locked in order of id, as the worker does: what it sends meanwhile is seen as sent, and not voided.
    owed = select(Notification).where(Notification.appointment_id == facts.appointment_id)
    rows = db.scalars(owed.order_by(Notification.id).with_for_update()).all()
    for row in rows:
        current = is_current(
            row.kind,
            version=row.version,
            now_version=facts.version,
            now_state=facts.state,
            owner_since=facts.owner_since,
        )
        if row.status == PENDING and not current:
            row.status, row.closed_at, row.reason = VOID, now, SUPERSEDED
        elif row.status == VOID and current and now < row.useful_until and family_of(row.kind) not in NOT_AGAIN:
            row.status, row.closed_at, row.reason = PENDING, None, ""
    db.flush()
    of_owner = (row for row in rows if row.version >= facts.owner_since)
    silence = next((row.reason for row in of_owner if row.status == WITHHELD and row.reason in SILENCE), "")
    return {(row.kind, row.channel): row for row in rows if row.version == facts.version}, silence


def void_notices_to_owner(db: Session, appointment_id: int, now: datetime) -> None:
    """Void what still tells the present owner that the appointment was not meant for them: it was handed back."""
    versions = select(HandOver.version).join(Appointment, Appointment.id == HandOver.appointment_id)
    theirs = versions.where(Appointment.id == appointment_id, HandOver.from_resident_id == Appointment.resident_id)
    notices = select(Notification).where(
        Notification.appointment_id == appointment_id,
        Notification.version.in_(theirs),
        Notification.kind.startswith(HANDED_OVER),
        Notification.status == PENDING,
    )
    for row in db.scalars(notices.order_by(Notification.id).with_for_update()):
        row.status, row.closed_at, row.reason = VOID, now, SUPERSEDED
    db.flush()


def owed_about_offers(change: AppointmentChange, facts: PlanningFacts, rows: Iterable[Notification]) -> list[Owed]:
    """What the change owes about another time: that it is held, that it is not needed, or that there are no more.

    Offers among `rows` that were not sent yet are voided.
    """
    now = change.now
    if change.offer and change.answer_by:
        void_offers(rows, now)
        family = EARLIER_TIME if change.what == "earlier" else OFFER
        return [owed_offer(family, change.offer, change.answer_by, now)]
    if change.what == "earlier_gone":
        rows = list(rows)
        void_offers(rows, now)
        was_told = any(row.kind == f"{EARLIER_TIME}_{change.offer}" and row.status != VOID for row in rows)
        return [owed_gone(change.offer, facts, now)] if was_told else []
    if change.what == "wish_paused":
        return [owed_pause(change.offer, facts, now)]
    return owed_going_ahead(void_offers(rows, now), facts, now) if change.what == "kept" else []


def void_offers(rows: Iterable[Notification], now: datetime) -> int:
    """Void offers of another time that were not sent yet; the number of the last one that may have arrived, or 0."""
    last = 0
    for row in rows:
        if family_of(row.kind) in OFFERS and row.status == PENDING and row.tries == 0:
            row.status, row.closed_at, row.reason = VOID, now, SUPERSEDED
        elif family_of(row.kind) == OFFER and row.status not in (VOID, WITHHELD):
            last = max(last, number_of(row.kind))
    return last


def void_arrangements(rows: Iterable[Notification], number: int, now: datetime) -> None:
    """Void what was not sent yet about decisions before the one of this number: its own message says how it is."""
    for row in rows:
        if row.status == PENDING and family_of(row.kind) == ARRANGEMENT and number_of(row.kind) < number:
            row.status, row.closed_at, row.reason = VOID, now, SUPERSEDED
