"""Whose appointments are to be confirmed, what they were asked, and what decides whether they lose them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from booking.proposals.tables import Proposal, Wish
from booking.states import State
from booking.tables import Appointment, AppointmentService
from core.audit import AuditEntry
from locations.tables import Service
from people.residents.tables import Resident
from reminders.appointment_queries import message_facts
from reminders.confirming.confirm_facts import asks
from reminders.confirming.confirm_rules import FIRST, SECOND, AskedVisit, Question, ToConfirm, arrived_at
from reminders.delivery_decisions import FAILED, SENT, VOID, MessageFacts
from reminders.recipients import CALL, rules_in
from reminders.tables import InboundText, Notification
from reminders.text_answers import Outcome

LONGEST = timedelta(days=61)  # before a visit, in which somebody is asked at the soonest
UNDERSTOOD = (Outcome.CONFIRMED.value, Outcome.CANCELLED.value, Outcome.REPEATED.value)
_QUESTIONS = (Notification.kind.in_((FIRST, SECOND)), Notification.version == Appointment.version)


@dataclass(slots=True)
class _Asked:
    questions: list[Question] = field(default_factory=list)
    first_at: datetime | None = None
    answer_by: datetime | None = None


def to_be_asked(db: Session, now: datetime, limit: int, after: int) -> Sequence[int]:
    """The ids of the next appointments that may have to be asked: unconfirmed, soon enough, and not asked yet."""
    earliest = db.scalar(select(func.max(Service.confirm_days_before)))
    if earliest is None:
        return ()
    is_soon = Appointment.starts_at < now + timedelta(days=earliest + 1)  # on the clocks of the place, at any hour
    asked = exists().where(Notification.appointment_id == Appointment.id, *_QUESTIONS)
    found = select(Appointment.id).where(*_unconfirmed(now), is_soon, ~asked, Appointment.id > after)
    return db.scalars(found.order_by(Appointment.id).limit(limit)).all()


def to_be_decided(db: Session, answered_before: datetime, now: datetime) -> Sequence[tuple[int, str, int]]:
    """The council, the reference and the id of each appointment that somebody should have confirmed before this instant."""
    due = exists().where(
        Notification.appointment_id == Appointment.id, *_QUESTIONS, Notification.useful_until <= answered_before
    )
    columns = (Appointment.authority_id, Appointment.reference, Appointment.id)
    rows = db.execute(select(*columns).where(*_unconfirmed(now), due).order_by(Appointment.id))
    return [(row.authority_id, row.reference, row.id) for row in rows]


def _unconfirmed(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Booked, still to come, of a service that asks, without a representative, and nobody has said that they come."""
    asking = select(Service.authority_id).where(Service.confirm_days_before.is_not(None))
    of_service = exists().where(
        AppointmentService.appointment_id == Appointment.id,
        AppointmentService.service_id == Service.id,
        Service.confirm_days_before.is_not(None),
    )
    is_open = or_(Appointment.confirmed_version.is_(None), Appointment.confirmed_version != Appointment.version)
    return (
        Appointment.authority_id.in_(asking),
        Appointment.starts_at > now,
        Appointment.starts_at < now + LONGEST,
        Appointment.state == State.BOOKED.value,
        Appointment.is_walk_in.is_(False),
        Appointment.representative_id.is_(None),
        is_open,
        of_service,
    )


def visits_to_confirm(
    db: Session, appointment_ids: Iterable[int], believed: Set[str] = frozenset()
) -> dict[int, ToConfirm]:
    """By the appointment's id, each whose services ask to have it confirmed. `believed` as of `confirm_rules.arrived_at`."""
    ids = sorted(set(appointment_ids))
    if not ids or not _any_asks(db, ids):
        return {}
    facts = {id_: one for id_, one in message_facts(db, ids).items() if asks(one.services)}
    asked, called = _asked(db, facts, believed), _called(db, facts)
    return {id_: _to_confirm(db, one, asked[id_], is_called=id_ in called) for id_, one in facts.items()}


def _any_asks(db: Session, ids: Collection[int]) -> bool:
    asking = select(AppointmentService.id).join(Service, Service.id == AppointmentService.service_id)
    of_these = (AppointmentService.appointment_id.in_(ids), Service.confirm_days_before.is_not(None))
    return db.scalar(asking.where(*of_these).limit(1)) is not None


def _to_confirm(db: Session, facts: MessageFacts, asked: _Asked, *, is_called: bool) -> ToConfirm:
    visit = AskedVisit(
        contacts=facts.contacts,
        rules=rules_in(db.info, facts.authority.message_channels),
        services=facts.services,
        starts_at=facts.starts_at,
        changed_at=facts.changed_at,
        arrangements=facts.arrangements,
        is_booked=facts.state == State.BOOKED,
        is_confirmed=facts.confirming.is_confirmed,
        is_urgent=facts.confirming.is_urgent,
        awaits_rebooking=facts.awaits_rebooking,
        speaks_another=bool(facts.spoken_language),
        is_called=is_called,
        was_touched=asked.first_at is not None and _was_touched(db, facts, asked.first_at),
        has_written=asked.first_at is not None and _has_written(db, facts.appointment_id, asked.first_at),
    )
    return ToConfirm(visit, tuple(asked.questions), asked.answer_by)


def _asked(db: Session, ids: Collection[int], believed: Set[str]) -> Mapping[int, _Asked]:
    """What each was asked about the visit as it is."""
    found: defaultdict[int, _Asked] = defaultdict(_Asked)
    rows = select(Notification).join(Appointment, Appointment.id == Notification.appointment_id)
    for row in db.scalars(rows.where(Appointment.id.in_(ids), *_QUESTIONS).order_by(Notification.due_at)):
        one = found[row.appointment_id]
        one.first_at = one.first_at or row.due_at
        one.answer_by = max(one.answer_by or row.useful_until, row.useful_until)
        sent_at = row.closed_at if row.status == SENT else None
        arrived = arrived_at(row.channel, sent_at, row.delivered_at, believed) if sent_at else None
        was_tried = row.tries > 0 and row.status != FAILED  # a number that gets no texts is no way to somebody
        one.questions.append(Question(row.channel, was_tried, arrived))
    return found


def _called(db: Session, ids: Collection[int]) -> Set[int]:
    """Those whom staff are to ring, or have tried to ring, about the visit as it is."""
    calls = select(Notification.appointment_id).join(Appointment, Appointment.id == Notification.appointment_id)
    is_current = (Notification.version == Appointment.version, Notification.status != VOID)
    return set(db.scalars(calls.where(Appointment.id.in_(ids), *is_current, Notification.channel == CALL)))


def _was_touched(db: Session, facts: MessageFacts, since: datetime) -> bool:
    """Whether anything is on record of the visit or of whose it is since then: another address, a note, a call.

    Or whether another time was offered for it, or they asked for an earlier one: whoever answers nothing to such an offer
    was told that they keep this one.
    """
    about = or_(
        and_(AuditEntry.subject_kind == "appointment", AuditEntry.subject_id == facts.appointment_id),
        and_(AuditEntry.subject_kind == "resident", AuditEntry.subject_id == facts.resident_id),
    )
    entries = select(AuditEntry.id).where(AuditEntry.authority_id == facts.authority.id, about, AuditEntry.at >= since)
    offers = select(Proposal.id).where(Proposal.appointment_id == facts.appointment_id, Proposal.made_at >= since)
    wishes = select(Wish.id).where(Wish.appointment_id == facts.appointment_id, Wish.asked_at >= since)
    found = (db.scalar(one.limit(1)) for one in (entries, offers, wishes))
    return facts.changed_at >= since or any(id_ is not None for id_ in found)


def _has_written(db: Session, appointment_id: int, since: datetime) -> bool:
    """Whether a text came from them since then that is not handled, or that only a person understands."""
    resident = aliased(Resident)
    number = func.coalesce(Appointment.contact_phone_key, resident.phone_key)
    from_them = and_(InboundText.phone_key == number, InboundText.phone_key != "")
    texts = (
        select(InboundText.id)
        .join(Appointment, Appointment.id == appointment_id)
        .join(resident, resident.id == Appointment.resident_id)
        .where(or_(InboundText.appointment_id == appointment_id, from_them), InboundText.received_at >= since)
        .where(InboundText.outcome.not_in(UNDERSTOOD))
    )
    return db.scalar(texts.limit(1)) is not None
