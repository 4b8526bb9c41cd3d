"""What the pages of the set-up start from: the tables of the council as they are, and the thing that an address means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from flask import request, url_for

from booking.use_cases.change_set_up import current_tables
from core.slugs import NEW, free_slug
from locations.importing.difference import Key, Kind
from locations.importing.set_up_tables import STATEMENTS, Thing, things_in
from web.manage.thing_form import ADDRESSED
from web.page_context import StaffContext

__all__ = ["NEW", "Things", "address_of", "key_of_address", "preview_address", "slug_from", "things_of"]
Things = Mapping[Key, Thing]


def things_of(context: StaffContext) -> dict[Key, Thing]:
    """Everything in the council's set-up, as it is now."""
    return things_in(cast("Mapping[str, Any]", current_tables(context.db, context.authority.id)))


def key_of_address(kind: str, slug: str) -> Key:
    """The key that an address means; a resource's names its site in the query."""
    slugs = (request.args.get("site", ""), slug) if kind == "resource" else (slug,)
    return Key(cast(Kind, "council" if kind in STATEMENTS else kind), slugs)


def address_of(key: Key, kind: str = "") -> str | None:
    """Where a thing, or the part of it that is called `kind`, is changed; None for one that has no form here."""
    if key.kind == "travel time":
        return url_for("council.travel")
    if key.kind == "ward":
        return url_for("council.wards")
    if key.kind == "triage":
        return url_for("council.triage_draft", slug=key.slugs[0])
    if key.kind not in ADDRESSED:
        return None
    site = key.slugs[0] if key.kind == "resource" else None
    return url_for("council.set_up_thing", kind=kind or key.kind, slug=key.slugs[-1], site=site)


def preview_address(key: str) -> str:
    """Where the preview that is kept under this key is shown."""
    return url_for("council.set_up_preview", key=key)


def slug_from(name: str, kind: str, site: str, things: Things) -> str:
    """A slug made from the name of a new thing, that nothing of its kind has."""
    taken = {
        key.slugs[-1]
        for key in things
        if (key.kind == kind and (kind != "resource" or key.slugs[0] == site))
        or (kind == "person" and key.kind == "resource")
        or (kind == "resource" and key.kind == "person")
    }
    return free_slug(name, kind, taken)
