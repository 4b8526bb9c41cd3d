"""A council's wards from a file: all of them in place of those that it had, as any other change of its set-up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from booking.importing.ward_file import WardRows, wards_in
from booking.use_cases.change_set_up import apply_edits, current_tables, preview_edits
from booking.use_cases.import_locations import Imported
from core.audit import Actor
from core.runtime import Runtime
from core.slugs import free_slug
from locations.importing.difference import Key
from locations.importing.set_up_tables import Edit, Table, Thing, fingerprint, things_in


def import_wards(
    runtime: Runtime, authority_id: int, content: bytes, *, actor: Actor, dry_run: bool = False
) -> Imported:
    """What the file changed, or would change in a dry run.

    Raises: ImportRefused with what is wrong by line, InvalidEdits where a service is for a ward that is gone. Then nothing
    is changed.
    """
    wards = wards_in(content)
    with runtime.database.reading() as db:
        things = things_in(cast("Mapping[str, Table]", current_tables(db, authority_id)))
    edits = ward_edits(things, wards)
    seen = marks_of(things, edits)
    if dry_run:
        return preview_edits(runtime, authority_id, edits, seen).imported
    return apply_edits(runtime, authority_id, edits, seen, actor=actor)


def ward_edits(things: Mapping[Key, Thing], wards: Sequence[WardRows]) -> tuple[Edit, ...]:
    """What makes these wards of those that the council has. A ward of the same name stays the same ward."""
    known = {str(one.table["name"]).casefold(): (key, one.table) for key, one in things.items() if key.kind == "ward"}
    taken = {key.slugs[0] for key, _ in known.values()}
    edits: list[Edit] = []
    for ward in wards:
        key, before = known.pop(ward.name.casefold(), (None, None))
        if key is None:
            slug = free_slug(ward.name, "ward", taken)
            taken.add(slug)
            key = Key("ward", (slug,))
        table = _table(key, ward, before)
        if table != before:
            edits.append(Edit(key, table, is_new=before is None))
    return (*edits, *(Edit(key, None) for key, _ in known.values()))


def _table(key: Key, ward: WardRows, before: Table | None) -> Table:
    """The ward's own table; its Welsh name stays where the file has none."""
    name_cy = ward.name_cy or (before or {}).get("name_cy", "")
    table = {"slug": key.slugs[0], "name": ward.name, "postcodes": ward.postcodes}
    return table | ({"name_cy": name_cy} if name_cy else {})


def marks_of(things: Mapping[Key, Thing], edits: Iterable[Edit]) -> dict[Key, str]:
    """The marks of the things that are edited, as they are."""
    return {edit.key: fingerprint(things[edit.key].table if edit.key in things else None) for edit in edits}
