"""A closure's list of people to rebook: each appointment it touches is on it, until it is moved or cancelled.

What becomes of each is its state (`booking.rebooking.RebookState`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, select, true
from sqlalchemy.orm import Session

from booking.availability.bookings_that_fit import misfits_of
from booking.proposals.tables import Proposal
from booking.queries.booked_visits import booked_visits
from booking.rebooking import ProposalState, RebookState
from booking.slot_tokens import SlotKey, decode
from booking.states import State
from booking.tables import Allocation, Appointment, Hold, RebookItem
from booking.use_cases.holds import delete_holds
from booking.use_cases.proposals import end_proposals_held_by, lock_proposals
from booking.use_cases.rebook_items import keep, list_again, tell_who_keeps
from core.database import connection_of
from core.wall_clock import unit_after, unit_of
from locations.catalogue_queries import catalogue_by_id
from locations.tables import Closure, Service, Site

BY_CLOSURE = "closure"  # the reason of the items of a closure


def list_touched(db: Session, closure_id: int, now: datetime) -> int:
    """Bring a closure's list in line with what it touches; how many booked appointments were added to it.

    Whoever it touches and is still to come is listed; whoever it touches no longer, because it was moved or shortened,
    leaves its list and is told so, unless they are on another one. The caller holds the sites' rows for itself
    (`locations.catalogue_queries.bump_plan`), so no booking can slip past: one that came first is listed here, one that
    comes later sees the closure. Holds that it touches end, so that none of them becomes an appointment afterwards.
    """
    closure = db.get_one(Closure, closure_id)
    holds = _touched_holds(db, closure)
    end_proposals_held_by(db, holds, now)
    delete_holds(db, holds)
    return _update_lists(db, [closure], {closure.id: touched_by(db, closure)}, now)


def touched_by(db: Session, closure: Closure) -> dict[int, datetime]:
    """The booked appointments that a closure touches, by id, and when each ends. It need not be in the database."""
    touched = (
        select(Appointment.id, Appointment.ends_at)
        .join(Allocation, Allocation.appointment_id == Appointment.id)
        .where(
            Appointment.authority_id == closure.authority_id,
            Appointment.state == State.BOOKED,
            Appointment.mode == closure.mode if closure.mode else true(),
            *_touching(closure),
        )
        .distinct()
        .order_by(Appointment.id)
    )
    return {row.id: row.ends_at for row in connection_of(db).execute(touched)}


def list_busy_times(db: Session, closures: Sequence[Closure], now: datetime) -> int:
    """What `list_touched` does, for many closures of one resource that shut all of it, in as few statements as for one."""
    in_force = [closure for closure in closures if closure.lifted_at is None]
    met = _met_by(db, in_force) if in_force else {}
    holds = {row.hold_id for rows in met.values() for row in rows if row.hold_id is not None}
    for closure in _with_proposals(db, in_force) if in_force else ():
        holds.update(_touched_beside(db, closure))
    if holds:
        end_proposals_held_by(db, holds, now)
        delete_holds(db, sorted(holds))
    touched = {
        closure.id: {row.id: row.ends_at for row in met.get(closure.id, ()) if row.state == State.BOOKED}
        for closure in closures
    }
    return _update_lists(db, closures, touched, now)


def _met_by(db: Session, closures: Sequence[Closure]) -> dict[int, list[Any]]:
    """What occupies the resource in the period of each closure, by the closure's id: rows of holds and appointments."""
    first, last = min(one.starts_at for one in closures), max(one.ends_at for one in closures)
    occupied = (
        select(
            Allocation.first_unit,
            Allocation.last_unit,
            Allocation.hold_id,
            Appointment.id,
            Appointment.ends_at,
            Appointment.state,
        )
        .outerjoin(Appointment, Appointment.id == Allocation.appointment_id)
        .where(
            Allocation.resource_id == closures[0].resource_id,
            Allocation.first_unit < unit_after(last),
            Allocation.last_unit > unit_of(first),
        )
        .order_by(Allocation.first_unit, Appointment.id)
    )
    rows = connection_of(db).execute(occupied).all()
    begins = [row.first_unit for row in rows]
    longest = max((row.last_unit - row.first_unit for row in rows), default=0)
    met: dict[int, list[Any]] = {}
    for closure in closures:
        start, end = unit_of(closure.starts_at), unit_after(closure.ends_at)
        near = rows[bisect_right(begins, start - longest) : bisect_left(begins, end)]
        met[closure.id] = [row for row in near if row.last_unit > start]
    return met


def _with_proposals(db: Session, closures: Sequence[Closure]) -> list[Closure]:
    """Those in whose period somebody whom the resource serves has been offered another time, or another way."""
    first, last = min(one.starts_at for one in closures), max(one.ends_at for one in closures)
    offered = (
        select(Appointment.starts_at, Appointment.ends_at)
        .join(Proposal, Proposal.appointment_id == Appointment.id)
        .join(Allocation, Allocation.appointment_id == Appointment.id)
        .where(
            Proposal.state == ProposalState.OPEN.value,
            Proposal.hold_id.is_not(None),
            Allocation.resource_id == closures[0].resource_id,
            Appointment.starts_at < last,
            Appointment.ends_at > first,
        )
        .distinct()
    )
    rows = db.execute(offered).all()
    return [one for one in closures if any(row.starts_at < one.ends_at and row.ends_at > one.starts_at for row in rows)]


def _update_lists(
    db: Session, closures: Sequence[Closure], touched: Mapping[int, Mapping[int, datetime]], now: datetime
) -> int:
    """Put those who are still to come on the lists of these closures, once each, and take off who is touched no longer."""
    items = select(RebookItem).where(RebookItem.closure_id.in_([closure.id for closure in closures]))
    known = {(item.closure_id or 0, item.appointment_id): item for item in db.scalars(items)}
    leaving = [item for (one, id_), item in known.items() if item.closed_at is None and id_ not in touched[one]]
    lock_proposals(db, [item.appointment_id for item in leaving])
    for item in leaving:
        keep(item, now)
    if leaving:
        _release(db, leaving[0].authority_id, [item.appointment_id for item in leaving], now)
    listed: list[RebookItem] = []
    for closure in closures:
        for id_ in [appointment_id for appointment_id, ends_at in touched[closure.id].items() if ends_at > now]:
            before = known.get((closure.id, id_))
            if before is None:
                listed.append(_new_item(closure, id_, now))
            elif before.closed_at is not None:
                list_again(before, now)
                listed.append(before)
    if listed:
        _say_as_elsewhere(db, listed)
    db.add_all(listed)
    db.flush()
    return len(listed)


def _new_item(closure: Closure, appointment_id: int, now: datetime) -> RebookItem:
    return RebookItem(
        authority_id=closure.authority_id,
        closure_id=closure.id,
        reason=BY_CLOSURE,
        appointment_id=appointment_id,
        state=RebookState.TO_RING.value,
        created_at=now,
    )


def _say_as_elsewhere(db: Session, listed: Sequence[RebookItem]) -> None:
    """Who was put another time because of another list is not rung because of this one."""
    asked = select(RebookItem).where(
        RebookItem.authority_id == listed[0].authority_id,
        RebookItem.closed_at.is_(None),
        RebookItem.state.in_([RebookState.OFFERED.value, RebookState.DECLINED.value]),
    )
    states = {item.appointment_id: item.state for item in db.scalars(asked)}
    for item in listed:
        item.state = states.get(item.appointment_id, item.state)


def _release(db: Session, authority_id: int, ids: Collection[int], now: datetime) -> None:
    """These are touched by a closure no more. Who was on the list of misfits as well leaves it, if they fit by now."""
    misfits = select(RebookItem).where(
        RebookItem.appointment_id.in_(ids), RebookItem.closure_id.is_(None), RebookItem.closed_at.is_(None)
    )
    listed = {item.appointment_id: item for item in db.scalars(misfits)}
    if listed:
        catalogue = catalogue_by_id(db, authority_id)
        visits = booked_visits(db, [site.id for site in catalogue.sites], now)
        theirs = [visit for visit in visits if visit.owner_id in listed]
        others = [visit for visit in visits if visit.owner_id not in listed]
        lost = {found.visit for found in misfits_of(catalogue, theirs, now, staying=others)}
        for visit in theirs:
            if visit not in lost:
                keep(listed[visit.owner_id], now)
    tell_who_keeps(db, ids, now)


def _touched_holds(db: Session, closure: Closure) -> list[int]:
    touched = (
        select(Hold.id, Hold.slot_token)
        .join(Allocation, Allocation.hold_id == Hold.id)
        .where(Hold.authority_id == closure.authority_id, *_touching(closure))
        .distinct()
        .order_by(Hold.id)
    )
    holds = connection_of(db).execute(touched).all()
    ids = [hold_id for hold_id, token in holds if not closure.mode or decode(token).mode == closure.mode]
    return sorted({*ids, *_touched_beside(db, closure)})


def _touched_beside(db: Session, closure: Closure) -> list[int]:
    """The holds of times at which an appointment is held in another way (`booking.capacity.same_time`).

    Whoever serves it is occupied by the appointment itself, which may be elsewhere, so the slot says where it is to be.
    """
    if closure.lifted_at is not None:
        return []
    beside = (
        select(Hold.id, Hold.slot_token, Appointment.id.label("appointment_id"))
        .join(Proposal, Proposal.hold_id == Hold.id)
        .join(Appointment, Appointment.id == Proposal.appointment_id)
        .where(
            Hold.authority_id == closure.authority_id,
            Proposal.state == ProposalState.OPEN.value,
            Appointment.starts_at < closure.ends_at,
            Appointment.ends_at > closure.starts_at,
        )
    )
    found = [(row.id, decode(row.slot_token), row.appointment_id) for row in connection_of(db).execute(beside)]
    within = [(id_, slot, of) for id_, slot, of in found if _is_within(slot, closure)]
    if closure.topic:
        named = select(Service.id).where(Service.authority_id == closure.authority_id, Service.topic == closure.topic)
        shut = frozenset(db.scalars(named)) if within else frozenset()
        within = [one for one in within if not shut.isdisjoint(one[1].service_ids)]
    if closure.resource_id is None:
        return [id_ for id_, _, _ in within]
    seats = select(Allocation.appointment_id).where(Allocation.resource_id == closure.resource_id)
    theirs = set(db.scalars(seats.where(Allocation.appointment_id.in_([of for _, _, of in within]))))
    return [id_ for id_, _, of in within if of in theirs]


def _is_within(slot: SlotKey, closure: Closure) -> bool:
    """Whether the slot is at the place, in the mode and for the service that the closure shuts, in its period."""
    is_then = unit_of(closure.starts_at) <= slot.start_unit < unit_after(closure.ends_at)
    is_there = closure.site_id in (None, slot.site_id)
    return is_then and is_there and closure.mode in ("", slot.mode) and closure.service_id in (None, *slot.service_ids)


def _touching(closure: Closure) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which the closure touches an allocation."""
    return (
        Allocation.first_unit < unit_after(closure.ends_at),
        Allocation.last_unit > unit_of(closure.starts_at),
        true() if closure.lifted_at is None else false(),
        _in_scope(closure),
        *_of_services(closure),
    )


def _of_services(closure: Closure) -> list[ColumnElement[bool]]:
    of_topic = select(Service.id).where(Service.authority_id == closure.authority_id, Service.topic == closure.topic)
    conditions = [Allocation.service_id.in_(of_topic)] if closure.topic else []
    return conditions + [Allocation.service_id == closure.service_id] * (closure.service_id is not None)


def _in_scope(closure: Closure) -> ColumnElement[bool]:
    if closure.resource_id is not None:
        here = true() if closure.site_id is None else Allocation.site_id == closure.site_id
        return and_(Allocation.resource_id == closure.resource_id, here)
    if closure.site_id is not None:
        return Allocation.site_id == closure.site_id
    return Allocation.site_id.in_(select(Site.id).where(Site.authority_id == closure.authority_id))
