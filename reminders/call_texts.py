"""Texts to those who wait outside: a desk has called them. Each call is told once, within seconds or not at all."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, false, or_, select, update
from sqlalchemy.orm import Session

from booking.events import VisitCall
from booking.tables import Appointment
from booking.use_cases.text_when_called import may_be_texted
from booking.visits.tables import DayVisit
from booking.visits.visit_states import HERE, VisitState
from core.errors import DeliveryFailed
from core.language import language_for
from core.runtime import Runtime
from core.text import one_line
from locations.catalogue_queries import catalogue_by_id
from locations.own_words import council_in, council_name_for, languages_for
from reminders.both_languages import PLACES
from reminders.call_text_tables import CallText
from reminders.channels.base import Channel
from reminders.costs.sent_units import units_of
from reminders.gsm7 import without_marks
from reminders.messages import RenderedMessage
from reminders.plain_mails import PENDING, MailQueue
from reminders.queue import pauses_on
from reminders.reasons import NO_CONTACT_WANTED
from reminders.recipients import SITE_MESSAGE, TEXT, Delivery
from reminders.text_message import FIRST, TextMessage
from reminders.texts import TextBody, fitting, joined_text

OF_USE = timedelta(minutes=10)
"""Whoever is told later than that was called again meanwhile, or counts as missed."""
KEPT = timedelta(days=90)
PUT_RIGHT = timedelta(hours=1)  # in which a wrong click on who has left, or was seen, is taken back
LEFT_OPEN = timedelta(hours=20)  # a visit that was not touched for so long is over
FAMILY = SITE_MESSAGE  # a pause of messages of a site holds back these, too


@dataclass(frozen=True)
class TextOfCall:
    """What became of the text about the last call of a visit: a state of `plain_mails`, and why, as a code."""

    state: str
    reason: str


def plan_call_text(db: Session, call: VisitCall) -> None:
    """Owe the text about the call. The subscriber of `booking.events.visit_called`."""
    same = (CallText.visit_id == call.visit_id, CallText.called_at == call.called_at)
    if db.scalar(select(CallText.id).where(*same)) is None:
        at = {"called_at": call.called_at, "created_at": call.called_at, "due_at": call.called_at}
        db.add(CallText(authority_id=call.authority_id, visit_id=call.visit_id, **at, state=PENDING))


def send_call_texts(runtime: Runtime, channels: Mapping[str, Channel], stopping: threading.Event | None = None) -> int:
    """How many texts were sent in one pass over those that are due."""
    return MailQueue(CallText, _message, _held, TEXT, count=_note_sent).send(runtime, channels, stopping)


def delete_old_call_texts(db: Session, now: datetime) -> None:
    """Delete the rows of texts that were closed long ago, and the numbers of visits that are over."""
    is_over = and_(DayVisit.state.not_in(HERE), DayVisit.changed_at < now - PUT_RIGHT)
    left = or_(is_over, DayVisit.changed_at < now - LEFT_OPEN)
    db.execute(update(DayVisit).where(DayVisit.text_to != "", left).values(text_to=""))
    db.execute(delete(CallText).where(CallText.closed_at < now - KEPT))


def texts_of_calls(db: Session, visit_ids: Collection[int]) -> Mapping[int, TextOfCall]:
    """What became of the text about the last call of each of these visits, by its id."""
    rows = select(CallText).join(DayVisit, DayVisit.id == CallText.visit_id)
    rows = rows.where(CallText.visit_id.in_(visit_ids), CallText.called_at == DayVisit.called_at)
    return {row.visit_id: TextOfCall(row.state, row.reason) for row in db.scalars(rows)} if visit_ids else {}


def _held(db: Session, now: datetime) -> ColumnElement[bool]:
    """The condition on texts that their council holds back."""
    paused = [CallText.authority_id == pause.authority_id for pause in pauses_on(db, now)
              if pause.holds(pause.authority_id, FAMILY, TEXT)]  # fmt: skip
    return or_(false(), *(and_(one) for one in paused))


def _note_sent(row: CallText, message: RenderedMessage) -> None:
    """Note what is paid for."""
    row.units_sent = units_of(message.body)


def _message(runtime: Runtime, db: Session, row: CallText, now: datetime) -> RenderedMessage | None:
    """The text; None when they are not called any more, or were called again. Raises: DeliveryFailed for who wants none."""
    visit = db.get_one(DayVisit, row.visit_id, populate_existing=True)
    is_called = visit.state == VisitState.CALLED and visit.called_at == row.called_at
    if not is_called or not visit.text_to or now >= row.called_at + OF_USE:
        return None
    booked = db.get(Appointment, visit.appointment_id) if visit.appointment_id else None
    resident_id = booked.resident_id if booked is not None else visit.resident_id
    if not may_be_texted(db, row.authority_id, visit.text_to, resident_id):
        raise DeliveryFailed(permanent=True, detail=NO_CONTACT_WANTED)
    authority = catalogue_by_id(db, row.authority_id).authority
    codes = languages_for(authority, visit.text_language)
    recipient = Delivery(TEXT, address=visit.text_to, name="", language=codes[0])
    sender, reference = council_name_for(authority, visit.text_language), f"call-{row.id}"
    body = TextBody(_text(db, visit, codes))
    facts = (sender, authority.email, body, now, authority.text_sender_id)
    return RenderedMessage(None, authority.id, reference, recipient, *facts)


def _text(db: Session, visit: DayVisit, codes: Collection[str]) -> str:
    """What it says: whose turn it is by the number, and where to go; neither a name nor what for."""
    languages, said = [language_for(code) for code in codes], []
    for language, place in zip(languages, PLACES if len(languages) > 1 else ("",), strict=True):
        own = council_in(catalogue_by_id(db, visit.authority_id), language.code)
        desk = own.resource_at(own.site_by_id(visit.site_id), visit.resource_id) if visit.resource_id else None
        council = without_marks(one_line(own.authority.name))
        where = without_marks(one_line(desk.name)) if desk is not None else ""
        said.append(TextMessage(council, desk=where, ticket=visit.ticket, begins=place in ("", FIRST)))
    return fitting([joined_text("sms/called.txt", languages, said)])
