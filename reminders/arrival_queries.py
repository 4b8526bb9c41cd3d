"""Whether a message has gone out, and what became of it, as conditions on rows of the outbox."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, case, or_

from reminders.delivery_decisions import IN_DOUBT, LATE, SENT
from reminders.message_outcomes import ARRIVED_LATE, DELIVERED, ON_ITS_WAY
from reminders.tables import Notification
from reminders.wish_tables import WishMail


def has_gone_out(rows: Any = Notification) -> ColumnElement[bool]:
    """Whether it was sent, also where it arrived too late; `rows` may be an alias of `Notification`."""
    return or_(rows.status == SENT, and_(rows.status == LATE, rows.delivered_at.is_not(None)))


def went_out(row: Notification) -> bool:
    """The same of one row."""
    return row.status == SENT or (row.status == LATE and row.delivered_at is not None)


def may_have_arrived(row: Notification) -> bool:
    """Whether somebody has this message, or may have it, in time or too late."""
    return went_out(row) or row.status == IN_DOUBT


# The same as `reminders.message_outcomes.outcome_of`.
row_outcome = case(
    (and_(Notification.status == SENT, Notification.delivered_at.is_not(None)), DELIVERED),
    (and_(Notification.status == LATE, Notification.delivered_at.is_not(None)), ARRIVED_LATE),
    (and_(Notification.status == SENT, Notification.ask_at.is_not(None)), ON_ITS_WAY),
    else_=Notification.status,
)
# Of messages to those who wait without an appointment.
wish_outcome = case(
    (and_(WishMail.state == SENT, WishMail.delivered_at.is_not(None)), DELIVERED),
    else_=WishMail.state,
)
