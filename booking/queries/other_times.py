"""The free time that suits best instead of one that cannot be kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.appointment_repository import service_ids_of
from booking.availability.engine import assign
from booking.availability.site_days import day_of_slot, search_for
from booking.capacity.occupancy import occupied_on, seats_of
from booking.proposals.time_ranking import OldTime, OtherTime, ReachedBy, best_time, remote_modes
from booking.queries.appointments import contact_of
from booking.queries.slots import SlotQuery, engine_slots, free_slots_of
from booking.rebooking import LEAST_NOTICE, RUNG_NOTICE, last_day
from booking.slot_tokens import SlotKey, decode
from booking.tables import Allocation, Appointment
from core.wall_clock import instant_of, local_date_of, unit_of
from locations.model import PERSON_KINDS, Catalogue, SiteFacts
from locations.postcodes import grid_miles
from people.residents.details import wants_extra_time
from people.residents.tables import Representative, Resident


@dataclass(frozen=True)
class _Sought:
    """An appointment that needs another time, and the search for one that is like it."""

    row: Appointment
    query: SlotQuery
    person_ids: frozenset[int]


def best_alternative(db: Session, catalogue: Catalogue, row: Appointment, now: datetime) -> SlotKey | None:
    """The free slot that suits best instead of the appointment's own: same services, needs met; or None."""
    best = best_time(old_time_of(catalogue, row), other_times(db, catalogue, row, now))
    return None if best is None else slot_key_of(db, row, best)


def old_time_of(catalogue: Catalogue, row: Appointment) -> OldTime:
    """The time that the appointment has."""
    return OldTime(row.starts_at, row.mode, catalogue.authority.zone)


def slot_key_of(db: Session, row: Appointment, best: OtherTime) -> SlotKey:
    """The slot for the appointment's visit at this time."""
    return SlotKey(
        authority_id=row.authority_id,
        site_id=best.site_id,
        service_ids=service_ids_of(db, row.id),
        mode=best.mode,
        start_unit=unit_of(best.starts_at),
        extra_time=decode(row.slot_token).extra_time or wants_extra_time(frozenset(row.support_needs)),
        counts=decode(row.slot_token).counts,
    )


def other_times(db: Session, catalogue: Catalogue, row: Appointment, now: datetime) -> list[OtherTime]:
    """The free times that could be had instead of the appointment's own, in no order."""
    home = catalogue.site_by_id(row.site_id)
    most = catalogue.authority.rebook_within_miles
    near = {site.id: miles for site in catalogue.sites if (miles := _miles(home, site, most)) is not None}
    successor = _successor_of(catalogue, home, row)
    if successor is not None:  # however far it is
        near.setdefault(successor.id, miles_between(home, successor) or 0.0)
    query = SlotQuery(
        service_ids=service_ids_of(db, row.id),
        mode=row.mode,
        needs=frozenset(row.support_needs),
        for_public=False,
        extra_time=decode(row.slot_token).extra_time,
        counts=decode(row.slot_token).counts,
    )
    sought = _Sought(row, query, persons_of(db, catalogue, row))
    others = [*_same_time(db, catalogue, sought, now), *_later_or_sooner(db, catalogue, sought, near, now)]
    return [replace(one, is_at_successor=_is_at(successor, one)) for one in others]


def _successor_of(catalogue: Catalogue, home: SiteFacts, row: Appointment) -> SiteFacts | None:
    """The site that takes over from `home`, if that is shut for good by then."""
    ending = home.ending
    if ending is None or not ending.is_over(row.local_date):
        return None
    return next((site for site in catalogue.sites if site.slug == ending.successor), None)


def _is_at(site: SiteFacts | None, other: OtherTime) -> bool:
    return site is not None and other.site_id == site.id


def persons_of(db: Session, catalogue: Catalogue, row: Appointment) -> frozenset[int]:
    """The ids of the advisers and interpreters whom the appointment occupies."""
    ids = db.scalars(select(Allocation.resource_id).where(Allocation.appointment_id == row.id))
    site = catalogue.site_by_id(row.site_id)
    found = ((id_, catalogue.resource_at(site, id_)) for id_ in ids)
    return frozenset(id_ for id_, resource in found if resource is not None and resource.kind in PERSON_KINDS)


def _later_or_sooner(
    db: Session, catalogue: Catalogue, sought: _Sought, near: dict[int, float], now: datetime
) -> Iterator[OtherTime]:
    """The free times near by in the mode that they booked, as soon as the services promise."""
    first = local_date_of(unit_of(now + LEAST_NOTICE), catalogue.authority.zone)
    promised = (catalogue.service_by_id(id_).third_time_within_days for id_ in sought.query.service_ids)
    last = last_day(sought.row.local_date, first, promised)
    query = replace(sought.query, site_ids=tuple(near), first_date=first, last_date=last)
    earliest = unit_of(now + LEAST_NOTICE)
    for slot in engine_slots(db, catalogue, query, now):
        if slot.start_unit > earliest:
            starts_at = instant_of(slot.start_unit)
            yield OtherTime(slot.site_id, starts_at, sought.row.mode, near[slot.site_id], free=slot.free)


def _same_time(db: Session, catalogue: Catalogue, sought: _Sought, now: datetime) -> Iterator[OtherTime]:
    """The time that they booked, by telephone or video, wherever that is free."""
    row, at_once = sought.row, sought.row.starts_at <= now + RUNG_NOTICE
    services = [catalogue.service_by_id(service_id).modes for service_id in sought.query.service_ids]
    modes = () if at_once else remote_modes(row.mode, services, row.support_needs, _reached_by(db, row))
    virtual = tuple(site.id for site in catalogue.sites if site.is_virtual)
    that_day = replace(
        sought.query,
        site_ids=virtual,
        first_date=row.local_date,
        last_date=row.local_date,
        own_seats=seats_of(db, appointment_id=row.id),
    )
    for mode in modes if virtual else ():
        query = replace(that_day, mode=mode)
        for slot in engine_slots(db, catalogue, query, now):
            if slot.start_unit == unit_of(row.starts_at):
                for free in free_slots_of(catalogue, query, slot):
                    has_same = _has_same_person(db, catalogue, free.slot_key, sought, now)
                    yield OtherTime(slot.site_id, row.starts_at, mode, 0.0, has_same, free=slot.free)


def _has_same_person(db: Session, catalogue: Catalogue, key: SlotKey, sought: _Sought, now: datetime) -> bool:
    """Whether whoever they were to see is free to serve the slot."""
    if not sought.person_ids:
        return False
    needs, day = sought.query.needs, day_of_slot(catalogue, key)
    how = partial(search_for, extra_time=key.extra_time, mode=key.mode, counts=key.counts)
    search = how(catalogue, key.service_ids, now, for_public=False, needs=needs)
    busy = occupied_on(db, catalogue, day, now, exclude=[sought.row.id]).busy()
    found = assign(search, day, busy, key.start_unit, prefer=sought.person_ids, most=1)
    return any(seat.resource_id in sought.person_ids for seating in found for seat in seating)


def _reached_by(db: Session, row: Appointment) -> ReachedBy:
    contact = contact_of(row, db.get_one(Resident, row.resident_id))
    helper = db.get(Representative, row.representative_id) if row.representative_id else None
    return ReachedBy(
        phone=bool(contact.phone or (helper and helper.phone)), email=bool(contact.email or (helper and helper.email))
    )


def _miles(home: SiteFacts, site: SiteFacts, most: int) -> float | None:
    """How far `site` is from the appointment's own place; None when that is more than `most`, or nobody knows."""
    if site.id == home.id:
        return 0.0
    if home.is_virtual or site.is_virtual:
        return 0.0 if home.is_virtual and site.is_virtual else None
    miles = miles_between(home, site)
    return miles if miles is not None and miles <= most else None


def miles_between(one: SiteFacts, other: SiteFacts) -> float | None:
    """The miles between two places; None when nobody knows."""
    if one.easting is None or one.northing is None or other.easting is None or other.northing is None:
        return None
    return grid_miles((one.easting, one.northing), (other.easting, other.northing))
