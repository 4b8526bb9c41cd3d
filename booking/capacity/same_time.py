"""Places an appointment at its own time in another way: by telephone or video, with the same adviser if they can.

Until it moves, the adviser is occupied by the appointment itself, so that nobody else gets them. Only what else it takes is
held for it meanwhile, to the minute; when it moves, all is placed anew in one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability.busy import BusyRow
from booking.availability.values import SeatAllocation
from booking.capacity.occupancy import seats_of
from booking.capacity.placement import Placement, place, place_held, release
from booking.proposals.tables import Proposal
from booking.slot_tokens import SlotKey, decode
from booking.tables import Appointment, Hold
from core.stretches import rest_of
from core.wall_clock import unit_of
from locations.model import VIRTUAL_MODES


def place_beside(
    db: Session, slot_key: SlotKey, now: datetime, *, needs: frozenset[str], appointment_id: int
) -> Placement:
    """The slot at the time of the appointment, with what of its seats the appointment does not occupy already.

    Raises: SlotTaken, TooSoon, TooFar, NotFound.
    """
    own = seats_of(db, appointment_id=appointment_id)
    placement = place(
        db,
        slot_key,
        now,
        for_public=False,
        needs=needs,
        exclude_appointment_ids=[appointment_id],
        prefer=frozenset(resource_id for resource_id, *_ in own),
    )
    return replace(placement, seats=tuple(part for seat in placement.seats for part in uncovered(seat, own)))


def uncovered(seat: SeatAllocation, own: Collection[BusyRow]) -> Iterator[SeatAllocation]:
    """The parts of `seat`, in order of time, in which `own` does not occupy it."""
    taken = [(first, last) for resource_id, number, first, last in own if (resource_id, number) == seat[:2]]
    for first, last in rest_of((seat.first_unit, seat.last_unit), taken):
        yield seat._replace(first_unit=first, last_unit=last)


def is_proposed_at_same_time(db: Session, row: Appointment, hold: Hold) -> bool:
    """Whether the hold is that of a proposal for the appointment: its own time, by telephone or video.

    A proposal that is ended at this very moment counts, because its hold has only a part of what the visit takes.
    """
    slot_key = decode(hold.slot_token)
    if slot_key.mode not in VIRTUAL_MODES or slot_key.start_unit != unit_of(row.starts_at):
        return False
    proposed = select(Proposal.id).where(Proposal.hold_id == hold.id, Proposal.appointment_id == row.id)
    return db.scalar(proposed.limit(1)) is not None


def place_at_same_time(
    db: Session, row: Appointment, hold: Hold, now: datetime, *, for_public: bool, needs: frozenset[str]
) -> Placement:
    """The appointment's own time in the way that is held for it. The hold is locked, and holds nothing any more.

    Raises: as `place_held` and `place`.
    """
    placement = place_held(db, hold, now, for_public=for_public, needs=needs)
    occupied = seats_of(db, hold_id=hold.id) | seats_of(db, appointment_id=row.id)
    release(db, hold_id=hold.id)
    fresh = place(
        db,
        placement.slot_key,
        now,
        for_public=False,
        needs=needs,
        exclude_appointment_ids=[row.id],
        prefer=frozenset(resource_id for resource_id, *_ in occupied),
    )
    return replace(fresh, hold_id=hold.id)
