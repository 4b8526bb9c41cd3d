"""The waiting list at work: free times are offered to those who wait, held for them, and taken or left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from booking.events import AppointmentChange, announce
from booking.proposals.tables import Proposal, Wish
from booking.proposals.wish_rules import MOST_UNANSWERED, WishState, answer_by
from booking.queries.waiting_list import Choice, candidates, next_choice
from booking.rebooking import ProposalState
from booking.slot_tokens import SlotKey
from booking.states import State
from booking.tables import Allocation, Appointment
from booking.use_cases.appointment_changes import lock_appointment
from booking.use_cases.book import Booked, Booking, book_in_transaction, result_of, run_operation
from booking.use_cases.offers import CanBeTold, accept_offer
from booking.use_cases.proposals import NewProposal, end_proposal_of_wish, propose
from booking.use_cases.wishes import wish_of
from core.audit import Actor, record
from core.errors import HoldExpired, SlotTaken, TooFar, TooSoon
from core.idempotency import IdempotencyKey
from core.runtime import Runtime
from core.tokens import hold_token
from core.transactions import run_with_retries
from core.wall_clock import instant_of, unit_of
from locations.catalogue_queries import catalogue_by_id, catalogue_while_locked
from locations.tables import Authority, Site
from people.residents.tables import Resident

Mark = tuple[object, ...]
"""What a council's free times depend on, as far as it can be read at once."""
LOOK_AGAIN = timedelta(minutes=5)  # though nothing has changed: times that were kept are released as time goes by


def offer_earlier_times(
    runtime: Runtime, can_be_told: CanBeTold, known: dict[int, Mark] | None = None, *, seconds: float = 10.0
) -> int:
    """Offer what is free to those who wait for it, who has waited longest first; how many offers were made.

    It stops after `seconds`; what is left is offered by the next call. `known` keeps what was seen of each council, so that
    the next call searches only where something has changed.
    """
    end, offered = monotonic() + seconds, 0
    known = {} if known is None else known
    for authority_id in _councils(runtime):
        mark = _mark(runtime, authority_id)
        if known.get(authority_id) != mark:
            _settle(runtime, authority_id)
            made, is_done = _offer_in(runtime, authority_id, can_be_told, end)
            offered += made
            if is_done and not made:
                known[authority_id] = mark
    return offered


def accept_earlier_time(
    runtime: Runtime,
    authority_id: int,
    wish_id: int,
    *,
    actor: Actor,
    channel: str,
    idempotency: IdempotencyKey | None = None,
) -> Booked:
    """The appointment at the time that is held: moved there, or booked for whoever had none.

    Raises: HoldExpired when nothing is held any more, NotFound, and as `reschedule` and `book`.
    """
    with runtime.database.reading() as db:
        wish = wish_of(db, authority_id, wish_id)
        appointment = db.get(Appointment, wish.appointment_id) if wish.appointment_id else None
    if appointment is not None:
        return accept_offer(runtime, authority_id, appointment.reference, actor=actor, idempotency=idempotency)
    operation = partial(_book, runtime=runtime, wish=wish, actor=actor, channel=channel)
    return run_operation(runtime, idempotency, operation)


def decline_earlier_time(runtime: Runtime, authority_id: int, wish_id: int, *, actor: Actor) -> None:
    """The time that is held is free again; whoever waits goes on waiting. Raises: HoldExpired, NotFound."""
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        wish_of(db, authority_id, wish_id)
        if end_proposal_of_wish(db, wish_id, now, ProposalState.DECLINED) is None:
            raise HoldExpired.because("hold_expired")
        record(db, actor, "offer_declined", ("wish", wish_id), authority_id=authority_id, now=now)


def _book(db: Session, now: datetime, *, runtime: Runtime, wish: Wish, actor: Actor, channel: str) -> dict[str, Any]:
    is_open = (Proposal.wish_id == wish.id, Proposal.state == ProposalState.OPEN.value)
    proposal = db.scalar(select(Proposal).where(*is_open))
    if proposal is None:
        raise HoldExpired.because("hold_expired")
    resident = db.get_one(Resident, wish.resident_id)
    booking = Booking(
        wish.authority_id,
        channel,
        resident.id,
        hold=hold_token(runtime.settings.secret_key, proposal.hold_nonce),
        support_needs=tuple(resident.support_needs),
    )
    booked = book_in_transaction(db, now, runtime, booking, actor=actor)
    end_proposal_of_wish(db, wish.id, now, ProposalState.ACCEPTED)
    return result_of(db.get_one(Appointment, booked.appointment_id))


def _councils(runtime: Runtime) -> list[int]:
    """The councils at which somebody waits."""
    with runtime.database.reading() as db:
        waiting = select(Wish.authority_id).where(Wish.closed_at.is_(None)).distinct()
        return sorted(db.scalars(waiting))


def _settle(runtime: Runtime, authority_id: int) -> None:
    """Pause the wishes whose offers were not answered, and close those that no time can meet any more."""
    with runtime.database.reading() as db:
        now = runtime.clock.database_now(db)
        everybody = candidates(db, catalogue_by_id(db, authority_id), now)
        paused = select(Wish.id).where(Wish.authority_id == authority_id, Wish.state == WishState.PAUSED.value)
        is_paused = set(db.scalars(paused))
    for one in everybody:
        wish_id = one.waiting.wish_id
        if one.is_over:
            run_with_retries(runtime.database, partial(_close, runtime=runtime, wish_id=wish_id))
        elif one.waiting.unanswered >= MOST_UNANSWERED and wish_id not in is_paused:
            run_with_retries(runtime.database, partial(_pause, runtime=runtime, wish_id=wish_id))


def _close(db: Session, *, runtime: Runtime, wish_id: int) -> None:
    now = runtime.clock.database_now(db)
    end_proposal_of_wish(db, wish_id, now)
    wish = db.scalars(select(Wish).where(Wish.id == wish_id).with_for_update()).one()
    if wish.closed_at is None:
        wish.state, wish.closed_at, wish.changed_at = WishState.OVER.value, now, now
        record(db, Actor.system(), "wish_over", ("wish", wish_id), authority_id=wish.authority_id, now=now)


def _pause(db: Session, *, runtime: Runtime, wish_id: int) -> None:
    now = runtime.clock.database_now(db)
    row = _locked_appointment(db, wish_id)
    wish = db.scalars(select(Wish).where(Wish.id == wish_id).with_for_update()).one()
    if wish.closed_at is not None or wish.state != WishState.OPEN or wish.unanswered < MOST_UNANSWERED:
        return
    wish.state, wish.changed_at = WishState.PAUSED.value, now
    record(db, Actor.system(), "wish_paused", ("wish", wish_id), authority_id=wish.authority_id, now=now)
    if row is not None:
        number = db.scalar(select(func.max(Proposal.number)).where(Proposal.wish_id == wish_id)) or 0
        announce(db, AppointmentChange(row.authority_id, row.id, row.version, "wish_paused", now, offer=number))


def _offer_in(runtime: Runtime, authority_id: int, can_be_told: CanBeTold, end: float) -> tuple[int, bool]:
    """How many offers were made, and whether nothing is left to offer."""
    offered, refused = 0, set[tuple[int, SlotKey]]()
    while monotonic() < end:
        with runtime.database.reading() as db:
            now = runtime.clock.database_now(db)
            choice = next_choice(db, catalogue_by_id(db, authority_id), now, refused)
        if choice is None:
            return offered, True
        offer: Callable[[Session], bool] = partial(_offer, runtime=runtime, can_be_told=can_be_told, choice=choice)
        try:
            offered += run_with_retries(runtime.database, offer)
        except (SlotTaken, TooSoon, TooFar):  # somebody else was quicker
            refused.add((choice.wish_id, choice.slot_key))
    return offered, False


def _offer(db: Session, *, runtime: Runtime, can_be_told: CanBeTold, choice: Choice) -> bool:
    """Whether the time could be offered; not when whoever waits has got another one meanwhile. Raises: SlotTaken."""
    now, slot_key = runtime.clock.database_now(db), choice.slot_key
    row = _locked_appointment(db, choice.wish_id, slot_key.site_id)
    if row is None:
        catalogue_while_locked(db, slot_key.authority_id, [slot_key.site_id])
    wish = db.scalars(select(Wish).where(Wish.id == choice.wish_id).with_for_update()).one()
    is_open = (Proposal.wish_id == wish.id, Proposal.state == ProposalState.OPEN.value)
    if wish.state != WishState.OPEN or db.scalar(select(Proposal.id).where(*is_open)) is not None:
        return False
    if row is not None and row.state != State.BOOKED:
        return False
    is_rung = row is None or not can_be_told(db, row.id)
    zone = catalogue_by_id(db, slot_key.authority_id).authority.zone
    new = NewProposal(
        slot_key.authority_id,
        slot_key,
        answer_by(now, instant_of(slot_key.start_unit), zone, is_rung=is_rung),
        choice.needs,
        appointment_id=wish.appointment_id,
        wish_id=wish.id,
        is_rung=is_rung,
        passed=choice.passed,
    )
    proposal = propose(db, runtime, new)
    if row is not None and not is_rung:
        change = AppointmentChange(row.authority_id, row.id, row.version, "earlier", now)
        announce(db, replace(change, offer=proposal.number, answer_by=proposal.answer_by))
    return True


def _locked_appointment(db: Session, wish_id: int, *site_ids: int) -> Appointment | None:
    """The appointment of the wish, if it has one, locked after its site and these."""
    columns = (Appointment.authority_id, Appointment.reference, Appointment.site_id)
    found = db.execute(select(*columns).join(Wish, Wish.appointment_id == Appointment.id).where(Wish.id == wish_id))
    row = found.first()
    return None if row is None else lock_appointment(db, row.authority_id, row.reference, row.site_id, *site_ids)


def _mark(runtime: Runtime, authority_id: int) -> Mark:
    """Equal for as long as nothing was booked, freed, planned or wished, for five minutes at the most."""
    with runtime.database.reading() as db:
        now = runtime.clock.database_now(db)
        sites = select(Site.id).where(Site.authority_id == authority_id)
        taken = select(func.count(), func.max(Allocation.id)).where(
            Allocation.site_id.in_(sites),
            Allocation.first_unit >= unit_of(now),
            or_(Allocation.expires_at.is_(None), Allocation.expires_at > now),
        )
        wishes = select(func.count(), func.max(Wish.changed_at)).where(
            Wish.authority_id == authority_id, Wish.closed_at.is_(None)
        )
        version = db.scalar(select(Authority.plan_version).where(Authority.id == authority_id))
        return (
            version,
            *db.execute(taken).one(),
            *db.execute(wishes).one(),
            now.timestamp() // LOOK_AGAIN.total_seconds(),
        )
