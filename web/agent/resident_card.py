"""Who the call is about: how to reach them, what they have booked, and what was noted in earlier contacts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from flask_babel import gettext as _

from booking.queries.appointments import AppointmentView, of_resident
from booking.states import OPEN, RepresentativeView
from core.contact_values import postal_of, takes_texts
from core.errors import NotFound
from locations.model import ServiceFacts
from people.residents.access_log import has_logged_access, log_access
from people.residents.contact_notes import Note, notes_of
from people.residents.details import ResidentDetails
from people.residents.mandate_queries import mandates_of, representation_by
from people.residents.mandate_rules import KnownMandate
from people.residents.register_queries import on_register
from people.residents.resident_repository import resident_of
from people.residents.tables import Resident
from reminders.contacts import Person
from web.agent.call_request import Typed
from web.agent.forms import facts_of
from web.agent.register_labels import ON_REGISTER
from web.labels import CONTACT_PREFERENCES, NEEDS, label_of, labels_of, wishes_of
from web.language_labels import MESSAGE_LANGUAGES
from web.message_routes import sends_texts
from web.page_context import StaffContext
from web.request_language import format_birth_date

ONE_CALL = timedelta(minutes=30)


@dataclass(frozen=True)
class ResidentCard:
    """A resident with their appointments, the people who act for them, and the notes of earlier contacts."""

    id: int
    resident: ResidentDetails
    warnings: tuple[str, ...]
    preference: str
    representatives: tuple[RepresentativeView, ...]
    mandates: tuple[KnownMandate, ...]
    upcoming: tuple[AppointmentView, ...]
    past: tuple[AppointmentView, ...]
    notes: tuple[Note, ...]
    recent_services: tuple[ServiceFacts, ...]

    @property
    def born(self) -> str:
        """The date of birth; empty when it is not known."""
        return format_birth_date(self.resident.date_of_birth)

    @property
    def message_language(self) -> str:
        """In which language we write to them and speak with them."""
        return label_of(MESSAGE_LANGUAGES, self.resident.message_language)

    @property
    def needs(self) -> str:
        """The labels of the support needs."""
        return labels_of(NEEDS, [code for code in self.resident.support_needs if code in NEEDS])

    def find(self, reference: str) -> AppointmentView | None:
        """The resident's appointment of this reference, or None."""
        return next((view for view in (*self.upcoming, *self.past) if view.reference == reference), None)

    def appointment(self, reference: str) -> AppointmentView:
        """The resident's appointment of this reference. Raises: NotFound."""
        found = self.find(reference)
        if found is None:
            raise NotFound.because("not_of_this_resident")
        return found


def resident_card(context: StaffContext, resident_id: int, purpose: str = "call") -> ResidentCard:
    """The card of the resident; logs that their record was viewed, one entry for each call. Raises: NotFound."""
    row = resident_of(context.db, context.authority.id, resident_id)
    _log_access(context, resident_id, purpose)
    views = of_resident(context.db, context.catalogue, resident_id)
    upcoming = [view for view in views if view.state in OPEN and view.ends_at > context.now]
    upcoming_ids = {view.id for view in upcoming}
    resident = details_of(row)
    return ResidentCard(
        id=resident_id,
        resident=resident,
        warnings=marks_of(resident, is_registered=bool(on_register(context.db, [resident_id]))),
        preference=preference_label(resident),
        representatives=_representatives(views),
        mandates=tuple(mandates_of(context.db, context.authority.id, resident_id)),
        upcoming=tuple(reversed(upcoming)),
        past=tuple(view for view in views if view.id not in upcoming_ids),
        notes=tuple(notes_of(context.db, context.authority.id, resident_id)),
        recent_services=tuple(dict.fromkeys(service for view in views for service in view.services)),
    )


def marks_of(resident: ResidentDetails, *, is_registered: bool) -> tuple[str, ...]:
    """What whoever serves them sees first: that they cannot get online, and what they asked whoever wants to reach them."""
    return (*((str(ON_REGISTER),) if is_registered else ()), *wishes_of(resident))


def details_of(resident: Resident) -> ResidentDetails:
    """What the record says about the resident, as a plain value."""
    details = ResidentDetails(**facts_of(resident))
    return replace(details, support_needs=tuple(details.support_needs))


def _representatives(views: Sequence[AppointmentView]) -> tuple[RepresentativeView, ...]:
    people = (view.representative for view in views if view.representative is not None)
    return tuple({(person.name, person.basis): person for person in people}.values())


def _log_access(context: StaffContext, resident_id: int, purpose: str) -> None:
    """Write one entry for one call, however many pages it takes."""
    if not has_logged_access(context.db, resident_id, context.actor, context.now - ONE_CALL):
        with context.runtime.database.writing() as db:
            log_access(db, context.authority.id, resident_id, context.actor, purpose, context.now)


def preference_label(resident: ResidentDetails) -> str:
    """How they prefer to hear from us, and what happens instead of a text for as long as none can be sent."""
    if not (resident.email or resident.phone) and resident.contact_preference in ("email", "text"):
        return str(_("Cannot be reached: take a number or an email"))
    if resident.contact_preference == "email" and not resident.email:
        return str(_("Email, but we have none"))
    if resident.contact_preference == "text" and not resident.phone and sends_texts():
        return str(_("Text message, but we have no number"))
    if resident.contact_preference == "text" and not takes_texts(resident.phone) and sends_texts():
        return str(_("Text message, but their number gets no texts"))
    if resident.contact_preference == "letter" and not resident.postal:
        return str(_("Letter, but we have no address"))
    if resident.contact_preference == "call" and not resident.phone:
        return str(_("Phone call, but we have no number"))
    if resident.contact_preference != "text" or sends_texts():
        return label_of(CONTACT_PREFERENCES, resident.contact_preference)
    return str(_("Text message (we email instead)") if resident.email else _("Text message (we cannot send any yet)"))


def representative_of(card: ResidentCard, typed: Typed, is_stopped: Callable[[str], bool]) -> Person | None:
    """Who is calling for the resident, as far as it is typed; a number that `is_stopped` gets no texts."""
    known = next((person for person in card.representatives if typed.representative_id == person.id), None)
    if known is not None and not typed.rep_name:
        no_texts = known.do_not_text or is_stopped(known.phone)
        return Person(known.name, known.email, known.phone, postal_of(known.address, known.postcode), "", no_texts)
    mandate = next((one for one in card.mandates if typed.mandate_id == one.id), None)
    if mandate is not None and not typed.rep_name:
        acting = representation_by(mandate)
        return Person(acting.name, acting.email, acting.phone, "", "", is_stopped(acting.phone))
    if not typed.is_for_other:
        return None
    post = postal_of(typed.rep_address, typed.rep_postcode)
    return Person(typed.rep_name, typed.rep_email, typed.rep_phone, post, "", is_stopped(typed.rep_phone))
