"""Whose telephone number a text came from, and what is known of that number."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, and_, func, select, union
from sqlalchemy.orm import Session

from booking.proposals.tables import Proposal, Wish
from booking.rebooking import ProposalState
from booking.states import State
from booking.tables import Appointment, RebookItem
from locations.tables import Authority
from people.residents.tables import Representative, Resident
from reminders.arrival_queries import has_gone_out
from reminders.delivery_decisions import SENT
from reminders.recipients import OFFERS, TEXT, TEXT_ANSWER, family_of, number_of
from reminders.tables import InboundText, Notification
from reminders.text_answers import (
    FOR_STAFF,
    EarlierText,
    OpenOffer,
    Outcome,
    SentText,
    TextHistory,
    WaitingOffer,
    answer_of,
)
from reminders.wish_kinds import OFFERED
from reminders.wish_tables import WishMail

LOOKED_BACK = timedelta(days=30)  # at texts that were sent
BETWEEN_ANSWERS = timedelta(days=1)  # to what a person has to read


def councils_of_number(db: Session, key: str) -> Sequence[int]:
    """The councils that know the number of this key (see `people.residents.details.phone_key`), by whoever has it."""
    if not key:
        return ()
    every_council = Resident.authority_id.in_(select(Authority.id))  # by the index, which begins with the council
    residents = select(Resident.authority_id).where(every_council, Resident.phone_key == key)
    acting = select(Representative.authority_id).where(Representative.phone_key == key)
    given = select(Appointment.authority_id).where(Appointment.contact_phone_key == key)
    return sorted(db.scalars(union(residents, acting, given)))


def council_texted_last(db: Session, councils: Collection[int], key: str) -> int | None:
    """The one of these councils that texted the number last; else the one with their next appointment; else None."""
    theirs = _appointments_of(councils, [key]).subquery()
    texted = (
        select(Notification.authority_id)
        .join(theirs, theirs.c.id == Notification.appointment_id)
        .where(Notification.channel == TEXT, has_gone_out())
        .order_by(Notification.closed_at.desc(), Notification.id.desc())
    )
    coming = _appointments_of(councils, [key], Appointment.state == State.BOOKED.value).subquery()
    expected = select(coming.c.authority_id).order_by(coming.c.starts_at.desc(), coming.c.id.desc())
    return db.scalar(texted.limit(1)) or db.scalar(expected.limit(1))


def appointments_of_numbers(
    db: Session, authority_id: int, keys: Iterable[str], now: datetime
) -> Mapping[str, Sequence[int]]:
    """The ids of the appointments to come of whoever has a number, the soonest first, by the key of the number."""
    coming = (Appointment.state == State.BOOKED.value, Appointment.starts_at > now)
    theirs = _appointments_of([authority_id], keys, *coming).subquery()
    found: dict[str, list[int]] = {}
    for row in db.execute(select(theirs).order_by(theirs.c.starts_at, theirs.c.id)):
        found.setdefault(row.key, []).append(row.id)
    return found


def _appointments_of(
    councils: Collection[int], keys: Iterable[str], *conditions: ColumnElement[bool]
) -> CompoundSelect[Any]:
    """The appointments, by the key of the number, of residents and representatives who have it, and for which it was given.

    Each part begins with an index on the key.
    """
    known = [key for key in keys if key]
    columns = (Appointment.id, Appointment.authority_id, Appointment.starts_at)
    by_record = (Resident.authority_id.in_(councils), Resident.phone_key.in_(known))
    own = select(Resident.phone_key.label("key"), *columns).join(Appointment, Appointment.resident_id == Resident.id)
    by_helper = (Representative.authority_id.in_(councils), Representative.phone_key.in_(known))
    # A representative acts for one resident; by appointments of residents there is an index.
    is_theirs = and_(
        Appointment.resident_id == Representative.resident_id, Appointment.representative_id == Representative.id
    )
    acting = select(Representative.phone_key, *columns).join(Appointment, is_theirs)
    by_appointment = (Appointment.authority_id.in_(councils), Appointment.contact_phone_key.in_(known))
    given = select(Appointment.contact_phone_key, *columns)
    return union(
        own.where(*by_record, Appointment.contact_phone.is_(None), *conditions),
        acting.where(*by_helper, *conditions),
        given.where(*by_appointment, *conditions),
    )


def history_of_number(db: Session, row: InboundText, now: datetime) -> TextHistory:
    """What is known of the number from which the text came, up to it."""
    theirs = _appointments_of([row.council], [row.phone_key]).subquery()
    texts = (
        select(Notification.appointment_id, Notification.closed_at, Notification.kind)
        .join(theirs, theirs.c.id == Notification.appointment_id)
        .where(Notification.channel == TEXT, has_gone_out())
        .where(Notification.closed_at > now - LOOKED_BACK, ~Notification.kind.startswith(TEXT_ANSWER))
        .order_by(Notification.closed_at.desc(), Notification.id.desc())
    )
    sent = tuple(_sent(text) for text in db.execute(texts))
    coming = appointments_of_numbers(db, row.council, [row.phone_key], now).get(row.phone_key, ())
    offers, waiting = _offers(db, coming, now), _waiting_offer(db, row, now)
    return TextHistory(coming, sent, _earlier(db, row), offers, _to_rebook(db, coming), waiting)


def _waiting_offer(db: Session, row: InboundText, now: datetime) -> WaitingOffer | None:
    """What is held for whoever has the number and waits without an appointment, if a text told them of it."""
    whose = (Resident.authority_id == row.council, Resident.phone_key == row.phone_key, Wish.appointment_id.is_(None))
    is_held = (Proposal.state == ProposalState.OPEN.value, Proposal.answer_by > now, Proposal.hold_id.is_not(None))
    is_told = (WishMail.kind == OFFERED, WishMail.channel == TEXT, WishMail.state == SENT)
    found = db.execute(
        select(Proposal.id, WishMail.closed_at)
        .join(Wish, Wish.id == Proposal.wish_id)
        .join(Resident, Resident.id == Wish.resident_id)
        .join(WishMail, and_(WishMail.wish_id == Wish.id, WishMail.number == Proposal.number))
        .where(*whose, *is_held, *is_told)
        .order_by(WishMail.closed_at.desc(), WishMail.id.desc())
    ).first()
    return WaitingOffer(found.id, found.closed_at) if found else None


def _sent(row: Any) -> SentText:
    family, sent = family_of(row.kind), SentText(row.appointment_id, row.closed_at)
    return replace(sent, offer=family, number=number_of(row.kind)) if family in OFFERS else sent


def _offers(db: Session, appointment_ids: Sequence[int], now: datetime) -> Mapping[int, OpenOffer]:
    """What is held for these appointments now, by the appointment's id."""
    is_held = (Proposal.state == ProposalState.OPEN.value, Proposal.answer_by > now, Proposal.hold_id.is_not(None))
    columns = (Proposal.appointment_id, Proposal.number, Proposal.id)
    held = db.execute(select(*columns).where(Proposal.appointment_id.in_(appointment_ids), *is_held))
    return {
        appointment_id: OpenOffer(number, id_) for appointment_id, number, id_ in held if appointment_id is not None
    }


def _to_rebook(db: Session, appointment_ids: Sequence[int]) -> frozenset[int]:
    """Those of these that cannot take place as they are booked."""
    listed = select(RebookItem.appointment_id).where(RebookItem.appointment_id.in_(appointment_ids))
    return frozenset(db.scalars(listed.where(RebookItem.closed_at.is_(None))))


def _earlier(db: Session, row: InboundText) -> EarlierText | None:
    same = (InboundText.authority_id == row.council, InboundText.phone_key == row.phone_key)
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
    same = (InboundText.authority_id == row.council, InboundText.phone_key == row.phone_key)
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


def _is_to_read(authority_id: int) -> Iterable[ColumnElement[bool]]:
    codes = [outcome.value for outcome in FOR_STAFF]
    return InboundText.authority_id == authority_id, InboundText.done_at.is_(None), InboundText.outcome.in_(codes)
