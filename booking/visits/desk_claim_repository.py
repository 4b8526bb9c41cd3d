"""What visits occupy: whoever is called to a desk, or is at it, has it for as long as their visit is expected to take.

It is claimed as a booking is, so nobody can book a desk at which somebody is. A visit that runs over goes on occupying its
desk as far as nobody else has claimed it; one that ends, or goes elsewhere, frees the rest at once. An appointment occupies
its own time itself, and its visit only what it takes beside that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from booking.availability.bits import NOTHING, Bits, count, first_tick, span, spans
from booking.availability.busy import BusyRow
from booking.availability.free_periods import runs
from booking.availability.site_days import site_day
from booking.availability.values import SeatAllocation, SiteDay
from booking.capacity.expired_seats import delete_expired
from booking.capacity.occupancy import occupied_on, seats_of
from booking.capacity.placement import claim_seats
from booking.tables import Allocation, Claim
from booking.visits.rooms_beside import rooms_beside
from booking.visits.visit_length_queries import LONGEST_VISIT, expected_lengths, extra_minutes
from booking.visits.visit_queries import VisitOfDay, visits_of_day
from booking.visits.visit_states import AT_DESK
from core.database import connection_of, table_of
from core.wall_clock import local_date_of, local_day, unit_after, unit_of
from locations.catalogue_queries import catalogue_by_id
from locations.model import Catalogue

RUNS_OVER_BY = timedelta(minutes=5)
"""Whoever is at a desk is thought to stay so much longer at least, however long they have been there."""
_allocations, _claims = table_of(Allocation), table_of(Claim)


@dataclass(frozen=True)
class _Claimed:
    """An allocation of a visit that has not ended."""

    id: int
    visit_id: int
    resource_id: int
    seat: int
    first_unit: int
    last_unit: int


def follow_desks(db: Session, authority_id: int, site_id: int, now: datetime) -> None:
    """Bring what the visits of the site occupy to who is at which desk now. The site's visits are locked.

    Its row is not: somebody sits there, whatever is open by a plan that changes meanwhile, and no click waits for that.
    Raises: CapacityConflict when somebody else was quicker, and all is to be read again.
    """
    db.flush()
    catalogue = catalogue_by_id(db, authority_id)
    zone, unit = catalogue.authority.zone, unit_of(now)
    site, today = catalogue.site_by_id(site_id), local_date_of(unit, zone)
    at_desks = sorted(
        visits_of_day(db, catalogue, site, today, AT_DESK), key=lambda one: (one.called_at or now, one.id)
    )
    claimed = _claimed(db, site_id, unit)
    day = local_day(today, zone)
    desks = {one.id: _desks_of(one, zone, unit - day.base_unit) for one in at_desks}
    _free(db, [one for one in claimed if one.resource_id not in desks.get(one.visit_id, ())], unit)
    mine: defaultdict[tuple[int, int], list[_Claimed]] = defaultdict(list)
    for one in claimed:
        mine[one.visit_id, one.resource_id].append(one)
    ends = expected_ends(db, catalogue, at_desks, now)
    running = [one for one in at_desks if one.id in ends and desks[one.id]]
    if not running:
        return
    seats = _Seats(db, catalogue, site_day(site, day, zone), now)
    for visit in running:
        for desk in sorted(desks[visit.id]):
            seats.extend(visit, desk, mine[visit.id, desk], unit_after(ends[visit.id]))


def expected_ends(
    db: Session, catalogue: Catalogue, visits: Collection[VisitOfDay], now: datetime
) -> dict[int, datetime]:
    """When each of the visits, which are at desks, is expected to end, by id; not of those that were forgotten."""
    lengths = expected_lengths(db, catalogue, {one.service for one in visits if one.is_walk_in}, now)
    ends = {}
    for one in visits:
        began = one.started_at or one.called_at or now
        if now - began < timedelta(minutes=LONGEST_VISIT):
            ends[one.id] = max(began + expected_length(catalogue, one, lengths), now + RUNS_OVER_BY)
    return ends


def expected_length(catalogue: Catalogue, visit: VisitOfDay, lengths: dict[int, float]) -> timedelta:
    """How long the visit is expected to take: as long as was booked, or as `lengths` say by service."""
    if visit.starts_at and visit.ends_at:
        return visit.ends_at - visit.starts_at
    minutes = lengths.get(visit.service.id, visit.service.duration_minutes)
    return timedelta(minutes=minutes + extra_minutes(catalogue, visit.support_needs))


def _desks_of(visit: VisitOfDay, zone: str, tick: int) -> frozenset[int]:
    """The resources that the visit occupies: those it was booked with, as long as it is at one of them, or its desk.

    With an adviser goes the room in which they are at `tick` of the day, where the plan says which.
    """
    if visit.desk is None or visit.desk.id in visit.booked_with:
        return visit.booked_with
    beside = rooms_beside(visit.site, visit.desk, visit.service, visit.local_date, zone, tick)
    return frozenset({visit.desk.id}) | beside


def _claimed(db: Session, site_id: int, unit: int) -> list[_Claimed]:
    columns = _allocations.c
    rows = connection_of(db).execute(
        select(columns.id, columns.visit_id, columns.resource_id, columns.seat, columns.first_unit, columns.last_unit)
        .where(columns.site_id == site_id, columns.visit_id.is_not(None), columns.last_unit > unit)
        .order_by(columns.first_unit)
    )
    return [_Claimed(*row) for row in rows]


def _free(db: Session, claimed: Iterable[_Claimed], unit: int) -> None:
    """Free these from `unit` on. What lies before it stays, as the record of who was where."""
    connection = connection_of(db)
    for one in claimed:
        connection.execute(delete(_claims).where(_claims.c.allocation_id == one.id, _claims.c.unit >= unit))
        same = _allocations.c.id == one.id
        if one.first_unit >= unit:
            connection.execute(delete(_allocations).where(same))
        else:
            connection.execute(update(_allocations).where(same).values(last_unit=unit))


class _Seats:
    """The seats of a site as they are claimed, and as visits claim what is left of them."""

    def __init__(self, db: Session, catalogue: Catalogue, day: SiteDay, now: datetime) -> None:
        self.db, self.catalogue, self.day, self.now, self.unit = db, catalogue, day, now, unit_of(now)
        self.occupied = occupied_on(db, catalogue, day, now)
        self.added: list[BusyRow] = []

    def extend(self, visit: VisitOfDay, desk: int, claimed: Iterable[_Claimed], until: int) -> None:
        """Claim the desk for the visit until the unit `until`, as far as nobody else has claimed it."""
        own = [(one.resource_id, one.seat, one.first_unit, one.last_unit) for one in claimed]
        if visit.appointment_id and desk in visit.booked_with:
            rows = seats_of(self.db, appointment_id=visit.appointment_id)
            own += [row for row in rows if row[0] == desk and row[3] > self.unit]
        seat, wanted = self._best_seat(desk, own, until)
        for first, last in runs(wanted):
            self._claim(visit, SeatAllocation(desk, seat, self.unit + first, self.unit + last, visit.service.id))

    def _best_seat(self, desk: int, own: Sequence[BusyRow], until: int) -> tuple[int, Bits]:
        """The seat that the visit has already, or the one that is free the longest; and the ticks from now on to claim."""
        resource = self.catalogue.resource_at(self.catalogue.site_by_id(self.day.site_id), desk)
        seats = {row[1] for row in own} or range(resource.seats if resource else 0)
        return max(
            ((seat, self._wanted(desk, seat, own, until)) for seat in seats),
            key=lambda found: count(found[1]),
            default=(0, NOTHING),
        )

    def _wanted(self, desk: int, seat: int, own: Sequence[BusyRow], until: int) -> Bits:
        busy = self.occupied.busy(self.added).at(self.day.site_id).busy_ticks(desk, seat, self.unit)
        mine = spans((max(0, row[2] - self.unit), row[3] - self.unit) for row in own if row[1] == seat)
        others = busy & ~mine
        until = min(until, self.unit + first_tick(others)) if others else until
        return span(0, max(0, until - self.unit)) & ~busy

    def _claim(self, visit: VisitOfDay, seat: SeatAllocation) -> None:
        if self.occupied.expired and not self.added:
            delete_expired(self.db, self.occupied.expired, self.now)
        self.added.append(seat[:4])
        claim_seats(self.db, self.catalogue, self.day.site_id, [seat], visit_id=visit.id)
