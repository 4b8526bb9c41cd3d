"""Other resources for visits that are booked, at their own place and time: what they occupy may be shut, or somebody ill.

The same services, skills, support needs and lengths as booked; lead time, horizon and grid are rules for new bookings.
A seat that a visit occupies and may keep, it keeps. A video that would have another address is left where it is, and so is
a meeting in a language that only an interpreter would speak then: the resident was told, so that is for a person to decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability.busy import Busy, BusyRow
from booking.availability.engine import assign
from booking.availability.site_days import day_of_slot, modes_of_visit, search_for
from booking.availability.values import Search, SeatAllocation
from booking.capacity.occupancy import occupied_on
from booking.queries.appointments import AppointmentView
from booking.slot_tokens import LAST_UNIT, SlotKey, decode
from booking.tables import Allocation, Appointment, AppointmentService
from core.database import connection_of
from core.wall_clock import unit_of
from locations.model import Catalogue, ResourceFacts
from people.residents.details import spoken_needs

Seating = tuple[SeatAllocation, ...]
_SEAT = (Allocation.resource_id, Allocation.seat, Allocation.first_unit, Allocation.last_unit, Allocation.service_id)


@dataclass(frozen=True)
class SeatedVisit:
    """A booked visit as it is seated: `lengths` are the ticks of each of its services, `seats` what it occupies."""

    slot: SlotKey
    needs: frozenset[str]
    room: str
    lengths: tuple[int, ...]
    seats: frozenset[SeatAllocation]

    @property
    def resource_ids(self) -> frozenset[int]:
        """The resources that it occupies."""
        return frozenset(seat.resource_id for seat in self.seats)


@dataclass(frozen=True)
class OtherResources:
    """A visit and the resources that could serve it at its own time, beside the others that are moved; or none."""

    appointment: AppointmentView
    resources: tuple[ResourceFacts, ...]


def seated_visits(db: Session, appointment_ids: Collection[int]) -> dict[int, SeatedVisit]:
    """The appointments of these ids as they are seated. Three statements."""
    lengths: defaultdict[int, list[int]] = defaultdict(list)
    for id_, starts_at, ends_at in db.execute(
        select(AppointmentService.appointment_id, AppointmentService.starts_at, AppointmentService.ends_at)
        .where(AppointmentService.appointment_id.in_(appointment_ids))
        .order_by(AppointmentService.appointment_id, AppointmentService.position)
    ):
        lengths[id_].append(unit_of(ends_at) - unit_of(starts_at))
    seats: defaultdict[int | None, set[SeatAllocation]] = defaultdict(set)
    for owner_id, *seat in connection_of(db).execute(
        select(Allocation.appointment_id, *_SEAT).where(Allocation.appointment_id.in_(appointment_ids))
    ):
        seats[owner_id].add(SeatAllocation(*seat))
    rows = db.execute(
        select(Appointment.id, Appointment.slot_token, Appointment.support_needs, Appointment.room).where(
            Appointment.id.in_(appointment_ids)
        )
    )
    return {
        id_: SeatedVisit(decode(token), frozenset(needs), room, tuple(lengths[id_]), frozenset(seats[id_]))
        for id_, token, needs, room in rows
    }


def seatings(catalogue: Catalogue, visit: SeatedVisit, busy: Busy, now: datetime, *, spread: int = 0) -> list[Seating]:
    """The seatings of the visit at its own time that change nothing for the resident, best first. Raises: NotFound."""
    site = catalogue.site_by_id(visit.slot.site_id)
    if visit.slot.mode not in modes_of_visit(catalogue, site, visit.slot.service_ids):
        return []
    search, day = _search_as_booked(catalogue, visit, now), day_of_slot(catalogue, visit.slot)
    found = assign(search, day, busy, visit.slot.start_unit, prefer=visit.resource_ids, spread=spread)
    return [seating for seating in found if _is_as_told(catalogue, visit, seating)]


def other_resources(
    db: Session, catalogue: Catalogue, appointments: Sequence[AppointmentView], now: datetime
) -> tuple[OtherResources, ...]:
    """What could serve each of these appointments of one site and day at its own time, and all of them side by side.

    Those with the fewest choices choose first; that is also the order in which they are given.
    """
    if not appointments:
        return ()
    visits = seated_visits(db, [view.id for view in appointments])
    slot = visits[appointments[0].id].slot
    site, day = catalogue.site_by_id(slot.site_id), day_of_slot(catalogue, slot)
    occupied = occupied_on(db, catalogue, day, now, exclude=visits.keys())
    taken: dict[int, Iterable[SeatAllocation]] = {id_: visit.seats for id_, visit in visits.items()}

    def choices(id_: int) -> list[Seating]:
        return seatings(catalogue, visits[id_], occupied.busy(_rows(taken, id_)), now)

    number_of_choices = {id_: len(choices(id_)) for id_ in visits}
    found = []
    for view in sorted(appointments, key=lambda view: (number_of_choices[view.id], view.starts_at, view.id)):
        seating = next(iter(choices(view.id)), ())
        taken[view.id] = seating or taken[view.id]
        ids = dict.fromkeys(seat.resource_id for seat in seating)
        resources = (catalogue.resource_at(site, resource_id) for resource_id in ids)
        found.append(OtherResources(view, tuple(resource for resource in resources if resource)))
    return tuple(found)


def _rows(taken: Mapping[int, Iterable[SeatAllocation]], exclude_id: int) -> list[BusyRow]:
    """What the others occupy."""
    return [
        (seat.resource_id, seat.seat, seat.first_unit, seat.last_unit)
        for id_, seats in taken.items()
        if id_ != exclude_id
        for seat in seats
    ]


def _search_as_booked(catalogue: Catalogue, visit: SeatedVisit, now: datetime) -> Search:
    """The engine's search for the visit with the lengths that were booked, whatever the services last by now."""
    how = partial(search_for, catalogue, visit.slot.service_ids, now, mode=visit.slot.mode)
    search = how(for_public=False, needs=visit.needs)
    shapes = zip(search.visit, visit.lengths, strict=True)
    as_booked = tuple(replace(shape, duration_ticks=length, grid_ticks=1) for shape, length in shapes)
    return replace(search, visit=as_booked, extra_ticks=0, earliest_unit=0, latest_unit=LAST_UNIT)


def _is_as_told(catalogue: Catalogue, visit: SeatedVisit, seating: Seating) -> bool:
    """Whether a video has the same address there, and somebody speaks the languages that are spoken now."""
    url, spoken = _join_url(catalogue, visit, visit.seats), _spoken(catalogue, visit, visit.seats)
    return _join_url(catalogue, visit, seating) == url and _spoken(catalogue, visit, seating) >= spoken


def _spoken(catalogue: Catalogue, visit: SeatedVisit, seats: Iterable[SeatAllocation]) -> frozenset[str]:
    """The languages that the resident asked for and that somebody speaks for each service, without an interpreter."""
    site, skills = catalogue.site_by_id(visit.slot.site_id), defaultdict[int, set[str]](set)
    for seat in seats:
        resource = catalogue.resource_at(site, seat.resource_id)
        skills[seat.service_id] |= resource.skills if resource else set()
    wanted = spoken_needs(visit.needs)
    return wanted.intersection(*skills.values()) if wanted and skills else frozenset()


def _join_url(catalogue: Catalogue, visit: SeatedVisit, seats: Iterable[SeatAllocation]) -> str:
    """The address at which a video is joined; empty for another mode."""
    site = catalogue.site_by_id(visit.slot.site_id)
    in_order = sorted(seats, key=lambda seat: (seat.first_unit, seat.resource_id))
    found = (catalogue.resource_at(site, seat.resource_id) for seat in in_order)
    return site.join_url(visit.slot.mode, [resource for resource in found if resource], visit.room)
