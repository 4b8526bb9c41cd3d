"""A council's plan brought in: the difference is worked out, its effect on bookings found, and both written together."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.availability.bookings_that_fit import CapacityChange, change_of_capacity
from booking.queries.booked_visits import booked_visits
from booking.tables import Appointment
from booking.use_cases.closures import BY_CLOSURE, list_touched
from booking.use_cases.new_sessions import keep_new_sessions
from booking.use_cases.plan_effects import (
    Effect,
    OpenItem,
    StillNeeded,
    apply_effect,
    check_not_needed,
    effect_of,
    open_items,
)
from booking.use_cases.rebook_items import pass_on
from core.audit import Actor, record
from core.runtime import Runtime
from locations.catalogue_queries import catalogue_by_id, lock_council
from locations.exporting.council_file import file_tables
from locations.history.change_repository import record_changes
from locations.importing.applied_changes import Changes
from locations.importing.apply import apply_difference
from locations.importing.council_plan import Plan
from locations.importing.difference import difference_between, planned_set_up
from locations.importing.parse_plan import read_plan
from locations.importing.set_up_queries import StoredSetUp, stored_set_up
from locations.importing.set_up_tables import TableChange, changed_things
from locations.importing.toml_file import FileError, InvalidFile
from locations.model import Catalogue

PREVIEW_DAYS = 28  # for which a preview says what free times change


class ToRebook(NamedTuple):
    """A booked appointment that an import put on a list of people to rebook. `starts_at` is in the council's zone."""

    reference: str
    starts_at: datetime
    site: str
    reason: str
    appointment_id: int


@dataclass(frozen=True)
class Imported:
    """What an import changed, and the booked appointments that it put on the lists of people to rebook, by start.

    `in_closures` of them fall into a closure that is new or moved; `new_misfits` are others that the new plan does not
    cover. `things` are what it changed in the tables of a council that was there before.
    """

    changes: Changes
    to_rebook: tuple[ToRebook, ...] = ()
    things: tuple[TableChange, ...] = ()

    @property
    def in_closures(self) -> int:
        """How many fall into a closure."""
        return sum(one.reason == BY_CLOSURE for one in self.to_rebook)

    @property
    def new_misfits(self) -> int:
        """How many others the plan does not cover."""
        return len(self.to_rebook) - self.in_closures


@dataclass(frozen=True)
class Preview:
    """What an import would change, and its effect on the free times of `dates` (first and last) from `before` to `after`."""

    imported: Imported
    dates: tuple[date, date]
    capacity: CapacityChange
    before: Catalogue
    after: Catalogue


def import_file(runtime: Runtime, content: bytes, *, actor: Actor, is_demo: bool = False) -> Imported:
    """What the file changed; nothing at all when it says what is there already.

    Raises: InvalidFile with every error, each with its line; then nothing is changed either.
    """
    plan = read_plan(content)
    now = runtime.clock.now()
    with runtime.database.writing_in_turn() as db, _at_first_line():
        imported = apply_plan(db, plan, now, is_demo=is_demo)
        changes = imported.changes
        record_changes(db, changes.authority_id, imported.things, actor, now)
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


def preview_file(runtime: Runtime, content: bytes) -> Preview:
    """What the import of the file would do. It is written and rolled back, so the sites are locked meanwhile.

    Raises: InvalidFile with every error.
    """
    plan, now = read_plan(content), runtime.clock.now()
    with runtime.database.writing_in_turn() as db, _at_first_line():
        authority_id = lock_council(db, plan.authority["slug"])
        before = None if authority_id is None else catalogue_by_id(db, authority_id)
        visits = [] if before is None else booked_visits(db, [site.id for site in before.sites], now)
        imported = apply_plan(db, plan, now)
        after = catalogue_by_id(db, imported.changes.authority_id)
        db.rollback()
    before = before or Catalogue(after.authority, (), (), (), after.travel)
    today = now.astimezone(ZoneInfo(after.authority.zone)).date()
    dates = (today, today + timedelta(days=PREVIEW_DAYS - 1))
    return Preview(imported, dates, change_of_capacity(before, after, visits, dates, now), before, after)


@contextmanager
def _at_first_line() -> Iterator[None]:
    """Raise for the whole file what the plan leaves out and appointments still need. Raises: InvalidFile."""
    try:
        yield
    except StillNeeded as error:
        raise InvalidFile(tuple(FileError(1, words) for _, words in error.words())) from error


def apply_plan(db: Session, plan: Plan, now: datetime, *, is_demo: bool = False) -> Imported:
    """What was written to bring the council in line with `plan`, and who must be rebooked, in the caller's transaction.

    The council's sites are locked first: a booking that came before is checked against the new plan, and one that comes
    later sees it. Raises: StillNeeded when the plan leaves out what appointments still to come need.
    """
    authority_id = lock_council(db, plan.authority["slug"])
    stored = stored_set_up(db, authority_id)
    if authority_id is not None:
        return apply_to_council(db, authority_id, stored, plan, now)
    difference = difference_between(stored.values, planned_set_up(plan), now)
    return Imported(apply_difference(db, stored, difference, is_demo=is_demo))


def apply_to_council(
    db: Session, authority_id: int, stored: StoredSetUp, plan: Plan, now: datetime, *, keep: Collection[str] = ()
) -> Imported:
    """What was written to bring a council, which the caller has locked and read, in line with `plan`.

    The appointments of the references in `keep` are not listed to be rebooked: they stay as they are, though the plan
    does not cover them. Raises: StillNeeded.
    """
    difference = difference_between(stored.values, planned_set_up(plan), now)
    if not difference:
        return Imported(Changes(authority_id))
    check_not_needed(db, stored, difference, now)
    before, listed, tables = catalogue_by_id(db, authority_id), open_items(db, authority_id), file_tables(stored.values)
    pass_on(db, [stored.rows[change.key].id for change in difference.to_remove("closure")])
    changes = apply_difference(db, stored, difference)
    keep_new_sessions(db, authority_id, difference, now)
    for closure_id in changes.closure_ids:
        list_touched(db, closure_id, now)
    after = catalogue_by_id(db, authority_id)
    ids = {item.appointment_id for item in listed}
    effect = effect_of(db, before, after, _touched_sites(before, changes), now, listed=ids)
    apply_effect(db, _without_kept(db, effect, authority_id, keep), authority_id, now)
    things = changed_things(tables, file_tables(stored_set_up(db, authority_id).values))
    return Imported(changes, _to_rebook(db, open_items(db, authority_id) - listed, after), things)


def _without_kept(db: Session, effect: Effect, authority_id: int, keep: Collection[str]) -> Effect:
    """The effect without the appointments of these references."""
    if not keep:
        return effect
    same = (Appointment.authority_id == authority_id, Appointment.reference.in_(keep))
    kept = set(db.scalars(select(Appointment.id).where(*same)))
    to_rebook, despite = (
        tuple(lost for lost in some if lost.visit.owner_id not in kept)
        for some in (effect.to_rebook, effect.despite_closures)
    )
    return replace(effect, to_rebook=to_rebook, despite_closures=despite)


def _to_rebook(db: Session, items: Collection[OpenItem], catalogue: Catalogue) -> tuple[ToRebook, ...]:
    """The appointments of these items, by start."""
    columns = (Appointment.id, Appointment.reference, Appointment.starts_at, Appointment.site_id)
    ids = {item.appointment_id for item in items}
    rows = {row.id: row for row in db.execute(select(*columns).where(Appointment.id.in_(ids)))} if ids else {}
    zone = ZoneInfo(catalogue.authority.zone)
    found = (
        ToRebook(
            rows[item.appointment_id].reference,
            rows[item.appointment_id].starts_at.astimezone(zone),
            catalogue.site_by_id(rows[item.appointment_id].site_id).name,
            item.reason,
            item.appointment_id,
        )
        for item in items
    )
    return tuple(sorted(found, key=lambda one: (one.starts_at, one.reference)))


def _touched_sites(before: Catalogue, changes: Changes) -> frozenset[int]:
    if changes.touches_all:
        return frozenset(site.id for site in before.sites)
    return frozenset(changes.touched_site_ids)
