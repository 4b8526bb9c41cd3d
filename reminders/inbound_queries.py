"""Whose telephone number a text came from, and what is known of that number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from booking.states import State
from booking.tables import Appointment
from people.residents.details import phone_key
from people.residents.tables import Representative, Resident
from reminders.delivery_decisions import SENT
from reminders.recipients import TEXT
from reminders.tables import InboundText, Notification
from reminders.text_answers import FOR_STAFF, EarlierText, Outcome, SentText, TextHistory, answer_of

LOOKED_BACK = timedelta(days=30)  # at texts that were sent
BETWEEN_ANSWERS = timedelta(days=1)  # to what a person has to read
LAST_DIGITS = 9  # of a number however it was written: with the code of the country, or a 0


@dataclass(frozen=True, slots=True)
class NumberOwner:
    """The residents and representatives who have a number, and the appointments for which it was given alone."""

    residents: Sequence[int] = ()
    representatives: Sequence[int] = ()
    appointments: Sequence[int] = ()

    @property
    def is_known(self) -> bool:
        """Whether anybody has it."""
        return bool(self.residents or self.representatives or self.appointments)

    def has(self) -> ColumnElement[bool]:
        """The condition on appointments that somebody with the number has."""
        own = Appointment.resident_id.in_(self.residents) & Appointment.contact_phone.is_(None)
        acting = Appointment.representative_id.in_(self.representatives)
        return or_(own, acting, Appointment.id.in_(self.appointments))


def owner_of_number(db: Session, authority_id: int, key: str) -> NumberOwner:
    """Who has the number of this key (see `people.residents.details.phone_key`)."""
    if not key:
        return NumberOwner()
    residents = select(Resident.id).where(Resident.authority_id == authority_id, Resident.phone_key == key)
    acting = select(Representative.id, Representative.phone).where(
        Representative.authority_id == authority_id, _ends_alike(Representative.phone, key)
    )
    given = select(Appointment.id, Appointment.contact_phone).where(
        Appointment.authority_id == authority_id, _ends_alike(Appointment.contact_phone, key)
    )
    return NumberOwner(
        db.scalars(residents.order_by(Resident.id)).all(),
        [row.id for row in db.execute(acting) if phone_key(row.phone) == key],
        [row.id for row in db.execute(given) if phone_key(row.contact_phone or "") == key],
    )


def _ends_alike(
    column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None], key: str
) -> ColumnElement[bool]:
    """Whether the last figures are those of the key, whatever stands between them. The whole number is compared later."""
    bare: ColumnElement[str] = func.coalesce(column, "")
    for mark in " -().":
        bare = func.replace(bare, mark, "")
    return bare.endswith(key[:LAST_DIGITS][::-1])


def history_of_number(db: Session, row: InboundText, owner: NumberOwner, now: datetime) -> TextHistory:
    """What is known of the number from which the text came, up to it."""
    to_come = (Appointment.state == State.BOOKED.value, Appointment.starts_at > now)
    theirs = (Appointment.authority_id == row.authority_id, owner.has())
    appointments = select(Appointment.id).where(*theirs, *to_come).order_by(Appointment.starts_at, Appointment.id)
    texts = (
        select(Notification.appointment_id, Notification.closed_at)
        .join(Appointment, Appointment.id == Notification.appointment_id)
        .where(*theirs, Notification.channel == TEXT, Notification.status == SENT)
        .where(Notification.closed_at > now - LOOKED_BACK)
        .order_by(Notification.closed_at.desc(), Notification.id.desc())
    )
    sent = tuple(SentText(found.appointment_id, found.closed_at) for found in db.execute(texts))
    return TextHistory(db.scalars(appointments).all(), sent, _earlier(db, row))


def _earlier(db: Session, row: InboundText) -> EarlierText | None:
    same = (InboundText.authority_id == row.authority_id, InboundText.phone_key == row.phone_key)
    before = select(InboundText).where(*same, InboundText.id < row.id, InboundText.outcome != Outcome.REPEATED.value)
    found = db.scalars(before.order_by(InboundText.id.desc()).limit(1)).first()
    if found is None:
        return None
    outcome = Outcome(found.outcome) if found.outcome else None
    return EarlierText(answer_of(found.text), outcome, found.received_at, tuple(found.choices))


def has_text_of(db: Session, appointment_id: int, version: int, kind: str) -> bool:
    """Whether a message of this kind goes, or went, by text."""
    same = (Notification.appointment_id == appointment_id, Notification.version == version)
    owed = select(Notification.id).where(*same, Notification.kind == kind, Notification.channel == TEXT)
    return db.scalar(owed.limit(1)) is not None


def was_answered_lately(db: Session, row: InboundText, now: datetime) -> bool:
    """Whether a text from the number that a person has to read was answered within a day."""
    same = (InboundText.authority_id == row.authority_id, InboundText.phone_key == row.phone_key)
    lately = select(InboundText.id).where(
        *same,
        InboundText.id < row.id,
        InboundText.outcome == Outcome.TO_READ.value,
        InboundText.received_at > now - BETWEEN_ANSWERS,
    )
    return db.scalar(lately.limit(1)) is not None


def texts_to_read(db: Session, authority_id: int, limit: int) -> Sequence[InboundText]:
    """The texts that somebody has to read, the oldest first."""
    return db.scalars(select(InboundText).where(*_is_to_read(authority_id)).order_by(InboundText.id).limit(limit)).all()


def texts_to_read_count(db: Session, authority_id: int) -> int:
    """How many texts somebody has to read."""
    return db.scalar(select(func.count()).select_from(InboundText).where(*_is_to_read(authority_id))) or 0


def appointments_of_number(db: Session, row: InboundText, now: datetime) -> Sequence[int]:
    """The ids of the appointments to come of whoever has the number, the soonest first."""
    return history_of_number(db, row, owner_of_number(db, row.authority_id, row.phone_key), now).to_come


def _is_to_read(authority_id: int) -> Iterable[ColumnElement[bool]]:
    codes = [outcome.value for outcome in FOR_STAFF]
    return InboundText.authority_id == authority_id, InboundText.done_at.is_(None), InboundText.outcome.in_(codes)
