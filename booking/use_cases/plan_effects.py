"""What a change of a council's plan means for who is booked already: who must be rebooked, and which holds end.

The caller has locked the sites (`locations.site_locks`) before it read `before`, so no booking can slip past: one that came
first is among those read here, one that comes later sees the new plan.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from booking.availability.plan_changes import NoLongerFits, PlanFit, no_longer_fit
from booking.queries.booked_visits import booked_visits, count_ahead, held_visits
from booking.tables import RebookItem
from booking.use_cases.holds import remove_holds
from core.database import connection_of, table_of
from locations.catalogue import Catalogue
from locations.importing.difference import Difference
from locations.importing.set_up_queries import StoredSetUp

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


def still_needed(db: Session, stored: StoredSetUp, difference: Difference, now: datetime) -> list[tuple[str, int]]:
    """What of the sites, resources, people and services the difference removes has appointments to come, and how many."""
    counted = (
        (str(change.key), count_ahead(db, kind=change.kind, row_id=stored.rows[change.key].id, now=now))
        for change in difference.to_remove("resource", "person", "site", "service")
    )
    return [(name, ahead) for name, ahead in counted if ahead]


def listed_appointments(db: Session, authority_id: int) -> frozenset[int]:
    """The appointments that are on a list of people to rebook."""
    is_open = (RebookItem.authority_id == authority_id, RebookItem.closed_at.is_(None))
    return frozenset(connection_of(db).scalars(select(RebookItem.appointment_id).where(*is_open)))


def effect_of(
    db: Session,
    before: Catalogue,
    after: Catalogue,
    site_ids: Collection[int],
    now: datetime,
    *,
    listed: frozenset[int] = frozenset(),
) -> Effect:
    """What replacing `before` by `after` at these sites does; nothing is written.

    `listed` are the appointments that were on a list before: one whose closure is removed stays to be rebooked if it still
    does not fit.
    """
    visits, holds = booked_visits(db, site_ids, now), held_visits(db, site_ids, now)
    new = PlanFit(after, now)
    still = [visit for visit in visits if visit.owner_id in listed]
    reasons = {visit.owner_id: new.why_not(visit) for visit in still}
    return Effect(
        to_rebook=(
            *no_longer_fit(before, after, [visit for visit in visits if visit.owner_id not in listed], now),
            *(NoLongerFits(visit, reason) for visit in still if (reason := reasons[visit.owner_id]) is not None),
        ),
        fit_again=tuple(visit.owner_id for visit in still if reasons[visit.owner_id] is None),
        holds_ended=tuple(lost.visit.owner_id for lost in no_longer_fit(before, after, holds, now)),
    )


def apply_effect(db: Session, effect: Effect, authority_id: int, now: datetime) -> int:
    """End the holds, list the people to rebook, and take off the list who fits again; how many were added to it."""
    remove_holds(db, effect.holds_ended)
    connection = connection_of(db)
    if effect.fit_again:
        connection.execute(
            _CLOSE_ITEM, [{"appointment": appointment_id, "now": now} for appointment_id in effect.fit_again]
        )
    listed = listed_appointments(db, authority_id)
    common: dict[str, Any] = {"authority_id": authority_id, "closure_id": None, "created_at": now}
    items = [
        common | {"appointment_id": lost.visit.owner_id, "reason": lost.reason.value}
        for lost in effect.to_rebook
        if lost.visit.owner_id not in listed
    ]
    if items:
        connection.execute(_items.insert(), items)
    return len(items)
