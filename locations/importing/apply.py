"""The database brought in line with a plan, in the caller's transaction. What is the same already is not touched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from locations.importing.apply_removals import remove_left_out
from locations.importing.apply_sessions import sync, write_closures, write_sessions
from locations.importing.council_plan import Plan, SitePlan
from locations.postcodes import locate
from locations.site_locks import bump_plan, lock_sites
from locations.tables import Authority, Resource, Service, Site


@dataclass
class Changes:
    """What an import did. `kept` names what the file leaves out and the record still needs."""

    authority_id: int = 0
    added: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    kept: list[str] = field(default_factory=list)
    to_rebook: int = 0
    touched_site_ids: set[int] = field(default_factory=set)
    touches_all: bool = False

    @property
    def are_none(self) -> bool:
        """Whether the database already was as the file says."""
        return not (self.added or self.changed or self.removed)


def write_plan(db: Session, plan: Plan, now: datetime, *, is_demo: bool = False) -> Changes:
    """What was changed to bring the council's rows in line with `plan`; plan versions move only with a change.

    Raises: InvalidFile when the file leaves out what appointments still to come rely on.
    """
    changes = Changes()
    authority = _authority(db, plan.authority, changes, is_demo=is_demo)
    changes.authority_id = authority.id
    lock_sites(db, authority.id)  # bookings wait, so that none slips past a closure
    services = _services(db, authority.id, plan, changes)
    sites = _sites(db, authority.id, plan, changes)
    for site_plan in plan.sites:
        site = sites[site_plan.values["slug"]]
        resources = _resources(db, site, site_plan, changes)
        write_sessions(db, site, site_plan.sessions, resources, services, changes)
    write_closures(db, authority.id, plan, sites, now, changes)
    remove_left_out(db, authority.id, plan, now, changes)
    _bump(db, authority.id, changes)
    return changes


def _authority(db: Session, values: Mapping[str, Any], changes: Changes, *, is_demo: bool) -> Authority:
    row = db.scalar(select(Authority).where(Authority.slug == values["slug"]).with_for_update(key_share=True))
    if row is None:
        row = Authority(**values, is_demo=is_demo)
        db.add(row)
        db.flush()
        changes.added["council"] += 1
    elif sync(row, values):
        changes.changed["council"] += 1
        changes.touches_all = True
    return row


def _services(db: Session, authority_id: int, plan: Plan, changes: Changes) -> Mapping[str, int]:
    """The ids of the plan's services by slug."""
    known = {row.slug: row for row in db.scalars(select(Service).where(Service.authority_id == authority_id))}
    for values in plan.services:
        row = known.get(values["slug"])
        if row is None:
            known[values["slug"]] = row = Service(authority_id=authority_id, **values)
            db.add(row)
            changes.added["service"] += 1
            changes.touches_all = True
        elif sync(row, values):
            changes.changed["service"] += 1
            changes.touches_all = True
    db.flush()
    return {slug: row.id for slug, row in known.items()}


def _sites(db: Session, authority_id: int, plan: Plan, changes: Changes) -> Mapping[str, Site]:
    known = {row.slug: row for row in db.scalars(select(Site).where(Site.authority_id == authority_id))}
    for site_plan in plan.sites:
        values = dict(site_plan.values) | _place(site_plan.values["postcode"])
        row = known.get(values["slug"])
        if row is None:
            known[values["slug"]] = row = Site(authority_id=authority_id, **values)
            db.add(row)
            db.flush()
            changes.added["site"] += 1
        elif sync(row, values):
            changes.changed["site"] += 1
            changes.touched_site_ids.add(row.id)
    return known


def _place(postcode: str) -> dict[str, int | None]:
    place = locate(postcode) if postcode else None
    return {"easting": place.easting if place else None, "northing": place.northing if place else None}


def _resources(db: Session, site: Site, site_plan: SitePlan, changes: Changes) -> Mapping[str, int]:
    """The ids of the site's resources by slug."""
    known = {row.slug: row for row in db.scalars(select(Resource).where(Resource.site_id == site.id))}
    for values in site_plan.resources:
        row = known.get(values["slug"])
        if row is None:
            known[values["slug"]] = row = Resource(authority_id=site.authority_id, site_id=site.id, **values)
            db.add(row)
            changes.added["resource"] += 1
            changes.touched_site_ids.add(site.id)
        elif sync(row, values):
            changes.changed["resource"] += 1
            changes.touched_site_ids.add(site.id)
    db.flush()
    return {slug: row.id for slug, row in known.items()}


def _bump(db: Session, authority_id: int, changes: Changes) -> None:
    if changes.touches_all:
        bump_plan(db, authority_id)
    elif changes.touched_site_ids:
        bump_plan(db, authority_id, changes.touched_site_ids)
    db.flush()
