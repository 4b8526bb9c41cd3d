"""A thing of the set-up that would have the very name of another: what the page says of it before it is saved."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _

from locations.importing.difference import Key
from locations.importing.set_up_tables import Edit, Table
from locations.model import PERSON_KINDS
from web.manage.set_up_context import Things

OF_PEOPLE_AND_PLACES = ("resource", "person")


def same_name_warnings(things: Things, edits: Iterable[Edit]) -> list[str]:
    """What to say of each edit that gives a thing the name of another of its kind; of resources, at the same site."""
    edits = tuple(edits)
    gone = {edit.key for edit in edits if edit.table is None}
    warnings = []
    for edit in edits:
        name = _plain((edit.table or {}).get("name"))
        before = _plain(things[edit.key].table.get("name")) if edit.key in things and not edit.is_new else ""
        if not name or name == before:
            continue
        for key, thing in things.items():
            is_other = edit.is_new or key != edit.key
            if not is_other or key in gone or _plain(thing.table.get("name")) != name:
                continue
            if _beside(edit.key, key):
                warnings.append(_words(key, str(thing.table["name"]), things, of_council=edit.key.kind == "person"))
            elif _may_be_one_person(edit, key, thing.table):
                warnings.append(_of_another_site(key, str(thing.table["name"]), things))
    return list(dict.fromkeys(warnings))


def _plain(name: object) -> str:
    return " ".join(str(name or "").split()).casefold()


def _beside(one: Key, other: Key) -> bool:
    """Whether two things stand in one list for whoever chooses among them by name."""
    if one.kind in OF_PEOPLE_AND_PLACES and other.kind in OF_PEOPLE_AND_PLACES:
        return "person" in (one.kind, other.kind) or one.slugs[0] == other.slugs[0]
    return one.kind == other.kind and one.kind in ("site", "service", "ward")


def _may_be_one_person(edit: Edit, other: Key, table: Table) -> bool:
    """Whether both are people of different sites: who is made at each could be booked at both at the same time."""
    kinds = ((edit.table or {}).get("kind"), table.get("kind"))
    return edit.key.kind == other.kind == "resource" and all(kind in PERSON_KINDS for kind in kinds)


def _of_another_site(key: Key, name: str, things: Things) -> str:
    facts = {"name": name, "site": things[Key("site", key.slugs[:1])].table["name"]}
    return str(
        _(
            "There is already “%(name)s” at %(site)s. If it is the same person, do not save this: add them once under "
            "“People who work at several sites”, or they could be booked at both places at the same time.",
            **facts,
        )
    )


def _words(key: Key, name: str, things: Things, *, of_council: bool) -> str:
    table = things[key].table
    if key.kind == "site" and table.get("address"):
        place = ", ".join(line for line in str(table["address"]).splitlines() if line.strip())
        facts = {"name": name, "place": place}
        return str(_("There is already a site “%(name)s”, at %(place)s. Save this only if it is another one.", **facts))
    if key.kind == "resource" and of_council:
        site = things[Key("site", key.slugs[:1])].table["name"]
        facts = {"name": name, "site": site}
        return str(
            _(
                "There is already “%(name)s” at %(site)s. If it is the same person, save this, give it their sessions by "
                "“Change several sessions at once” there, and remove the other one: until then both could be booked.",
                **facts,
            )
        )
    if key.kind == "resource":
        site = things[Key("site", key.slugs[:1])].table["name"]
        return str(
            _("There is already “%(name)s” at %(site)s. Save this only if it is another one.", name=name, site=site)
        )
    texts = {
        "site": _("There is already a site “%(name)s”. Save this only if it is another one.", name=name),
        "service": _("There is already a service “%(name)s”. Save this only if it is another one.", name=name),
        "person": _(
            "There is already a person “%(name)s” of the council. Save this only if it is another one.", name=name
        ),
        "ward": _("There is already a ward “%(name)s”. Save this only if it is another one.", name=name),
    }
    return str(texts[key.kind])
