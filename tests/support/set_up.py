"""A change of a council's set-up, as somebody makes it on a screen."""

from __future__ import annotations

from typing import Any

from booking.use_cases.change_set_up import apply_edits, current_tables
from core.audit import Actor
from core.runtime import Runtime
from locations.history.change_repository import changes_of
from locations.importing.difference import Key, session_key
from locations.importing.set_up_tables import Edit, things_in


def change_session(runtime: Runtime, authority_id: int, site: str, slug: str) -> int:
    """The number of the change by which some of a session is kept for staff."""
    return _change(runtime, authority_id, session_key(site, slug, is_dated=False), {"reserved_percent": 10})


def change_site(runtime: Runtime, authority_id: int, slug: str) -> int:
    """The number of the change by which the telephone of the site became another."""
    return _change(runtime, authority_id, Key("site", (slug,)), {"phone": "020 7946 0000"})


def _change(runtime: Runtime, authority_id: int, key: Key, values: dict[str, Any]) -> int:
    with runtime.database.reading() as db:
        table = things_in(current_tables(db, authority_id))[key].table
    apply_edits(runtime, authority_id, [Edit(key, {**table, **values})], {}, actor=Actor.system())
    with runtime.database.reading() as db:
        return changes_of(db, authority_id, key)[0].id
