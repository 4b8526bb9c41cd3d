"""Bookings to come and holds, as the plain facts by which a changed plan is checked against them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.availability.busy import BusyRow
from booking.availability.values import BookedVisit
from booking.slot_tokens import decode
from booking.states import State
from booking.tables import Allocation, Appointment, AppointmentService, Hold
from core.database import connection_of
from people.residents.tables import Resident

_SEATS = (Allocation.resource_id, Allocation.seat, Allocation.first_unit, Allocation.last_unit)


def booked_visits(db: Session, site_ids: Collection[int], now: datetime) -> list[BookedVisit]:
    """The booked appointments at these sites that are not over at `now`. Two statements."""
    is_ahead = (
        Appointment.site_id.in_(site_ids),
        Appointment.state == State.BOOKED,
        Appointment.ends_at > now,
        Appointment.is_walk_in.is_(False),
    )
    seats = (
        select(Allocation.appointment_id, *_SEATS)
        .join(Appointment, Appointment.id == Allocation.appointment_id)
        .where(*is_ahead)
    )
    owners = select(Appointment.id, Appointment.slot_token, Appointment.support_needs).where(*is_ahead)
    return _visits(db, owners.order_by(Appointment.id), seats)


def who_booked(db: Session, authority_id: int, appointment_ids: Collection[int]) -> dict[str, tuple[int, str]]:
    """The ids and names of those who have booked these appointments of the council, by the reference."""
    columns = (Appointment.reference, Resident.id, Resident.name)
    booked = select(*columns).join(Resident, Resident.id == Appointment.resident_id)
    here = (Appointment.authority_id == authority_id, Appointment.id.in_(appointment_ids))
    return {reference: (id_, name) for reference, id_, name in db.execute(booked.where(*here))}


def held_visits(db: Session, site_ids: Collection[int], now: datetime) -> list[BookedVisit]:
    """The holds at these sites that have not expired at `now`. Two statements."""
    is_held = (Hold.site_id.in_(site_ids), Hold.expires_at > now)
    seats = select(Allocation.hold_id, *_SEATS).join(Hold, Hold.id == Allocation.hold_id).where(*is_held)
    return _visits(db, select(Hold.id, Hold.slot_token).where(*is_held).order_by(Hold.id), seats)


def _visits(db: Session, owners: Any, seats: Any) -> list[BookedVisit]:
    connection = connection_of(db)
    occupied: dict[int, list[BusyRow]] = defaultdict(list)
    for owner_id, *seat in connection.execute(seats):
        occupied[owner_id].append((seat[0], seat[1], seat[2], seat[3]))
    return [
        BookedVisit(owner_id, decode(token), frozenset(*needs), tuple(sorted(occupied[owner_id])))
        for owner_id, token, *needs in connection.execute(owners)
    ]


def count_ahead(db: Session, *, kind: str, row_id: int, now: datetime) -> int:
    """How many booked appointments still to come need a site, a resource or person, or a service."""
    statement = select(func.count(Appointment.id.distinct())).where(
        Appointment.state == State.BOOKED, Appointment.ends_at > now
    )
    if kind == "site":
        statement = statement.where(Appointment.site_id == row_id)
    elif kind in ("resource", "person"):
        statement = statement.join(Allocation, Allocation.appointment_id == Appointment.id).where(
            Allocation.resource_id == row_id
        )
    else:
        statement = statement.join(AppointmentService, AppointmentService.appointment_id == Appointment.id).where(
            AppointmentService.service_id == row_id
        )
    return db.scalar(statement) or 0
