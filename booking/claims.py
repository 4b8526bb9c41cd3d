"""Writing claims: the one way by which capacity is taken, on SQLite and on PostgreSQL alike.

A claim is one 5-minute unit of one seat of one resource, under a primary key. Rows are written in a fixed order
(resource, unit, seat), so that two writers cannot wait for each other in a circle; the one who comes second is told so
by the database, whatever was read before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import CursorResult, TextClause, and_, delete, or_, select, text, update
from sqlalchemy.orm import Session

from booking.availability.values import Allocation as Seating
from booking.tables import Allocation, Claim
from core.errors import HoldExpired, SlotTaken

_allocations = Allocation.__table__


def claim_for_hold(
    session: Session,
    site_id: int,
    ways: Sequence[tuple[Seating, ...]],
    *,
    hold_id: int,
    expires_at: datetime,
    now: datetime,
) -> tuple[Seating, ...]:
    """The first of `ways` that the database grants, claimed until `expires_at`. Raises: SlotTaken."""
    return _claim(session, site_id, ways, {"hold_id": hold_id, "expires_at": expires_at}, now)


def claim_for_appointment(
    session: Session, site_id: int, ways: Sequence[tuple[Seating, ...]], *, appointment_id: int, now: datetime
) -> tuple[Seating, ...]:
    """The first of `ways` that the database grants, claimed for good. Raises: SlotTaken."""
    return _claim(session, site_id, ways, {"appointment_id": appointment_id}, now)


def turn_hold_into_appointment(session: Session, *, hold_id: int, appointment_id: int, now: datetime) -> None:
    """Give the hold's capacity to the appointment. Raises: HoldExpired when the hold is dead at `now`."""
    result = session.connection().execute(
        update(_allocations)
        .where(_allocations.c.hold_id == hold_id, _allocations.c.expires_at > now)
        .values(hold_id=None, expires_at=None, appointment_id=appointment_id)
    )
    if result.rowcount == 0:
        raise HoldExpired("The time that was kept for you has run out. Choose it again.")


def release(session: Session, *, hold_id: int | None = None, appointment_id: int | None = None) -> None:
    """Give back what a hold or an appointment has claimed."""
    owner = _allocations.c.hold_id == hold_id if hold_id is not None else _allocations.c.appointment_id == appointment_id
    session.connection().execute(delete(_allocations).where(owner))


def remove_past(session: Session, before_unit: int) -> int:
    """Remove the claims of units before `before_unit`; how many there were. The allocations stay, as the record."""
    result = session.connection().execute(delete(Claim.__table__).where(Claim.unit < before_unit))
    return result.rowcount


def _claim(
    session: Session,
    site_id: int,
    ways: Sequence[tuple[Seating, ...]],
    owner: dict[str, object],
    now: datetime,
) -> tuple[Seating, ...]:
    _bury_dead_holds(session, ways, now)
    for way in ways:
        savepoint = session.connection().begin_nested()
        if _insert(session, site_id, sorted(way), owner):
            savepoint.commit()
            return way
        savepoint.rollback()
    raise SlotTaken("Somebody else has just taken this time.")


def _bury_dead_holds(session: Session, ways: Sequence[tuple[Seating, ...]], now: datetime) -> None:
    """Remove expired holds that stand in the way. Rows are locked by id, so that simultaneous buriers queue up."""
    seatings = {(seat.resource_id, seat.first_unit, seat.last_unit) for way in ways for seat in way}
    if not seatings:
        return
    in_the_way = or_(
        *(
            and_(
                _allocations.c.resource_id == resource_id,
                _allocations.c.first_unit < last_unit,
                _allocations.c.last_unit > first_unit,
            )
            for resource_id, first_unit, last_unit in sorted(seatings)
        )
    )
    dead = select(_allocations.c.id).where(in_the_way, _allocations.c.expires_at <= now).order_by(_allocations.c.id)
    connection = session.connection()
    ids = connection.scalars(dead.with_for_update()).all()
    if ids:
        connection.execute(delete(_allocations).where(_allocations.c.id.in_(ids)))


def _insert(session: Session, site_id: int, way: Sequence[Seating], owner: dict[str, object]) -> bool:
    """Whether every unit of `way` could be claimed. The caller rolls back when not."""
    connection = session.connection()
    for seat in way:
        allocation_id = connection.execute(
            _allocations.insert().returning(_allocations.c.id),
            {
                "site_id": site_id,
                "resource_id": seat.resource_id,
                "seat": seat.seat,
                "first_unit": seat.first_unit,
                "last_unit": seat.last_unit,
                "service_id": seat.service_id,
                **owner,
            },
        ).scalar_one()
        units = range(seat.first_unit, seat.last_unit)
        values: dict[str, int] = {"resource": seat.resource_id, "seat": seat.seat, "allocation": allocation_id}
        values |= {f"unit_{number}": unit for number, unit in enumerate(units)}
        result: CursorResult[tuple[()]] = connection.execute(_insert_claims(len(units)), values)
        if result.rowcount != len(units):
            return False
    return True


@lru_cache(maxsize=300)
def _insert_claims(count: int) -> TextClause:
    """One statement for `count` units of one seat. Where a unit is taken, its row is missing from the row count."""
    rows = ", ".join(f"(:resource, :unit_{number}, :seat, :allocation)" for number in range(count))
    return text(
        f"INSERT INTO claims (resource_id, unit, seat, allocation_id) VALUES {rows} ON CONFLICT DO NOTHING"  # noqa: S608
    )
