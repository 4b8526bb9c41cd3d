"""Times that were freed and are kept for the waiting list before anybody else can have them.

A kept time is a hold whose token nobody knows, with its claims: nobody can book it, and no search shows it. It ends by the
database's clock, as every hold does, 5 to 60 minutes later at random, so that a program that looks all the time gains
nothing. An offer to somebody who waits takes what it needs of it, in the transaction in which it claims that; what is left
stays kept.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from booking.availability.busy import BusyRow
from booking.availability.values import SeatAllocation
from booking.proposals.wish_rules import is_of_use
from booking.slot_tokens import SlotKey, decode
from booking.tables import Allocation, Appointment, Claim, Hold
from core.database import connection_of, table_of
from core.stretches import Stretch, rest_of
from core.tokens import digest, new_token
from core.wall_clock import instant_of
from locations.model import Catalogue

SHORTEST, LONGEST = timedelta(minutes=5), timedelta(minutes=60)
_allocations, _claims, _holds = table_of(Allocation), table_of(Claim), table_of(Hold)


def public_at(now: datetime) -> datetime:
    """When everybody can have a time that is freed at `now`: nobody can foretell it."""
    return now + SHORTEST + timedelta(seconds=secrets.randbelow(int((LONGEST - SHORTEST).total_seconds()) + 1))


def is_kept_first(catalogue: Catalogue, slot_key: SlotKey, now: datetime) -> bool:
    """Whether a time that is freed now is kept: its service says so, and it could still be offered to somebody."""
    services = [catalogue.service_by_id(service_id) for service_id in slot_key.service_ids]
    starts_at = instant_of(slot_key.start_unit)
    return any(one.waiting_list_first for one in services) and is_of_use(now, starts_at, catalogue.authority.zone)


def keep_time_of(
    db: Session, catalogue: Catalogue, row: Appointment, now: datetime, *, taken: Collection[SeatAllocation] = ()
) -> None:
    """Keep the time that the appointment leaves, where it is kept first, but for what is `taken` in its place.

    What is left of the appointment's own seats is for the caller to free.
    """
    if not is_kept_first(catalogue, decode(row.slot_token), now):
        return
    connection = connection_of(db)
    own = connection.execute(select(_allocations).where(_allocations.c.appointment_id == row.id)).all()
    ids = [one.id for one in own if not _is_needed(catalogue, one, taken)]
    if not ids:
        return
    until = public_at(now)
    values = {
        "authority_id": row.authority_id,
        "site_id": row.site_id,
        "token_digest": digest(new_token()),
        "slot_token": row.slot_token,
        "origin": "",
        "is_kept": True,
        "created_at": now,
        "expires_at": until,
    }
    hold_id = connection.execute(_holds.insert().returning(_holds.c.id), values).scalar_one()
    owner = {"appointment_id": None, "hold_id": hold_id, "expires_at": until}
    connection.execute(update(_allocations).where(_allocations.c.id.in_(ids)).values(owner))


def _is_needed(catalogue: Catalogue, own: Any, taken: Collection[SeatAllocation]) -> bool:
    """Whether the appointment's new time needs this seat then, or a person who may be on the way to another site."""
    return any(
        own.resource_id == seat.resource_id
        and (
            catalogue.is_council_wide(own.resource_id)
            or (own.seat == seat.seat and own.first_unit < seat.last_unit and seat.first_unit < own.last_unit)
        )
        for seat in taken
    )


def keep_held_time(db: Session, catalogue: Catalogue, hold_id: int, now: datetime) -> bool:
    """Whether what is held is kept from now on: nobody can take it by its token any more."""
    connection = connection_of(db)
    token = connection.scalar(select(_holds.c.slot_token).where(_holds.c.id == hold_id, _holds.c.expires_at > now))
    if token is None or not is_kept_first(catalogue, decode(token), now):
        return False
    until = public_at(now)
    values = {"token_digest": digest(new_token()), "origin": "", "is_kept": True, "expires_at": until}
    connection.execute(update(_holds).where(_holds.c.id == hold_id).values(values))
    connection.execute(update(_allocations).where(_allocations.c.hold_id == hold_id).values(expires_at=until))
    return True


def leave_to_list(db: Session, hold_id: int, now: datetime) -> None:
    """Let nobody take by its token what goes on being held; it ends when it was to end."""
    same = (_holds.c.id == hold_id, _holds.c.expires_at > now)
    connection_of(db).execute(update(_holds).where(*same).values(token_digest=digest(new_token()), is_kept=True))


def kept_hold_ids(db: Session, site_id: int, now: datetime) -> frozenset[int]:
    """What is kept at the site now."""
    kept = select(_holds.c.id).where(_holds.c.site_id == site_id, _holds.c.is_kept, _holds.c.expires_at > now)
    return frozenset(connection_of(db).scalars(kept))


def kept_seats(db: Session, authority_id: int, now: datetime) -> frozenset[BusyRow]:
    """The seats that are kept at the council's sites now."""
    columns = (_allocations.c.resource_id, _allocations.c.seat, _allocations.c.first_unit, _allocations.c.last_unit)
    kept = select(*columns).join(_holds, _holds.c.id == _allocations.c.hold_id)
    here = (_holds.c.authority_id == authority_id, _holds.c.is_kept, _holds.c.expires_at > now)
    return frozenset((row[0], row[1], row[2], row[3]) for row in connection_of(db).execute(kept.where(*here)))


def take_from(db: Session, hold_ids: Collection[int], seats: Iterable[SeatAllocation]) -> None:
    """Free what these holds keep of `seats`, for whoever claims them now; all else stays kept.

    A hold of which nothing is left ends. Holds are locked before allocations, each by id, as everywhere.
    """
    connection, taken = connection_of(db), list(seats)
    meets = and_(_allocations.c.hold_id.in_(hold_ids), or_(*(_overlaps(seat) for seat in taken)))
    touched = connection.scalars(select(_allocations.c.hold_id).where(meets).distinct()).all()
    connection.execute(select(_holds.c.id).where(_holds.c.id.in_(touched)).order_by(_holds.c.id).with_for_update())
    kept = select(_allocations).where(meets).order_by(_allocations.c.id).with_for_update()
    for row in connection.execute(kept).mappings().all():
        same = [_units(seat) for seat in taken if (seat.resource_id, seat.seat) == (row["resource_id"], row["seat"])]
        _keep_only(db, row, list(rest_of((row["first_unit"], row["last_unit"]), same)))
    is_left = exists().where(_allocations.c.hold_id == _holds.c.id)
    connection.execute(delete(_holds).where(_holds.c.id.in_(touched), ~is_left))


def _keep_only(db: Session, row: RowMapping, rest: list[Stretch]) -> None:
    """Let the allocation keep these of its units. Their claims are never free, not even within the transaction."""
    connection, same = connection_of(db), _claims.c.allocation_id == row["id"]
    if not rest:
        connection.execute(delete(_allocations).where(_allocations.c.id == row["id"]))
        return
    values = {name: value for name, value in row.items() if name != "id"}
    for first, last in rest[1:]:
        new = _allocations.insert().returning(_allocations.c.id)
        new_id = connection.execute(new, values | {"first_unit": first, "last_unit": last}).scalar_one()
        within = (same, _claims.c.unit >= first, _claims.c.unit < last)
        connection.execute(update(_claims).where(*within).values(allocation_id=new_id))
    first, last = rest[0]
    connection.execute(delete(_claims).where(same, or_(_claims.c.unit < first, _claims.c.unit >= last)))
    own = update(_allocations).where(_allocations.c.id == row["id"])
    connection.execute(own.values(first_unit=first, last_unit=last))


def _overlaps(seat: SeatAllocation) -> ColumnElement[bool]:
    column = _allocations.c
    first, last = _units(seat)
    is_same = and_(column.resource_id == seat.resource_id, column.seat == seat.seat)
    return and_(is_same, column.first_unit < last, column.last_unit > first)


def _units(seat: SeatAllocation) -> Stretch:
    return seat.first_unit, seat.last_unit
