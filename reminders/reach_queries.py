"""Who is reached about an appointment, and what the owner of an address may say about what was booked for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, select, update
from sqlalchemy.orm import Session

from booking.events import Readers
from booking.proposals.tables import Proposal, Wish
from booking.proposals.wish_rules import BY_EMAIL, BY_PHONE, BY_TEXT
from booking.queries.rebook_lists import RebookList, is_on
from booking.rebooking import AFFECTED, ProposalState, RebookState
from booking.tables import RebookItem
from reminders.delivery_decisions import FAILED, PENDING, WITHHELD
from reminders.outbox import WINDOW, online_bookings, planning_input
from reminders.reach import OfferMessage, Reached, reached_by
from reminders.reasons import NOT_THEIRS
from reminders.recipients import CONFIRMATION, EARLIER_TIME, EMAIL, MANAGE_LINK, OFFER, Withheld, deliveries_for
from reminders.tables import Notification
from reminders.wish_way_queries import way_of_wish

# What the tables have of an open proposal and of the message that offers it.
_OF_OFFER = (Notification.appointment_id == Proposal.appointment_id) & (
    Notification.kind == OFFER + "_" + cast(Proposal.number, String)
)
NOT_DELIVERED = frozenset({FAILED, WITHHELD})


def withhold_for_owner(db: Session, appointment_ids: Sequence[int], now: datetime) -> None:
    """Send nothing more about these appointments, which the owner of their address did not book."""
    pending = update(Notification).where(
        Notification.appointment_id.in_(appointment_ids), Notification.status == PENDING
    )
    values = {"status": WITHHELD, "reason": NOT_THEIRS, "closed_at": now, "lease_until": None}
    db.execute(pending.values(values).execution_options(synchronize_session=False))


def readers_of(db: Session, appointment_id: int) -> Readers:
    """The subscriber of `booking.events.readers_asked`. The last one is who has a confirmation after channels failed."""
    planning = planning_input(db, appointment_id)
    refused = (Notification.appointment_id == appointment_id, Notification.status == FAILED)
    failed = frozenset(db.scalars(select(Notification.channel).where(*refused)))
    asked = ((CONFIRMATION, frozenset[str]()), (MANAGE_LINK, frozenset[str]()), (CONFIRMATION, failed))
    found = (deliveries_for(planning.contacts, kind, planning.rules, but) for kind, but in asked)
    return tuple(("", "") if isinstance(one, Withheld) else (one[0].channel, one[0].address) for one in found)


def address_of(db: Session, appointment_id: int) -> str:
    """The address to which email about the appointment goes, or nothing."""
    return planning_input(db, appointment_id).mail_address


def link_address_of(db: Session, appointment_id: int) -> str:
    """The same address, where the link to the appointment goes there too when somebody asks for it, or nothing."""
    planning = planning_input(db, appointment_id)
    found = deliveries_for(planning.contacts, MANAGE_LINK, planning.rules)
    address = "" if isinstance(found, Withheld) or found[0].channel != EMAIL else found[0].address
    return address if address == planning.mail_address else ""


def can_be_told(db: Session, appointment_id: int | None, *, wish_id: int | None = None) -> bool:
    """Whether an offer about the appointment, or of the wish, would reach anybody by a channel that there is."""
    if appointment_id is None:
        return wish_id is not None and way_of_wish(db, db.get_one(Wish, wish_id), EARLIER_TIME) is not None
    planning, kind = planning_input(db, appointment_id), OFFER if wish_id is None else EARLIER_TIME
    return not isinstance(deliveries_for(planning.contacts, kind, planning.rules), Withheld)


def ways_to_wait(db: Session, appointment_id: int) -> tuple[str, ...]:
    """How whoever wants the appointment earlier can be told of a time; as messages about it go comes first."""
    planning = planning_input(db, appointment_id)

    def channel_for(way: str) -> str:
        contacts = replace(planning.contacts, earlier_by=way)
        found = deliveries_for(contacts, EARLIER_TIME, planning.rules)
        return "" if isinstance(found, Withheld) else found[0].channel

    usual = channel_for("")
    written = [way for way in (BY_EMAIL, BY_TEXT) if channel_for(way) == way]
    own, helper = planning.contacts.own.phone, planning.contacts.representative
    has_phone = (planning.contacts.resident.phone if own is None else own) or (helper and helper.phone)
    return (*sorted(written, key=lambda way: way != usual), *([BY_PHONE] if has_phone else []))


def undelivered_offers(db: Session, authority_id: int) -> frozenset[int]:
    """The appointments whose last offer of another time reached nobody, and is still open."""
    open_offers = (
        select(Proposal.appointment_id, Notification.status)
        .join(Notification, _OF_OFFER)
        .where(Proposal.authority_id == authority_id, Proposal.state == ProposalState.OPEN.value)
    )
    statuses: dict[int, set[str]] = {}
    for appointment_id, status in db.execute(open_offers):
        if appointment_id is not None:
            statuses.setdefault(appointment_id, set()).add(status)
    return frozenset(id_ for id_, found in statuses.items() if found <= NOT_DELIVERED)


def reached_on(db: Session, listed: RebookList, confirming: Set[str]) -> dict[int, Reached]:
    """How far each person on the list was reached, by the appointment's id. One statement: nobody is in two groups."""
    is_open = (Proposal.appointment_id == RebookItem.appointment_id) & (Proposal.state == ProposalState.OPEN.value)
    rows = db.execute(
        select(
            RebookItem.appointment_id,
            RebookItem.state,
            Notification.channel,
            Notification.status,
            Notification.reason,
            Notification.delivered_at,
        )
        .outerjoin(Proposal, is_open & (RebookItem.state == RebookState.OFFERED.value))
        .outerjoin(Notification, _OF_OFFER)
        .where(*is_on(listed))
        .order_by(RebookItem.id, Notification.id)
    )
    states: dict[int, RebookState] = {}
    messages: defaultdict[int, list[OfferMessage]] = defaultdict(list)
    for row in rows:
        if row.state in AFFECTED:
            states[row.appointment_id] = RebookState(row.state)
            messages[row.appointment_id] += [_message_of(row)] if row.status else []
    return {id_: reached_by(state, messages[id_], confirming) for id_, state in states.items()}


def _message_of(row: Any) -> OfferMessage:
    return OfferMessage(row.channel, row.status, row.reason, is_delivered=row.delivered_at is not None)


def bookings_for(db: Session, authority_id: int, address: str, created_at: datetime) -> list[int]:
    """The online bookings for `address`, made within a day before this instant or since, in the order of booking."""
    return online_bookings(db, authority_id, address, created_at - WINDOW) if address else []
