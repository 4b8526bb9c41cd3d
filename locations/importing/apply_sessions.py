"""Sessions and closures of a plan, written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from locations.events import announce_closure
from locations.importing.council_plan import ClosurePlan, SessionPlan
from locations.tables import (
    Closure,
    DatedSession,
    Resource,
    SessionException,
    SessionResource,
    SessionService,
    SessionTemplate,
    Site,
)

if TYPE_CHECKING:
    from locations.importing.apply import Changes
    from locations.importing.council_plan import Plan

Ids = Mapping[str, int]


def sync(row: Any, values: Mapping[str, Any]) -> bool:
    """Give `row` the values that differ; whether any did."""
    different = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    return bool(different)


def write_sessions(
    db: Session, site: Site, plans: Sequence[SessionPlan], resources: Ids, services: Ids, changes: Changes
) -> None:
    """Bring the site's sessions in line with the plans; those that have no plan are removed."""
    for table, is_dated in ((SessionTemplate, False), (DatedSession, True)):
        wanted = {plan.slug: plan for plan in plans if plan.is_dated is is_dated}
        rows: Sequence[Any] = db.scalars(select(table).where(table.site_id == site.id)).all()
        known = {row.slug: row for row in rows}
        for slug, plan in wanted.items():
            _write_session(db, site, table, known.get(str(slug)), plan, (resources, services), changes)
        for slug in known.keys() - wanted.keys():
            db.delete(known[slug])
            changes.removed["session"] += 1
            changes.touched_site_ids.add(site.id)
    db.flush()


def _write_session(
    db: Session, site: Site, table: Any, row: Any, plan: SessionPlan, ids: tuple[Ids, Ids], changes: Changes
) -> None:
    is_new = row is None
    if is_new:
        row = table(authority_id=site.authority_id, site_id=site.id, **plan.values)
        db.add(row)
        db.flush()
    differs = [sync(row, plan.values)]
    differs.append(_sync_links(db, SessionResource, "resource_id", row, [ids[0][slug] for slug in plan.resources]))
    differs.append(_sync_links(db, SessionService, "service_id", row, [ids[1][slug] for slug in plan.services]))
    if not plan.is_dated:
        differs.append(_sync_exceptions(db, row, plan))
    if is_new or any(differs):
        (changes.added if is_new else changes.changed)["session"] += 1
        changes.touched_site_ids.add(site.id)


def _sync_links(db: Session, table: Any, column: str, row: Any, wanted: Sequence[int]) -> bool:
    """Bring what a session opens in line with `wanted`; whether anything differed."""
    owner = "template_id" if isinstance(row, SessionTemplate) else "dated_session_id"
    known = {getattr(link, column): link for link in db.scalars(select(table).filter_by(**{owner: row.id}))}
    gone = known.keys() - set(wanted)
    for linked_id in gone:
        db.delete(known[linked_id])
    fresh = [linked_id for linked_id in wanted if linked_id not in known]
    db.add_all(table(**{owner: row.id, column: linked_id}) for linked_id in fresh)
    return bool(gone or fresh)


def _sync_exceptions(db: Session, row: SessionTemplate, plan: SessionPlan) -> bool:
    statement = select(SessionException).where(SessionException.template_id == row.id)
    known = {one.date: one for one in db.scalars(statement)}
    gone = known.keys() - plan.exceptions.keys()
    for day in gone:
        db.delete(known[day])
    differs = bool(gone)
    for day, facts in plan.exceptions.items():
        values = {"starts": facts.starts, "ends": facts.ends, "reason": facts.reason}
        if day not in known:
            db.add(SessionException(template_id=row.id, date=day, **values))
            differs = True
        else:
            differs = sync(known[day], values) or differs
    return differs


def write_closures(
    db: Session, authority_id: int, plan: Plan, sites: Mapping[str, Site], now: datetime, changes: Changes
) -> None:
    """Bring closures in line; one that is new or moved puts the appointments it touches on its rebook list.

    A closure that the file leaves out is removed, unless it is over: that one stays as the record.
    """
    known = {row.slug: row for row in db.scalars(select(Closure).where(Closure.authority_id == authority_id))}
    wanted = set()
    for closure, site in _closures(plan, sites):
        wanted.add(closure.slug)
        _write_closure(db, authority_id, known.get(str(closure.slug)), (closure, site), now, changes)
    for slug in known.keys() - wanted:
        if known[slug].ends_at > now:
            _touch(changes, known[slug].site_id)
            db.delete(known[slug])
            changes.removed["closure"] += 1
    db.flush()


def _closures(plan: Plan, sites: Mapping[str, Site]) -> Iterator[tuple[ClosurePlan, Site | None]]:
    for closure in plan.closures:
        yield closure, None
    for site_plan in plan.sites:
        for closure in site_plan.closures:
            yield closure, sites[site_plan.values["slug"]]


def _write_closure(
    db: Session,
    authority_id: int,
    row: Closure | None,
    planned: tuple[ClosurePlan, Site | None],
    now: datetime,
    changes: Changes,
) -> None:
    closure, site = planned
    values = {
        "site_id": site.id if site else None,
        "resource_id": _resource_id(db, closure, site),
        "slug": closure.slug,
        "starts_at": closure.starts_at,
        "ends_at": closure.ends_at,
        "reason": closure.reason,
    }
    is_new = row is None
    if row is None:
        row = Closure(authority_id=authority_id, **values)
        db.add(row)
    else:
        _touch_if_moved(row, values, changes)
        if not sync(row, values):
            return
    (changes.added if is_new else changes.changed)["closure"] += 1
    _touch(changes, row.site_id)
    db.flush()
    if row.ends_at > now:
        changes.to_rebook += announce_closure(db, row.id, now)


def _touch_if_moved(row: Closure, values: Mapping[str, Any], changes: Changes) -> None:
    """A closure that moves to another site opens the one that it leaves."""
    if row.site_id != values["site_id"]:
        _touch(changes, row.site_id)


def _touch(changes: Changes, site_id: int | None) -> None:
    if site_id is None:
        changes.touches_all = True
    else:
        changes.touched_site_ids.add(site_id)


def _resource_id(db: Session, closure: ClosurePlan, site: Site | None) -> int | None:
    if closure.resource is None or site is None:
        return None
    statement = select(Resource.id).where(Resource.site_id == site.id, Resource.slug == closure.resource)
    return db.scalars(statement).one()
