"""What a pause of a council holds back at this moment, and what its end would bring to whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, not_, or_, select
from sqlalchemy.orm import Session

from booking.tables import Appointment
from reminders.delivery_decisions import LATE
from reminders.pause_queries import rows_held
from reminders.pauses import MessagePause
from reminders.queue import IS_PENDING
from reminders.reasons import PAUSED
from reminders.recipients import family_of
from reminders.tables import Notification


@dataclass(frozen=True)
class HeldBack:
    """What goes out once a pause ends: to how many people, of which kinds; and what became of no use meanwhile."""

    people: int
    kinds: tuple[str, ...]
    too_late: int


def held_back(db: Session, pause: MessagePause, others: Sequence[MessagePause], now: datetime) -> HeldBack:
    """What waits for the end of `pause` alone, and is of use now; `others` hold back theirs as before."""
    mine = rows_held([pause])
    waits = (
        IS_PENDING,
        Notification.due_at <= now,
        Notification.useful_until > now,
        mine,
        not_(rows_held(others)),
    )
    joined = select(Notification.kind, Appointment.resident_id).join(
        Appointment, Appointment.id == Notification.appointment_id
    )
    found = db.execute(joined.where(*waits).distinct()).all()
    late = (Notification.status == LATE, Notification.reason == PAUSED, Notification.closed_at >= pause.since, mine)
    waiting_late = (*waits[:2], Notification.useful_until <= now, mine)
    number = select(func.count()).select_from(Notification).where(or_(and_(*late), and_(*waiting_late)))
    kinds = tuple(sorted({family_of(row.kind) for row in found}))
    return HeldBack(len({row.resident_id for row in found}), kinds, db.scalar(number) or 0)
