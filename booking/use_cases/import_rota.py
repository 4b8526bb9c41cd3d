"""A rota brought in by a command: the sessions that it changes, with the effect on who is booked of any other change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from booking.rota.rota_file import plan_of_rota
from booking.rota.rota_plan import RotaPlan, RotaScope
from booking.use_cases.change_set_up import InvalidEdits, apply_edits, count_weeks, current_tables, preview_edits
from booking.use_cases.import_locations import Imported
from booking.use_cases.slot_changes import WeekOfSlots
from core.audit import Actor
from core.runtime import Runtime
from locations.catalogue_queries import catalogue_by_id
from locations.ids_by_slug import authority_id_of


@dataclass(frozen=True)
class ImportedRota:
    """What a rota changed, or would change: then with the free times that come and go, by week."""

    plan: RotaPlan
    imported: Imported | None
    weeks: tuple[WeekOfSlots, ...] = ()


@dataclass
class RotaNotRight(Exception):
    """The set-up would not be right with this rota: each line (0 where it is of no line), and the importer's words."""

    errors: tuple[tuple[int, str], ...]


def import_rota(
    runtime: Runtime, content: bytes, slug: str, *, actor: Actor, is_complete: bool = False, is_dry_run: bool = False
) -> ImportedRota:
    """What the rota changed at all sites of the council; a dry run takes it back.

    Raises: ImportRefused and RotaNotRight with all that is wrong; ChangedMeanwhile when somebody else changes a session of
    the rota at the same time; NotFound for a council that there is not. Then nothing is changed.
    """
    with runtime.database.reading() as db:
        authority_id = authority_id_of(db, slug)
        catalogue = catalogue_by_id(db, authority_id)
        tables = cast("Mapping[str, Any]", current_tables(db, authority_id))
        scope = RotaScope(frozenset(site.slug for site in catalogue.sites), is_complete=is_complete)
        plan = plan_of_rota(tables, catalogue, content, scope, runtime.clock.now())
    if not plan.edits:
        return ImportedRota(plan, None)
    try:
        if is_dry_run:
            preview = preview_edits(runtime, authority_id, plan.edits, plan.seen)
            return ImportedRota(plan, preview.imported, count_weeks(runtime, preview).weeks)
        return ImportedRota(plan, apply_edits(runtime, authority_id, plan.edits, plan.seen, actor=actor))
    except InvalidEdits as error:
        raise RotaNotRight(errors_by_line(plan, error)) from error


def errors_by_line(plan: RotaPlan, error: InvalidEdits) -> tuple[tuple[int, str], ...]:
    """What the rules of the set-up refuse, each with the line of the rota that it is about, or 0."""
    found = ((plan.lines.get(one.key, 0) if one.key else 0, one.what) for one in error.errors)
    return tuple(sorted(set(found)))
