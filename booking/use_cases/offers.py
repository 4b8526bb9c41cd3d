"""Offers after a closure: for everybody affected the best other time is held, and offered or put before whoever rings."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any, Protocol

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.appointment_repository import check_link, check_seen
from booking.availability.bookings_that_fit import MisfitReason
from booking.events import AppointmentChange, announce
from booking.proposals.tables import Proposal
from booking.queries.open_proposals import open_proposal
from booking.queries.other_times import best_alternative
from booking.queries.rebook_lists import is_on, list_of_misfits
from booking.rebooking import (
    ProposalState,
    RebookState,
    Waiting,
    answer_by,
    in_turn,
)
from booking.slot_tokens import SlotKey
from booking.states import State
from booking.tables import Appointment, RebookItem
from booking.use_cases.appointment_changes import lock_appointment, site_id_of
from booking.use_cases.book import Booked, run_operation
from booking.use_cases.change_resources import reseat
from booking.use_cases.changed_result import result_of
from booking.use_cases.proposals import NewProposal, end_proposal, propose, set_items
from booking.use_cases.reschedule import Move, reschedule
from core.audit import Actor, record
from core.errors import HoldExpired, IllegalMove, NotFound, SlotTaken
from core.idempotency import IdempotencyKey
from core.runtime import Runtime
from core.tokens import hold_token, parse_reference
from core.transactions import run_with_retries
from core.wall_clock import instant_of
from locations.catalogue_queries import catalogue_by_id
from locations.model import VIRTUAL_MODES
from locations.tables import Closure

NOTHING_HELD = "-"  # the token of no hold


class CanBeTold(Protocol):
    """Whether a message would reach anybody: about an appointment, or about what somebody without one waits for."""

    def __call__(self, db: Session, appointment_id: int | None, *, wish_id: int | None = None) -> bool:
        """Of the appointment of this id, or else of the wish."""


def request_offers(runtime: Runtime, authority_id: int, closure_id: int, *, actor: Actor) -> None:
    """From now on other times are sought for everybody on the closure's list. Asked twice, it goes on. Raises: NotFound."""
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        same = (Closure.id == closure_id, Closure.authority_id == authority_id)
        closure = db.scalar(select(Closure).where(*same).with_for_update())
        if closure is None:
            raise NotFound.because("closure_unknown")
        if closure.offers_wanted_at is None:
            closure.offers_wanted_at = now
            record(db, actor, "offers_requested", ("closure", closure_id), authority_id=authority_id, now=now)


def request_offers_to_misfits(
    runtime: Runtime, authority_id: int, site_ids: Collection[int] | None, *, actor: Actor
) -> None:
    """The same for those who do not fit the plan at these sites, or (None) at all."""
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        is_listed = is_on(list_of_misfits(authority_id, site_ids, now))
        waiting = select(RebookItem).where(
            *is_listed, RebookItem.closed_at.is_(None), RebookItem.offers_wanted_at.is_(None)
        )
        items = db.scalars(waiting.order_by(RebookItem.id).with_for_update()).all()
        for item in items:
            item.offers_wanted_at = now
        if items:
            subject = ("authority", authority_id)
            record(db, actor, "offers_requested", subject, authority_id=authority_id, now=now, appointments=len(items))


def make_offers(
    runtime: Runtime,
    can_be_told: CanBeTold,
    *,
    closure_id: int | None = None,
    authority_id: int | None = None,
    seconds: float = 20.0,
) -> int:
    """Seek another time for those for whom none was sought yet, in their turn; how many were worked.

    Of one closure, or one council, or all. It stops after `seconds`; what is left is worked by the next call. Several
    processes may do it at once.
    """
    worked, end = 0, monotonic() + seconds
    with runtime.database.reading() as db:
        waiting = in_turn(_waiting(db, closure_id, authority_id), runtime.clock.database_now(db))
    for one in waiting:
        if monotonic() >= end:
            break
        with suppress(SlotTaken):  # somebody else was quicker: the next call seeks again
            worked += run_with_retries(runtime.database, partial(_work, runtime, can_be_told, one))
    return worked


def accept_offer(
    runtime: Runtime,
    authority_id: int,
    reference: str,
    *,
    actor: Actor,
    seen: str | None = None,
    proposal_id: int | None = None,
    spoke_with: str = "",
    idempotency: IdempotencyKey | None = None,
) -> Booked:
    """The appointment at the time that was proposed, by the proposal of this id if one is given.

    Staff `spoke_with` the resident or the representative when they said yes on the telephone.

    Raises: HoldExpired when it is held no longer, and as `reschedule`.
    """
    with runtime.database.reading() as db:
        same = (Appointment.reference == parse_reference(reference), Appointment.authority_id == authority_id)
        appointment_id = db.scalar(select(Appointment.id).where(*same))
        catalogue = catalogue_by_id(db, authority_id)
        proposal = open_proposal(db, catalogue, appointment_id, runtime.clock.now()) if appointment_id else None
        if proposal and proposal_id is not None and proposal.nonce != db.get_one(Proposal, proposal_id).hold_nonce:
            proposal = None
    # Sent a second time, the answer of the first one is given, though nothing is held any more.
    held = hold_token(runtime.settings.secret_key, proposal.nonce) if proposal else NOTHING_HELD
    move = Move(hold=held, spoke_with=spoke_with)
    return reschedule(
        runtime, authority_id, reference, move, actor=actor, enforce_cutoff=False, seen=seen, idempotency=idempotency
    )


def decline_proposal(
    runtime: Runtime,
    authority_id: int,
    reference: str,
    *,
    actor: Actor,
    seen: str | None = None,
    proposal_id: int | None = None,
    idempotency: IdempotencyKey | None = None,
) -> Booked:
    """The appointment as it was; the time that was proposed, by the proposal of this id if one is given, is free again.

    Raises: HoldExpired when nothing is proposed any more, IllegalMove, LinkEnded, Stale, NotFound.
    """

    def operation(db: Session, now: datetime) -> dict[str, Any]:
        row = lock_appointment(db, authority_id, reference, site_id_of(db, authority_id, reference))
        check_link(row, actor, now)
        check_seen(row, seen)
        if row.state != State.BOOKED:
            raise IllegalMove(row.state, State.BOOKED)
        proposal = end_proposal(db, row.id, now, ProposalState.DECLINED)
        if proposal is None or proposal_id not in (None, proposal.id):
            raise HoldExpired.because("hold_expired")
        set_items(db, row.id, RebookState.DECLINED)
        record(db, actor, "offer_declined", ("appointment", row.id), authority_id=authority_id, now=now)
        return result_of(row)

    return run_operation(runtime, idempotency, operation)


def _work(runtime: Runtime, can_be_told: CanBeTold, one: Waiting, db: Session) -> bool:
    """Seek another desk or colleague at the same time for somebody, or else another time; whether nobody else did."""
    now = runtime.clock.database_now(db)
    # Read without a lock: sites are locked first, and nobody else's row is waited for.
    appointment = db.get_one(Appointment, one.appointment_id)
    catalogue = catalogue_by_id(db, appointment.authority_id)
    slot_key = best_alternative(db, catalogue, appointment, now)
    site_ids = (appointment.site_id,) if slot_key is None else (appointment.site_id, slot_key.site_id)
    row = lock_appointment(db, appointment.authority_id, appointment.reference, *site_ids)
    unsought = select(RebookItem).where(RebookItem.id == one.item_id, RebookItem.sought_at.is_(None))
    item = db.scalar(unsought.with_for_update())
    if item is None or item.closed_at is not None or row.state != State.BOOKED:
        return False
    item.sought_at = now
    other_state = _state_on_other_list(db, item)
    if other_state is not None:
        item.state = other_state
    elif _is_served_otherwise(db, row, item, now):
        return True
    elif slot_key is not None:
        _propose(db, runtime, can_be_told, (row, item, slot_key), now)
    return True


def _is_served_otherwise(db: Session, row: Appointment, item: RebookItem, now: datetime) -> bool:
    """Whether a colleague, another desk or room, free then, has taken the visit: nothing changes for who comes.

    It is tried where what serves the visit has fallen out, and not where its place, its hours or its length have.
    """
    closure = db.get(Closure, item.closure_id) if item.closure_id else None
    if item.reason != MisfitReason.RESOURCE and (closure is None or closure.resource_id is None):
        return False
    with suppress(SlotTaken):
        reseat(db, row, Actor.system(), now)
        return True
    return False


def _propose(
    db: Session,
    runtime: Runtime,
    can_be_told: CanBeTold,
    found: tuple[Appointment, RebookItem, SlotKey],
    now: datetime,
) -> None:
    """Hold the slot, and offer it to whoever can be written to in time."""
    row, item, slot_key = found
    terms = catalogue_by_id(db, row.authority_id).authority
    new = NewProposal(
        row.authority_id,
        slot_key,
        answer_by(now, instant_of(slot_key.start_unit), terms.rebook_answer_period),
        frozenset(row.support_needs),
        appointment_id=row.id,
        item_id=item.id,
        is_same_time=slot_key.mode in VIRTUAL_MODES and instant_of(slot_key.start_unit) == row.starts_at,
    )
    proposal = propose(db, runtime, new)
    if row.starts_at - now > terms.rebook_notice and can_be_told(db, row.id):
        set_items(db, row.id, RebookState.OFFERED)
        change = AppointmentChange(row.authority_id, row.id, row.version, "offered", now)
        announce(db, replace(change, offer=proposal.number, answer_by=proposal.answer_by))


def _state_on_other_list(db: Session, item: RebookItem) -> str | None:
    """What has become of the appointment, if a time was sought because of another list; None otherwise.

    Nobody is offered two times, because two closures touch them.
    """
    others = select(RebookItem.state).where(
        RebookItem.appointment_id == item.appointment_id,
        RebookItem.id != item.id,
        RebookItem.closed_at.is_(None),
        RebookItem.sought_at.is_not(None),
    )
    return db.scalar(others.limit(1))


def _waiting(db: Session, closure_id: int | None, authority_id: int | None) -> list[Waiting]:
    """For whom another time is to be sought, in no order."""
    is_wanted = or_(
        Closure.offers_wanted_at.is_not(None) & Closure.lifted_at.is_(None), RebookItem.offers_wanted_at.is_not(None)
    )
    statement = (
        select(
            RebookItem.id,
            RebookItem.appointment_id,
            Appointment.starts_at,
            Appointment.support_needs,
            Appointment.created_at,
        )
        .join(Appointment, Appointment.id == RebookItem.appointment_id)
        .outerjoin(Closure, Closure.id == RebookItem.closure_id)
        .where(
            RebookItem.closed_at.is_(None),
            RebookItem.sought_at.is_(None),
            RebookItem.state == RebookState.TO_RING.value,
            Appointment.state == State.BOOKED.value,
            is_wanted,
        )
    )
    if closure_id is not None:
        statement = statement.where(RebookItem.closure_id == closure_id)
    if authority_id is not None:
        statement = statement.where(RebookItem.authority_id == authority_id)
    return [Waiting(*row) for row in db.execute(statement)]
