"""What a message about an appointment needs to know, for many appointments in a constant number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, select
from sqlalchemy.orm import Session

from booking.events import PlanningFacts
from booking.tables import Appointment, AppointmentService
from core.database import connection_of
from core.errors import NotFound
from locations.catalogue_queries import catalogue_by_id
from locations.model import Catalogue
from locations.tables import Authority, Service
from people.residents.tables import Representative, Resident
from reminders.delivery_decisions import MessageFacts
from reminders.recipients import Contacts, OwnContact, Person

CHUNK = 2000


@dataclass(frozen=True, slots=True)
class PlanningInput:
    """What decides which messages an appointment is owed, and by which channels."""

    facts: PlanningFacts
    contacts: Contacts


# What `_contacts` needs of a row; the resident and the representative are joined.
_CONTACT_COLUMNS = (
    Resident.name.label("resident_name"),
    Resident.email.label("resident_email"),
    Resident.phone.label("resident_phone"),
    Resident.contact_preference,
    Resident.do_not_text,
    Resident.leave_no_message,
    Resident.message_language,
    Appointment.contact_email.label("own_email"),
    Appointment.contact_phone.label("own_phone"),
    Appointment.contact_preference.label("own_preference"),
    Appointment.contact_leave_no_message.label("own_leave_no_message"),
    Appointment.earlier_emails,
    Representative.name.label("acting_name"),
    Representative.email.label("acting_email"),
    Representative.phone.label("acting_phone"),
)


_MESSAGE_ROWS = (
    select(
        Appointment.id,
        Appointment.authority_id,
        Appointment.reference,
        Appointment.version,
        Appointment.state,
        Appointment.mode,
        Appointment.starts_at,
        Appointment.ends_at,
        Appointment.changed_at,
        Appointment.manage_nonce,
        Appointment.site_id,
        *_CONTACT_COLUMNS,
    )
    .join(Resident, Resident.id == Appointment.resident_id)
    .outerjoin(Representative, Representative.id == Appointment.representative_id)
)


def message_facts(db: Session, appointment_ids: Iterable[int]) -> dict[int, MessageFacts]:
    """The facts of each appointment that exists, by its id: two statements, and one for each authority among them."""
    ids = sorted(set(appointment_ids))
    rows: Sequence[Any] = db.execute(_MESSAGE_ROWS.where(Appointment.id.in_(ids))).all()
    services = _service_ids(db, ids)
    catalogues = {authority_id: catalogue_by_id(db, authority_id) for authority_id in {row[1] for row in rows}}
    return {row.id: _facts(row, catalogues[row.authority_id], services[row.id]) for row in rows}


def current_versions(db: Session, appointment_ids: Iterable[int]) -> dict[int, tuple[int, str]]:
    """Version and state of each appointment as they are now, by its id, in one statement."""
    statement = select(Appointment.id, Appointment.version, Appointment.state)
    rows = db.execute(statement.where(Appointment.id.in_(sorted(set(appointment_ids)))))
    return {appointment_id: (version, state) for appointment_id, version, state in rows}


def planning_input(db: Session, appointment_id: int, facts: PlanningFacts | None = None) -> PlanningInput:
    """What decides about one appointment's messages, in one statement; `facts` where they are known. Raises: NotFound."""
    statement = _PLANNING_ROW if facts is None else _CONTACT_ROW
    row = connection_of(db).execute(statement, {"appointment": appointment_id}).first()
    if row is None:
        raise NotFound.because("appointment_id_unknown", id=appointment_id)
    return _planning_input(row) if facts is None else PlanningInput(facts, _contacts(row))


def planning_input_ahead(db: Session, authority_id: int, now: datetime) -> Iterator[Sequence[PlanningInput]]:
    """The same for every appointment of the authority that is booked and still ahead, in lists, by ascending id."""
    last_id = 0
    while True:
        statement = _planning_rows().where(
            Appointment.authority_id == authority_id,
            Appointment.starts_at > now,
            Appointment.state == "booked",
            Appointment.id > last_id,
        )
        rows = db.execute(statement.limit(CHUNK)).all()
        if not rows:
            return
        last_id = rows[-1].id
        yield [_planning_input(row) for row in rows]


def _with_people(statement: Select[Any]) -> Select[Any]:
    """`statement` about appointments with `_CONTACT_COLUMNS`."""
    return (
        statement.add_columns(*_CONTACT_COLUMNS)
        .join(Resident, Resident.id == Appointment.resident_id)
        .outerjoin(Representative, Representative.id == Appointment.representative_id)
    )


def _planning_rows() -> Select[Any]:
    first = select(AppointmentService.service_id).where(AppointmentService.appointment_id == Appointment.id)
    first_service = first.order_by(AppointmentService.position).limit(1).correlate(Appointment).scalar_subquery()
    statement = (
        select(
            Appointment.id,
            Appointment.authority_id,
            Appointment.version,
            Appointment.state,
            Appointment.starts_at,
            Appointment.is_walk_in,
            Authority.zone,
            Authority.reminder_plan,
            Service.reminder_plan.label("own_plan"),
        )
        .join(Authority, Authority.id == Appointment.authority_id)
        .outerjoin(Service, Service.id == first_service)
        .order_by(Appointment.id)
    )
    return _with_people(statement)


_OF_ONE = Appointment.id == bindparam("appointment")
_PLANNING_ROW = _planning_rows().where(_OF_ONE).limit(1)
_CONTACT_ROW = _with_people(select(Appointment.id)).where(_OF_ONE)


def _planning_input(row: Row[Any]) -> PlanningInput:
    plan = row.reminder_plan if row.own_plan is None else row.own_plan
    facts = PlanningFacts(
        row.authority_id, row.id, row.version, row.state, row.starts_at, row.is_walk_in, row.zone, tuple(plan)
    )
    return PlanningInput(facts, _contacts(row))


def _contacts(row: Any) -> Contacts:
    acting = None if row.acting_name is None else Person(row.acting_name, row.acting_email, row.acting_phone)
    return Contacts(
        resident=Person(row.resident_name, row.resident_email, row.resident_phone),
        representative=acting,
        preference=row.contact_preference,
        do_not_text=row.do_not_text,
        leave_no_message=row.leave_no_message,
        own=OwnContact(row.own_email, row.own_phone, row.own_preference, row.own_leave_no_message),
        earlier_emails=tuple(row.earlier_emails or ()),
        language=row.message_language,
    )


def _service_ids(db: Session, ids: Sequence[int]) -> dict[int, list[int]]:
    statement = select(AppointmentService.appointment_id, AppointmentService.service_id).order_by(
        AppointmentService.appointment_id, AppointmentService.position
    )
    found: dict[int, list[int]] = defaultdict(list)
    for appointment_id, service_id in db.execute(statement.where(AppointmentService.appointment_id.in_(ids))):
        found[appointment_id].append(service_id)
    return found


def _facts(row: Any, catalogue: Catalogue, service_ids: list[int]) -> MessageFacts:
    return MessageFacts(
        appointment_id=row.id,
        reference=row.reference,
        version=row.version,
        state=row.state,
        mode=row.mode,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        changed_at=row.changed_at,
        manage_nonce=row.manage_nonce,
        contacts=_contacts(row),
        authority=catalogue.authority,
        site=catalogue.site_by_id(row.site_id),
        services=tuple(catalogue.service_by_id(service_id) for service_id in service_ids),
    )
