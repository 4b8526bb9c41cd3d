"""What a change of a council's plan means for who is booked already: who must be rebooked, and which holds end.

The caller has locked the sites (`locations.catalogue_queries`) before it read `before`, so no booking can slip past: one
that came first is among those read here, one that comes later sees the new plan.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability.bookings_that_fit import NoLongerFits, misfits_of, new_misfits
from booking.availability.values import BookedVisit
from booking.queries.booked_visits import booked_visits, count_ahead, held_visits
from booking.queries.open_wishes import count_waiting
from booking.tables import RebookItem
from booking.use_cases.holds import delete_holds
from booking.use_cases.proposals import lock_proposals
from booking.use_cases.rebook_items import keep, list_again, tell_who_keeps
from core.database import connection_of
from core.errors import Refused
from locations.importing.difference import Difference, Key
from locations.importing.set_up_queries import StoredSetUp
from locations.model import Catalogue

ReadVisits = Callable[[Session, Collection[int], datetime], list[BookedVisit]]


@dataclass(frozen=True)
class Effect:
    """What a new plan does: bookings to rebook, listed bookings that fit again, and the holds that end.

    Some were on a list before; `despite_closures` are those of them that would not fit if nothing were shut, either.
    """

    to_rebook: tuple[NoLongerFits, ...] = ()
    despite_closures: tuple[NoLongerFits, ...] = ()
    fit_again: tuple[int, ...] = ()
    holds_ended: tuple[int, ...] = ()


@dataclass
class StillNeeded(Refused):
    """Some of what is to be removed has appointments to come, or people who wait for a time there.

    `needed` says what, how many appointments, and how many who wait.
    """

    needed: tuple[tuple[Key, int, int], ...]
    code = "invalid_file"

    def words(self) -> list[tuple[Key, str]]:
        """What to say of each."""
        return [(key, f"{key} cannot be removed: {_why(ahead, waiting)}") for key, ahead, waiting in self.needed]


def _why(ahead: int, waiting: int) -> str:
    keep = "Keep it (without sessions it takes no more), or"
    if ahead:
        return f"{ahead} appointments there are still to come. {keep} move those appointments first."
    return f"{waiting} people on the waiting list wait for a time there. {keep} take them off the list first."


def check_not_needed(db: Session, stored: StoredSetUp, difference: Difference, now: datetime) -> None:
    """See that nothing the difference removes has appointments to come, or is waited for. Raises: StillNeeded."""
    removed = [(one, stored.rows[one.key]) for one in difference.to_remove("resource", "person", "site", "service")]
    counted = (
        (
            change.key,
            count_ahead(db, kind=change.kind, row_id=row.id, now=now),
            count_waiting(db, row.authority_id, kind=change.kind, row_id=row.id),
        )
        for change, row in removed
    )
    needed = tuple((key, ahead, waiting) for key, ahead, waiting in counted if ahead or waiting)
    if needed:
        raise StillNeeded(needed)


class OpenItem(NamedTuple):
    """An appointment on a list of people to rebook: a closure's, or (None) the one of those who do not fit the plan."""

    appointment_id: int
    closure_id: int | None
    reason: str


def open_items(db: Session, authority_id: int) -> frozenset[OpenItem]:
    """All that is on the council's lists of people to rebook."""
    items = select(RebookItem.appointment_id, RebookItem.closure_id, RebookItem.reason).where(
        RebookItem.authority_id == authority_id, RebookItem.closed_at.is_(None)
    )
    return frozenset(OpenItem(*row) for row in connection_of(db).execute(items))


def effect_of(
    db: Session,
    before: Catalogue,
    after: Catalogue,
    site_ids: Collection[int],
    now: datetime,
    *,
    listed: Collection[int] = (),
) -> Effect:
    """What replacing `before` by `after` at these sites does; nothing is written.

    `listed` are the appointments that were on a list before: one whose closure is removed stays to be rebooked if it still
    does not fit. Where people work at several sites, their bookings at the other sites are read as well.
    """
    visits, holds = (_concerned(after, site_ids, read, db, now) for read in (booked_visits, held_visits))
    still = [visit for visit in visits if visit.owner_id in listed]
    others = [visit for visit in visits if visit.owner_id not in listed]
    lost = new_misfits(before, after, others, now)
    staying = _without(others, lost)
    still_lost = misfits_of(after, still, now, staying=staying)
    fit_again = _without(still, still_lost)
    holds_lost = new_misfits(before, after, holds, now, staying=(*staying, *fit_again))
    return Effect(
        to_rebook=(*lost, *still_lost),
        despite_closures=new_misfits(_all_open(before), _all_open(after), still, now),
        fit_again=tuple(visit.owner_id for visit in fit_again),
        holds_ended=tuple(found.visit.owner_id for found in holds_lost),
    )


def _concerned(
    catalogue: Catalogue, site_ids: Collection[int], read: ReadVisits, db: Session, now: datetime
) -> list[BookedVisit]:
    """The visits at these sites, and those elsewhere of people who belong to the council."""
    if not catalogue.people:
        return read(db, site_ids, now)
    return [
        visit
        for visit in read(db, [site.id for site in catalogue.sites], now)
        if visit.slot.site_id in site_ids or any(map(catalogue.is_council_wide, visit.resource_ids))
    ]


def _all_open(catalogue: Catalogue) -> Catalogue:
    """The same as if nothing were shut."""
    return replace(catalogue, sites=tuple(replace(site, closures=()) for site in catalogue.sites))


def _without(visits: Iterable[BookedVisit], lost: Iterable[NoLongerFits]) -> list[BookedVisit]:
    gone = {found.visit for found in lost}
    return [visit for visit in visits if visit not in gone]


def apply_effect(db: Session, effect: Effect, authority_id: int, now: datetime) -> None:
    """End the holds, list the people to rebook, and take off the list, and tell, who fits again."""
    delete_holds(db, effect.holds_ended)
    listed = {item.appointment_id for item in open_items(db, authority_id)}
    lost = {found.visit.owner_id: found.reason.value for found in effect.despite_closures}
    lost |= {f.visit.owner_id: f.reason.value for f in effect.to_rebook if f.visit.owner_id not in listed}
    lock_proposals(db, {*lost, *effect.fit_again})
    known = _misfits(db, {*lost, *effect.fit_again})
    for appointment_id in effect.fit_again:
        item = known.get(appointment_id)
        if item is not None and item.closed_at is None:
            keep(item, now)
    for appointment_id, reason in lost.items():
        _list_misfit(db, known.get(appointment_id), authority_id, appointment_id, reason, now)
    db.flush()
    tell_who_keeps(db, effect.fit_again, now)


def _list_misfit(
    db: Session, item: RebookItem | None, authority_id: int, appointment_id: int, reason: str, now: datetime
) -> None:
    """Put an appointment on the list of those that do not fit the plan, where it has one item at most."""
    if item is None:
        common: dict[str, Any] = {"authority_id": authority_id, "closure_id": None, "created_at": now}
        db.add(RebookItem(appointment_id=appointment_id, reason=reason, **common))
        return
    if item.closed_at is not None:
        list_again(item, now)
    item.reason = reason


def _misfits(db: Session, ids: Collection[int]) -> dict[int, RebookItem]:
    """The items of these appointments on the list of those that do not fit the plan, the last one of each."""
    items = select(RebookItem).where(RebookItem.closure_id.is_(None), RebookItem.appointment_id.in_(ids))
    return {item.appointment_id: item for item in db.scalars(items.order_by(RebookItem.id))} if ids else {}
