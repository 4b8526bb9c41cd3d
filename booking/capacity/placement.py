"""Places a visit inside a writing transaction: locks the site, checks the slot, selects its seats.

The site's row is locked for sharing. A closure locks the same row for itself alone and then raises its plan version, so
either it sees this booking, or this booking sees the closure. All writers lock in one order, so that none deadlocks:
sites by id, then the appointment, the hold, allocations of expired holds, the resident, people of the council, claims.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking.availability.busy import NOTHING_BUSY
from booking.availability.engine import assign, check_slot
from booking.availability.site_days import earliest_at, modes_of_visit, search_for, site_day
from booking.availability.values import Search, SiteDay, SlotCheck
from booking.capacity.claims import (
    SeatClaim,
    claim_for_appointment,
    delete_expired_allocations,
    turn_hold_into_appointment,
)
from booking.capacity.occupancy import occupied_on
from booking.slot_tokens import SlotKey, decode, encode
from booking.tables import Allocation, Hold
from core.database import connection_of
from core.errors import HoldExpired, Invalid, Reason, SlotTaken, TooFar, TooSoon
from core.tokens import digest
from core.transactions import lost_races
from core.wall_clock import instant_of, local_date_of, local_day
from locations.model import Catalogue
from locations.site_locks import catalogue_while_locked
from people.residents.details import NEEDS, NeedKind, place_needs, wants_extra_time

_HELD = select(Allocation.service_id, Allocation.resource_id).where(Allocation.hold_id == bindparam("hold"))


@dataclass(frozen=True)
class Placement:
    """A checked slot: what was searched, when the visit ends (a unit), and the seats to claim for it, or who holds them."""

    catalogue: Catalogue
    search: Search
    slot_key: SlotKey
    slot_token: str
    seat_claim: SeatClaim
    hold_id: int | None = None

    @property
    def start_unit(self) -> int:
        """The unit at which the visit begins."""
        return self.slot_key.start_unit

    @property
    def end_unit(self) -> int:
        """The unit at which the visit ends."""
        return self.start_unit + self.search.visit_ticks

    def columns(self) -> dict[str, Any]:
        """The columns of an appointment that say where and when it is."""
        return {
            "site_id": self.slot_key.site_id,
            "mode": self.slot_key.mode,
            "starts_at": instant_of(self.start_unit),
            "ends_at": instant_of(self.end_unit),
            "local_date": local_date_of(self.start_unit, self.catalogue.authority.zone),
            "slot_token": self.slot_token,
        }

    def services(self) -> list[tuple[int, datetime, datetime]]:
        """The services of the visit, back to back: (service id, start, end) each."""
        services, unit = [], self.start_unit
        for shape in self.search.visit:
            end = unit + shape.duration_ticks + self.search.extra_ticks
            services.append((shape.service_id, instant_of(unit), instant_of(end)))
            unit = end
        return services


def place(
    db: Session,
    slot_key: SlotKey,
    now: datetime,
    *,
    for_public: bool,
    needs: frozenset[str] = frozenset(),
    exclude_appointment_id: int | None = None,
) -> Placement:
    """The slot, checked against what is booked; with extra time where `needs` include it.

    `exclude_appointment_id` is an appointment that is about to leave its time. Raises: SlotTaken, TooSoon, TooFar, NotFound.
    """
    slot_key = replace(slot_key, extra_time=slot_key.extra_time or wants_extra_time(needs))
    catalogue = catalogue_while_locked(db, slot_key.authority_id, [slot_key.site_id])
    _check_offered(catalogue, slot_key)
    search = search_for(
        catalogue, slot_key.service_ids, now, for_public=for_public, needs=needs, extra_time=slot_key.extra_time
    )
    day = _day_of(catalogue, slot_key)
    busy, expired = occupied_on(db, catalogue, day, now, exclude_appointment_id=exclude_appointment_id)
    check = check_slot(search, day, busy, slot_key.start_unit)
    if check is not SlotCheck.FREE:
        raise _refusal(check, catalogue, slot_key, search, now)
    if expired:
        delete_expired_allocations(db, expired, now)
    (seats,) = assign(search, day, busy, slot_key.start_unit, spread=_spread(db), most=1)
    return Placement(catalogue, search, slot_key, encode(slot_key), SeatClaim(catalogue, slot_key.site_id, seats))


def _day_of(catalogue: Catalogue, slot_key: SlotKey) -> SiteDay:
    zone = catalogue.authority.zone
    day = local_day(local_date_of(slot_key.start_unit, zone), zone)
    return site_day(catalogue.site_by_id(slot_key.site_id), day, zone)


def _spread(db: Session) -> int:
    """0, the best seat, at the first try; after a lost race a random number, so that the losers claim different seats."""
    return secrets.randbelow(1 << 16) if lost_races(db) else 0


def _check_offered(catalogue: Catalogue, slot_key: SlotKey) -> None:
    """Raises: SlotTaken, when the site does not offer all services of the slot in its mode."""
    service_ids = slot_key.service_ids
    offering = (
        site for site in catalogue.sites if site.id == slot_key.site_id and site.service_ids.issuperset(service_ids)
    )
    if not any(slot_key.mode in modes_of_visit(catalogue, site, service_ids) for site in offering):
        raise SlotTaken.because("not_offered_here")


def _refusal(
    check: SlotCheck, catalogue: Catalogue, slot_key: SlotKey, search: Search, now: datetime
) -> SlotTaken | TooSoon | TooFar:
    if check is SlotCheck.TOO_SOON:
        services = [catalogue.service_by_id(service_id) for service_id in slot_key.service_ids]
        return TooSoon(earliest_at(services, now, for_public=search.for_public))
    if check is SlotCheck.TOO_FAR:
        return TooFar(instant_of(search.latest_unit))
    return SlotTaken.because("slot_taken")


def live_hold(db: Session, authority_id: int, token: str, now: datetime) -> Hold:
    """The hold's row, read without a lock. Raises: HoldExpired, when it has expired at `now` or is gone."""
    row = db.scalar(select(Hold).where(Hold.token_digest == digest(token), Hold.authority_id == authority_id))
    if row is None or row.expires_at <= now:
        raise HoldExpired.because("hold_expired")
    return row


def place_held(db: Session, hold: Hold, now: datetime, *, needs: frozenset[str] = frozenset()) -> Placement:
    """The placement of a slot that is held already; the hold is locked. `hold` was read without a lock.

    A closure made since, or needs that it cannot meet, refuse it. Raises: SlotTaken, Invalid, HoldExpired.
    """
    slot_key = decode(hold.slot_token)
    catalogue = catalogue_while_locked(db, slot_key.authority_id, [slot_key.site_id])
    _check_offered(catalogue, slot_key)
    search = search_for(catalogue, slot_key.service_ids, now, for_public=False, extra_time=slot_key.extra_time)
    day = _day_of(catalogue, slot_key)
    if check_slot(replace(search, earliest_unit=0), day, NOTHING_BUSY, slot_key.start_unit) is SlotCheck.CLOSED:
        raise SlotTaken.because("site_closed_then")
    _check_needs_met(db, hold.id, slot_key, day, needs)
    _lock_hold(db, hold.id, now)
    no_seats = SeatClaim(catalogue, slot_key.site_id, ())
    return Placement(catalogue, search, slot_key, hold.slot_token, no_seats, hold.id)


def _lock_hold(db: Session, hold_id: int, now: datetime) -> None:
    """Lock the hold after its site. Raises: HoldExpired, when a closure or a booking has ended it since it was read."""
    statement = select(Hold.id).where(Hold.id == hold_id, Hold.expires_at > now).with_for_update()
    if db.scalar(statement) is None:
        raise HoldExpired.because("hold_expired")


def claim_placement(db: Session, placement: Placement, *, appointment_id: int, now: datetime) -> None:
    """Claim the seats for the appointment, or turn the hold into it. Raises: CapacityConflict, HoldExpired."""
    if placement.hold_id is None:
        claim_for_appointment(db, placement.seat_claim, appointment_id=appointment_id)
    else:
        turn_hold_into_appointment(db, hold_id=placement.hold_id, appointment_id=appointment_id, now=now)


def _check_needs_met(db: Session, hold_id: int, slot_key: SlotKey, day: SiteDay, needs: frozenset[str]) -> None:
    """Raises: Invalid, when what is held is too short, or neither the site nor what is held for a service has it."""
    unmet = {need for need in needs if NEEDS[need] is NeedKind.TIME} if not slot_key.extra_time else set()
    not_at_site = place_needs(needs) - day.features
    if not_at_site:
        skills = {plan.resource.resource_id: plan.resource.skills for plan in day.resources}
        held: dict[int, frozenset[str]] = {}
        for service_id, resource_id in connection_of(db).execute(_HELD, {"hold": hold_id}):
            held[service_id] = held.get(service_id, frozenset()) | skills.get(resource_id, frozenset())
        unmet |= {need for has in held.values() for need in not_at_site - has}
    if unmet:
        missing = [Reason(f"need.{need}") for need in sorted(unmet)]
        raise Invalid.in_field("support_needs", "needs_not_met", needs=missing)
