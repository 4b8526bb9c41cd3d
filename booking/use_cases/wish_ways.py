"""How whoever waits for an earlier time is told of one, and with whom alone they want to come."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from booking.appointment_repository import service_ids_of
from booking.proposals.tables import Proposal, Wish
from booking.proposals.wish_rules import BY_EMAIL, BY_PHONE
from booking.queries.advisers import adviser_of_person, today_of
from booking.queries.appointments import contact_of
from booking.rebooking import ProposalState
from booking.tables import Appointment
from core.errors import Invalid
from core.runtime import Runtime
from core.tokens import digest, new_nonce, wish_token
from locations.model import Catalogue
from people.residents.tables import Representative, Resident


def choose_way(db: Session, runtime: Runtime, wish: Wish, told_by: str) -> bool:
    """Keep how they are told; whether they get a link of the wish now. Raises: Invalid."""
    if not told_by:
        return False
    email, phone = _reached_at(db, wish)
    if not (email if told_by == BY_EMAIL else phone):
        raise Invalid.in_field("told_by", "wish_told_by_unreachable")
    wish.told_by = told_by
    if told_by == BY_PHONE and wish.id is not None:  # about a time that is held already, too
        is_open = (Proposal.wish_id == wish.id, Proposal.state == ProposalState.OPEN.value)
        db.execute(update(Proposal).where(*is_open).values(is_rung=True))
    if told_by == BY_PHONE or wish.appointment_id is not None:
        return False
    if not wish.link_nonce:
        wish.link_nonce = new_nonce()
        wish.link_digest = digest(wish_token(runtime.settings.secret_key, wish.link_nonce))
    return True


def _reached_at(db: Session, wish: Wish) -> tuple[str, str]:
    """The email address and the telephone number of whoever waits, or of who acts for them; empty where there is none."""
    resident = db.get_one(Resident, wish.resident_id)
    if wish.appointment_id is None:
        return resident.email, resident.phone
    row = db.get_one(Appointment, wish.appointment_id)
    contact = contact_of(row, resident)
    helper = db.get(Representative, row.representative_id) if row.representative_id else None
    return contact.email or (helper.email if helper else ""), contact.phone or (helper.phone if helper else "")


def own_adviser_of(db: Session, catalogue: Catalogue, wish: Wish, now: datetime) -> int:
    """The adviser whom they have, who can be booked. Raises: Invalid."""
    ids = wish.service_ids if wish.appointment_id is None else service_ids_of(db, wish.appointment_id)
    whose = (wish.resident_id, ids, today_of(catalogue, now), wish.appointment_id)
    known = adviser_of_person(db, catalogue, *whose)
    if known is None or not known.works_here:
        raise Invalid.in_field("own_adviser", "no_adviser_known")
    return known.resource_id
