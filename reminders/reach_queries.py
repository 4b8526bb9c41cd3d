"""Who is reached about an appointment, and what the owner of an address may say about what was booked for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import String, cast, select, update
from sqlalchemy.orm import Session

from booking.proposals.tables import Proposal
from booking.rebooking import ProposalState
from reminders.channels.registry import CHANNEL_RULES
from reminders.delivery_decisions import FAILED, PENDING, WITHHELD
from reminders.outbox import WINDOW, email_address, online_bookings, planning_input
from reminders.reasons import NOT_THEIRS
from reminders.recipients import OFFER, Withheld, deliveries_for
from reminders.tables import Notification

NOT_DELIVERED = frozenset({FAILED, WITHHELD})


def withhold_for_owner(db: Session, appointment_ids: Sequence[int], now: datetime) -> None:
    """Send nothing more about these appointments, which the owner of their address did not book."""
    pending = update(Notification).where(
        Notification.appointment_id.in_(appointment_ids), Notification.status == PENDING
    )
    values = {"status": WITHHELD, "reason": NOT_THEIRS, "closed_at": now, "lease_until": None}
    db.execute(pending.values(values).execution_options(synchronize_session=False))


def address_of(db: Session, appointment_id: int) -> str:
    """The address to which email about the appointment goes, or nothing."""
    return email_address(planning_input(db, appointment_id).contacts)


def can_be_told(db: Session, appointment_id: int) -> bool:
    """Whether an offer about the appointment would reach anybody by a channel that there is."""
    contacts = planning_input(db, appointment_id).contacts
    return not isinstance(deliveries_for(contacts, OFFER, CHANNEL_RULES), Withheld)


def undelivered_offers(db: Session, authority_id: int) -> frozenset[int]:
    """The appointments whose last offer of another time reached nobody, and is still open."""
    open_offers = (
        select(Proposal.appointment_id, Notification.status)
        .join(
            Notification,
            (Notification.appointment_id == Proposal.appointment_id)
            & (Notification.kind == OFFER + "_" + cast(Proposal.number, String)),
        )
        .where(Proposal.authority_id == authority_id, Proposal.state == ProposalState.OPEN.value)
    )
    statuses: dict[int, set[str]] = {}
    for appointment_id, status in db.execute(open_offers):
        if appointment_id is not None:
            statuses.setdefault(appointment_id, set()).add(status)
    return frozenset(id_ for id_, found in statuses.items() if found <= NOT_DELIVERED)


def bookings_for(db: Session, authority_id: int, address: str, created_at: datetime) -> list[int]:
    """The online bookings for `address`, made within a day before this instant or since, in the order of booking."""
    return online_bookings(db, authority_id, address, created_at - WINDOW) if address else []
