"""Whether a message that was checked with others of a batch may still go out as it was checked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from reminders.appointment_queries import current_state, is_reached_alike
from reminders.delivery_decisions import ClaimedRow, MessageFacts, ReadyMessage, at_its_hour
from reminders.queue import pauses_on
from reminders.recipients import REMINDER, family_of


def is_as_checked(db: Session, message: ReadyMessage, now: datetime) -> bool:
    """Whether nothing has changed since that decides about it: the visit, how people are reached, a pause, the hour.

    Where it tells of several appointments, of none of them.
    """
    told = zip(message.claimed.each, (message.facts, *message.facts.same_day), strict=True)
    is_same = all(_stands(db, row, facts, now) for row, facts in told)
    return is_same and at_its_hour(message.claimed, message.facts, now) is None


def _stands(db: Session, row: ClaimedRow, facts: MessageFacts, now: datetime) -> bool:
    found = current_state(db, row.appointment_id)
    if found.version != facts.version or not found.makes_current(row.kind, row.version) or now >= row.useful_until:
        return False
    if found.awaits_rebooking and family_of(row.kind) == REMINDER:
        return False
    if any(pause.holds(row.authority_id, row.kind, row.channel) for pause in pauses_on(db, now)):
        return False
    return is_reached_alike(db, row, facts)
