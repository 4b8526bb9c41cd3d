"""A council's file brought in, in one transaction."""

from __future__ import annotations

from core.audit import Actor, record
from core.runtime import Runtime
from locations.importing.apply import Changes, write_plan
from locations.importing.parse_plan import read_plan


def import_file(runtime: Runtime, content: bytes, *, actor: Actor, is_demo: bool = False) -> Changes:
    """What the file changed; nothing at all when it says what is there already.

    Raises: InvalidFile with every error, each with its line; then nothing is changed either.
    """
    plan = read_plan(content)
    now = runtime.clock.now()
    with runtime.database.writing() as db:
        changes = write_plan(db, plan, now, is_demo=is_demo)
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
    return changes
