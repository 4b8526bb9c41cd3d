"""Messages that their channel cannot send while the visit comes near: they go by the next one.

A used-up allowance, a withdrawn key and a missing template cost a message no try, so that it would wait until it is of no
use. So would a letter that is not given to the post in time.
"""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from booking.tables import Appointment
from core.outages import outage_of
from core.runtime import Runtime
from core.transactions import run_with_retries
from reminders.delivery_decisions import FAILED, PENDING
from reminders.queue import IS_PENDING
from reminders.reasons import AWAITS_REBOOKING, QUIET_HOURS, TOLD_ALREADY, TOO_LATE
from reminders.recipients import ABOUT_THE_VISIT, BY_STAFF, GOING_AHEAD, LETTER, SITE_MESSAGE
from reminders.reconciliation import BEFORE_VISIT, SHORTEST_WAIT
from reminders.rerouting import locked_alike, plan_next_channel
from reminders.retry_decisions import LONGEST_DEFERMENT
from reminders.tables import ChannelPause, Notification

HELD = (
    "",
    AWAITS_REBOOKING,
    QUIET_HOURS,
    TOLD_ALREADY,
)  # reasons of rows that wait, and of whose channel nothing is known

log = logging.getLogger(__name__)


def replace_stuck(runtime: Runtime) -> int:
    """How many messages count as failed from now on, because their channel cannot send them in time.

    Each goes by the next channel. What has none goes on waiting, but for a letter that comes too late.
    """
    with runtime.database.reading() as db:
        ids = db.scalars(_stuck(runtime.clock.database_now(db))).all()
    replaced = 0
    for notification_id in ids:
        try:
            replaced += run_with_retries(runtime.database, partial(_replace, runtime, notification_id))
        except Exception as error:  # one must not stop the others
            if outage_of(error) is not None:
                raise
            log.exception("notification %s could not go by another channel", notification_id)
    return replaced


def _stuck(now: datetime) -> Select[int]:
    cannot_send = or_(
        Notification.channel.in_(select(ChannelPause.channel)),
        and_(Notification.tries == 0, Notification.reason.not_in(HELD)),  # given back without a try
    )
    is_near = and_(Notification.due_at <= now - SHORTEST_WAIT, Appointment.starts_at <= now + BEFORE_VISIT)
    misses_the_post = and_(Notification.channel == LETTER, Notification.useful_until <= now + SHORTEST_WAIT)
    return (
        select(Notification.id)
        .join(Appointment, Appointment.id == Notification.appointment_id)
        .where(
            IS_PENDING,
            Notification.next_try_at <= now + max(LONGEST_DEFERMENT, SHORTEST_WAIT),
            Notification.due_at <= now,
            Notification.useful_until > now,
            Notification.lease_until.is_(None),
            Notification.channel.not_in(BY_STAFF),
            or_(
                Notification.version == Appointment.version,
                and_(Notification.kind.startswith(SITE_MESSAGE), Notification.version >= Appointment.owner_since),
            ),
            Appointment.starts_at > now,
            or_(*(Notification.kind.startswith(family) for family in (*ABOUT_THE_VISIT, GOING_AHEAD))),
            or_(and_(cannot_send, is_near), misses_the_post),
        )
        .order_by(Notification.id)
    )


def _replace(runtime: Runtime, notification_id: int, db: Session) -> bool:
    """Whether the message has failed by its channel: another one brings it, or it is a letter that comes too late."""
    row = next(one for one in locked_alike(db, notification_id).values() if one.id == notification_id)
    now = runtime.clock.database_now(db)
    if row.status != PENDING or row.lease_until is not None or now >= row.useful_until:
        return False
    waited_for = row.reason
    is_too_late = row.channel == LETTER and row.useful_until <= now + SHORTEST_WAIT
    if is_too_late:  # told in another way it is of use until the visit
        row.useful_until = db.get_one(Appointment, row.appointment_id).starts_at
    row.status, row.closed_at = FAILED, now
    row.reason = TOO_LATE if is_too_late else waited_for or _reason_of_pause(db, row.channel)
    db.flush()
    if plan_next_channel(db, row.id, now) or is_too_late:
        return True
    row.status, row.closed_at, row.reason = PENDING, None, waited_for
    return False


def _reason_of_pause(db: Session, channel: str) -> str:
    return db.scalar(select(ChannelPause.reason).where(ChannelPause.channel == channel)) or ""
