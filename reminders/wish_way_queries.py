"""How whoever waits without an appointment is told: by the rules for every message, first as they chose."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.proposals.tables import Proposal, Wish
from booking.proposals.wish_rules import BY_EMAIL, BY_PHONE, BY_TEXT
from booking.rebooking import ProposalState
from locations.tables import Authority
from people.residents.tables import Resident
from reminders.contacts import Contacts, Person
from reminders.delivery_decisions import FAILED, PENDING
from reminders.recipients import EMAIL, TEXT, Delivery, Withheld, deliveries_for, rules_in
from reminders.wish_kinds import FAMILY_OF
from reminders.wish_tables import WishMail

WRITTEN_TO = (BY_EMAIL, BY_TEXT)


def way_of_wish(db: Session, wish: Wish, kind: str, failed: Set[str] = frozenset()) -> Delivery | None:
    """Where a message of this kind to whoever waits goes; None when a colleague has to ring.

    The channels that `failed` for this message are passed over.
    """
    if wish.told_by not in WRITTEN_TO:
        return None
    orders = db.scalar(select(Authority.message_channels).where(Authority.id == wish.authority_id)) or ()
    found = deliveries_for(_contacts(db, wish), kind, rules_in(db.info, orders), failed)
    return None if isinstance(found, Withheld) or found[0].channel not in (EMAIL, TEXT) else found[0]


def _contacts(db: Session, wish: Wish) -> Contacts:
    who = db.get_one(Resident, wish.resident_id)
    email = "" if who.email_returned_at else who.email
    return Contacts(
        resident=Person(who.name, email, who.phone, letter_format=who.letter_format),
        preference=wish.told_by,
        do_not_text=who.do_not_text,
        language=who.message_language,
        safe_hours=who.safe_hours,
    )


def failed_channels(db: Session, mail: WishMail) -> frozenset[str]:
    """The channels by which the same was to be told, and that have failed."""
    same = (WishMail.wish_id == mail.wish_id, WishMail.kind == mail.kind, WishMail.number == mail.number)
    return frozenset(db.scalars(select(WishMail.channel).where(*same, WishMail.state == FAILED)))


def tell_otherwise(db: Session, mail: WishMail, now: datetime) -> None:
    """Owe by the next channel what a text could not tell; where there is none, colleagues ring from now on."""
    wish = db.scalars(select(Wish).where(Wish.id == mail.wish_id).with_for_update()).one()
    if wish.closed_at is not None:
        return
    db.flush()
    failed = failed_channels(db, mail)
    way = way_of_wish(db, wish, FAMILY_OF[mail.kind], failed)
    if way is None:
        ring_from_now_on(db, wish.id)
        return
    same = {"authority_id": mail.authority_id, "wish_id": mail.wish_id, "kind": mail.kind, "number": mail.number}
    db.add(WishMail(**same, channel=way.channel, created_at=now, due_at=now, state=PENDING))


def ring_from_now_on(db: Session, wish_id: int) -> None:
    """Have colleagues ring whoever waits, also about a time that is held for them."""
    db.execute(update(Wish).where(Wish.id == wish_id).values(told_by=BY_PHONE))
    is_open = (Proposal.wish_id == wish_id, Proposal.state == ProposalState.OPEN.value)
    db.execute(update(Proposal).where(*is_open).values(is_rung=True))
