"""What a message about an appointment needs to know, for many appointments in a constant number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select
from sqlalchemy.orm import Session

from booking.events import PlanningFacts
from booking.tables import Appointment, AppointmentService
from core.database import connection_of
from core.errors import NotFound
from locations.catalogue import Catalogue
from locations.catalogue_queries import catalogue_by_id
from locations.model import AuthorityFacts, ServiceFacts, SiteFacts
from locations.tables import Authority, Service
from people.tables import Representative, Resident

CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who an appointment is for, or who acts for them, and how they may be reached."""

    name: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """An appointment as a message tells it; the resident is reached as the appointment says, or else their record.

    `earlier_emails` is where messages went before each change of the contact. Instants are aware, in UTC;
    `authority.zone` is the wall clock.
    """

    appointment_id: int
    reference: str
    version: int
    state: str
    mode: str
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    manage_nonce: str
    contact_preference: str
    do_not_text: bool
    resident: Addressee
    representative: Addressee | None
    authority: AuthorityFacts
    site: SiteFacts
    services: tuple[ServiceFacts, ...]
    earlier_emails: tuple[str, ...] = ()


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
        Resident.name,
        func.coalesce(Appointment.contact_email, Resident.email).label("email"),
        func.coalesce(Appointment.contact_phone, Resident.phone).label("phone"),
        func.coalesce(Appointment.contact_preference, Resident.contact_preference).label("contact_preference"),
        Appointment.earlier_emails,
        Resident.do_not_text,
        Representative.name.label("acting_name"),
        Representative.email.label("acting_email"),
        Representative.phone.label("acting_phone"),
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


def planning_facts(db: Session, appointment_id: int) -> PlanningFacts:
    """What decides about the messages of one appointment, in one statement. Raises: NotFound."""
    row = connection_of(db).execute(_PLANNING_ROW, {"appointment": appointment_id}).first()
    if row is None:
        raise NotFound.because("appointment_id_unknown", id=appointment_id)
    return _planning(row)


def planning_facts_ahead(db: Session, authority_id: int, now: datetime) -> Iterator[Sequence[PlanningFacts]]:
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
        yield [_planning(row) for row in rows]


def _planning_rows() -> Select[Any]:
    first = select(AppointmentService.service_id).where(AppointmentService.appointment_id == Appointment.id)
    first_service = first.order_by(AppointmentService.position).limit(1).correlate(Appointment).scalar_subquery()
    return (
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


_PLANNING_ROW = _planning_rows().where(Appointment.id == bindparam("appointment")).limit(1)


def _planning(row: Row[Any]) -> PlanningFacts:
    plan = row.reminder_plan if row.own_plan is None else row.own_plan
    return PlanningFacts(
        row.authority_id, row.id, row.version, row.state, row.starts_at, row.is_walk_in, row.zone, tuple(plan)
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
    acting = row.acting_name is not None
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
        contact_preference=row.contact_preference,
        do_not_text=row.do_not_text,
        resident=Addressee(row.name, row.email, row.phone),
        representative=Addressee(row.acting_name, row.acting_email, row.acting_phone) if acting else None,
        authority=catalogue.authority,
        site=catalogue.site_by_id(row.site_id),
        services=tuple(catalogue.service_by_id(service_id) for service_id in service_ids),
        earlier_emails=tuple(row.earlier_emails or ()),
    )
