"""Writes claims. All capacity is claimed here, on SQLite and on PostgreSQL alike.

A claim is one 5-minute unit of one seat of one resource, under a primary key. Allocations of expired holds are deleted first
and rows are written in a fixed order (resource, unit, seat), so that two writers cannot deadlock; the database refuses the
second one, whatever was read before.

The key does not cover the travel time between two visits of one person at two sites. So the row of each person who works
at several sites is locked before a claim of theirs, and their visits elsewhere are read again under that lock: of two
writers who claim one person, the second reads what the first has written.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import TextClause, bindparam, delete, select, text, update
from sqlalchemy.orm import Session

from booking.availability.values import SeatAllocation
from booking.capacity.occupancy import is_person_at_another_site
from booking.tables import Allocation, Claim, Hold
from core.database import connection_of, table_of
from core.errors import CapacityConflict, HoldExpired
from locations.model import Catalogue
from locations.tables import Resource

_allocations, _resources = table_of(Allocation), table_of(Resource)
# Weaker than what a deletion locks, so that foreign keys to the row are checked without waiting.
_LOCK_PEOPLE = (
    select(_resources.c.id)
    .where(_resources.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(_resources.c.id)
    .with_for_update(key_share=True)
)
_INSERT_ALLOCATION = _allocations.insert().returning(_allocations.c.id)


@dataclass(frozen=True)
class SeatClaim:
    """Seats to be claimed at a site of the catalogue's council."""

    catalogue: Catalogue
    site_id: int
    seats: tuple[SeatAllocation, ...]


def claim_for_hold(db: Session, seat_claim: SeatClaim, *, hold_id: int, expires_at: datetime) -> None:
    """Claim the seats until `expires_at`. Raises: CapacityConflict when the database does not grant them."""
    _claim(db, seat_claim, {"hold_id": hold_id, "appointment_id": None, "expires_at": expires_at})


def claim_for_appointment(db: Session, seat_claim: SeatClaim, *, appointment_id: int) -> None:
    """Claim the seats without an end. Raises: CapacityConflict when the database does not grant them."""
    _claim(db, seat_claim, {"hold_id": None, "appointment_id": appointment_id, "expires_at": None})


def turn_hold_into_appointment(db: Session, *, hold_id: int, appointment_id: int, now: datetime) -> None:
    """Give the hold's seats to the appointment and delete the hold. Raises: HoldExpired when it has expired at `now`."""
    result = connection_of(db).execute(
        update(_allocations)
        .where(_allocations.c.hold_id == hold_id, _allocations.c.expires_at > now)
        .values(hold_id=None, expires_at=None, appointment_id=appointment_id)
    )
    if result.rowcount == 0:
        raise HoldExpired.because("hold_expired")
    connection_of(db).execute(delete(table_of(Hold)).where(Hold.id == hold_id))


def release(db: Session, *, hold_id: int | None = None, appointment_id: int | None = None) -> None:
    """Delete the allocations of a hold or of an appointment, and their claims with them."""
    owner = (
        _allocations.c.hold_id == hold_id if hold_id is not None else _allocations.c.appointment_id == appointment_id
    )
    connection_of(db).execute(delete(_allocations).where(owner))


def delete_expired_allocations(db: Session, allocation_ids: Collection[int], now: datetime) -> None:
    """Delete those of these allocations whose holds have expired at `now`, before anything is claimed.

    They are locked in the order of their ids, so that several writers that delete the same ones cannot deadlock.
    """
    connection = connection_of(db)
    expired = (
        select(_allocations.c.id)
        .where(_allocations.c.id.in_(sorted(allocation_ids)), _allocations.c.expires_at <= now)
        .order_by(_allocations.c.id)
        .with_for_update()
    )
    connection.execute(delete(_allocations).where(_allocations.c.id.in_(connection.scalars(expired).all())))


def delete_past_claims(db: Session, before_unit: int) -> int:
    """Delete the claims of units before `before_unit`; how many there were. The allocations stay, as the record."""
    result = connection_of(db).execute(delete(table_of(Claim)).where(Claim.unit < before_unit))
    return result.rowcount


def _claim(db: Session, seat_claim: SeatClaim, owner: dict[str, object]) -> None:
    _lock_and_check_people(db, seat_claim)
    for seat in sorted(seat_claim.seats):
        if not _insert(db, seat_claim.site_id, seat, owner):
            raise CapacityConflict


def _lock_and_check_people(db: Session, seat_claim: SeatClaim) -> None:
    """Lock the people of the council among the seats, by id. Raises: CapacityConflict when one of them is elsewhere then."""
    theirs = [seat for seat in seat_claim.seats if seat_claim.catalogue.is_council_wide(seat.resource_id)]
    if not theirs:
        return
    ids = sorted({seat.resource_id for seat in theirs})
    connection_of(db).execute(_LOCK_PEOPLE, {"ids": ids}).all()
    if is_person_at_another_site(db, seat_claim.catalogue, seat_claim.site_id, theirs):
        raise CapacityConflict


def _insert(db: Session, site_id: int, seat: SeatAllocation, owner: dict[str, object]) -> bool:
    """Whether every unit of `seat` could be claimed. The caller's transaction is rolled back when not."""
    connection = connection_of(db)
    allocation = {"site_id": site_id} | seat._asdict() | owner
    allocation_id = connection.execute(_INSERT_ALLOCATION, allocation).scalar_one()
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
