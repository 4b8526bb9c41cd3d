"""Conditions on a row of the outbox about the other rows of its message: the same appointment, version and kind."""

from __future__ import annotations

from sqlalchemy import and_, exists, or_
from sqlalchemy.orm import aliased

from reminders.delivery_decisions import FAILED, IN_DOUBT, LATE, PENDING, SENT
from reminders.reasons import NEEDS_FORMAT, NO_ADDRESS, PREFERS_LETTERS
from reminders.tables import Notification

# Who wants no contact is not contacted; a link that somebody asked for, and a notice to an old address, are nobody's task.
UNREACHED = (NO_ADDRESS, PREFERS_LETTERS, NEEDS_FORMAT)
_other = aliased(Notification)
_is_alike = (
    _other.appointment_id == Notification.appointment_id,
    _other.version == Notification.version,
    _other.kind == Notification.kind,
    _other.id != Notification.id,
)
# By some channel it goes out, or has gone out and is not overdue, or staff have told it.
REACHES_SOMEBODY = exists().where(
    *_is_alike,
    or_(
        _other.status == PENDING,
        and_(_other.status.in_((SENT, IN_DOUBT)), _other.overdue_at.is_(None)),
        and_(_other.status == LATE, _other.delivered_at.is_not(None)),
        _other.told_at.is_not(None),
    ),
)
# Another channel, tried after this one, has reached nobody either.
FAILED_LATER_TOO = exists().where(
    *_is_alike,
    or_(_other.status == FAILED, _other.reason.in_(UNREACHED)),
    or_(
        _other.closed_at > Notification.closed_at,
        and_(_other.closed_at == Notification.closed_at, _other.id > Notification.id),
    ),
)
