"""How whoever waits for an earlier time is told of one, and with whom alone they want to come."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.appointment_repository import service_ids_of
from booking.events import AppointmentChange, WishChange, announce, announce_wish
from booking.proposals.tables import Proposal, Wish
from booking.proposals.wish_rules import BY_EMAIL, BY_PHONE, BY_TEXT, answer_by
from booking.queries.advisers import adviser_of_person, today_of
from booking.queries.appointments import contact_of
from booking.rebooking import ProposalState
from booking.slot_tokens import decode
from booking.tables import Allocation, Appointment, Hold
from core.contact_values import takes_texts
from core.errors import Invalid
from core.runtime import Runtime
from core.tokens import digest, new_nonce, wish_token
from core.wall_clock import instant_of
from locations.catalogue_queries import catalogue_by_id
from locations.model import Catalogue
from people.residents.tables import Representative, Resident


def choose_way(db: Session, runtime: Runtime, wish: Wish, told_by: str, now: datetime) -> bool:
    """Keep how they are told; whether they get a link of the wish now. Raises: Invalid."""
    if not told_by:
        if wish.appointment_id is not None:
            wish.told_by = ""  # as about the appointment
        return False
    email, phones = _reached_at(db, wish)
    is_reached = {BY_EMAIL: bool(email), BY_TEXT: any(map(takes_texts, phones)), BY_PHONE: any(phones)}
    if not is_reached.get(told_by):
        raise Invalid.in_field("told_by", "wish_told_by_unreachable")
    wish.told_by = told_by
    proposal = _held(db, wish, now) if wish.id is not None else None
    if proposal is not None and told_by == BY_PHONE:
        _ring_about(db, wish, proposal, now)
    elif proposal is not None and proposal.is_rung:
        _write_about(db, wish, proposal, now)
    if told_by == BY_PHONE or wish.appointment_id is not None:
        return False
    if not wish.link_nonce:
        wish.link_nonce = new_nonce()
        wish.link_digest = digest(wish_token(runtime.settings.secret_key, wish.link_nonce))
    return True


def _held(db: Session, wish: Wish, now: datetime) -> Proposal | None:
    """What is held for them already; what is over is offered anew."""
    is_open = (Proposal.wish_id == wish.id, Proposal.state == ProposalState.OPEN.value)
    proposal = db.scalar(select(Proposal).where(*is_open).with_for_update())
    return proposal if proposal is not None and proposal.answer_by > now else None


def _write_about(db: Session, wish: Wish, proposal: Proposal, now: datetime) -> None:
    """Have nobody ring about a time that is held: a message says so, if none has before."""
    proposal.is_rung = False
    db.flush()  # the message goes as the wish says by now
    if wish.appointment_id is None:
        announce_wish(db, WishChange(wish.authority_id, wish.id, "offered", now, proposal.number))
        return
    row = db.get_one(Appointment, wish.appointment_id)
    change = AppointmentChange(row.authority_id, row.id, row.version, "earlier", now)
    announce(db, replace(change, offer=proposal.number, answer_by=proposal.answer_by))


def _ring_about(db: Session, wish: Wish, proposal: Proposal, now: datetime) -> None:
    """Have colleagues ring about the time that is held, and hold it as long as that takes."""
    zone = catalogue_by_id(db, wish.authority_id).authority.zone
    starts_at = instant_of(decode(proposal.slot_token).start_unit)
    until = answer_by(now, starts_at, zone, is_rung=True)
    proposal.is_rung, proposal.answer_by = True, max(proposal.answer_by, until)
    for rows, is_theirs in ((Hold, Hold.id), (Allocation, Allocation.hold_id)):
        shorter = (is_theirs == proposal.hold_id, rows.expires_at > now, rows.expires_at < until)
        db.execute(update(rows).where(*shorter).values(expires_at=until))


def _reached_at(db: Session, wish: Wish) -> tuple[str, tuple[str, ...]]:
    """The email address of whoever waits, or of who acts for them, and the numbers of both; empty where there is none."""
    resident = db.get_one(Resident, wish.resident_id)
    if wish.appointment_id is None:
        return resident.email, (resident.phone,)
    row = db.get_one(Appointment, wish.appointment_id)
    contact = contact_of(row, resident)
    helper = db.get(Representative, row.representative_id) if row.representative_id else None
    return contact.email or (helper.email if helper else ""), (contact.phone, helper.phone if helper else "")


def own_adviser_of(db: Session, catalogue: Catalogue, wish: Wish, now: datetime) -> int:
    """The adviser whom they have, who can be booked. Raises: Invalid."""
    ids = wish.service_ids if wish.appointment_id is None else service_ids_of(db, wish.appointment_id)
    whose = (wish.resident_id, ids, today_of(catalogue, now), wish.appointment_id)
    known = adviser_of_person(db, catalogue, *whose)
    if known is None or not known.works_here:
        raise Invalid.in_field("own_adviser", "no_adviser_known")
    return known.resource_id
