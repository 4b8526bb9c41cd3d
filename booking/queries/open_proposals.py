"""What an appointment that cannot take place as booked has before it: another time that is held, and its deadline."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from booking.proposals.tables import Proposal
from booking.proposals.time_ranking import ProposedChange
from booking.queries.proposed_changes import proposed_changes
from booking.queries.rebook_lists import RebookList, is_on
from booking.rebooking import ProposalState
from booking.slot_tokens import SlotKey, decode
from booking.tables import RebookItem
from core.wall_clock import instant_of
from locations.model import Catalogue, SiteFacts


@dataclass(frozen=True)
class OpenProposal:
    """A proposal that can still be accepted. Instants in the council's zone; `nonce` is that of its hold.

    `wish_id` is that of the wish for an earlier time which it answers, or None. `change` says how it differs from the time
    of the appointment, where there is one.
    """

    slot_key: SlotKey
    site: SiteFacts
    starts_at: datetime
    answer_by: datetime
    nonce: str
    wish_id: int | None = None
    change: ProposedChange | None = None
    is_shared: bool = False  # offered to others too: who accepts first has it

    @property
    def mode(self) -> str:
        """How the visit is held."""
        return self.slot_key.mode


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
    return open_proposals(db, catalogue, [appointment_id], now).get(appointment_id)


def proposals_of_wishes(
    db: Session, catalogue: Catalogue, wish_ids: Collection[int], now: datetime
) -> dict[int, OpenProposal]:
    """The proposals that can be accepted now by whoever waits with these wishes, by the wish's id."""
    rows = db.scalars(_open_at(now).where(Proposal.wish_id.in_(wish_ids)))
    return {row.wish_id: _proposal(catalogue, row) for row in rows if row.wish_id is not None}


def proposals_of(db: Session, catalogue: Catalogue, listed: RebookList, now: datetime) -> dict[int, OpenProposal]:
    """The proposals that can be accepted now by whoever is on the list, by the ids of their appointments."""
    ids = select(RebookItem.appointment_id).where(*is_on(listed), RebookItem.closed_at.is_(None))
    return open_proposals(db, catalogue, db.scalars(ids).all(), now)


def open_proposals(
    db: Session, catalogue: Catalogue, appointment_ids: Collection[int], now: datetime
) -> dict[int, OpenProposal]:
    """The proposals for these appointments that can be accepted now, by the ids of the appointments."""
    rows = db.scalars(_open_at(now).where(Proposal.appointment_id.in_(appointment_ids))).all()
    changes = proposed_changes(db, catalogue, rows)
    return {
        row.appointment_id: replace(_proposal(catalogue, row), change=changes.get(row.id))
        for row in rows
        if row.appointment_id is not None
    }


def _open_at(now: datetime) -> Select[Proposal]:
    return select(Proposal).where(
        Proposal.state == ProposalState.OPEN.value, Proposal.hold_id.is_not(None), Proposal.answer_by > now
    )


def _proposal(catalogue: Catalogue, row: Proposal) -> OpenProposal:
    slot_key, zone = decode(row.slot_token), ZoneInfo(catalogue.authority.zone)
    return OpenProposal(
        slot_key,
        catalogue.site_by_id(slot_key.site_id),
        instant_of(slot_key.start_unit).astimezone(zone),
        row.answer_by.astimezone(zone),
        row.hold_nonce,
        row.wish_id,
        is_shared=row.is_shared,
    )
