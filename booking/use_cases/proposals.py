"""Proposals: another time put to somebody, held for them until they have answered or the time is up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from booking.capacity.kept_times import is_kept_first, keep_held_time, leave_to_list, public_at
from booking.events import AppointmentChange, WishChange, announce, announce_wish
from booking.proposals.tables import Proposal, Wish
from booking.proposals.wish_rules import WishState
from booking.rebooking import ProposalState, RebookState
from booking.slot_tokens import SlotKey
from booking.tables import Appointment, Hold, RebookItem
from booking.use_cases.holds import delete_holds, hold_beside, hold_in_transaction
from core.errors import HoldExpired
from core.runtime import Runtime
from core.tokens import digest, hold_token
from core.transactions import run_with_retries
from locations.catalogue_queries import catalogue_by_id

WasTried = Callable[[Session, Proposal], bool]
"""Whether anybody has tried to send the message that tells of a proposal."""


@dataclass(frozen=True)
class NewProposal:
    """A slot that is put to somebody until `until`: for an appointment, for a wish, or for both.

    `item_id` is that of the list of people to rebook, and a wish gets what anybody could book. `passed` says why those who
    had waited longer do not get it. `is_same_time` when it is the appointment's own time in another way.
    """

    authority_id: int
    slot_key: SlotKey
    until: datetime
    needs: frozenset[str]
    appointment_id: int | None = None
    item_id: int | None = None
    wish_id: int | None = None
    is_rung: bool = False
    origin: str = ""  # of a stranger, of whom only so much is held at once
    passed: tuple[tuple[int, str], ...] = ()
    is_same_time: bool = False


def propose(db: Session, runtime: Runtime, new: NewProposal) -> Proposal:
    """The proposal, held from now on, in the transaction of `db`; an earlier one for the appointment ends.

    Raises: SlotTaken, TooSoon, TooFar; RateLimited when too much is held for strangers of the same origin.
    """
    now = runtime.clock.database_now(db)
    if new.appointment_id is not None:
        end_proposal(db, new.appointment_id, now)
    held = _hold(db, runtime, new, now)
    token_digest = digest(hold_token(runtime.settings.secret_key, held["nonce"]))
    proposal = Proposal(
        authority_id=new.authority_id,
        appointment_id=new.appointment_id,
        rebook_item_id=new.item_id,
        wish_id=new.wish_id,
        number=_count(db, new.appointment_id, new.wish_id) + 1,
        slot_token=held["slot_token"],
        hold_id=db.scalar(select(Hold.id).where(Hold.token_digest == token_digest)),
        hold_nonce=held["nonce"],
        state=ProposalState.OPEN.value,
        is_rung=new.is_rung,
        passed=[list(one) for one in new.passed],
        made_at=now,
        answer_by=new.until,
    )
    db.add(proposal)
    db.flush()
    return proposal


def _hold(db: Session, runtime: Runtime, new: NewProposal, now: datetime) -> dict[str, Any]:
    if new.is_same_time and new.appointment_id is not None:
        return hold_beside(
            db, runtime, new.slot_key, needs=new.needs, until=new.until, appointment_id=new.appointment_id
        )
    for_list, until = new.wish_id is not None, new.until
    if for_list and is_kept_first(catalogue_by_id(db, new.authority_id), new.slot_key, now):
        until = public_at(new.until)  # if they do not answer, it is for the others who wait
    return hold_in_transaction(
        db,
        runtime,
        new.slot_key,
        for_public=for_list,
        needs=new.needs,
        origin=new.origin,
        until=until,
        takes_kept=for_list,
    )


def share(db: Session, first: Proposal, *, appointment_id: int | None, wish_id: int) -> Proposal:
    """The same time, put to another one who waits as well: they share its hold. The caller has locked them."""
    first.is_shared = True
    proposal = Proposal(
        authority_id=first.authority_id,
        appointment_id=appointment_id,
        wish_id=wish_id,
        number=_count(db, appointment_id, wish_id) + 1,
        slot_token=first.slot_token,
        hold_id=first.hold_id,
        hold_nonce=first.hold_nonce,
        state=ProposalState.OPEN.value,
        is_shared=True,
        passed=[],
        made_at=first.made_at,
        answer_by=first.answer_by,
    )
    db.add(proposal)
    db.flush()
    return proposal


def _count(db: Session, appointment_id: int | None, wish_id: int | None) -> int:
    """How many proposals there were for the same appointment, or else the same wish."""
    same = Proposal.wish_id == wish_id
    if appointment_id is not None:
        same = Proposal.appointment_id == appointment_id
    return db.scalar(select(func.count()).select_from(Proposal).where(same)) or 0


def end_unanswered(runtime: Runtime, was_tried: WasTried = lambda _db, _proposal: True) -> int:
    """End the proposals whose time to answer is up; how many there were.

    After a closure somebody rings; who waits for an earlier time has not answered once more, unless they were to be rung
    or were never told of it.
    """

    def operation(db: Session) -> int:
        now = runtime.clock.database_now(db)
        due = select(Proposal).where(Proposal.state == ProposalState.OPEN.value, Proposal.answer_by <= now)
        proposals = db.scalars(due.order_by(Proposal.id).with_for_update(skip_locked=True)).all()
        for proposal in proposals:
            proposal.state, proposal.answered_at = ProposalState.ENDED.value, now
            set_items(db, proposal.appointment_id, RebookState.TO_RING)
            if proposal.wish_id is not None and proposal.hold_id is not None:
                leave_to_list(db, proposal.hold_id, now)
            wish = _wish_of(db, proposal)
            if wish is not None and not proposal.is_rung and was_tried(db, proposal):
                wish.unanswered, wish.changed_at = wish.unanswered + 1, now
        return len(proposals)

    return run_with_retries(runtime.database, operation)


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
    return _end(db, Proposal.appointment_id == appointment_id, now, state)


def end_proposal_of_wish(
    db: Session, wish_id: int, now: datetime, state: ProposalState = ProposalState.ENDED
) -> Proposal | None:
    """The same for the open proposal of somebody who waits."""
    return _end(db, Proposal.wish_id == wish_id, now, state)


def _end(db: Session, of_whom: ColumnElement[bool], now: datetime, state: ProposalState) -> Proposal | None:
    proposal = _locked(db, of_whom)
    if proposal is not None:
        proposal.state, proposal.answered_at = state.value, now
        others = _sharing(db, proposal)
        if state is ProposalState.ACCEPTED:
            _take_from_others(db, others, now)
        elif not others:
            _free(db, proposal, now)
        wish = _wish_of(db, proposal)
        if wish is not None and state is ProposalState.ACCEPTED:
            wish.state, wish.closed_at, wish.changed_at = WishState.MET.value, now, now
        elif wish is not None and state is ProposalState.DECLINED:
            wish.unanswered, wish.changed_at = 0, now
    return proposal


def _locked(db: Session, of_whom: ColumnElement[bool]) -> Proposal | None:
    """The open proposal, locked with those that share its hold, in their order: who answers waits, and nobody deadlocks."""
    shared = db.scalar(_open(of_whom).where(Proposal.is_shared).with_only_columns(Proposal.hold_nonce))
    if shared is not None:
        db.scalars(_open(Proposal.hold_nonce == shared).order_by(Proposal.id).with_for_update()).all()
    return db.scalar(_open(of_whom).with_for_update().execution_options(populate_existing=True))


def _sharing(db: Session, proposal: Proposal) -> Sequence[Proposal]:
    """The other open proposals of the same hold, locked in their order."""
    if not proposal.is_shared:
        return ()
    same = (Proposal.hold_nonce == proposal.hold_nonce, Proposal.id != proposal.id)
    return db.scalars(_open(and_(*same)).order_by(Proposal.id).with_for_update()).all()


def _take_from_others(db: Session, others: Sequence[Proposal], now: datetime) -> None:
    """End the proposals of the others, and tell them that somebody was quicker. No silence is counted against them."""
    for proposal in others:
        proposal.state, proposal.answered_at = ProposalState.TAKEN.value, now
        wish = _wish_of(db, proposal)
        row = db.get(Appointment, proposal.appointment_id) if proposal.appointment_id else None
        if wish is None:
            continue
        wish.changed_at = now
        if row is None:
            announce_wish(db, WishChange(wish.authority_id, wish.id, "gone", now, proposal.number))
        else:
            change = AppointmentChange(row.authority_id, row.id, row.version, "earlier_gone", now)
            announce(db, replace(change, offer=proposal.number))


def _free(db: Session, proposal: Proposal, now: datetime) -> None:
    """Hold the proposed time no more; one that was offered to somebody who waits may be kept for the next of them."""
    if proposal.hold_id is None:
        return
    catalogue = catalogue_by_id(db, proposal.authority_id)
    if proposal.wish_id is None or not keep_held_time(db, catalogue, proposal.hold_id, now):
        delete_holds(db, [proposal.hold_id])


def _wish_of(db: Session, proposal: Proposal) -> Wish | None:
    """The open wish that the proposal answers, locked."""
    is_open = (Wish.id == proposal.wish_id, Wish.closed_at.is_(None))
    return db.scalar(select(Wish).where(*is_open).with_for_update()) if proposal.wish_id else None


def answer_of_move(db: Session, appointment_id: int, hold_id: int | None, now: datetime) -> RebookState:
    """What a move to this hold, or to none, says of the open proposal: it accepts it, or ends it.

    It is locked before that is decided: its time to answer may be up at this very moment, and then it is accepted no more.
    Raises: HoldExpired.
    """
    proposal = _locked(db, Proposal.appointment_id == appointment_id)
    is_accepted = proposal is not None and hold_id is not None and proposal.hold_id == hold_id
    if proposal is not None and is_accepted and proposal.answer_by <= now:
        raise HoldExpired.because("hold_expired")
    end_proposal(db, appointment_id, now, ProposalState.ACCEPTED if is_accepted else ProposalState.ENDED)
    return RebookState.ACCEPTED if is_accepted else RebookState.MOVED


def _open(of_whom: ColumnElement[bool]) -> Select[Proposal]:
    return select(Proposal).where(of_whom, Proposal.state == ProposalState.OPEN.value)


def end_proposals_held_by(db: Session, hold_ids: Collection[int], now: datetime) -> None:
    """End the proposals of times that are about to be held no more, so that others are sought for these people."""
    held = select(Proposal).where(Proposal.hold_id.in_(hold_ids), Proposal.state == ProposalState.OPEN.value)
    for proposal in db.scalars(held.order_by(Proposal.id).with_for_update()).all():
        proposal.state, proposal.answered_at = ProposalState.ENDED.value, now
        for item in db.scalars(_open_items(proposal.appointment_id)):
            item.state, item.sought_at = RebookState.TO_RING.value, None


def _open_items(appointment_id: int | None) -> Select[RebookItem]:
    return select(RebookItem).where(RebookItem.appointment_id == appointment_id, RebookItem.closed_at.is_(None))


def set_items(db: Session, appointment_id: int | None, state: RebookState) -> None:
    """What becomes of a proposal is what has become of the appointment, on whatever lists it is."""
    for item in db.scalars(_open_items(appointment_id)):
        item.state = state.value
