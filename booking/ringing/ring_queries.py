"""The list of those who are to be rung, whatever they fell out by: in the order in which they are rung, and by whom."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from booking.queries.appointments import of_ids
from booking.queries.closure_lists import ListedPerson
from booking.queries.open_proposals import open_proposals
from booking.rebooking import TO_BE_RUNG, RebookState
from booking.ringing.tables import Ringing
from booking.states import State
from booking.tables import Appointment, RebookItem
from locations.model import Catalogue
from people.staff.tables import StaffMember


@dataclass(frozen=True)
class RingingNow:
    """Who has somebody to ring, until when; and how often nobody answered before, the last time at `tried_at`."""

    staff_id: int
    name: str
    until: datetime
    tries: int
    tried_at: datetime | None


@dataclass(frozen=True)
class ToRing:
    """Somebody to ring, and who does so or did."""

    person: ListedPerson
    ringing: RingingNow | None

    def rung_by(self, now: datetime) -> RingingNow | None:
        """Whose they are now, or None."""
        return self.ringing if self.ringing is not None and self.ringing.until > now else None


def people_to_ring(
    db: Session,
    catalogue: Catalogue,
    now: datetime,
    also: Collection[int] = (),
    *,
    only: int | None = None,
    site_ids: Collection[int] | None = None,
) -> list[ToRing]:
    """Those who are to be rung at these sites, or (None) at all, each once; and those of `also` who wait for an answer.

    First whoever nothing could be proposed to, then who is due first. `only` is the id of one appointment.
    """
    items = _to_ring(catalogue.authority.id, also, now)
    if only is not None:
        items = items.where(RebookItem.appointment_id == only)
    if site_ids is not None:
        items = items.where(Appointment.site_id.in_(site_ids))
    found = {item.appointment_id: item for item in db.scalars(items)}
    proposals, ringing = open_proposals(db, catalogue, found.keys(), now), ringing_of(db, found.keys())
    people = [
        ListedPerson(
            view,
            RebookState(found[view.id].state),
            found[view.id].reason,
            found[view.id].sought_at is not None,
            proposals.get(view.id),
        )
        for view in of_ids(db, catalogue, found.keys()).values()
    ]
    people.sort(key=lambda one: (not _is_without_any(one), one.appointment.starts_at, one.appointment.id))
    return [ToRing(person, ringing.get(person.appointment.id)) for person in people]


def to_ring_count(
    db: Session,
    authority_id: int,
    now: datetime,
    also: Collection[int] = (),
    *,
    site_ids: Collection[int] | None = None,
) -> int:
    """How many people `people_to_ring` has."""
    items = _to_ring(authority_id, also, now).order_by(None)
    if site_ids is not None:
        items = items.where(Appointment.site_id.in_(site_ids))
    return db.scalar(items.with_only_columns(func.count(RebookItem.appointment_id.distinct()))) or 0


def _to_ring(authority_id: int, also: Collection[int], now: datetime) -> Select[Any]:
    """The items of those who are to be rung, and of those of `also` who wait for an answer."""
    return (
        select(RebookItem)
        .join(Appointment, Appointment.id == RebookItem.appointment_id)
        .where(
            RebookItem.authority_id == authority_id,
            RebookItem.closed_at.is_(None),
            Appointment.state == State.BOOKED.value,
            Appointment.ends_at > now,
            or_(RebookItem.state.in_(TO_BE_RUNG), RebookItem.appointment_id.in_(also)),
        )
        .order_by(RebookItem.id)
    )


def ringing_of(db: Session, appointment_ids: Collection[int]) -> dict[int, RingingNow]:
    """Who rings about these appointments, or did so last."""
    rows = db.execute(
        select(Ringing, StaffMember.name)
        .join(StaffMember, StaffMember.id == Ringing.staff_id)
        .where(Ringing.appointment_id.in_(appointment_ids))
    )
    return {
        row.Ringing.appointment_id: RingingNow(
            row.Ringing.staff_id, row.name, row.Ringing.until, row.Ringing.tries, row.Ringing.tried_at
        )
        for row in rows
    }


def _is_without_any(person: ListedPerson) -> bool:
    """Whether another time was looked for, and there was none."""
    return person.was_sought and person.proposal is None and person.state is RebookState.TO_RING
