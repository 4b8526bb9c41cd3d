"""The closures that are in force or to come, and the people on the list of one of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from booking.queries.appointments import AppointmentView, of_ids
from booking.queries.open_proposals import OpenProposal, proposals_of
from booking.queries.rebook_lists import RebookList, is_on
from booking.rebooking import AFFECTED, RebookState
from booking.tables import Appointment, RebookItem
from core.errors import NotFound
from locations.model import Catalogue, ServiceFacts, SiteFacts
from locations.session_facts import FROM_OUTSIDE
from locations.tables import Closure, Resource

MOST_SHOWN = 200  # people of one state on a page


@dataclass(frozen=True)
class ClosureView:
    """A closure. No site is the whole council; `counts` has how many of those affected are in each state."""

    id: int
    authority_id: int
    site: SiteFacts | None
    resource_id: int | None
    resource_name: str
    service: ServiceFacts | None
    topic: str
    mode: str
    starts_at: datetime
    ends_at: datetime
    reason: str
    source: str
    wants_offers: bool
    is_lifted: bool
    counts: Mapping[RebookState, int]

    @property
    def affected(self) -> int:
        """How many appointments it affects."""
        return sum(self.counts.values())

    @property
    def people(self) -> RebookList:
        """The list of those affected."""
        return RebookList(self.authority_id, self.id)

    def count(self, *states: RebookState) -> int:
        """How many of them are in any of these states."""
        return sum(self.counts[state] for state in states)


@dataclass(frozen=True)
class ResourceClosure:
    """A closure of all that somebody does, at one site or (None) at every one, from when until when (half-open)."""

    id: int
    site_id: int | None
    starts_at: datetime
    ends_at: datetime

    def shuts(self, site_id: int, now: datetime) -> bool:
        """Whether nobody can book them at the site at this instant."""
        return self.site_id in (None, site_id) and self.starts_at <= now < self.ends_at


@dataclass(frozen=True)
class ListedPerson:
    """Somebody to rebook, and why. `was_sought` says whether another time was looked for, found or not."""

    appointment: AppointmentView
    state: RebookState
    reason: str
    was_sought: bool
    proposal: OpenProposal | None


def closures_of_resource(db: Session, resource_id: int, now: datetime) -> tuple[ResourceClosure, ...]:
    """What shuts all that this resource does, everywhere or at one site, now or later, the newest first."""
    is_whole = (Closure.service_id.is_(None), Closure.topic == "", Closure.mode == "")
    found = select(Closure.id, Closure.site_id, Closure.starts_at, Closure.ends_at).where(
        Closure.resource_id == resource_id, Closure.lifted_at.is_(None), Closure.ends_at > now, *is_whole
    )
    rows = db.execute(found.where(Closure.source != FROM_OUTSIDE).order_by(Closure.id.desc()))
    return tuple(ResourceClosure(*row) for row in rows)


def closures_of(
    db: Session, catalogue: Catalogue, now: datetime, site_ids: Collection[int] | None
) -> tuple[ClosureView, ...]:
    """The closures that are not over, in the order of their beginning; of these sites alone, or (None) all.

    Of the busy times of calendars kept elsewhere those alone that touch somebody.
    """
    ahead = _closures(catalogue).where(Closure.ends_at > now, Closure.lifted_at.is_(None))
    if site_ids is not None:
        ahead = ahead.where(Closure.site_id.in_(site_ids))
    is_shut = or_(Closure.source != FROM_OUTSIDE, exists().where(RebookItem.closure_id == Closure.id))
    rows = db.execute(ahead.where(is_shut).order_by(Closure.starts_at, Closure.id)).all()
    counts = _counts(db, [row.Closure.id for row in rows])
    return tuple(_view(catalogue, row, counts) for row in rows)


def closure_of(db: Session, catalogue: Catalogue, closure_id: int) -> ClosureView:
    """The closure of this id, over or not. Raises: NotFound."""
    row = db.execute(_closures(catalogue).where(Closure.id == closure_id)).first()
    if row is None:
        raise NotFound.because("closure_unknown")
    return _view(catalogue, row, _counts(db, [closure_id]))


def people_of(
    db: Session, catalogue: Catalogue, listed: RebookList, now: datetime, most: int = MOST_SHOWN
) -> dict[RebookState, tuple[ListedPerson, ...]]:
    """Who is on the list, by state, who is due first first; `most` of each."""
    items: dict[int, RebookItem] = {}
    for state in AFFECTED:
        of_state = (
            select(RebookItem)
            .join(Appointment, Appointment.id == RebookItem.appointment_id)
            .where(*is_on(listed), RebookItem.state == state.value)
            .order_by(Appointment.starts_at, Appointment.id)
            .limit(most)
        )
        items |= {item.appointment_id: item for item in db.scalars(of_state)}
    proposals = proposals_of(db, catalogue, listed, now)
    people: defaultdict[RebookState, list[ListedPerson]] = defaultdict(list)
    for view in by_start(db, catalogue, items.keys()):
        item = items[view.id]
        state, proposal = RebookState(item.state), proposals.get(view.id)
        people[state].append(ListedPerson(view, state, item.reason, item.sought_at is not None, proposal))
    return {state: tuple(people[state]) for state in AFFECTED}


def also_listed(db: Session, closure_id: int) -> frozenset[int]:
    """The ids of those on the closure's list who have to be rebooked for another reason, too."""
    others = aliased(RebookItem)
    statement = (
        select(RebookItem.appointment_id)
        .join(others, others.appointment_id == RebookItem.appointment_id)
        .where(
            RebookItem.closure_id == closure_id,
            RebookItem.closed_at.is_(None),
            others.id != RebookItem.id,
            others.closed_at.is_(None),
        )
    )
    return frozenset(db.scalars(statement))


def by_start(db: Session, catalogue: Catalogue, ids: Collection[int]) -> list[AppointmentView]:
    """The appointments of these ids, who is due first first."""
    return sorted(of_ids(db, catalogue, ids).values(), key=lambda view: (view.starts_at, view.id))


def first_due(db: Session, ids: Collection[int], most: int = MOST_SHOWN) -> list[int]:
    """Those of these appointments that are due first, `most` of them."""
    rows = select(Appointment.id).where(Appointment.id.in_(ids)).order_by(Appointment.starts_at, Appointment.id)
    return list(db.scalars(rows.limit(most))) if ids else []


def _closures(catalogue: Catalogue) -> Select[Closure, str]:
    return (
        select(Closure, Resource.name.label("resource_name"))
        .outerjoin(Resource, Resource.id == Closure.resource_id)
        .where(Closure.authority_id == catalogue.authority.id)
    )


def _counts(db: Session, closure_ids: Collection[int]) -> Mapping[int, Mapping[RebookState, int]]:
    statement = select(RebookItem.closure_id, RebookItem.state, func.count().label("number"))
    rows = db.execute(
        statement.where(RebookItem.closure_id.in_(closure_ids)).group_by(RebookItem.closure_id, RebookItem.state)
    )
    counts: dict[int, dict[RebookState, int]] = {id_: dict.fromkeys(AFFECTED, 0) for id_ in closure_ids}
    for row in rows:
        if row.state in AFFECTED:
            counts[row.closure_id][RebookState(row.state)] = row.number
    return counts


def _view(catalogue: Catalogue, row: Any, counts: Mapping[int, Mapping[RebookState, int]]) -> ClosureView:
    closure: Closure = row.Closure
    return ClosureView(
        id=closure.id,
        authority_id=closure.authority_id,
        site=None if closure.site_id is None else catalogue.site_by_id(closure.site_id),
        resource_id=closure.resource_id,
        resource_name=row.resource_name or "",
        service=None if closure.service_id is None else catalogue.service_by_id(closure.service_id),
        topic=closure.topic,
        mode=closure.mode,
        starts_at=closure.starts_at,
        ends_at=closure.ends_at,
        reason=closure.reason,
        source=closure.source,
        wants_offers=closure.offers_wanted_at is not None,
        is_lifted=closure.lifted_at is not None,
        counts=counts[closure.id],
    )
