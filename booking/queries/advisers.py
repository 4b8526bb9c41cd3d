"""The adviser whom somebody has for a service: named by staff, or whom they saw last."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from booking.advisers.tables import NamedAdviser
from booking.queries.appointments import AppointmentView
from booking.queries.slots import SlotQuery, next_slot
from booking.states import OPEN, State
from booking.tables import Allocation, Appointment
from core.errors import NotFound
from core.tokens import digest, stamp_of, working_adviser_token
from locations.model import Catalogue, ResourceFacts, ServiceFacts
from locations.tables import Resource

ADVISER = "adviser"


@dataclass(frozen=True)
class KnownAdviser:
    """An adviser whom somebody has for a service `until` a date, saw last on `seen_on`, or has an appointment with.

    `works_here` says whether they can be booked for it at all.
    """

    resource_id: int
    name: str
    service: ServiceFacts
    until: date | None = None
    seen_on: date | None = None
    works_here: bool = True

    @property
    def is_named(self) -> bool:
        """Whether staff have named them; otherwise they were seen last."""
        return self.until is not None


@dataclass(frozen=True)
class NamedLink:
    """What the link of a named adviser is for, whether that has ended or not."""

    id: int
    authority_id: int
    resident_id: int
    service_id: int
    until: date
    link_digest: str


def works_for(catalogue: Catalogue, resource_id: int, service: ServiceFacts, today: date) -> bool:
    """Whether a session from `today` on opens this resource for the service, which is still given, and it can serve it."""
    if service.ending is not None and service.ending.is_over(today):
        return False
    return _last_dates(catalogue).get((service.id, resource_id), date.min) >= today


def bookable_adviser(catalogue: Catalogue, resource_id: int | None, service_ids: Collection[int], today: date) -> int:
    """The adviser, while that one can be booked for one of these services; 0, anybody, for one who has left."""
    services = [one for one in catalogue.services if one.id in service_ids]
    is_here = any(works_for(catalogue, resource_id or 0, one, today) for one in services)
    return resource_id if resource_id and is_here else 0


def is_of_others(catalogue: Catalogue, resource_id: int, served: Collection[int] | None) -> bool:
    """Whether the adviser works at other sites than those that somebody serves (None for all), and at none of these."""
    sites = {site.id for site in catalogue.sites if site.resource(resource_id) is not None}
    return served is not None and bool(sites) and sites.isdisjoint(served)


def _last_dates(catalogue: Catalogue) -> dict[tuple[int, int], date]:
    """For each service and each adviser who can serve it, until when a session opens them; once for each plan."""
    known: dict[tuple[int, int], date] | None = catalogue.memory.get("advisers")
    if known is None:
        known = catalogue.memory["advisers"] = {}
        for service_id, resource_id, last in _openings(catalogue):
            known[service_id, resource_id] = max(last, known.get((service_id, resource_id), date.min))
    return known


def _openings(catalogue: Catalogue) -> Iterator[tuple[int, int, date]]:
    services = {service.id: service for service in catalogue.services}
    for site in catalogue.sites:
        sessions = [(one.resource_ids, one.service_ids, one.last_date or date.max) for one in site.recurrences]
        sessions += [(one.resource_ids, one.service_ids, one.date) for one in site.dated_sessions]
        for resource_ids, service_ids, last in sessions:
            for resource in map(site.resource, resource_ids):
                if resource is not None and resource.kind == ADVISER:
                    able = (one for one in service_ids if one in services and _serves(resource, services[one]))
                    yield from ((service_id, resource.id, last) for service_id in able)


def _serves(resource: ResourceFacts, service: ServiceFacts) -> bool:
    return any(need.kind == resource.kind and need.skills <= resource.skills for need in service.requirements)


def named_advisers(
    db: Session, catalogue: Catalogue, resident_ids: Collection[int], today: date
) -> Sequence[KnownAdviser]:
    """The advisers named for these people who have not ended by `today`, by service."""
    rows = db.execute(
        select(NamedAdviser.service_id, NamedAdviser.resource_id, NamedAdviser.until, Resource.name)
        .join(Resource, Resource.id == NamedAdviser.resource_id)
        .where(NamedAdviser.resident_id.in_(resident_ids), NamedAdviser.until >= today)
        .order_by(NamedAdviser.service_id, NamedAdviser.id)
    )
    known = {service.id: service for service in catalogue.services}
    found = []
    for service_id, resource_id, until, name in rows:
        if service_id in known:
            service = known[service_id]
            is_here = works_for(catalogue, resource_id, service, today)
            found.append(KnownAdviser(resource_id, name, service, until=until, works_here=is_here))
    return found


def adviser_seen_last(
    db: Session, catalogue: Catalogue, resident_ids: Collection[int], service_ids: Collection[int], today: date
) -> KnownAdviser | None:
    """The adviser of their last visit to one of these services that took place; None where none had one."""
    row = db.execute(
        select(Allocation.service_id, Allocation.resource_id, Appointment.local_date, Resource.name)
        .join(Appointment, Appointment.id == Allocation.appointment_id)
        .join(Resource, Resource.id == Allocation.resource_id)
        .where(
            Appointment.resident_id.in_(resident_ids),
            Appointment.state == State.ATTENDED.value,
            Allocation.service_id.in_(service_ids),
            Resource.kind == ADVISER,
        )
        .order_by(Appointment.starts_at.desc(), Allocation.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    service = catalogue.service_by_id(row.service_id)
    is_here = works_for(catalogue, row.resource_id, service, today)
    return KnownAdviser(row.resource_id, row.name, service, seen_on=row.local_date, works_here=is_here)


def adviser_of_appointment(db: Session, catalogue: Catalogue, appointment_id: int, today: date) -> KnownAdviser | None:
    """The adviser with whom an appointment is; None where it has none."""
    row = db.execute(
        select(Allocation.service_id, Allocation.resource_id, Resource.name)
        .join(Resource, Resource.id == Allocation.resource_id)
        .where(Allocation.appointment_id == appointment_id, Resource.kind == ADVISER)
        .order_by(Allocation.id)
        .limit(1)
    ).first()
    service = row and next((one for one in catalogue.services if one.id == row.service_id), None)
    if row is None or service is None:
        return None
    return KnownAdviser(
        row.resource_id, row.name, service, works_here=works_for(catalogue, row.resource_id, service, today)
    )


def adviser_of(
    db: Session,
    catalogue: Catalogue,
    resident_ids: Collection[int],
    service_ids: Collection[int],
    today: date,
) -> KnownAdviser | None:
    """The adviser whom somebody has for one of these services: the one who is named, or else the one seen last."""
    named = [one for one in named_advisers(db, catalogue, resident_ids, today) if one.service.id in service_ids]
    return named[0] if named else adviser_seen_last(db, catalogue, resident_ids, service_ids, today)


def adviser_of_person(
    db: Session,
    catalogue: Catalogue,
    resident_id: int,
    service_ids: Collection[int],
    today: date,
    appointment_id: int | None = None,
) -> KnownAdviser | None:
    """The adviser whom somebody has: the one who is named, else that of the appointment, else the one seen last."""
    known = adviser_of(db, catalogue, [resident_id], service_ids, today)
    if appointment_id is None or (known is not None and known.is_named):
        return known
    with_whom = adviser_of_appointment(db, catalogue, appointment_id, today)
    return with_whom if with_whom is not None and with_whom.service.id in service_ids else known


def own_adviser_of_visit(db: Session, catalogue: Catalogue, view: AppointmentView, today: date) -> str:
    """The name of the adviser with whom the appointment is, if that is the one whom its resident has; else empty."""
    names = {one.id: one.name for one in view.resources if one.kind == ADVISER}
    if not names:
        return ""
    known = adviser_of(db, catalogue, [view.resident.id], [service.id for service in view.services], today)
    return names.get(known.resource_id, "") if known else ""


def advisers_of_visit(db: Session, appointment_id: int) -> frozenset[int]:
    """The ids of the advisers whom an appointment has."""
    return _advisers(db, Allocation.appointment_id == appointment_id)


def advisers_of_hold(db: Session, hold_id: int | None) -> frozenset[int]:
    """The ids of the advisers who are held; none without a hold."""
    return frozenset() if hold_id is None else _advisers(db, Allocation.hold_id == hold_id)


def _advisers(db: Session, is_owned: ColumnElement[bool]) -> frozenset[int]:
    of_owner = select(Allocation.resource_id).join(Resource, Resource.id == Allocation.resource_id)
    return frozenset(db.scalars(of_owner.where(is_owned, Resource.kind == ADVISER)))


def has_time_within_promise(
    db: Session, catalogue: Catalogue, adviser: KnownAdviser, query: SlotQuery, now: datetime
) -> bool:
    """Whether the adviser has a free time as soon as the service promises one; where it promises nothing, any."""
    if not adviser.works_here:
        return False
    promised = adviser.service.third_time_within_days
    last = None if promised is None else today_of(catalogue, now) + timedelta(days=promised)
    wanted = replace(query, adviser=adviser.resource_id, first_date=None, last_date=last)
    return next_slot(db, catalogue, wanted, now) is not None


def today_of(catalogue: Catalogue, now: datetime) -> date:
    """The date at the council."""
    return now.astimezone(ZoneInfo(catalogue.authority.zone)).date()


def offered_advisers(catalogue: Catalogue, today: date) -> dict[ServiceFacts, list[ResourceFacts]]:
    """For each service that some adviser serves from today on, the advisers."""
    people = {one.id: one for site in catalogue.sites for one in site.resources}
    theirs: dict[int, list[ResourceFacts]] = {}
    for (service_id, resource_id), last in _last_dates(catalogue).items():
        if last >= today:
            theirs.setdefault(service_id, []).append(people[resource_id])
    ended = {one.id for one in catalogue.services if one.ending is not None and one.ending.is_over(today)}
    return {one: theirs[one.id] for one in catalogue.services if one.id in theirs and one.id not in ended}


def is_known_at(db: Session, resident_id: int, site_ids: Collection[int]) -> bool:
    """Whether somebody has or had an appointment at one of these sites, or has never had any."""
    theirs = select(Appointment.site_id).where(Appointment.resident_id == resident_id).distinct()
    sites = set(db.scalars(theirs))
    return not sites or not sites.isdisjoint(site_ids)


def named_stamp(db: Session, resident_id: int) -> str:
    """The stamp of who is named for somebody, for a form that changes it."""
    columns = (NamedAdviser.service_id, NamedAdviser.resource_id, NamedAdviser.until)
    rows = db.execute(select(*columns).where(NamedAdviser.resident_id == resident_id).order_by(NamedAdviser.service_id))
    return stamp_of(*(tuple(row) for row in rows))


def links_of(db: Session, resident_id: int, secret_keys: Sequence[str]) -> dict[int, str]:
    """The tokens of the links of somebody's named advisers, by the id of the service."""
    columns = (NamedAdviser.service_id, NamedAdviser.link_nonce, NamedAdviser.link_digest)
    rows = db.execute(select(*columns).where(NamedAdviser.resident_id == resident_id))
    return {row.service_id: working_adviser_token(secret_keys, row.link_nonce, row.link_digest) for row in rows}


def named_link(db: Session, token: str) -> NamedLink:
    """What the link with this token is for. Raises: NotFound."""
    found = _link(db, NamedAdviser.link_digest == digest(token))
    if found is None:
        raise NotFound.because("link_unknown")
    return found


def named_link_by_id(db: Session, link_id: int) -> NamedLink | None:
    """The link of this number; None where there is none."""
    return _link(db, NamedAdviser.id == link_id)


def _link(db: Session, is_meant: ColumnElement[bool]) -> NamedLink | None:
    one = NamedAdviser
    columns = (one.id, one.authority_id, one.resident_id, one.service_id, one.until, one.link_digest)
    row = db.execute(select(*columns).where(is_meant)).first()
    return None if row is None else NamedLink(*row)


def advisers_had(db: Session, resident_ids: Collection[int], service_ids: Collection[int]) -> frozenset[int]:
    """The ids of all advisers with whom these people had, or have, a visit to one of these services."""
    of_visits = select(Allocation.resource_id).join(Appointment, Appointment.id == Allocation.appointment_id)
    theirs = (Appointment.resident_id.in_(resident_ids), Allocation.service_id.in_(service_ids))
    is_adviser = of_visits.join(Resource, Resource.id == Allocation.resource_id).where(Resource.kind == ADVISER)
    return frozenset(db.scalars(is_adviser.where(*theirs, Appointment.state.in_([*OPEN, State.ATTENDED]))))
