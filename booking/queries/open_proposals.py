"""What an appointment that cannot take place as booked has before it: another time that is held, and its deadline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from booking.rebooking import ProposalState
from booking.slot_tokens import SlotKey, decode
from booking.tables import Proposal, RebookItem
from core.wall_clock import instant_of
from locations.model import Catalogue, SiteFacts


@dataclass(frozen=True)
class OpenProposal:
    """A proposal that can still be accepted. Instants in the council's zone; `nonce` is that of its hold."""

    slot_key: SlotKey
    site: SiteFacts
    starts_at: datetime
    answer_by: datetime
    nonce: str


@dataclass(frozen=True)
class Rebooking:
    """That an appointment must be rebooked, and which time is proposed for it, if there is one."""

    proposal: OpenProposal | None


def rebooking_of(db: Session, catalogue: Catalogue, appointment_id: int, now: datetime) -> Rebooking | None:
    """What is to be said about an appointment that is on a list of people to rebook; None when it is on none."""
    is_listed = exists().where(RebookItem.appointment_id == appointment_id, RebookItem.closed_at.is_(None))
    if not db.scalar(select(is_listed)):
        return None
    return Rebooking(open_proposal(db, catalogue, appointment_id, now))


def open_proposal(db: Session, catalogue: Catalogue, appointment_id: int, now: datetime) -> OpenProposal | None:
    """The proposal that whoever has the appointment may accept now, or None."""
    row = db.scalar(
        select(Proposal).where(
            Proposal.appointment_id == appointment_id,
            Proposal.state == ProposalState.OPEN.value,
            Proposal.hold_id.is_not(None),
            Proposal.answer_by > now,
        )
    )
    if row is None:
        return None
    slot_key, zone = decode(row.slot_token), ZoneInfo(catalogue.authority.zone)
    return OpenProposal(
        slot_key,
        catalogue.site_by_id(slot_key.site_id),
        instant_of(slot_key.start_unit).astimezone(zone),
        row.answer_by.astimezone(zone),
        row.hold_nonce,
    )
