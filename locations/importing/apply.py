"""The difference between a council's rows and a plan, written in the caller's transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from locations.catalogue_queries import bump_plan
from locations.importing.applied_changes import Changes
from locations.importing.apply_removals import remove_left_out
from locations.importing.apply_sessions import write_opened
from locations.importing.difference import DATED, Change, Difference, Key, Kind
from locations.importing.set_up_queries import Rows, StoredSetUp
from locations.importing.toml_fields import TRANSLATIONS
from locations.own_words import kept_translations
from locations.tables import Authority, Closure, DatedSession, Resource, Service, SessionTemplate, Site, TravelTime
from locations.triage.tables import Triage
from locations.wards.tables import Ward

# What is referred to comes first.
WRITE_ORDER: tuple[Kind, ...] = (
    "council",
    "ward",
    "service",
    "site",
    "person",
    "resource",
    "travel time",
    "session",
    "closure",
    "triage",
)
TABLES: dict[Kind, Any] = {
    "council": Authority,
    "ward": Ward,
    "service": Service,
    "site": Site,
    "person": Resource,
    "resource": Resource,
    "travel time": TravelTime,
    "closure": Closure,
    "triage": Triage,
}
# What is no column of the row itself.
REFERENCES = frozenset({"site", "resource", "resources", "service", "services", "exceptions"})
PLACE = frozenset({"kind", "easting", "northing"})  # what decides how far a site is from the others


def apply_difference(db: Session, stored: StoredSetUp, difference: Difference, *, is_demo: bool = False) -> Changes:
    """What was written to turn the stored set-up into the planned one; plan versions rise only with a change.

    The caller has locked the council (`locations.catalogue_queries.lock_council`) before it read `stored`.
    """
    changes, rows = Changes(), Rows(dict(stored.rows))
    for kind in WRITE_ORDER:
        to_write = list(difference.to_write(kind))
        for change in to_write:
            _write(db, rows, change)
        db.flush()
        for change in to_write:
            if kind == "session":
                write_opened(db, rows, change)
            _note(rows, change, changes)
    remove_left_out(db, rows, difference, changes)
    changes.authority_id = rows.council.id
    if is_demo and not stored.rows:
        rows.council.is_demo = True
    _bump(db, changes)
    return changes


def _write(db: Session, rows: Rows, change: Change) -> None:
    own = frozenset(("services",)) if change.kind == "triage" else frozenset()  # as slugs, in its row
    columns = {name: value for name, value in change.new_values.items() if name not in REFERENCES - own}
    columns |= _references(rows, change)
    row = rows.by_key.get(change.key)
    given = {name: columns.pop(name) for name in list(columns) if name in TRANSLATIONS.get(change.kind, {})}
    if given:
        columns["translations"] = kept_translations({**(row.translations if row else {}), **given})
    if row is None:
        rows.by_key[change.key] = row = _table(change.key)(**columns)
        db.add(row)
    else:
        for name, value in columns.items():
            setattr(row, name, value)


def _table(key: Key) -> Any:
    if key.kind == "session":
        return DatedSession if key.slugs[1] == DATED else SessionTemplate
    return TABLES[key.kind]


def _references(rows: Rows, change: Change) -> dict[str, Any]:
    """The ids by which the row names its council, site and resource."""
    if change.kind == "council":
        return {}
    ids = {"authority_id": rows.council.id}
    if change.kind in ("resource", "session"):
        return ids | {"site_id": rows.site_id(change.key.slugs[0])}
    if change.kind == "closure":
        after = change.after or {}
        places = {"site_id": rows.site_id(after["site"]), "resource_id": rows.resource_id(after["resource"])}
        return ids | places | {"service_id": rows.service_id(after["service"])}
    if change.kind == "travel time":
        sites = sorted(rows.by_key[Key("site", (slug,))].id for slug in change.key.slugs)
        return ids | dict(zip(("first_site_id", "second_site_id"), sites, strict=True))
    return ids


def _note(rows: Rows, change: Change, changes: Changes) -> None:
    """Count the change, and note whose plans are others now. A new council has a plan that nobody has read.

    A site that is new or has moved lies at another distance from all others, so that their plans change as well.
    """
    is_new = change.before is None
    (changes.added if is_new else changes.changed)[change.kind] += 1
    if change.kind in ("ward", "triage", "service", "person", "travel time") or (
        change.kind == "council" and not is_new
    ):
        changes.touch_site(None)
    elif change.kind == "site":
        changes.touch_site(None if change.new_values.keys() & PLACE else rows.by_key[change.key].id)
    elif change.kind in ("resource", "session"):
        changes.touch_site(rows.site_id(change.key.slugs[0]))
    elif change.kind == "closure":
        changes.closure_ids.append(rows.by_key[change.key].id)
        for side in (change.before, change.after):  # one that moves to another site opens the one that it leaves
            if side is not None:
                changes.touch_site(rows.site_id(side["site"]))


def _bump(db: Session, changes: Changes) -> None:
    if changes.touches_all:
        bump_plan(db, changes.authority_id)
    elif changes.touched_site_ids:
        bump_plan(db, changes.authority_id, changes.touched_site_ids)
    db.flush()
