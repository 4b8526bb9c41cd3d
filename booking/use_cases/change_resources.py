"""Puts a visit that cannot take place as booked on other resources, at its own place and time.

Nothing changes for the resident, so it stays the same version, and nobody is written to: reminders that were held back
while it was to be rebooked go out by themselves.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_
from sqlalchemy.orm import Session

from booking.availability.site_days import day_of_slot, search_for
from booking.availability.values import SeatAllocation
from booking.capacity.expired_seats import delete_expired
from booking.capacity.occupancy import occupied_on
from booking.capacity.placement import Placement, claim_for_appointment, spread_of
from booking.events import AppointmentChange, announce
from booking.queries.other_resources import SeatedVisit, Seating, seated_visits, seatings
from booking.states import State
from booking.tables import Allocation, Appointment
from booking.use_cases.appointment_changes import lock_appointment, site_id_of
from booking.use_cases.proposals import end_proposal
from booking.use_cases.rebook_items import close_rebook_items, is_to_rebook
from core.audit import Actor, record
from core.database import connection_of, table_of
from core.errors import IllegalMove, SlotTaken, Stale
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from locations.catalogue_queries import catalogue_while_locked
from locations.model import Catalogue


def change_resources(
    runtime: Runtime,
    authority_id: int,
    reference: str,
    *,
    actor: Actor,
    version: int,
    idempotency: IdempotencyKey | None = None,
) -> tuple[int, ...]:
    """The ids of the resources that serve the visit now; it has left the list of people to rebook.

    `version` is what was shown. Raises: SlotTaken when nothing else is free, IllegalMove when it is not booked any more,
    Stale when it has another time or is not to be rebooked any more, NotFound, IdempotencyMismatch.
    """

    def operation(db: Session) -> dict[str, Any]:
        now = runtime.clock.database_now(db)
        row = lock_appointment(db, authority_id, reference, site_id_of(db, authority_id, reference))
        _check_to_rebook(db, row, version)
        return {"resources": reseat(db, row, actor, now)}

    return tuple(run_once(runtime.database, idempotency, operation, runtime.clock.now())["resources"])


def reseat(db: Session, row: Appointment, actor: Actor, now: datetime) -> list[int]:
    """Put the visit, whose row is locked, on other resources, and take it off every list; their ids. Raises: SlotTaken."""
    catalogue = catalogue_while_locked(db, row.authority_id, [row.site_id])
    visit = seated_visits(db, [row.id])[row.id]
    seating = _other_seating(db, catalogue, row.id, visit, now)
    _claim(db, catalogue, row, visit, seating, now)
    _close_items(db, row, now)
    was, resource_ids = sorted(visit.resource_ids), sorted({seat.resource_id for seat in seating})
    subject, authority_id = ("appointment", row.id), row.authority_id
    record(db, actor, "resources_changed", subject, authority_id=authority_id, now=now, was=was, resources=resource_ids)
    return resource_ids


def _close_items(db: Session, row: Appointment, now: datetime) -> None:
    """Take the visit off the list; whoever was offered another time learns that it takes place as booked."""
    was_offered = end_proposal(db, row.id, now) is not None
    close_rebook_items(db, row.id, now)
    if was_offered:
        announce(db, AppointmentChange(row.authority_id, row.id, row.version, "kept", now))


def _check_to_rebook(db: Session, row: Appointment, version: int) -> None:
    if row.state != State.BOOKED:
        raise IllegalMove(row.state, State.BOOKED)
    if row.version != version:
        raise Stale.because("appointment_changed")
    if not is_to_rebook(db, row.id):
        raise Stale.because("not_to_rebook")


def _other_seating(
    db: Session, catalogue: Catalogue, appointment_id: int, visit: SeatedVisit, now: datetime
) -> Seating:
    """The best seating beside what others occupy; expired holds are deleted. Raises: SlotTaken."""
    day = day_of_slot(catalogue, visit.slot)
    occupied = occupied_on(db, catalogue, day, now, exclude=[appointment_id])
    found = seatings(catalogue, visit, occupied.busy(), now, spread=spread_of(db))
    if not found:
        raise SlotTaken.because("no_other_resource")
    if occupied.expired:
        delete_expired(db, occupied.expired, now)
    return found[0]


def _claim(
    db: Session, catalogue: Catalogue, row: Appointment, visit: SeatedVisit, seating: Seating, now: datetime
) -> None:
    """Claim what is new, then free what is left. Raises: CapacityConflict when the database does not grant it.

    What stays is not touched. A seat that the visit occupies, and will for other units, is divided anew: its own claims
    there would stand in the way, so they go first.
    """
    new = tuple(seat for seat in seating if seat not in visit.seats)
    left = visit.seats.difference(seating)
    in_the_way = [seat for seat in left if any(_overlap(seat, other) for other in new)]
    _free(db, row.id, in_the_way)
    search = search_for(catalogue, visit.slot.service_ids, now, for_public=False, counts=visit.slot.counts)
    placement = Placement(catalogue, search, visit.slot, new)
    claim_for_appointment(db, placement, appointment_id=row.id, now=now)
    _free(db, row.id, left.difference(in_the_way))


def _overlap(seat: SeatAllocation, other: SeatAllocation) -> bool:
    is_same = (seat.resource_id, seat.seat) == (other.resource_id, other.seat)
    return is_same and seat.first_unit < other.last_unit and other.first_unit < seat.last_unit


def _free(db: Session, appointment_id: int, seats: Collection[SeatAllocation]) -> None:
    if not seats:
        return
    columns = table_of(Allocation).c
    one_of = (
        (columns.resource_id == seat.resource_id)
        & (columns.seat == seat.seat)
        & (columns.first_unit == seat.first_unit)
        for seat in seats
    )
    connection_of(db).execute(
        delete(table_of(Allocation)).where(columns.appointment_id == appointment_id, or_(*one_of))
    )
