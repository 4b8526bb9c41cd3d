"""The waiting list at work: free times are offered to those who wait, held for them, and taken or left."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from booking.events import AppointmentChange, WishChange, announce, announce_wish
from booking.proposals.tables import Proposal, Wish
from booking.proposals.wish_rules import MOST_UNANSWERED, WishState
from booking.queries.waiting_list import candidates, next_choice
from booking.rebooking import ProposalState
from booking.slot_tokens import SlotKey
from booking.tables import Allocation, Appointment, Hold
from booking.use_cases.book import Booked, Booking, book_in_transaction, run_operation
from booking.use_cases.changed_result import result_of
from booking.use_cases.offer_time import IsHeld, locked_appointment, never_held, offer_time
from booking.use_cases.offers import CanBeTold, accept_offer
from booking.use_cases.proposals import end_proposal_of_wish
from booking.use_cases.wishes import wish_of
from core.audit import Actor, record
from core.errors import HoldExpired, RateLimited, SlotTaken, TooFar, TooSoon
from core.idempotency import IdempotencyKey
from core.outages import outage_of
from core.runtime import Runtime
from core.tokens import hold_token
from core.transactions import run_with_retries
from core.wall_clock import unit_of
from locations.catalogue_queries import catalogue_by_id
from locations.tables import Authority, Site
from people.residents.tables import Resident

Mark = tuple[object, ...]
"""What a council's free times depend on, as far as it can be read at once."""
LOOK_AGAIN = timedelta(minutes=5)  # though nothing has changed: times that were kept are released as time goes by
log = logging.getLogger(__name__)


def offer_earlier_times(
    runtime: Runtime,
    can_be_told: CanBeTold,
    known: dict[int, Mark] | None = None,
    *,
    is_held: IsHeld = never_held,
    seconds: float = 10.0,
) -> int:
    """Offer what is free to those who wait for it, who has waited longest first; how many offers were made.

    It stops after `seconds`; what is left is offered by the next call. `known` keeps what was seen of each council, so that
    the next call searches only where something has changed. Nothing is offered to whom the council tells nothing now.
    """
    end, offered = monotonic() + seconds, 0
    known = {} if known is None else known
    for authority_id in _councils(runtime):
        mark = _mark(runtime, authority_id)
        if known.get(authority_id) == mark:
            continue
        made, is_done = 0, True
        with _going_on("council", authority_id):
            _settle(runtime, authority_id)
            made, is_done = _offer_in(runtime, authority_id, (can_be_told, is_held), end)
        offered += made
        if is_done and not made:
            known[authority_id] = mark
    return offered


@contextmanager
def _going_on(of_what: str, number: int) -> Iterator[None]:
    """Log a mistake of ours with one of several: it must not stop the others. An outage stops them all."""
    try:
        yield
    except Exception as error:
        if outage_of(error) is not None:
            raise
        log.exception("the waiting list failed: %s %s", of_what, number)


def accept_earlier_time(
    runtime: Runtime,
    authority_id: int,
    wish_id: int,
    *,
    actor: Actor,
    channel: str,
    despite_same_time: bool = False,
    proposal_id: int | None = None,
    spoke_with: str = "",
    idempotency: IdempotencyKey | None = None,
) -> Booked:
    """The appointment at the time that is held: moved there, or booked for whoever had none.

    The time is that of this proposal and of no later one, where one is named. Staff `spoke_with` the resident or the
    representative when they said yes on the telephone.

    Raises: HoldExpired when nothing is held any more, NotFound, and as `reschedule` and `book`.
    """
    with runtime.database.reading() as db:
        wish = wish_of(db, authority_id, wish_id)
        appointment = db.get(Appointment, wish.appointment_id) if wish.appointment_id else None
    if appointment is not None:
        whose = (runtime, authority_id, appointment.reference)
        accept = partial(accept_offer, *whose, actor=actor, spoke_with=spoke_with)
        return accept(proposal_id=proposal_id, idempotency=idempotency)
    how = partial(_book, channel=channel, despite_same_time=despite_same_time, spoke_with=spoke_with)
    operation = partial(how, runtime=runtime, wish=wish, actor=actor, proposal_id=proposal_id)
    return run_operation(runtime, idempotency, operation)


def decline_earlier_time(
    runtime: Runtime, authority_id: int, wish_id: int, *, actor: Actor, proposal_id: int | None = None
) -> None:
    """The time that is held is free again; whoever waits goes on waiting. Raises: HoldExpired, NotFound."""

    def operation(db: Session) -> None:
        now = runtime.clock.database_now(db)
        wish_of(db, authority_id, wish_id)
        proposal = end_proposal_of_wish(db, wish_id, now, ProposalState.DECLINED)
        if proposal is None or proposal_id not in (None, proposal.id):
            raise HoldExpired.because("hold_expired")
        if proposal_id is not None:  # whoever has answered a message gets an answer
            announce_wish(db, WishChange(authority_id, wish_id, "left", now, proposal.number))
        record(db, actor, "offer_declined", ("wish", wish_id), authority_id=authority_id, now=now)

    run_with_retries(runtime.database, operation)


def _book(
    db: Session,
    now: datetime,
    *,
    runtime: Runtime,
    wish: Wish,
    actor: Actor,
    channel: str,
    despite_same_time: bool,
    proposal_id: int | None,
    spoke_with: str,
) -> dict[str, Any]:
    is_open = (Proposal.wish_id == wish.id, Proposal.state == ProposalState.OPEN.value, Proposal.answer_by > now)
    proposal = db.scalar(select(Proposal).where(*is_open))
    if proposal is None or proposal_id not in (None, proposal.id):
        raise HoldExpired.because("hold_expired")
    resident = db.get_one(Resident, wish.resident_id)
    booking = Booking(
        wish.authority_id,
        channel,
        resident.id,
        hold=hold_token(runtime.settings.secret_key, proposal.hold_nonce),
        support_needs=tuple(resident.support_needs if wish.support_needs is None else wish.support_needs),
        despite_same_time=despite_same_time,
        spoke_with=spoke_with,
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
        is_silent = one.waiting.unanswered >= MOST_UNANSWERED and wish_id not in is_paused
        if not one.is_over and not is_silent:
            continue
        with _going_on("wish", wish_id):
            how = _close if one.is_over else _pause
            run_with_retries(runtime.database, partial(how, runtime=runtime, wish_id=wish_id))


def _close(db: Session, *, runtime: Runtime, wish_id: int) -> None:
    now = runtime.clock.database_now(db)
    end_proposal_of_wish(db, wish_id, now)
    wish = db.scalars(select(Wish).where(Wish.id == wish_id).with_for_update()).one()
    if wish.closed_at is None:
        wish.state, wish.closed_at, wish.changed_at = WishState.OVER.value, now, now
        record(db, Actor.system(), "wish_over", ("wish", wish_id), authority_id=wish.authority_id, now=now)


def _pause(db: Session, *, runtime: Runtime, wish_id: int) -> None:
    now = runtime.clock.database_now(db)
    row = locked_appointment(db, wish_id)
    wish = db.scalars(select(Wish).where(Wish.id == wish_id).with_for_update()).one()
    if wish.closed_at is not None or wish.state != WishState.OPEN or wish.unanswered < MOST_UNANSWERED:
        return
    wish.state, wish.changed_at = WishState.PAUSED.value, now
    record(db, Actor.system(), "wish_paused", ("wish", wish_id), authority_id=wish.authority_id, now=now)
    number = db.scalar(select(func.max(Proposal.number)).where(Proposal.wish_id == wish_id)) or 0
    if row is not None:
        announce(db, AppointmentChange(row.authority_id, row.id, row.version, "wish_paused", now, offer=number))
    else:
        announce_wish(db, WishChange(wish.authority_id, wish.id, "paused", now, number))


def _offer_in(runtime: Runtime, authority_id: int, telling: tuple[CanBeTold, IsHeld], end: float) -> tuple[int, bool]:
    """How many offers were made, and whether nothing is left to offer."""
    can_be_told, is_held = telling
    offered, refused, full = 0, set[tuple[int, SlotKey]](), set[int]()
    while monotonic() < end:
        with runtime.database.reading() as db:
            now = runtime.clock.database_now(db)
            choice = next_choice(db, catalogue_by_id(db, authority_id), now, refused, full)
            held = choice is not None and is_held(db, db.get_one(Wish, choice.wish_id), now)
        if choice is None:
            return offered, True
        if held:
            full.add(choice.wish_id)
            continue
        how = partial(offer_time, runtime=runtime, can_be_told=can_be_told, is_held=is_held)
        offer: Callable[[Session], bool] = partial(how, choice=choice)
        is_right = False
        with _going_on("wish", choice.wish_id):
            try:
                offered += run_with_retries(runtime.database, offer)
            except (SlotTaken, TooSoon, TooFar):  # somebody else was quicker
                refused.add((choice.wish_id, choice.slot_key))
            except RateLimited:  # as much is held for strangers of the same origin as may be
                full.add(choice.wish_id)
            is_right = True
        if not is_right:
            full.add(choice.wish_id)
    return offered, False


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
        kept = select(func.count(), func.max(Hold.id)).where(
            Hold.authority_id == authority_id, Hold.is_kept, Hold.expires_at > now
        )
        version = db.scalar(select(Authority.plan_version).where(Authority.id == authority_id))
        return (
            version,
            *db.execute(taken).one(),
            *db.execute(wishes).one(),
            *db.execute(kept).one(),
            now.timestamp() // LOOK_AGAIN.total_seconds(),
        )
