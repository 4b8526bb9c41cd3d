"""A council's plan brought in: the difference is worked out, its effect on bookings found, and both written together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.use_cases.closures import list_touched
from booking.use_cases.plan_effects import apply_effect, effect_of, listed_appointments, still_needed
from core.audit import Actor, record
from core.runtime import Runtime
from locations.catalogue_queries import catalogue_by_id, lock_council
from locations.importing.applied_changes import Changes
from locations.importing.apply import apply_difference
from locations.importing.council_plan import Plan
from locations.importing.difference import difference_between, planned_set_up
from locations.importing.parse_plan import read_plan
from locations.importing.set_up_queries import stored_set_up
from locations.importing.toml_file import FileError, InvalidFile
from locations.model import Catalogue
from locations.tables import Closure


@dataclass(frozen=True)
class Imported:
    """What an import changed, and how many booked appointments it put on the lists of people to rebook.

    `in_closures` fall into a closure that is new or moved; `new_misfits` are others that the new plan does not cover.
    """

    changes: Changes
    in_closures: int = 0
    new_misfits: int = 0


def import_file(runtime: Runtime, content: bytes, *, actor: Actor, is_demo: bool = False) -> Imported:
    """What the file changed; nothing at all when it says what is there already.

    Raises: InvalidFile with every error, each with its line; then nothing is changed either.
    """
    plan = read_plan(content)
    now = runtime.clock.now()
    with runtime.database.writing() as db:
        imported = apply_plan(db, plan, now, is_demo=is_demo)
        changes = imported.changes
        if not changes.are_none:
            record(
                db,
                actor,
                "locations_imported",
                ("authority", changes.authority_id),
                authority_id=changes.authority_id,
                now=now,
                added=dict(changes.added),
                changed=dict(changes.changed),
                removed=dict(changes.removed),
            )
    return imported


def apply_plan(db: Session, plan: Plan, now: datetime, *, is_demo: bool = False) -> Imported:
    """What was written to bring the council in line with `plan`, and who must be rebooked, in the caller's transaction.

    The council's sites are locked first: a booking that came before is checked against the new plan, and one that comes
    later sees it. Raises: InvalidFile when the plan leaves out what appointments still to come need.
    """
    authority_id = lock_council(db, plan.authority["slug"])
    stored = stored_set_up(db, authority_id)
    difference = difference_between(stored.values, planned_set_up(plan), now)
    if authority_id is None:
        return Imported(apply_difference(db, stored, difference, is_demo=is_demo))
    if not difference:
        return Imported(Changes(authority_id))
    needed = still_needed(db, stored, difference, now)
    if needed:
        raise InvalidFile(tuple(_left_out(name, ahead) for name, ahead in needed))
    before, listed = catalogue_by_id(db, authority_id), listed_appointments(db, authority_id)
    changes = apply_difference(db, stored, difference)
    in_closures = _list_touched(db, changes, now)
    effect = effect_of(
        db, before, catalogue_by_id(db, authority_id), _touched_sites(before, changes), now, listed=listed
    )
    return Imported(changes, in_closures, apply_effect(db, effect, authority_id, now))


def _left_out(name: str, ahead: int) -> FileError:
    what = f"{name} is left out of the file, and {ahead} appointments there are still to come. "
    return FileError(1, what + "Put it back (without sessions it takes no more), or move those appointments first.")


def _list_touched(db: Session, changes: Changes, now: datetime) -> int:
    """How many appointments were put on the lists of closures that are new or changed, and not over."""
    is_ahead = (Closure.id.in_(changes.closure_ids), Closure.ends_at > now)
    return sum(
        list_touched(db, closure_id, now) for closure_id in db.scalars(select(Closure.id).where(*is_ahead)).all()
    )


def _touched_sites(before: Catalogue, changes: Changes) -> frozenset[int]:
    if changes.touches_all:
        return frozenset(site.id for site in before.sites)
    return frozenset(changes.touched_site_ids)
