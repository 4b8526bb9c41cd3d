"""What a file leaves out: removed when nothing relies on it, kept for the record when something past does.

The database itself says whether anything refers to a row: it is deleted inside a savepoint, and a foreign key that
objects keeps it. Appointments still to come stop the whole import instead, so that nobody is left standing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from locations.events import appointments_ahead
from locations.importing.toml_file import FileError, InvalidFile
from locations.tables import Closure, DatedSession, Resource, Service, SessionTemplate, Site

if TYPE_CHECKING:
    from locations.importing.apply import Changes
    from locations.importing.council_plan import Plan


def remove_left_out(db: Session, authority_id: int, plan: Plan, now: datetime, changes: Changes) -> None:
    """Remove sites, resources and services that the plan does not name. Raises: InvalidFile, naming all that are needed."""
    left_out = list(_left_out(db, authority_id, plan))
    needed = [
        f"{kind} {name} is left out of the file, and {ahead} appointments there are still to come. "
        "Put it back (without sessions it takes no more), or move those appointments first."
        for kind, name, row in left_out
        if (ahead := appointments_ahead(db, kind, row.id, now))
    ]
    if needed:
        raise InvalidFile(tuple(FileError(1, what) for what in needed))
    for kind, name, row in left_out:
        if kind == "site":
            _close_for_good(db, row, changes)
        _remove(db, kind, name, row, changes)


def _left_out(db: Session, authority_id: int, plan: Plan) -> Iterator[tuple[str, str, Any]]:
    """Kind, name and row of everything left out: resources before their sites."""
    places = {site.values["slug"]: {row["slug"] for row in site.resources} for site in plan.sites}
    services = {row["slug"] for row in plan.services}
    sites = db.scalars(select(Site).where(Site.authority_id == authority_id).order_by(Site.id)).all()
    for site in sites:
        for row in db.scalars(select(Resource).where(Resource.site_id == site.id).order_by(Resource.id)):
            if row.slug not in places.get(site.slug, ()):
                yield "resource", f'"{row.slug}" of site "{site.slug}"', row
    for site in sites:
        if site.slug not in places:
            yield "site", f'"{site.slug}"', site
    for service in db.scalars(select(Service).where(Service.authority_id == authority_id).order_by(Service.id)):
        if service.slug not in services:
            yield "service", f'"{service.slug}"', service


def _close_for_good(db: Session, site: Site, changes: Changes) -> None:
    """Remove every session of a site that is left out, so that a site kept for the record opens nothing."""
    for table in (SessionTemplate, DatedSession):
        for row in db.scalars(select(table).where(table.site_id == site.id)):
            db.delete(row)
            changes.removed["session"] += 1
            changes.touched_site_ids.add(site.id)
    db.flush()


def _remove(db: Session, kind: str, name: str, row: Any, changes: Changes) -> None:
    try:
        with db.begin_nested():
            if kind == "site":
                db.execute(delete(Closure).where(Closure.site_id == row.id))
            elif kind == "resource":
                db.execute(delete(Closure).where(Closure.resource_id == row.id))
            db.delete(row)
            db.flush()
    except IntegrityError:
        changes.kept.append(f"{kind} {name}")
        return
    changes.removed[kind] += 1
    if kind == "resource":
        changes.touched_site_ids.add(row.site_id)
    else:
        changes.touches_all = True
