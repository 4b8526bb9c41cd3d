"""Appointments as staff, residents and reminders read them: frozen views, in a constant number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, select
from sqlalchemy.orm import Session

from booking.arrangements import ArrangementState, needs_facts
from booking.queries.acting_people import representative_in
from booking.queries.references import meant_reference
from booking.queries.unmet_needs import unmet_by_appointment
from booking.slot_tokens import COUNTED, Counts, counts_in_token
from booking.states import Contact, RepresentativeView, ResidentView, State, calls_of_time
from booking.tables import Allocation, Appointment, AppointmentService, OldReference
from core.contact_values import postal_of
from core.errors import NotFound
from core.tokens import mark_of_digest, spoken_reference, stamp_of
from locations.model import Catalogue, ResourceFacts, ServiceFacts, SiteFacts
from people.residents.approach import Approach
from people.residents.first_contact_repository import approach_in
from people.residents.mandate_columns import NOTED
from people.residents.tables import FirstContact, Representative, Resident


@dataclass(frozen=True)
class AppointmentView:
    """An appointment with everything that a screen says about it. Instants are aware, in UTC; `zone` is the site's.

    `resident` is reached as this appointment says, which may differ from the record (`has_own_contact`). `stamp` changes
    whenever anything that can be changed does. `link_mark` is of the manage link of now, `is_confirmed` of this version.
    """

    id: int
    authority_id: int
    reference: str
    version: int
    state: State
    state_reason: str
    mode: str
    starts_at: datetime
    ends_at: datetime
    local_date: date
    zone: str
    site: SiteFacts
    services: tuple[ServiceFacts, ...]
    resources: tuple[ResourceFacts, ...]
    resident: ResidentView
    representative: RepresentativeView | None
    support_needs: tuple[str, ...]
    notes: str
    answers: Mapping[str, Any]
    channel: str
    is_walk_in: bool
    created_at: datetime
    changed_at: datetime
    arrived_at: datetime | None
    stamp: str
    link_mark: str
    has_own_contact: bool
    room: str = ""
    owner_since: int = 1
    arrangements: Mapping[str, ArrangementState] = field(default_factory=dict)
    old_reference: str = ""
    unmet_needs: tuple[str, ...] = ()
    moved_by: str = ""
    is_confirmed: bool = False
    is_urgent: bool = False
    is_given_back: bool = False  # because nobody confirmed it
    is_not_needed: bool = False  # because their papers were accepted
    is_rung_instead: bool = False  # though it was booked by video
    unanswered_calls: tuple[datetime, ...] = ()  # at the time of now, the oldest first
    first_contact: Approach | None = None  # when they first asked for help, where the appointment follows from that
    counts: Counts = ()
    missing_before: Sequence[str] = ()  # when they came before
    paper_answers: Mapping[str, Any] = field(default_factory=dict)
    progress: Sequence[Mapping[str, Any]] = ()  # how far it has come since, the oldest step first
    tells_progress: bool = False  # to whoever has the appointment, when it moves on
    case_number: str = ""

    @property
    def spoken_language(self) -> str:
        """The language that they need an interpreter for; empty for none."""
        return self.resident.language

    @property
    def join_url(self) -> str:
        """Where a video appointment is joined; empty for another mode."""
        return self.site.join_url(self.mode, self.resources, self.room)

    @property
    def is_by_telephone(self) -> bool:
        """Whether they are rung, as it was booked or instead of the video."""
        return self.mode == "phone" or self.is_rung_instead

    @property
    def number_to_ring(self) -> str:
        """The number of whoever acts for the resident, or else the resident's own; empty for none."""
        return (self.representative.phone if self.representative else "") or self.resident.phone

    @property
    def spoken_reference(self) -> str:
        """The reference in two groups, for reading aloud."""
        return spoken_reference(self.reference)

    @property
    def service_names(self) -> tuple[str, ...]:
        """The names of the visit's services, in their order."""
        return tuple(service.name for service in self.services)

    @property
    def documents(self) -> tuple[str, ...]:
        """What to bring, each thing once, in order."""
        return tuple(dict.fromkeys(paper for service in self.services for paper in service.papers))

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60

    @property
    def cutoff_at(self) -> datetime:
        """The last instant (UTC) at which the resident may change it by themselves."""
        minutes = max((service.cancel_cutoff_minutes for service in self.services), default=0)
        return self.starts_at - timedelta(minutes=minutes)


def by_reference(db: Session, catalogue: Catalogue, reference: str) -> AppointmentView:
    """The appointment of this reference, however it was typed. Raises: NotFound."""
    return _one(db, catalogue, Appointment.reference == meant_reference(db, catalogue.authority.id, reference))


def by_id(db: Session, catalogue: Catalogue, appointment_id: int) -> AppointmentView:
    """The appointment of this id. Raises: NotFound."""
    return _one(db, catalogue, Appointment.id == appointment_id)


def of_resident(db: Session, catalogue: Catalogue, resident_id: int) -> list[AppointmentView]:
    """Every appointment of a resident, newest first."""
    views = _views(db, catalogue, Appointment.resident_id == resident_id)
    return sorted(views, key=lambda view: view.starts_at, reverse=True)


def of_ids(db: Session, catalogue: Catalogue, appointment_ids: Collection[int]) -> dict[int, AppointmentView]:
    """The council's appointments with these ids, by id."""
    return {view.id: view for view in _views(db, catalogue, Appointment.id.in_(appointment_ids))}


def of_site_day(db: Session, catalogue: Catalogue, site_id: int, local_date: date) -> list[AppointmentView]:
    """The appointments of a site on a date, in the order of the day."""
    here_then = (Appointment.site_id == site_id) & (Appointment.local_date == local_date)
    views = _views(db, catalogue, here_then)
    return sorted(views, key=lambda view: (view.starts_at, view.resident.name, view.id))


_AS_KEPT = (
    *("id", "name", "postcode", "do_not_text"),
    *("message_language", "safe_hours", "uses_neutral_name", "letter_format"),
)


def contact_of(row: Appointment, resident: Resident) -> Contact:
    """How the resident is reached about this appointment: as given for it, or else as in the resident's record."""
    own = (row.contact_email, row.contact_phone, row.contact_preference, row.contact_postal)
    postal = postal_of(resident.address, resident.postcode)
    known = (resident.email, resident.phone, resident.contact_preference, postal)
    both = zip(own, known, strict=True)
    email, phone, preference, postal = (record if given is None else given for given, record in both)
    silent = row.contact_leave_no_message
    return Contact(email, phone, preference, resident.leave_no_message if silent is None else silent, postal)


def stamp_of_row(row: Appointment) -> str:
    """The stamp of all that a page shows of an appointment and that can change."""
    rest = (list(row.support_needs), row.notes, list(row.progress), row.tells_progress)
    return stamp_of(row.version, row.state, row.slot_token, row.changed_at, row.manage_digest, *rest)


def _one(db: Session, catalogue: Catalogue, where: ColumnElement[bool]) -> AppointmentView:
    views = _views(db, catalogue, where)
    if not views:
        raise NotFound.because("appointment_unknown")
    return views[0]


# Written once: putting a statement together takes as long as running it.
_WITH_PEOPLE = (
    select(Appointment, Resident, Representative, NOTED, FirstContact, OldReference.reference.label("old_reference"))
    .join(Resident, Resident.id == Appointment.resident_id)
    .outerjoin(Representative, Representative.id == Appointment.representative_id)
    .outerjoin(
        FirstContact,
        Appointment.is_approach & (FirstContact.resident_id == Appointment.resident_id) & ~FirstContact.is_later,
    )
    .outerjoin(OldReference, OldReference.appointment_id == Appointment.id)
)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_SERVICES = (
    select(AppointmentService.appointment_id, AppointmentService.service_id)
    .where(AppointmentService.appointment_id.in_(_IDS))
    .order_by(AppointmentService.appointment_id, AppointmentService.position)
)
_RESOURCES = (
    select(Allocation.appointment_id, Allocation.resource_id)
    .where(Allocation.appointment_id.in_(_IDS))
    .order_by(Allocation.appointment_id, Allocation.first_unit, Allocation.id)
)


def _views(db: Session, catalogue: Catalogue, where: ColumnElement[bool]) -> list[AppointmentView]:
    """Three statements, however many appointments there are, and one more where a place lacks what somebody needs."""
    rows = db.execute(_WITH_PEOPLE.where(Appointment.authority_id == catalogue.authority.id, where)).all()
    if not rows:
        return []
    ids = [row.Appointment.id for row in rows]
    services, resources = _grouped(db, _SERVICES, ids), _grouped(db, _RESOURCES, ids)
    asking = [row.Appointment for row in rows if row.Appointment.support_needs]
    unmet = unmet_by_appointment(db, asking, {catalogue.authority.id: catalogue}) if asking else {}
    views = (_view(catalogue, row, services, resources) for row in rows)
    facts = {row.id: needs_facts(row.support_needs, row.arrangements, unmet[row.id]) for row in asking}
    asked = {row.Appointment.id: {"first_contact": approach_in(row.FirstContact)} for row in rows if row.FirstContact}
    known: dict[int, dict[str, Any]] = {key: facts.get(key, {}) | asked.get(key, {}) for key in (*facts, *asked)}
    return [replace(view, **known[view.id]) if view.id in known else view for view in views]


Grouped = Mapping[int, Sequence[int]]


def _grouped(db: Session, statement: Any, ids: list[int]) -> Grouped:
    grouped: defaultdict[int, list[int]] = defaultdict(list)
    for owner, value in db.execute(statement, {"ids": ids}):
        grouped[owner].append(value)
    return grouped


_OF_THE_ROW = (
    *("id", "authority_id", "reference", "version", "state_reason", "mode", "starts_at"),
    *("ends_at", "local_date", "notes", "answers", "channel", "is_walk_in", "created_at"),
    *("changed_at", "arrived_at", "room", "owner_since", "moved_by", "is_urgent", "missing_before", "paper_answers"),
    *("progress", "tells_progress", "case_number"),
)


def _view(catalogue: Catalogue, found: Any, services: Grouped, resources: Grouped) -> AppointmentView:
    row: Appointment = found.Appointment
    site = catalogue.site_by_id(row.site_id)
    return AppointmentView(
        **{name: getattr(row, name) for name in _OF_THE_ROW},
        state=State(row.state),
        zone=catalogue.authority.zone,
        site=site,
        services=tuple(catalogue.service_by_id(service_id) for service_id in services.get(row.id, ())),
        resources=_resources_at(catalogue, site, resources.get(row.id, ())),
        resident=_resident(found.Resident, row),
        representative=found.Representative and representative_in(found),
        support_needs=tuple(row.support_needs),
        stamp=stamp_of_row(row),
        link_mark=mark_of_digest(row.manage_digest),
        has_own_contact=row.contact_email is not None or row.contact_phone is not None,
        old_reference=found.old_reference or "",
        is_confirmed=row.confirmed_at is not None and row.confirmed_version == row.version,
        is_given_back=row.given_back_at is not None,
        is_not_needed=row.not_needed_at is not None,
        is_rung_instead=row.ring_instead_version == row.version,
        unanswered_calls=calls_of_time(row.unanswered_calls, row.starts_at),
        counts=counts_in_token(row.slot_token) if COUNTED in row.slot_token else (),
    )


def _resources_at(catalogue: Catalogue, site: SiteFacts, ids: Sequence[int]) -> tuple[ResourceFacts, ...]:
    return tuple(filter(None, (catalogue.resource_at(site, resource_id) for resource_id in dict.fromkeys(ids))))


def _resident(row: Resident, appointment: Appointment) -> ResidentView:
    contact, language = contact_of(appointment, row), appointment.contact_language
    same = {name: getattr(row, name) for name in _AS_KEPT}
    is_own, is_own_post = appointment.contact_email is not None, appointment.contact_postal is not None
    has_returned = appointment.contact_postal_returned_at if is_own_post else row.letter_returned_at
    return ResidentView(
        email=contact.email,
        phone=contact.phone,
        language=row.language if language is None else language,
        contact_preference=contact.preference,
        leave_no_message=contact.leave_no_message,
        is_email_returned=bool(appointment.contact_email_returned_at if is_own else row.email_returned_at),
        postal="" if has_returned else contact.postal,
        known_postal=contact.postal,
        **same,
    )
