"""The lists of people to rebook: a closure's, and the one of those whom the council's plan does not cover any more."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from booking.rebooking import AFFECTED, RebookState
from booking.tables import Appointment, RebookItem

SHOWN_FOR = timedelta(days=28)  # so long what became of somebody stands on the list that never ends


@dataclass(frozen=True)
class RebookList:
    """The list of a closure; or (None) of those who do not fit the plan, at these sites or (None) at all, since an instant.

    Whoever is still to be rebooked is on it, however long ago that was found. `is_any` is all lists of the council.
    """

    authority_id: int
    closure_id: int | None = None
    site_ids: frozenset[int] | None = None
    since: datetime | None = None
    is_any: bool = False


def list_of_misfits(authority_id: int, site_ids: Collection[int] | None, now: datetime) -> RebookList:
    """The list of those who do not fit the plan, with what became of the others lately."""
    return RebookList(authority_id, None, None if site_ids is None else frozenset(site_ids), now - SHOWN_FOR)


def is_on(listed: RebookList) -> tuple[ColumnElement[bool], ...]:
    """The conditions under which an item is on the list."""
    if listed.is_any:
        return (RebookItem.authority_id == listed.authority_id,)
    if listed.closure_id is not None:
        return (RebookItem.authority_id == listed.authority_id, RebookItem.closure_id == listed.closure_id)
    conditions: tuple[ColumnElement[bool], ...] = (
        RebookItem.authority_id == listed.authority_id,
        RebookItem.closure_id.is_(None),
    )
    if listed.since is not None:
        conditions += (or_(RebookItem.closed_at.is_(None), RebookItem.created_at >= listed.since),)
    if listed.site_ids is not None:
        there = select(Appointment.id).where(Appointment.site_id.in_(listed.site_ids))
        conditions += (RebookItem.appointment_id.in_(there),)
    return conditions


def counts_of(db: Session, listed: RebookList) -> dict[RebookState, int]:
    """How many of those affected are in each state."""
    rows = db.execute(select(RebookItem.state, func.count()).where(*is_on(listed)).group_by(RebookItem.state))
    counts: dict[str, int] = {row[0]: row[1] for row in rows}
    return {state: counts.get(state.value, 0) for state in AFFECTED}


def is_listed(db: Session, listed: RebookList, appointment_id: int) -> bool:
    """Whether this appointment is on the list, or was until it was moved or cancelled."""
    found = select(RebookItem.id).where(*is_on(listed), RebookItem.appointment_id == appointment_id)
    return db.scalar(found.limit(1)) is not None


def references_of(db: Session, listed: RebookList) -> frozenset[str]:
    """The references of the appointments on the list."""
    found = select(Appointment.reference).join(RebookItem, RebookItem.appointment_id == Appointment.id)
    return frozenset(db.scalars(found.where(*is_on(listed))))
