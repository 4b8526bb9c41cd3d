"""Which rows of the outbox a council's pauses hold back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, false, func, literal_column, not_, or_, select
from sqlalchemy.orm import Session

from booking.tables import Appointment
from reminders.delivery_decisions import LATE
from reminders.pauses import SENT_BY_US, MessagePause, PauseScope
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
        literal_column("notifications.status = 'pending'", Notification.status.type),
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


def rows_held(pauses: Iterable[MessagePause]) -> ColumnElement[bool]:
    """The condition on rows of the outbox that one of `pauses` holds back: that of `MessagePause.holds`."""
    return or_(false(), *(_rows_of(pause) for pause in pauses))


def _rows_of(pause: MessagePause) -> ColumnElement[bool]:
    of_council = and_(Notification.authority_id == pause.authority_id, Notification.channel.in_(SENT_BY_US))
    if pause.scope == PauseScope.KIND:
        return and_(of_council, Notification.kind.startswith(pause.subject, autoescape=True))
    return and_(of_council, Notification.channel == pause.subject) if pause.scope == PauseScope.CHANNEL else of_council
