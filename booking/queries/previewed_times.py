"""Which other times people would get if something were shut. Nothing is written or held."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from time import monotonic
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability.busy import BusyRow
from booking.availability.engine import assign
from booking.availability.site_days import day_of_slot, search_for
from booking.capacity.occupancy import OccupiedDay, occupied_on
from booking.proposals.time_ranking import OtherTime, ProposedChange, in_order
from booking.queries.other_times import old_time_of, other_times, persons_of, slot_key_of
from booking.queries.proposed_changes import change_to
from booking.queries.spoken_times import spoken_at
from booking.rebooking import Waiting, in_turn
from booking.slot_tokens import SlotKey
from booking.tables import Appointment
from locations.model import Catalogue, SiteFacts
from people.residents.tables import Resident

Place = tuple[int, date]


@dataclass(frozen=True)
class PreviewedTime:
    """A time that somebody would be offered, in the council's zone."""

    site: SiteFacts
    starts_at: datetime
    change: ProposedChange


@dataclass
class _Given:
    """What is given to those whose turn came before, seat by seat; and the times of which nothing is left."""

    db: Session
    catalogue: Catalogue
    now: datetime
    seats: defaultdict[Place, list[BusyRow]] = field(default_factory=lambda: defaultdict(list))
    occupied: dict[Place, OccupiedDay] = field(default_factory=dict)
    used_up: set[Any] = field(default_factory=set)

    def give(self, row: Appointment, other: OtherTime) -> bool:
        """Whether seats are left for the appointment's visit at this time; they are given to it."""
        key, needs = slot_key_of(self.db, row, other), frozenset(row.support_needs)
        if (key, needs) in self.used_up:
            return False
        day = day_of_slot(self.catalogue, key)
        place = (key.site_id, day.day.date)
        is_own = other.starts_at == row.starts_at
        search = search_for(
            *(self.catalogue, key.service_ids, self.now),
            for_public=False,
            needs=needs,
            extra_time=key.extra_time,
            mode=key.mode,
            counts=key.counts,
        )
        busy = self._occupied(place, key, row.id if is_own else None).busy(self.seats[place])
        found = assign(search, day, busy, key.start_unit, most=1)
        if not found and not is_own:
            self.used_up.add((key, needs))
        for seat in found[0] if found else ():
            self.seats[place].append((seat.resource_id, seat.seat, seat.first_unit, seat.last_unit))
        return bool(found)

    def _occupied(self, place: Place, key: SlotKey, without: int | None) -> OccupiedDay:
        """What is occupied there that day; the time of one's own appointment is free to it."""
        day = day_of_slot(self.catalogue, key)
        if without is not None:
            return occupied_on(self.db, self.catalogue, day, self.now, exclude=[without])
        if place not in self.occupied:
            self.occupied[place] = occupied_on(self.db, self.catalogue, day, self.now)
        return self.occupied[place]


def previewed_times(
    db: Session, catalogue: Catalogue, appointment_ids: Collection[int], now: datetime, seconds: float
) -> dict[int, PreviewedTime]:
    """What each of these would be offered with this catalogue, in their turn; who gets none is left out.

    It stops after `seconds`. Nobody gets a time of which others have taken all that is free.
    """
    end, given, found = monotonic() + seconds, _Given(db, catalogue, now), dict[int, PreviewedTime]()
    rows = {row.id: row for row in db.scalars(select(Appointment).where(Appointment.id.in_(appointment_ids)))}
    waiting = [Waiting(0, row.id, row.starts_at, row.support_needs, row.created_at) for row in rows.values()]
    for one in in_turn(waiting, now):
        if monotonic() >= end:
            break
        row = rows[one.appointment_id]
        others = in_order(old_time_of(catalogue, row), other_times(db, catalogue, row, now))
        best = next((other for other in others if given.give(row, other)), None)
        if best is not None:
            found[row.id] = _previewed(db, catalogue, row, best, now)
    return found


def _previewed(db: Session, catalogue: Catalogue, row: Appointment, best: OtherTime, now: datetime) -> PreviewedTime:
    old = SimpleNamespace(
        starts_at=row.starts_at,
        site_id=row.site_id,
        mode=row.mode,
        support_needs=row.support_needs,
        postcode=db.get_one(Resident, row.resident_id).postcode,
    )
    key, needs = slot_key_of(db, row, best), frozenset(row.support_needs)
    booked = [(0, id_) for id_ in persons_of(db, catalogue, row)] if best.has_same_person else ()
    change = change_to(catalogue, old, key, (), booked, spoken_at(db, catalogue, key, needs, now))
    zone = ZoneInfo(catalogue.authority.zone)
    return PreviewedTime(catalogue.site_by_id(best.site_id), best.starts_at.astimezone(zone), change)
