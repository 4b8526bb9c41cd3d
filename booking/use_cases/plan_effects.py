"""What a change of a council's plan means for who is booked already: who must be rebooked, and which holds end.

The caller has locked the sites (`locations.catalogue_queries`) before it read `before`, so no booking can slip past: one
that came first is among those read here, one that comes later sees the new plan.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from booking.availability.bookings_that_fit import NoLongerFits, misfits_of, new_misfits
from booking.availability.values import BookedVisit
from booking.queries.booked_visits import booked_visits, count_ahead, held_visits
from booking.tables import RebookItem
from booking.use_cases.holds import delete_holds
from core.database import connection_of, table_of
from core.errors import Refused
from locations.importing.difference import Difference, Key
from locations.importing.set_up_queries import StoredSetUp
from locations.model import Catalogue

ReadVisits = Callable[[Session, Collection[int], datetime], list[BookedVisit]]

_items = table_of(RebookItem)
_CLOSE_ITEM = (
    update(_items)
    .where(
        _items.c.appointment_id == bindparam("appointment"),
        _items.c.closure_id.is_(None),
        _items.c.closed_at.is_(None),
    )
    .values(closed_at=bindparam("now"))
)


@dataclass(frozen=True)
class Effect:
    """What a new plan does: bookings to rebook, listed bookings that fit again, and the holds that end."""

    to_rebook: tuple[NoLongerFits, ...] = ()
    fit_again: tuple[int, ...] = ()
    holds_ended: tuple[int, ...] = ()


@dataclass
class StillNeeded(Refused):
    """Some of what is to be removed has appointments to come. `needed` says what, and how many."""

    needed: tuple[tuple[Key, int], ...]
    code = "invalid_file"

    def words(self) -> list[tuple[Key, str]]:
        """What to say of each."""
        advice = "Keep it (without sessions it takes no more), or move those appointments first."
        return [
            (key, f"{key} cannot be removed: {ahead} appointments there are still to come. {advice}")
            for key, ahead in self.needed
        ]


def check_not_needed(db: Session, stored: StoredSetUp, difference: Difference, now: datetime) -> None:
    """See that nothing the difference removes has appointments to come. Raises: StillNeeded."""
    counted = (
        (change.key, count_ahead(db, kind=change.kind, row_id=stored.rows[change.key].id, now=now))
        for change in difference.to_remove("resource", "person", "site", "service")
    )
    needed = tuple((key, ahead) for key, ahead in counted if ahead)
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


def _without(visits: Iterable[BookedVisit], lost: Iterable[NoLongerFits]) -> list[BookedVisit]:
    gone = {found.visit for found in lost}
    return [visit for visit in visits if visit not in gone]


def apply_effect(db: Session, effect: Effect, authority_id: int, now: datetime) -> None:
    """End the holds, list the people to rebook who are on no list yet, and take off the list who fits again."""
    delete_holds(db, effect.holds_ended)
    connection = connection_of(db)
    if effect.fit_again:
        connection.execute(
            _CLOSE_ITEM, [{"appointment": appointment_id, "now": now} for appointment_id in effect.fit_again]
        )
    listed = {item.appointment_id for item in open_items(db, authority_id)}
    common: dict[str, Any] = {"authority_id": authority_id, "closure_id": None, "created_at": now}
    items = [
        common | {"appointment_id": lost.visit.owner_id, "reason": lost.reason.value}
        for lost in effect.to_rebook
        if lost.visit.owner_id not in listed
    ]
    if items:
        connection.execute(_items.insert(), items)
