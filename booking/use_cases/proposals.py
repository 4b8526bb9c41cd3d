"""Proposals: another time put to whoever has an appointment, held for them until they have answered or the time is up."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from booking.appointment_repository import check_link, check_seen
from booking.rebooking import ProposalState, RebookState, answer_by
from booking.slot_tokens import SlotKey
from booking.states import State
from booking.tables import Appointment, Hold, Proposal, RebookItem
from booking.use_cases.appointment_changes import lock_appointment, site_id_of
from booking.use_cases.book import Booked, result_of, run_operation
from booking.use_cases.holds import delete_holds, hold_in_transaction
from core.audit import Actor, record
from core.errors import HoldExpired, IllegalMove
from core.runtime import Runtime
from core.tokens import digest, hold_token
from core.wall_clock import instant_of


def propose(db: Session, runtime: Runtime, appointment: Appointment, slot_key: SlotKey, item: RebookItem) -> Proposal:
    """The proposal of `slot_key`, held from now on, in the transaction of `db`; an earlier one ends.

    Raises: SlotTaken, TooSoon, TooFar.
    """
    now = runtime.clock.database_now(db)
    end_proposal(db, appointment.id, now)
    until = answer_by(now, instant_of(slot_key.start_unit))
    needs = frozenset(appointment.support_needs)
    held = hold_in_transaction(db, runtime, slot_key, for_public=False, needs=needs, until=until)
    token_digest = digest(hold_token(runtime.settings.secret_key, held["nonce"]))
    hold_id = db.scalar(select(Hold.id).where(Hold.token_digest == token_digest))
    count = select(func.count()).select_from(Proposal).where(Proposal.appointment_id == appointment.id)
    proposal = Proposal(
        authority_id=appointment.authority_id,
        appointment_id=appointment.id,
        rebook_item_id=item.id,
        number=(db.scalar(count) or 0) + 1,
        slot_token=held["slot_token"],
        hold_id=hold_id,
        hold_nonce=held["nonce"],
        state=ProposalState.OPEN.value,
        made_at=now,
        answer_by=until,
    )
    db.add(proposal)
    db.flush()
    return proposal


def decline_proposal(
    runtime: Runtime, authority_id: int, reference: str, *, actor: Actor, seen: str | None = None
) -> Booked:
    """The appointment as it was; the time that was proposed is free again, and somebody rings.

    Raises: HoldExpired when nothing is proposed any more, IllegalMove, LinkEnded, Stale, NotFound.
    """

    def operation(db: Session, now: datetime) -> dict[str, Any]:
        row = lock_appointment(db, authority_id, reference, site_id_of(db, authority_id, reference))
        check_link(row, actor, now)
        check_seen(row, seen)
        if row.state != State.BOOKED:
            raise IllegalMove(row.state, State.BOOKED)
        proposal = end_proposal(db, row.id, now, ProposalState.DECLINED)
        if proposal is None:
            raise HoldExpired.because("hold_expired")
        _set_items(db, row.id, RebookState.DECLINED)
        record(db, actor, "offer_declined", ("appointment", row.id), authority_id=authority_id, now=now)
        return result_of(row)

    return run_operation(runtime, None, operation)


def end_unanswered(runtime: Runtime) -> int:
    """End the proposals whose time to answer is up, and put these people on the list to ring; how many there were."""
    with runtime.database.writing() as db:
        now = runtime.clock.database_now(db)
        due = select(Proposal).where(Proposal.state == ProposalState.OPEN.value, Proposal.answer_by <= now)
        proposals = db.scalars(due.order_by(Proposal.id).with_for_update(skip_locked=True)).all()
        for proposal in proposals:
            proposal.state, proposal.answered_at = ProposalState.ENDED.value, now
            _set_items(db, proposal.appointment_id, RebookState.TO_RING)
        return len(proposals)


def lock_proposals(db: Session, appointment_ids: Collection[int]) -> None:
    """Lock what is proposed for these, before their items: two who lock in one order never wait for each other."""
    if appointment_ids:
        theirs = select(Proposal.id).where(Proposal.appointment_id.in_(appointment_ids))
        db.scalars(
            theirs.where(Proposal.state == ProposalState.OPEN.value).order_by(Proposal.id).with_for_update()
        ).all()


def end_proposal(
    db: Session, appointment_id: int, now: datetime, state: ProposalState = ProposalState.ENDED
) -> Proposal | None:
    """The appointment's open proposal, which gets this state and, unless it is accepted, holds nothing any more."""
    proposal = db.scalar(_open(appointment_id).with_for_update())
    if proposal is not None:
        proposal.state, proposal.answered_at = state.value, now
        if proposal.hold_id is not None and state is not ProposalState.ACCEPTED:
            delete_holds(db, [proposal.hold_id])
    return proposal


def answer_of_move(db: Session, appointment_id: int, hold_id: int | None, now: datetime) -> RebookState:
    """What a move to this hold, or to none, says of the open proposal: it accepts it, or ends it."""
    is_accepted = hold_id is not None and db.scalar(
        select(Proposal.hold_id == hold_id).where(
            Proposal.appointment_id == appointment_id, Proposal.state == ProposalState.OPEN.value
        )
    )
    end_proposal(db, appointment_id, now, ProposalState.ACCEPTED if is_accepted else ProposalState.ENDED)
    return RebookState.ACCEPTED if is_accepted else RebookState.MOVED


def _open(appointment_id: int) -> Select[Proposal]:
    return select(Proposal).where(Proposal.appointment_id == appointment_id, Proposal.state == ProposalState.OPEN.value)


def _set_items(db: Session, appointment_id: int, state: RebookState) -> None:
    """What became of the proposal is what has become of the appointment, on whatever lists it is."""
    items = select(RebookItem).where(RebookItem.appointment_id == appointment_id, RebookItem.closed_at.is_(None))
    for item in db.scalars(items):
        item.state = state.value
