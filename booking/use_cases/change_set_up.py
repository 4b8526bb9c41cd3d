"""A council's set-up changed thing by thing, under the rules of its file and with the same effect on who is booked.

An edit says what one thing's own table becomes (`locations.importing.set_up_tables`). Edits are previewed first; both the
preview and the change lock the council, so that two people who change it take turns.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.queries.booked_visits import booked_visits
from booking.use_cases.import_locations import Imported, apply_to_council
from booking.use_cases.plan_effects import StillNeeded
from booking.use_cases.slot_changes import CountedWeeks, counted_until, weeks_of
from core.audit import Actor, record
from core.connections import Limits
from core.errors import NotFound, Refused, Stale
from core.runtime import Runtime
from locations.catalogue_queries import catalogue_by_id, lock_council
from locations.exporting.council_file import file_tables
from locations.history.change_repository import PastChange, changes_of, record_changes
from locations.importing.difference import Key
from locations.importing.parse_plan import plan_of
from locations.importing.set_up_queries import StoredSetUp, stored_set_up
from locations.importing.set_up_tables import Edit, Table, edited, fingerprint, place_of, things_in
from locations.importing.table_reader import InvalidSetUp
from locations.importing.toml_lines import Path
from locations.model import Catalogue
from locations.tables import Authority

LIMITS = Limits(lock=5, statement=30, idle=60)  # a large council's difference takes seconds
Seen = Mapping[Key, str]
"""The fingerprints of the things, as the forms of these edits were made for them."""


@dataclass(frozen=True)
class EditError:
    """What is wrong with an edit: at which path of which thing's own table. Without a thing it is of the whole set-up."""

    key: Key | None
    path: Path
    what: str


@dataclass
class InvalidEdits(Refused):
    """The set-up would not be right with these edits. `errors` say everything that is wrong, in the importer's words."""

    errors: tuple[EditError, ...]
    code = "invalid_file"

    def of(self, key: Key) -> dict[Path, tuple[str, ...]]:
        """What is wrong with one thing, by path in its own table."""
        found: dict[Path, tuple[str, ...]] = {}
        for error in self.errors:
            if error.key == key:
                found[error.path] = (*found.get(error.path, ()), error.what)
        return found

    def besides(self, keys: Collection[Key]) -> tuple[str, ...]:
        """What is wrong with other things than these."""
        return tuple(error.what for error in self.errors if error.key not in keys)


@dataclass(frozen=True)
class Conflict:
    """A thing that somebody else has changed: its own table when the form was made (where known), and as it is now."""

    key: Key
    base: Table | None
    now: Table | None
    last: PastChange | None


@dataclass
class ChangedMeanwhile(Stale):
    """Somebody else has changed what is edited since the form was made. Nothing was written."""

    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True)
class EditPreview:
    """What the edits would do: `imported` has the things that change and who no longer fits."""

    imported: Imported
    before: Catalogue
    after: Catalogue


def current_tables(db: Session, authority_id: int) -> dict[str, object]:
    """The tables of the council's file as it stands."""
    return file_tables(stored_set_up(db, authority_id).values)


def preview_edits(runtime: Runtime, authority_id: int, edits: Sequence[Edit], seen: Seen) -> EditPreview:
    """What the edits would do. It is written and rolled back, so the council is locked meanwhile.

    Raises: InvalidEdits, ChangedMeanwhile, NotFound.
    """
    now = runtime.clock.now()
    with runtime.database.writing(LIMITS) as db:
        stored = _locked(db, authority_id)
        before = catalogue_by_id(db, authority_id)
        imported = _apply(db, authority_id, stored, edits, seen, now)
        after = catalogue_by_id(db, authority_id)
        db.rollback()
    return EditPreview(imported, before, after)


def count_weeks(
    runtime: Runtime,
    preview: EditPreview,
    *,
    first: date | None = None,
    begun: CountedWeeks | None = None,
    is_enough: Callable[[], bool] = lambda: False,
) -> CountedWeeks:
    """The slots that appear and disappear, by week, from `first` on, or from the first day that the edits touch.

    Nothing is locked. It goes on with what was `begun`, and stops after a week when it `is_enough`.
    """
    now = runtime.clock.now()
    with runtime.database.reading() as db:
        visits = partial(booked_visits, db, now=now)
        found = weeks_of(preview.before, preview.after, preview.imported, visits, now, first=first, begun=begun)
        return counted_until(found, is_enough)


def apply_edits(
    runtime: Runtime, authority_id: int, edits: Sequence[Edit], seen: Seen, *, actor: Actor, keep: Collection[str] = ()
) -> Imported:
    """What the edits changed, in one transaction, with its history and its entry in the audit.

    The appointments of the references in `keep` stay as they are; others that no longer fit are listed to be rebooked.
    Raises: InvalidEdits, ChangedMeanwhile, NotFound.
    """
    now = runtime.clock.now()
    with runtime.database.writing(LIMITS) as db:
        imported = _apply(db, authority_id, _locked(db, authority_id), edits, seen, now, keep)
        changes = imported.changes
        if not changes.are_none or imported.things:
            change_set = record_changes(db, authority_id, imported.things, actor, now)
            record(
                db,
                actor,
                "set_up_changed",
                ("authority", authority_id),
                authority_id=authority_id,
                now=now,
                change_set=change_set,
                to_rebook=len(imported.to_rebook),
                added=dict(changes.added),
                changed=dict(changes.changed),
                removed=dict(changes.removed),
            )
    return imported


def seen_of(tables: Mapping[str, object], keys: Iterable[Key]) -> dict[Key, str]:
    """The fingerprints of these things as they are now, for the forms that are made of them."""
    things = things_in(tables)
    return {key: fingerprint(things[key].table if key in things else None) for key in keys}


def _locked(db: Session, authority_id: int) -> StoredSetUp:
    """The set-up of the council, which is locked until the transaction ends. Raises: NotFound."""
    slug = db.scalar(select(Authority.slug).where(Authority.id == authority_id))
    if slug is None or lock_council(db, slug) != authority_id:
        raise NotFound.because("council_unknown")
    return stored_set_up(db, authority_id)


def _apply(
    db: Session,
    authority_id: int,
    stored: StoredSetUp,
    edits: Sequence[Edit],
    seen: Seen,
    now: datetime,
    keep: Collection[str] = (),
) -> Imported:
    tables = file_tables(stored.values)
    _check_seen(db, authority_id, tables, seen)
    planned = edited(tables, edits)
    try:
        return apply_to_council(db, authority_id, stored, plan_of(planned), now, keep=keep)
    except InvalidSetUp as error:
        raise InvalidEdits(tuple(_placed(error, planned))) from error
    except StillNeeded as error:
        raise InvalidEdits(tuple(EditError(key, (), words) for key, words in error.words())) from error


def _placed(error: InvalidSetUp, planned: Table) -> Iterable[EditError]:
    things = things_in(planned)
    for path, whats in error.errors.items():
        key, inner = place_of(path, things)
        yield from (EditError(key, inner, what) for what in whats)


def _check_seen(db: Session, authority_id: int, tables: Table, seen: Seen) -> None:
    """Raises: ChangedMeanwhile."""
    things = things_in(tables)
    conflicts = []
    for key, mark in seen.items():
        now = things[key].table if key in things else None
        if fingerprint(now) != mark:
            base, last = base_of(db, authority_id, key, mark)
            conflicts.append(Conflict(key, base, now, last))
    if conflicts:
        raise ChangedMeanwhile(tuple(conflicts))


def base_of(db: Session, authority_id: int, key: Key, mark: str) -> tuple[Table | None, PastChange | None]:
    """The own table of the thing that had this fingerprint, as far as its history knows, and its last change."""
    past = changes_of(db, authority_id, key)
    return next((one.before for one in past if fingerprint(one.before) == mark), None), past[0] if past else None
