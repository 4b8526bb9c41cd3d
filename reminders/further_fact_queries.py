"""What some messages say besides the appointment: the time that is offered, and our answer to a text."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.proposals.tables import Proposal
from booking.queries.proposed_changes import proposed_changes
from booking.rebooking import ProposalState
from booking.slot_tokens import decode
from booking.tables import Appointment
from core.wall_clock import instant_of
from locations.model import Catalogue
from reminders.offered_time import OfferedTime
from reminders.tables import InboundText
from reminders.text_answers import TextAnswer


def offered_times(db: Session, rows: Sequence[Any], catalogues: Mapping[int, Catalogue]) -> dict[int, OfferedTime]:
    """What is offered and held for these appointments, by their ids."""
    is_open = (Proposal.state == ProposalState.OPEN.value, Proposal.hold_id.is_not(None))
    offers: dict[int, OfferedTime] = {}
    for authority_id in {row.authority_id for row in rows}:
        ids = [row.id for row in rows if row.authority_id == authority_id]
        found = db.scalars(select(Proposal).where(Proposal.appointment_id.in_(ids), *is_open)).all()
        changes = proposed_changes(db, catalogues[authority_id], found)
        for one in found:
            slot, change = decode(one.slot_token), changes.get(one.id)
            site, starts_at = catalogues[authority_id].site_by_id(slot.site_id), instant_of(slot.start_unit)
            offers[one.appointment_id or 0] = OfferedTime(site, starts_at, one.answer_by, change, one.is_shared)
    return offers


def text_answers(db: Session, text_ids: Collection[int]) -> dict[int, TextAnswer]:
    """What we say to the texts with these ids, by id."""
    texts = db.scalars(select(InboundText).where(InboundText.id.in_(text_ids))).all()
    chosen = {appointment_id for text in texts for appointment_id in text.choices}
    columns = (Appointment.id, Appointment.starts_at)
    starts = {row.id: row.starts_at for row in db.execute(select(*columns).where(Appointment.id.in_(chosen)))}
    return {
        text.id: TextAnswer(text.outcome, text.from_number, tuple(starts[one] for one in text.choices if one in starts))
        for text in texts
    }
