"""Offers of earlier times and the pauses of councils: whom nothing would tell of one now, and who was told of theirs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.proposals.tables import Proposal, Wish
from reminders.delivery_decisions import IN_DOUBT, SENT
from reminders.outbox import planning_input
from reminders.queue import pauses_on
from reminders.recipients import EARLIER_TIME, OFFER, Withheld, deliveries_for
from reminders.tables import Notification
from reminders.wish_kinds import OFFERED
from reminders.wish_tables import WishMail
from reminders.wish_way_queries import way_of_wish


def is_offer_held(db: Session, wish: Wish, now: datetime) -> bool:
    """Whether the council holds back at present what would tell whoever waits of an earlier time; not a call by staff."""
    pauses = pauses_on(db, now, wish.authority_id)
    if not pauses:
        return False
    if wish.appointment_id is None:
        way = way_of_wish(db, wish, EARLIER_TIME)
        return any(pause.holds(wish.authority_id, EARLIER_TIME, way.channel if way else "") for pause in pauses)
    planning = planning_input(db, wish.appointment_id)
    found = deliveries_for(planning.contacts, EARLIER_TIME, planning.rules)
    channel = "" if isinstance(found, Withheld) else found[0].channel
    return any(pause.holds(wish.authority_id, EARLIER_TIME, channel) for pause in pauses)


def was_offer_tried(db: Session, proposal: Proposal) -> bool:
    """Whether anybody has tried to send the message or the email that tells of the proposal."""
    if proposal.appointment_id is not None:
        families = [f"{family}_{proposal.number}" for family in (OFFER, EARLIER_TIME)]
        about = (Notification.appointment_id == proposal.appointment_id, Notification.kind.in_(families))
        tried = (Notification.tries > 0) | Notification.status.in_((SENT, IN_DOUBT))
        return db.scalar(select(Notification.id).where(*about, tried).limit(1)) is not None
    mail = (WishMail.wish_id == proposal.wish_id, WishMail.kind == OFFERED, WishMail.number == proposal.number)
    return db.scalar(select(WishMail.id).where(*mail, (WishMail.tries > 0) | (WishMail.state == SENT))) is not None
