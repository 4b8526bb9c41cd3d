"""For which bookings the desks of a site are kept now; see `booked_first`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.states import CANCELLED, State
from booking.tables import Allocation, Appointment
from booking.visits.booked_first import KEPT_FROM, STILL_COMES_MINUTES, kept_for
from booking.visits.desk_claim_repository import expected_length
from booking.visits.tables import DayVisit
from booking.visits.visit_length_queries import expected_lengths
from booking.visits.visit_queries import VisitOfDay, minutes_of_instant
from booking.visits.visit_states import AT_DESK, VisitState
from booking.visits.waiting_order import precedence_of
from core.wall_clock import instant_of, local_date_of, unit_of
from locations.model import Catalogue, ResourceFacts, ServiceFacts, SiteFacts


@dataclass(frozen=True)
class DeskBooking:
    """A booking of a desk today. Nobody is expected at the desk for it any more since `released_at`."""

    appointment_id: int
    starts_at: datetime
    ends_at: datetime
    released_at: datetime | None


@dataclass(frozen=True)
class KeptDesks:
    """The desks of a site at `now`: the bookings of each, how many sit at it, and how long visits take by service."""

    catalogue: Catalogue
    now: datetime
    bookings: Mapping[int, Sequence[DeskBooking]]
    sitting: Mapping[int, int]
    lengths: dict[int, float]

    def kept_for(self, desk: ResourceFacts, visit: VisitOfDay) -> datetime | None:
        """When the booking begins for which the desk is kept from somebody who waits; None when it may call them."""
        now = minutes_of_instant(self.now)
        if visit.is_urgent or precedence_of(visit.waiting, now) not in KEPT_FROM:
            return None
        minutes = expected_length(self.catalogue, visit, self.lengths) / timedelta(minutes=1)
        booked = {
            minutes_of_instant(one.starts_at): one.starts_at
            for one in self.bookings.get(desk.id, ())
            if one.released_at is None and one.appointment_id != visit.appointment_id
        }
        at = kept_for(booked, now, minutes, max(1, desk.seats - self.sitting.get(desk.id, 0)))
        return None if at is None else booked[at]

    def released_at(self, desk: ResourceFacts) -> datetime | None:
        """When the last of those left or was given up for whom the desk may have been kept; None when there was nobody."""
        ended = (one.released_at for one in self.bookings.get(desk.id, ()))
        return max((at for at in ended if at is not None), default=None)


def kept_desks(
    db: Session, catalogue: Catalogue, site: SiteFacts, visits: Iterable[VisitOfDay], now: datetime
) -> KeptDesks:
    """The desks of the site at `now`; `visits` are those who are there. Two statements."""
    sitting: defaultdict[int, int] = defaultdict(int)
    services: set[ServiceFacts] = set()
    for one in visits:
        if one.state in AT_DESK:
            for number in {one.desk.id} if one.desk else one.booked_with:
                sitting[number] += 1
        elif one.state is VisitState.WAITING:
            services.add(one.service)
    lengths = expected_lengths(db, catalogue, services, now)
    return KeptDesks(catalogue, now, _bookings(db, catalogue, site, now), sitting, lengths)


def _bookings(db: Session, catalogue: Catalogue, site: SiteFacts, now: datetime) -> dict[int, list[DeskBooking]]:
    """The bookings of each resource of the site today, by their time."""
    rows = db.execute(
        select(
            Allocation.resource_id,
            Allocation.first_unit,
            Allocation.last_unit,
            Appointment.id,
            Appointment.state,
            Appointment.changed_at,
            DayVisit.state.label("visit_state"),
            DayVisit.called_at,
        )
        .join(Appointment, Appointment.id == Allocation.appointment_id)
        .outerjoin(DayVisit, DayVisit.appointment_id == Appointment.id)
        .where(
            Appointment.site_id == site.id,
            Appointment.local_date == local_date_of(unit_of(now), catalogue.authority.zone),
            Appointment.state.not_in([state.value for state in CANCELLED]),
        )
        .order_by(Allocation.first_unit, Allocation.id)
    ).all()
    found: defaultdict[int, list[DeskBooking]] = defaultdict(list)
    for row in rows:
        starts_at = instant_of(row.first_unit)
        released_at = None
        if row.state == State.BOOKED:
            given_up_at = starts_at + timedelta(minutes=STILL_COMES_MINUTES)
            released_at = given_up_at if given_up_at <= now else None
        elif row.visit_state != VisitState.WAITING:
            released_at = row.called_at or row.changed_at
        found[row.resource_id].append(DeskBooking(row.id, starts_at, instant_of(row.last_unit), released_at))
    return dict(found)
