"""One free time offered to whoever has waited longest for it, and at short notice to the next ones at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.events import AppointmentChange, WishChange, announce, announce_wish
from booking.proposals.tables import Proposal, Wish
from booking.proposals.wish_rules import WishState, answer_by
from booking.queries.waiting_list import Choice
from booking.rebooking import ProposalState
from booking.states import State
from booking.tables import Appointment
from booking.use_cases.appointment_changes import lock_appointment
from booking.use_cases.offers import CanBeTold
from booking.use_cases.proposals import NewProposal, propose, share
from core.runtime import Runtime
from core.transactions import lock_by_name
from core.wall_clock import instant_of
from locations.catalogue_queries import catalogue_by_id, catalogue_while_locked

IsHeld = Callable[[Session, Wish, datetime], bool]
"""Whether the council holds back at present what would tell somebody of an offer."""


def never_held(_db: Session, _wish: Wish, _now: datetime) -> bool:
    """Where no council holds back any messages."""
    return False


@dataclass(frozen=True)
class _Waiting:
    """Somebody who can be offered a time now, locked, with their appointment where they have one."""

    wish: Wish
    row: Appointment | None
    is_told: bool  # a message reaches them


def offer_time(
    db: Session, *, runtime: Runtime, can_be_told: CanBeTold, choice: Choice, is_held: IsHeld = never_held
) -> bool:
    """Whether the time could be offered; not when whoever waits has got another one meanwhile.

    Of several at once nobody gets it whose message `is_held`.

    Raises: SlotTaken; RateLimited when as much is held for strangers of the same origin as may be.
    """
    now, slot_key = runtime.clock.database_now(db), choice.slot_key
    origin = db.scalar(select(Wish.origin).where(Wish.id == choice.wish_id))
    if origin:  # before the site, as whoever holds a time does
        lock_by_name(db, f"holds of {origin}")
    of_theirs = select(Appointment.site_id).join(Wish, Wish.appointment_id == Appointment.id)
    site_ids = db.scalars(of_theirs.where(Wish.id.in_([choice.wish_id, *choice.others]))).all()
    catalogue_while_locked(db, slot_key.authority_id, [slot_key.site_id, *site_ids])
    first = _waiting(db, choice.wish_id, slot_key.site_id, can_be_told)
    if first is None:
        return False
    zone = catalogue_by_id(db, slot_key.authority_id).authority.zone
    new = NewProposal(
        slot_key.authority_id,
        slot_key,
        answer_by(now, instant_of(slot_key.start_unit), zone, is_rung=not first.is_told),
        choice.needs,
        appointment_id=first.wish.appointment_id,
        wish_id=first.wish.id,
        is_rung=not first.is_told,
        origin=first.wish.origin,
        passed=choice.passed,
    )
    proposal = propose(db, runtime, new)
    _tell(db, first, proposal, now)
    for wish_id in choice.others if first.is_told else ():
        other = _waiting(db, wish_id, slot_key.site_id, can_be_told)
        if other is not None and other.is_told and not is_held(db, other.wish, now):
            shared = share(db, proposal, appointment_id=other.wish.appointment_id, wish_id=wish_id)
            _tell(db, other, shared, now)
    return True


def _waiting(db: Session, wish_id: int, site_id: int, can_be_told: CanBeTold) -> _Waiting | None:
    """Whoever has this wish, locked; None when nothing can be offered to them any more, or something is already."""
    row = locked_appointment(db, wish_id, site_id)
    wish = db.scalars(select(Wish).where(Wish.id == wish_id).with_for_update()).one()
    is_open = (Proposal.wish_id == wish.id, Proposal.state == ProposalState.OPEN.value)
    if wish.state != WishState.OPEN or db.scalar(select(Proposal.id).where(*is_open)) is not None:
        return None
    if row is None:
        return _Waiting(wish, None, can_be_told(db, None, wish_id=wish.id))
    return _Waiting(wish, row, can_be_told(db, row.id, wish_id=wish.id)) if row.state == State.BOOKED else None


def _tell(db: Session, one: _Waiting, proposal: Proposal, now: datetime) -> None:
    """Announce the offer, unless a colleague rings."""
    if not one.is_told:
        return
    if one.row is None:
        announce_wish(db, WishChange(proposal.authority_id, one.wish.id, "offered", now, proposal.number))
    else:
        change = AppointmentChange(one.row.authority_id, one.row.id, one.row.version, "earlier", now)
        announce(db, replace(change, offer=proposal.number, answer_by=proposal.answer_by))


def locked_appointment(db: Session, wish_id: int, *site_ids: int) -> Appointment | None:
    """The appointment of the wish, if it has one, locked after its site and these."""
    columns = (Appointment.authority_id, Appointment.reference, Appointment.site_id)
    found = db.execute(select(*columns).join(Wish, Wish.appointment_id == Appointment.id).where(Wish.id == wish_id))
    row = found.first()
    return None if row is None else lock_appointment(db, row.authority_id, row.reference, row.site_id, *site_ids)
