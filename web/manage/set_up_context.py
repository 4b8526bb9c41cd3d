"""What the pages of the set-up start from: the tables of the council as they are, and the thing that an address means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, cast

from flask import request, url_for

from booking.use_cases.change_set_up import current_tables
from locations.importing.difference import Key, Kind
from locations.importing.set_up_tables import STATEMENTS, Thing, things_in
from web.manage.thing_form import ADDRESSED
from web.page_context import StaffContext

NEW = "new"
LONGEST_MADE = 50  # characters of a slug that is made from a name
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
    if key.kind not in ADDRESSED:
        return None
    site = key.slugs[0] if key.kind == "resource" else None
    return url_for("council.set_up_thing", kind=kind or key.kind, slug=key.slugs[-1], site=site)


def preview_address(key: str) -> str:
    """Where the preview that is kept under this key is shown."""
    return url_for("council.set_up_preview", key=key)


def slug_from(name: str, kind: str, site: str, things: Things) -> str:
    """A slug made from the name of a new thing, that nothing of its kind has."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    made = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_MADE].strip("-") or kind
    if made == NEW:
        made = f"{NEW}-{kind}"
    taken = {
        key.slugs[-1]
        for key in things
        if (key.kind == kind and (kind != "resource" or key.slugs[0] == site))
        or (kind in ("resource", "person") and key.kind in ("resource", "person") and site in ("", key.slugs[0]))
        or (kind == "resource" and key.kind == "person")
    }
    number = 2
    slug = made
    while slug in taken:
        slug, number = f"{made}-{number}", number + 1
    return slug
