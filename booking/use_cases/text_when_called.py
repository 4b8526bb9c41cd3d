"""Who waits outside asks for a text when a desk calls them, to the number that they say now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.events import VisitCall, announce_call
from booking.tables import Appointment
from booking.visits.tables import DayVisit
from booking.visits.visit_queries import visit_stamp
from booking.visits.visit_repository import visit_for_change
from booking.visits.visit_states import IN_WAITING_ROOM, VisitState
from core.audit import Actor, record
from core.contact_values import takes_texts
from core.errors import IllegalMove, Invalid, Stale
from core.runtime import Runtime
from core.transactions import run_with_retries
from locations.catalogue_queries import catalogue_by_id
from people.residents.details import phone_key
from people.residents.tables import Representative, Resident

NO_CONTACT = "none"


@dataclass(frozen=True)
class TextWish:
    """The number that gets the text, empty for none any more, the language of the page, and the stamp of what it showed."""

    number: str
    language: str = ""
    seen: str | None = None


def ask_for_text(
    runtime: Runtime, authority_id: int, site: str, visit_id: int, wish: TextWish, *, actor: Actor
) -> None:
    """Keep the number with every part of the visit, for as long as they wait.

    Raises: Invalid for a number that gets no texts, or whose owner or record wants none; IllegalMove for who does not
    wait; Stale, NotFound.
    """

    def operation(db: Session) -> None:
        place = catalogue_by_id(db, authority_id).site(site)
        row = visit_for_change(db, authority_id, place.id, visit_id)
        _check(db, row, wish)
        if actor == Actor.resident() and row.text_to not in ("", wish.number):  # somebody else may know the reference
            raise Stale.because("visit_changed")
        same = (DayVisit.site_id == row.site_id, DayVisit.local_date == row.local_date, DayVisit.ticket == row.ticket)
        for part in db.scalars(select(DayVisit).where(*same, DayVisit.state.in_(IN_WAITING_ROOM))):
            part.text_to, part.text_language = wish.number, wish.language
        now, about = runtime.clock.database_now(db), ("visit", row.id)
        if wish.number:
            record(db, actor, "call_text_asked", about, authority_id=authority_id, now=now)
        else:
            record(db, actor, "call_text_stopped", about, authority_id=authority_id, now=now)

    run_with_retries(runtime.database, operation)


def _check(db: Session, row: DayVisit, wish: TextWish) -> None:
    """Raises: Stale, IllegalMove, Invalid."""
    booked = db.get(Appointment, row.appointment_id) if row.appointment_id else None
    if wish.seen is not None and wish.seen != visit_stamp(row, booked):
        raise Stale.because("visit_changed")
    if row.state not in IN_WAITING_ROOM:
        raise IllegalMove(row.state, VisitState.CALLED)
    if wish.number:
        check_takes_texts(db, row.authority_id, wish.number, booked.resident_id if booked else row.resident_id)


def check_takes_texts(db: Session, authority_id: int, number: str, resident_id: int | None) -> None:
    """Raises: Invalid when no text arrives there, or may be sent there or to this resident."""
    if not takes_texts(number):
        raise Invalid.in_field("text_to", "not_a_mobile")
    if not may_be_texted(db, authority_id, number, resident_id):
        raise Invalid.in_field("text_to", "texts_not_wanted")


def may_be_texted(db: Session, authority_id: int, number: str, resident_id: int | None) -> bool:
    """Whether nobody has said that this number gets no texts, nor that this resident gets none."""
    key = phone_key(number)
    wants_none = or_(Resident.do_not_text, Resident.contact_preference == NO_CONTACT)
    of_record = select(Resident.id).where(Resident.authority_id == authority_id, wants_none)
    of_record = of_record.where(or_(Resident.phone_key == key, Resident.id == resident_id))
    helper = (Representative.authority_id == authority_id, Representative.phone_key == key, Representative.do_not_text)
    found: Any = db.scalar(of_record.limit(1)) or db.scalar(select(Representative.id).where(*helper).limit(1))
    return found is None


def tell_called(db: Session, visit_id: int) -> None:
    """Announce that somebody was called, if they asked for a text then."""
    db.flush()
    row = db.get_one(DayVisit, visit_id, populate_existing=True)
    if row.text_to and row.called_at is not None:
        announce_call(db, VisitCall(row.authority_id, row.id, row.called_at))
