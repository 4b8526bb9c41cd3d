"""The resident beside the call: who they are, how to reach them, what is booked, what was said before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask_babel import gettext as _

from booking.queries.appointments import AppointmentView, RepresentativeView, of_resident
from booking.states import State
from core.errors import NotFound
from locations.model import ServiceFacts
from people.residents.access_log import has_logged_access, log_access
from people.residents.contact_notes import Note, notes_of
from people.residents.resident_repository import resident_of
from people.residents.tables import Resident
from reminders.recipients import Contacts, Person
from web.agent.forms import Typed
from web.labels import CONTACT_PREFERENCES, NEEDS, label_of
from web.message_routes import MessageRoute, route_of
from web.page_context import StaffContext

ONE_CALL = timedelta(minutes=30)
PAST_SHOWN = 5
OPEN = frozenset({State.BOOKED, State.ARRIVED, State.IN_PROGRESS})


@dataclass(frozen=True)
class Card:
    """What the screen says about a resident."""

    resident: Resident
    warnings: tuple[str, ...]
    preference: str
    needs: tuple[str, ...]
    representatives: tuple[RepresentativeView, ...]
    upcoming: tuple[AppointmentView, ...]
    past: tuple[AppointmentView, ...]
    notes: tuple[Note, ...]
    recent_services: tuple[ServiceFacts, ...]

    def find(self, reference: str) -> AppointmentView | None:
        """The appointment of this reference on the card, or None."""
        both = (*self.upcoming, *self.past)
        return next((view for view in both if view.reference == reference), None)


def card_of(desk: StaffContext, resident_id: int, purpose: str = "call") -> Card:
    """The card, and a line in the log that it was looked at. Raises: NotFound."""
    resident = resident_of(desk.db, desk.authority.id, resident_id)
    if resident.anonymised_at is not None:
        raise NotFound.because("resident_unknown")
    _log(desk, resident_id, purpose)
    views = of_resident(desk.db, desk.catalogue, resident_id)
    upcoming = [view for view in views if view.state in OPEN and view.ends_at > desk.now]
    still = {view.id for view in upcoming}
    past = [view for view in views if view.id not in still]
    people = (view.representative for view in views if view.representative is not None)
    services = dict.fromkeys(service for view in views for service in view.services)
    return Card(
        resident=resident,
        warnings=warnings_of(resident),
        preference=preference_label(resident),
        needs=tuple(str(NEEDS[code]) for code in resident.support_needs if code in NEEDS),
        representatives=tuple({(person.name, person.basis): person for person in people}.values()),
        upcoming=tuple(reversed(upcoming)),
        past=tuple(past),
        notes=tuple(notes_of(desk.db, desk.authority.id, resident_id)),
        recent_services=tuple(services),
    )


def _log(desk: StaffContext, resident_id: int, purpose: str) -> None:
    """One line for one call, however many pages it takes."""
    if not has_logged_access(desk.db, resident_id, desk.actor, desk.now - ONE_CALL):
        with desk.runtime.database.writing() as db:
            log_access(db, desk.authority.id, resident_id, desk.actor, purpose, desk.now)


def warnings_of(resident: Resident) -> tuple[str, ...]:
    """What the agent must not do."""
    known = (
        (resident.contact_preference == "none", _("Do not contact")),
        (resident.do_not_text, _("Do not text")),
        (resident.leave_no_message, _("Leave no message")),
    )
    return tuple(warning for is_so, warning in known if is_so)


def preference_label(resident: Resident) -> str:
    """How they want to hear from us, and what happens instead of a text for as long as none can be sent."""
    if resident.contact_preference != "text":
        return label_of(CONTACT_PREFERENCES, resident.contact_preference)
    return str(_("Text message (we email instead)") if resident.email else _("Text message (we cannot send any yet)"))


def message_route(card: Card, typed: Typed) -> MessageRoute:
    """Where the messages about a new appointment go, as far as the page knows who calls."""
    resident, helper = card.resident, _acting(card, typed)
    return route_of(
        Contacts(
            resident=Person(resident.name, resident.email, resident.phone),
            representative=helper,
            preference=resident.contact_preference,
            do_not_text=resident.do_not_text,
            leave_no_message=resident.leave_no_message,
        )
    )


def _acting(card: Card, typed: Typed) -> Person | None:
    known = next((person for person in card.representatives if typed.caller == f"rep-{person.id}"), None)
    if known is not None and not typed.rep_name:
        return Person(known.name, known.email, known.phone)
    return Person(typed.rep_name, typed.rep_email, typed.rep_phone) if typed.is_for_other else None
