"""Places a visit inside a writing transaction: locks the site, checks the slot, selects its seats, claims them.

The site's row is locked for sharing. A closure locks the same row for itself alone and then raises its plan version, so
either it sees this booking, or this booking sees the closure. All writers lock in one order, so that none deadlocks:
the visits of a site, sites by id, then the appointment, the hold, allocations of expired holds, the resident, people of the
council, claims.

All capacity is claimed here, on SQLite and on PostgreSQL alike. A claim is one 5-minute unit of one seat of one resource,
under a primary key, written in the order of (resource, unit, seat): the database refuses the second writer, whatever was
read before. The key does not cover the travel time between two visits of one person at two sites. So the row of each
person who works at several sites is locked before a claim of theirs, and their visits elsewhere are read again under that
lock: of two writers who claim one person, the second reads what the first has written.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import TextClause, bindparam, delete, select, text, update
from sqlalchemy.orm import Session

from booking.availability.busy import NOTHING_BUSY
from booking.availability.engine import assign, check_slot
from booking.availability.needs_met import unmet_needs
from booking.availability.notice import arranged_from, earliest_at, is_short_notice
from booking.availability.site_days import are_counts_of_plan, day_of_slot, modes_of_visit, search_for
from booking.availability.values import Search, SeatAllocation, SiteDay, SlotCheck
from booking.capacity.expired_seats import delete_expired
from booking.capacity.kept_times import kept_hold_ids, take_from
from booking.capacity.occupancy import is_person_at_another_site, occupied_on
from booking.slot_tokens import SlotKey, decode, encode, without_adviser
from booking.tables import Allocation, Hold
from core.database import connection_of, table_of
from core.errors import CapacityConflict, HoldExpired, Invalid, Reason, SlotTaken, TooFar, TooSoon
from core.tokens import digest
from core.transactions import lost_races
from core.wall_clock import instant_of, local_date_of
from locations.catalogue_queries import catalogue_while_locked
from locations.catchment import NAMED_ONLY
from locations.model import Catalogue
from locations.tables import Resource
from people.residents.details import place_needs, spoken_needs, wants_extra_time

_allocations, _resources = table_of(Allocation), table_of(Resource)
_HELD = select(_allocations.c.service_id, _allocations.c.resource_id).where(_allocations.c.hold_id == bindparam("hold"))
_INSERT_ALLOCATION = _allocations.insert().returning(_allocations.c.id)
# Weaker than what a deletion locks, so that foreign keys to the row are checked without waiting.
_LOCK_PEOPLE = (
    select(_resources.c.id)
    .where(_resources.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_resources.c.id)
    .with_for_update(key_share=True)
)


@dataclass(frozen=True)
class Placement:
    """A checked slot: what was searched, and the seats to claim for the visit, or the hold that has them."""

    catalogue: Catalogue
    search: Search
    slot_key: SlotKey
    seats: tuple[SeatAllocation, ...] = ()
    hold_id: int | None = None

    @property
    def slot_token(self) -> str:
        """The token that an appointment keeps: its seats say who serves it."""
        return encode(without_adviser(self.slot_key))

    @property
    def is_with_own_adviser(self) -> bool:
        """Whether it matters who somebody's adviser is: one is wanted, or a service is for people who have one."""
        services = map(self.catalogue.service_by_id, self.slot_key.service_ids)
        return bool(self.slot_key.adviser) or any(one.named_adviser == NAMED_ONLY for one in services)

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
    exclude_appointment_ids: Collection[int] = (),
    prefer: frozenset[int] = frozenset(),
    is_walk_in: bool = False,
    takes_kept: bool = False,
) -> Placement:
    """The slot, checked against what is booked; with extra time where `needs` include it. A walk-in begins off the grid.

    `prefer` are resources that it gets if they are free, `exclude_appointment_ids` are of those that are about to leave
    their time; with `takes_kept` it takes what is kept for the waiting list. Raises: SlotTaken, TooSoon, TooFar, NotFound.
    """
    slot_key = replace(slot_key, extra_time=slot_key.extra_time or wants_extra_time(needs))
    catalogue = catalogue_while_locked(db, slot_key.authority_id, [slot_key.site_id])
    _check_offered(catalogue, slot_key, by_plan=for_public and not takes_kept and not exclude_appointment_ids)
    how = partial(search_for, catalogue, slot_key.service_ids, now, extra_time=slot_key.extra_time, mode=slot_key.mode)
    search = how(counts=slot_key.counts, for_public=for_public, needs=needs, for_list=takes_kept, is_walk_in=is_walk_in)
    search = replace(search, adviser=slot_key.adviser)
    day = day_of_slot(catalogue, slot_key)
    kept = kept_hold_ids(db, slot_key.site_id, now) if takes_kept else ()
    occupied = occupied_on(db, catalogue, day, now, exclude=exclude_appointment_ids, exclude_holds=kept)
    check = check_slot(search, day, busy := occupied.busy(), slot_key.start_unit)
    if check is not SlotCheck.FREE:
        services = [catalogue.service_by_id(service_id) for service_id in slot_key.service_ids]
        earliest = earliest_at(catalogue.authority, services, now, for_public=for_public, needs=needs)
        if check is SlotCheck.CLOSED and not for_public and not slot_key.adviser:
            raise SlotTaken.because("not_open_then")
        earliest = max(earliest, instant_of(search.interpreted_from))
        raise _refusal(check, slot_key, earliest, instant_of(search.latest_unit))
    if occupied.expired:
        delete_expired(db, occupied.expired, now)
    (seats,) = assign(search, day, busy, slot_key.start_unit, prefer=prefer, spread=spread_of(db), most=1)
    if kept:
        take_from(db, kept, seats)
    return Placement(catalogue, search, slot_key, seats)


def spread_of(db: Session) -> int:
    """0, the best seat, at the first try; after a lost race a random number, so that the losers claim different seats."""
    return secrets.randbelow(1 << 16) if lost_races(db) else 0


def _check_offered(catalogue: Catalogue, slot_key: SlotKey, *, by_plan: bool = False) -> None:
    """Raises: SlotTaken, when the site does not offer all services of the slot in its mode; `by_plan`, at its length."""
    service_ids = slot_key.service_ids
    offering = (
        site for site in catalogue.sites if site.id == slot_key.site_id and site.service_ids.issuperset(service_ids)
    )
    if not any(slot_key.mode in modes_of_visit(catalogue, site, service_ids) for site in offering):
        raise SlotTaken.because("not_offered_here")
    if by_plan and not are_counts_of_plan(catalogue, slot_key):
        raise SlotTaken.because("length_changed")


def _refusal(check: SlotCheck, slot_key: SlotKey, earliest: datetime, latest: datetime) -> SlotTaken | TooSoon | TooFar:
    if check is SlotCheck.TOO_SOON:
        return TooSoon(earliest)
    if check is SlotCheck.TOO_FAR:
        return TooFar(latest)
    return SlotTaken.because("adviser_taken" if slot_key.adviser else "slot_taken")


def live_hold(db: Session, authority_id: int, token: str, now: datetime) -> Hold:
    """The hold's row, read without a lock. Raises: HoldExpired, when it has expired at `now` or is gone."""
    row = db.scalar(select(Hold).where(Hold.token_digest == digest(token), Hold.authority_id == authority_id))
    if row is None or row.expires_at <= now:
        raise HoldExpired.because("hold_expired")
    return row


def place_held(
    db: Session, hold: Hold, now: datetime, *, for_public: bool, needs: frozenset[str] = frozenset()
) -> Placement:
    """The placement of a slot that is held already; the hold is locked. `hold` was read without a lock.

    A closure made since, or needs that it cannot meet, refuse it. Raises: SlotTaken, TooSoon, Invalid, HoldExpired.
    """
    slot_key = decode(hold.slot_token)
    catalogue = catalogue_while_locked(db, slot_key.authority_id, [slot_key.site_id])
    _check_offered(catalogue, slot_key)
    how = partial(search_for, extra_time=slot_key.extra_time, counts=slot_key.counts)
    search = how(catalogue, slot_key.service_ids, now, for_public=False)
    day = day_of_slot(catalogue, slot_key)
    whenever = replace(search, earliest_unit=0, modes=frozenset((slot_key.mode,)))
    if check_slot(whenever, day, NOTHING_BUSY, slot_key.start_unit) is SlotCheck.CLOSED:
        raise SlotTaken.because("site_closed_then")
    unmet, spoken = _unmet_by_held(db, hold.id, slot_key, day, needs), spoken_needs(needs)
    if for_public:
        _check_notice(catalogue, slot_key, hold, needs - (spoken - unmet))
    if missing := [Reason(f"need.{need}") for need in sorted(unmet - spoken)]:
        raise Invalid.in_field("support_needs", "needs_not_met", needs=missing)
    lock_hold(db, hold, now)
    return Placement(catalogue, search, slot_key, hold_id=hold.id)


def lock_hold(db: Session, hold: Hold, now: datetime) -> None:
    """Lock the hold after its site. Raises: HoldExpired, when it has ended since it was read, or is kept for others now."""
    same = (Hold.id == hold.id, Hold.token_digest == hold.token_digest, Hold.expires_at > now)
    if db.scalar(select(Hold.id).where(*same).with_for_update()) is None:
        raise HoldExpired.because("hold_expired")


def _check_notice(catalogue: Catalogue, slot_key: SlotKey, hold: Hold, needs: frozenset[str]) -> None:
    """Raises: TooSoon, when what `needs` ask to be arranged took too long already when the time was held."""
    if is_short_notice(catalogue.authority, needs, instant_of(slot_key.start_unit), hold.created_at):
        raise TooSoon(arranged_from(catalogue.authority, hold.created_at))


def _unmet_by_held(db: Session, hold_id: int, slot_key: SlotKey, day: SiteDay, needs: frozenset[str]) -> frozenset[str]:
    """Those of `needs` for which what is held is too short, or that neither the site nor what is held for a service has."""
    held: dict[int, frozenset[str]] = {}
    if (place_needs(needs) | spoken_needs(needs)) - day.features:
        skills = {plan.resource.resource_id: plan.resource.skills for plan in day.resources}
        for service_id, resource_id in connection_of(db).execute(_HELD, {"hold": hold_id}):
            held[service_id] = held.get(service_id, frozenset()) | skills.get(resource_id, frozenset())
    return frozenset(unmet_needs(needs, day.features, held.values(), is_longer=slot_key.extra_time))


def claim_for_hold(db: Session, placement: Placement, *, hold_id: int, expires_at: datetime) -> None:
    """Claim the seats until `expires_at`. Raises: CapacityConflict when the database does not grant them."""
    site_id = placement.slot_key.site_id
    claim_seats(db, placement.catalogue, site_id, placement.seats, hold_id=hold_id, expires_at=expires_at)


def claim_for_appointment(db: Session, placement: Placement, *, appointment_id: int, now: datetime) -> None:
    """Claim the seats without an end, or turn the hold into the appointment. Raises: CapacityConflict, HoldExpired."""
    if placement.seats or placement.hold_id is None:
        site_id = placement.slot_key.site_id
        claim_seats(db, placement.catalogue, site_id, placement.seats, appointment_id=appointment_id)
        if placement.hold_id is not None:
            connection_of(db).execute(delete(table_of(Hold)).where(Hold.id == placement.hold_id))
        return
    result = connection_of(db).execute(
        update(_allocations)
        .where(_allocations.c.hold_id == placement.hold_id, _allocations.c.expires_at > now)
        .values(hold_id=None, expires_at=None, appointment_id=appointment_id)
    )
    if result.rowcount == 0:
        raise HoldExpired.because("hold_expired")
    connection_of(db).execute(delete(table_of(Hold)).where(Hold.id == placement.hold_id))


def release(db: Session, *, hold_id: int | None = None, appointment_id: int | None = None) -> None:
    """Delete the allocations of a hold or of an appointment, and their claims with them."""
    owner = (
        _allocations.c.hold_id == hold_id if hold_id is not None else _allocations.c.appointment_id == appointment_id
    )
    connection_of(db).execute(delete(_allocations).where(owner))


def claim_seats(
    db: Session, catalogue: Catalogue, site_id: int, seats: Collection[SeatAllocation], **owner: object
) -> None:
    """Claim the seats for an owner; the people of the council among them are locked, by id.

    Raises: CapacityConflict when the database does not grant them, or when one of these people is elsewhere then.
    """
    if theirs := [seat for seat in seats if catalogue.is_council_wide(seat.resource_id)]:
        connection_of(db).execute(_LOCK_PEOPLE, {"ids": sorted({seat.resource_id for seat in theirs})}).all()
        if is_person_at_another_site(db, catalogue, site_id, theirs):
            raise CapacityConflict
    for seat in sorted(seats):
        if not _insert(db, site_id, seat, owner):
            raise CapacityConflict


def _insert(db: Session, site_id: int, seat: SeatAllocation, owner: dict[str, object]) -> bool:
    """Whether every unit of `seat` could be claimed. The caller's transaction is rolled back when not."""
    connection = connection_of(db)
    allocation_id = connection.execute(_INSERT_ALLOCATION, {"site_id": site_id} | seat._asdict() | owner).scalar_one()
    units = range(seat.first_unit, seat.last_unit)
    values: dict[str, int] = {"resource": seat.resource_id, "seat": seat.seat, "allocation": allocation_id}
    values |= {f"unit_{number}": unit for number, unit in enumerate(units)}
    return connection.execute(_insert_claims(len(units)), values).rowcount == len(units)


@lru_cache(maxsize=300)
def _insert_claims(count: int) -> TextClause:
    """One statement for `count` units of one seat. The row count leaves out units that are claimed already."""
    rows = ", ".join(f"(:resource, :unit_{number}, :seat, :allocation)" for number in range(count))
    statement = f"INSERT INTO claims (resource_id, unit, seat, allocation_id) VALUES {rows} ON CONFLICT DO NOTHING"  # noqa: S608
    return text(statement)
