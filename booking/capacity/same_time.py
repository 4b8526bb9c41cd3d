"""Places an appointment at its own time in another way: by telephone or video, with the same adviser if they can.

Until it moves, the adviser is occupied by the appointment itself, so that nobody else gets them. Only what else it takes is
held for it meanwhile; when it moves, all is placed anew in one transaction.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.capacity.placement import Placement, lock_hold, place, place_held, release
from booking.slot_tokens import SlotKey, decode
from booking.tables import Allocation, Appointment, Hold
from core.database import connection_of, table_of
from core.wall_clock import unit_of
from locations.model import VIRTUAL_MODES

_allocations = table_of(Allocation).c


def place_beside(
    db: Session, slot_key: SlotKey, now: datetime, *, needs: frozenset[str], appointment_id: int
) -> Placement:
    """The slot at the time of the appointment, with those of its seats that the appointment does not occupy already.

    Raises: SlotTaken, TooSoon, TooFar, NotFound.
    """
    own = _occupied(db, appointment_id)
    placement = place(
        db,
        slot_key,
        now,
        for_public=False,
        needs=needs,
        exclude_appointment_ids=[appointment_id],
        prefer=frozenset(resource_id for resource_id, _ in own),
    )
    return replace(placement, seats=tuple(one for one in placement.seats if (one.resource_id, one.seat) not in own))


def is_at_same_time(row: Appointment, hold: Hold) -> bool:
    """Whether what is held is the appointment's own time, by telephone or video."""
    slot_key = decode(hold.slot_token)
    return slot_key.mode in VIRTUAL_MODES and slot_key.start_unit == unit_of(row.starts_at)


def place_at_same_time(
    db: Session, row: Appointment, hold: Hold, now: datetime, *, for_public: bool, needs: frozenset[str]
) -> Placement:
    """The appointment's own time in the way that is held for it. The hold is locked, and holds nothing any more.

    Raises: as `place_held` and `place`.
    """
    placement = place_held(db, hold, now, for_public=for_public, needs=needs)
    lock_hold(db, hold.id, now)
    held = connection_of(db).execute(select(_allocations.resource_id).where(_allocations.hold_id == hold.id))
    prefer = frozenset(found.resource_id for found in held)
    release(db, hold_id=hold.id)
    fresh = place(
        db,
        placement.slot_key,
        now,
        for_public=False,
        needs=needs,
        exclude_appointment_ids=[row.id],
        prefer=prefer | {resource_id for resource_id, _ in _occupied(db, row.id)},
    )
    return replace(fresh, hold_id=hold.id)


def _occupied(db: Session, appointment_id: int) -> frozenset[tuple[int, int]]:
    """The seats that the appointment occupies: (resource, seat) each."""
    rows = select(_allocations.resource_id, _allocations.seat).where(_allocations.appointment_id == appointment_id)
    return frozenset((row.resource_id, row.seat) for row in connection_of(db).execute(rows))
