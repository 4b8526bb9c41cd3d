"""A visit at the counter, with an appointment or without, as what follows from it is decided: who, for what, until when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.missing.missing_counts import document_names
from booking.queries.advisers import ADVISER, adviser_of_person
from booking.queries.appointments import AppointmentView, by_reference
from booking.queries.slots import FreeSlot, SlotQuery, all_slots, next_slot
from booking.slot_tokens import Counts, decode
from booking.tables import Appointment
from booking.visits.tables import DayVisit
from booking.visits.visit_queries import VisitOfDay, visit_by_id
from booking.visits.visit_repository import walk_in_of
from core.errors import NotFound
from core.wall_clock import local_date_of, unit_of, wall_instant
from locations.model import Catalogue, ServiceFacts, SiteFacts

MOST_SOON, MOST_DAYS = 3, 3
SOONEST = timedelta(minutes=10)
IN_PERSON = "in_person"


@dataclass(frozen=True)
class CounterVisit:
    """Somebody at the counter: `booked` is their appointment, `visit` their day here; one of them may be missing.

    An appointment for which nobody was marked as here has no visit. `extra_time` and `counts` are those of its slot.
    """

    site: SiteFacts
    reference: str
    visit: VisitOfDay | None
    booked: AppointmentView | None
    extra_time: bool = False
    counts: Counts | None = None

    @property
    def services(self) -> tuple[ServiceFacts, ...]:
        """What they came for."""
        if self.booked is not None:
            return self.booked.services
        return (self.visit.service,) if self.visit is not None else ()

    @property
    def mode(self) -> str:
        """How they came."""
        return self.booked.mode if self.booked is not None else IN_PERSON

    @property
    def needs(self) -> tuple[str, ...]:
        """Their support needs."""
        if self.booked is not None:
            return self.booked.support_needs
        return self.visit.support_needs if self.visit is not None else ()

    @property
    def resident_id(self) -> int | None:
        """The id of their record; None of a stranger."""
        if self.booked is not None:
            return self.booked.resident.id
        return self.visit.resident_id if self.visit is not None else None

    @property
    def name(self) -> str:
        """What they are called."""
        if self.booked is not None:
            return self.booked.resident.name
        return self.visit.name if self.visit is not None else ""

    @property
    def stamp(self) -> str:
        """What changes whenever anything of it does."""
        if self.visit is not None:
            return self.visit.stamp
        return self.booked.stamp if self.booked is not None else ""

    @property
    def papers(self) -> tuple[str, ...]:
        """The documents that the services ask for, each once."""
        return tuple(dict.fromkeys(name for service in self.services for name in document_names(service)))


def counter_visit(db: Session, catalogue: Catalogue, site: SiteFacts, reference: str) -> CounterVisit:
    """The visit of an appointment, or of somebody without one, at this site. Raises: NotFound."""
    try:
        view = by_reference(db, catalogue, reference)
    except NotFound:
        return _walk_in(db, catalogue, site, reference)
    if view.site.id != site.id:
        raise NotFound.because("visit_unknown")
    visit_id = db.scalar(select(DayVisit.id).where(DayVisit.appointment_id == view.id))
    slot = decode(db.scalars(select(Appointment.slot_token).where(Appointment.id == view.id)).one())
    visit = None if visit_id is None else visit_by_id(db, catalogue, visit_id)
    return CounterVisit(site, view.reference, visit, view, slot.extra_time, slot.counts)


def _walk_in(db: Session, catalogue: Catalogue, site: SiteFacts, reference: str) -> CounterVisit:
    row = walk_in_of(db, catalogue.authority.id, reference)
    if row is None or row.site_id != site.id:
        raise NotFound.because("visit_unknown")
    visit = visit_by_id(db, catalogue, row.id)
    return CounterVisit(site, visit.reference, visit, None)


def next_times(db: Session, catalogue: Catalogue, seen: CounterVisit, now: datetime) -> list[FreeSlot]:
    """The next times for the same services here, in the same way, with the same needs: the first ones, then other days'.

    With the adviser whom they have, while that one has any; else with anybody who may see them.
    """
    for query in _queries(db, catalogue, seen, now):
        if found := _first_times(db, catalogue, query, now):
            return found
    return []


def same_time_next_week(db: Session, catalogue: Catalogue, seen: CounterVisit, now: datetime) -> FreeSlot | None:
    """The time of their appointment a week later, by the clock, as `next_times` looks for it; None where it is not free."""
    if seen.booked is None:
        return None
    zone = catalogue.authority.zone
    local = seen.booked.starts_at.astimezone(ZoneInfo(zone))
    day = local.date() + timedelta(days=7)
    starts_at = wall_instant(day, local.time(), zone)
    for query in _queries(db, catalogue, seen, now):
        slots = all_slots(db, catalogue, replace(query, first_date=day, last_date=day), now)
        if found := next((slot for slot in slots if slot.starts_at == starts_at), None):
            return found
    return None


def _queries(db: Session, catalogue: Catalogue, seen: CounterVisit, now: datetime) -> list[SlotQuery]:
    """What is searched for in turn: times with the adviser whom they have, if any, then with anybody who may see them."""
    query = SlotQuery(
        tuple(service.id for service in seen.services),
        (seen.site.id,),
        seen.mode,
        frozenset(seen.needs),
        first_date=local_date_of(unit_of(now), catalogue.authority.zone),
        for_public=False,
        extra_time=seen.extra_time,
        counts=seen.counts,
    )
    adviser = _adviser(db, catalogue, seen, now)
    return [replace(query, adviser=adviser), query] if adviser else [query]


def _adviser(db: Session, catalogue: Catalogue, seen: CounterVisit, now: datetime) -> int:
    """The id of the adviser whom they have, or who sees them without an appointment; 0 for none."""
    desk = seen.visit.desk if seen.visit is not None else None
    sees = desk.id if desk is not None and desk.kind == ADVISER else 0
    if seen.resident_id is None:
        return sees
    today, ids = local_date_of(unit_of(now), catalogue.authority.zone), [one.id for one in seen.services]
    appointment_id = seen.booked.id if seen.booked is not None else None
    known = adviser_of_person(db, catalogue, seen.resident_id, ids, today, appointment_id)
    return known.resource_id if known is not None and known.works_here else sees


def _first_times(db: Session, catalogue: Catalogue, query: SlotQuery, now: datetime) -> list[FreeSlot]:
    soonest, zone = now + SOONEST, catalogue.authority.zone
    soon = all_slots(db, catalogue, query, now, limit=MOST_SOON + 2)
    found = [slot for slot in soon if slot.starts_at >= soonest][:MOST_SOON]
    day = local_date_of(unit_of(found[-1].starts_at), zone) if found else None
    for _ in range(MOST_DAYS if day else 0):
        after = replace(query, first_date=(day or now.date()) + timedelta(days=1))
        slot = next_slot(db, catalogue, after, now)
        if slot is None:
            break
        found.append(slot)
        day = local_date_of(unit_of(slot.starts_at), zone)
    return found
