"""What a form at the end of a visit has for the next appointment: times, and who they are where nobody knows it yet."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import InputRequired

from booking.queries.appointments import AppointmentView, by_reference
from booking.queries.counter_visits import CounterVisit, next_times
from booking.queries.slots import FreeSlot
from booking.slot_tokens import decode
from booking.states import State
from booking.tables import Appointment
from booking.use_cases.book import Booking
from booking.use_cases.next_booking import beside_of, is_as_booked
from core.errors import IdempotencyMismatch, IllegalMove, Invalid, NotFound, SameTime, SlotTaken, Stale, TooFar, TooSoon
from core.problems import joined_texts, text_of_error
from people.residents.details import ResidentDetails
from people.residents.mandate_queries import mandates_of
from people.residents.mandate_rules import is_unclear
from reminders.expected_queries import (
    NewVisit,
    expected_of_booking,
    expected_of_change,
    expected_of_contacts,
    planning_of,
)
from web.components.form_fields import Choice, NameField, PhoneField, optional
from web.page_context import SiteContext
from web.request_language import current_language, format_moment
from web.told import ToldLine, told_lines

NO_TIME = "none"


def slot_field() -> Any:
    """When the next appointment is."""
    return Choice(_l("The next appointment, here"), validators=[InputRequired(_l("Choose a time, or none"))])


def name_field() -> Any:
    """Who it is for, where nobody knows it yet."""
    return NameField(
        _l("Full name"),
        validators=[optional()],
        render_kw={"autocomplete": "off", "spellcheck": "false", "classes": "govuk-!-width-two-thirds"},
    )


def phone_field() -> Any:
    """How they are reached."""
    return PhoneField(
        _l("Telephone (optional)"),
        validators=[optional()],
        render_kw={"autocomplete": "off", "classes": "govuk-input--width-20"},
    )


@dataclass(frozen=True)
class NextBooked:
    """What was booked next: in words, its version, and who is told when it is cancelled, while it can be.

    It is cancelled from here while it `is_ours`: at this site, as it was booked.
    """

    text: str
    reference: str
    resident_id: int
    version: int
    is_open: bool
    is_ours: bool
    undo: tuple[ToldLine, ...]


def offer_times(context: SiteContext, seen: CounterVisit, form: Any) -> list[FreeSlot]:
    """Let the form offer the next times, and none of the fields that are not needed."""
    slots = next_times(context.db, context.catalogue, seen, context.now)
    form.slot.choices = [*((one.token, _label(context, one)) for one in slots), (NO_TIME, _("None now"))]
    form.slot.validate_choice = False  # one that has gone meanwhile is refused with words of its own
    if seen.resident_id is not None:
        del form.name, form.phone
    return slots


def booking_sent(context: SiteContext, seen: CounterVisit, form: Any) -> Booking | None:
    """The booking that the form asks for; None for none. Raises: SlotTaken for a time that is not of this visit."""
    if not form.slot or form.slot.data == NO_TIME:
        return None
    slot_key = decode(form.slot.data)
    if (slot_key.site_id, slot_key.service_ids) != (seen.site.id, tuple(one.id for one in seen.services)):
        raise SlotTaken
    desk = seen.visit.desk if seen.visit is not None else None
    booked = context.db.get(Appointment, seen.booked.id) if seen.booked is not None else None
    return Booking(
        authority_id=context.authority.id,
        channel="counter",
        resident=seen.resident_id or ResidentDetails(form.name.data or "", phone=form.phone.data or ""),
        slot_key=slot_key,
        support_needs=tuple(seen.needs),
        prefer=frozenset({desk.id} if desk is not None else ()),
        beside=beside_of(booked, keeps_helper=not _unclear_helper(context, seen)) if booked is not None else {},
    )


REFUSALS = (Stale, IllegalMove, SlotTaken, TooSoon, TooFar, NotFound, IdempotencyMismatch, SameTime, Invalid)


def refusal_of(error: Exception) -> tuple[str, int]:
    """What to say when one of `REFUSALS` came of a booking at the end of a visit, and the status."""
    if isinstance(error, Invalid):
        return joined_texts(error, current_language()), 400
    if isinstance(error, SameTime):
        return text_of_error(error, current_language()), 409
    if isinstance(error, IdempotencyMismatch):
        return _("This form was sent before with something else. Send it again"), 409
    if isinstance(error, Stale | IllegalMove):
        return _("A colleague has changed this meanwhile. Nothing was recorded"), 409
    return _("This time is not free any more. Choose another one"), 409


def told_of_next(context: SiteContext, seen: CounterVisit) -> tuple[ToldLine, ...]:
    """Who is told when the first of the times is booked."""
    if seen.resident_id is None:
        return (
            ToldLine(_("With a telephone number: the confirmation by text, if it is a mobile, and the reminders")),
            ToldLine(_("Without one: nobody. Read the time and the reference out."), is_told=False),
        )
    slots = next_times(context.db, context.catalogue, seen, context.now)
    if not slots:
        return ()
    visit = NewVisit(seen.services[0], slots[0].starts_at, slots[0].mode)
    db, council, now = context.db, context.authority, context.now
    if seen.booked is None:
        return told_lines(expected_of_booking(db, council, seen.resident_id, visit, now))
    contacts, unclear = planning_of(db, [seen.booked.id])[seen.booked.id].contacts, _unclear_helper(context, seen)
    visit = NewVisit(visit.service, visit.starts_at, visit.mode, None if unclear else contacts.representative)
    lines = told_lines(expected_of_contacts(db, council, contacts, visit, now))
    warning = _("not told. It is not noted that they may book and change visits: they do not act in the next one")
    return (ToldLine(warning, unclear, is_told=False), *lines) if unclear else lines


def _unclear_helper(context: SiteContext, seen: CounterVisit) -> str:
    """The name of who acted in the visit, where something is noted of them and not that they may book; or nothing."""
    acting = seen.booked.representative if seen.booked is not None else None
    if acting is None or seen.resident_id is None:
        return ""
    known = mandates_of(context.db, context.authority.id, seen.resident_id)
    return acting.name if is_unclear(known, acting.name, context.today) else ""


def next_booked(context: SiteContext, seen: CounterVisit) -> NextBooked | None:
    """What was booked after the visit; None for nothing."""
    if seen.visit is None or not seen.visit.booked_next:
        return None
    view = by_reference(context.db, context.catalogue, seen.visit.booked_next)
    undo: tuple[ToldLine, ...] = ()
    is_open = view.state is State.BOOKED
    is_ours = is_open and is_as_booked(view.site.id, view.version, seen.site.id)
    if is_ours:
        undo = told_lines(expected_of_change(context.db, context.authority, view.id, "cancelled", context.now))
    return NextBooked(_words(context, view), view.reference, view.resident.id, view.version, is_open, is_ours, undo)


def _words(context: SiteContext, view: AppointmentView) -> str:
    facts = {
        "moment": format_moment(view.starts_at.astimezone(ZoneInfo(context.zone))),
        "site": view.site.name,
        "reference": view.spoken_reference,
    }
    return str(_("Booked: %(moment)s, %(site)s. The reference is %(reference)s.", **facts))


def _label(context: SiteContext, slot: FreeSlot) -> str:
    return format_moment(slot.starts_at.astimezone(ZoneInfo(context.zone)))
