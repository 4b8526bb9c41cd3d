"""The tables of a council's file, thing by thing: each thing's own table, and the tables with some things edited. Pure.

A thing's own table says what the file says of it alone: a site's without its resources, sessions and closures. That of the
council holds its statements under `privacy` and `accessibility`; that of a closure names its site under `site`. Dates and
times are text, as the file takes them too, so that a table can be kept as JSON.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from core.errors import NotFound
from locations.importing.difference import Key, Kind, session_key, travel_key
from locations.importing.toml_lines import Path

Table = Mapping[str, Any]
NOT_THERE = "new"
"""The fingerprint of a thing that is not there."""
STATEMENTS = ("privacy", "accessibility")
CHILDREN: Mapping[str, Kind] = {"resources": "resource", "sessions": "session", "closures": "closure"}
LISTS: Mapping[Kind, str] = {
    "ward": "wards",
    "service": "services",
    "site": "sites",
    "person": "people",
    "travel time": "travel",
    "closure": "closures",
    "resource": "resources",
    "session": "sessions",
    "triage": "triages",
}
# A thing stands in the tables before what belongs to it.
_EDIT_ORDER: tuple[Kind, ...] = (
    "council",
    "ward",
    "service",
    "site",
    "person",
    "resource",
    "travel time",
    "session",
    "closure",
    "triage",
)


@dataclass(frozen=True)
class Edit:
    """What the own table of one thing becomes; None removes it, and with a site all that stands there.

    `is_new` says that a thing of this key must not be there yet.
    """

    key: Key
    table: Table | None
    is_new: bool = False


@dataclass(frozen=True)
class TableChange:
    """The own table of one thing before and after: None where it is not there."""

    key: Key
    before: Table | None
    after: Table | None


@dataclass(frozen=True)
class Thing:
    """A thing's own table, and where it stands in the tables of the file."""

    path: Path
    table: Table


def plain(value: Any) -> Any:
    """A table or value as JSON can keep it: dates and times as text that the file's checks read."""
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:%H:%M}" if isinstance(value, time) else value


def fingerprint(table: Table | None) -> str:
    """A digest of a thing's own table, which is another as soon as anything in it is; NOT_THERE for none."""
    if table is None:
        return NOT_THERE
    text = json.dumps(plain(table), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def things_in(tables: Table) -> dict[Key, Thing]:
    """Every thing of the file by its key. Of two with one key it is the first."""
    things: dict[Key, Thing] = {}
    for key, path, table in _things(tables):
        things.setdefault(key, Thing(path, table))
    return things


def changed_things(before: Table, after: Table) -> tuple[TableChange, ...]:
    """What differs between the tables of two files, thing by thing."""
    old, new = ({key: thing.table for key, thing in things_in(tables).items()} for tables in (before, after))
    keys = dict.fromkeys((*old, *new))
    return tuple(TableChange(key, old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key))


def _things(tables: Table) -> Iterator[tuple[Key, Path, Table]]:
    council = tables["authority"]
    statements = {name: tables[name] for name in STATEMENTS if name in tables}
    yield Key("council", (str(council.get("slug")),)), ("authority",), {**council, **statements}
    for kind in ("ward", "service", "person", "travel time", "closure", "triage"):
        for number, table in enumerate(tables.get(LISTS[kind], ())):
            yield key_of(kind, table), (LISTS[kind], number), table
    for number, site in enumerate(tables.get("sites", ())):
        path: Path = ("sites", number)
        slug = str(site.get("slug"))
        yield Key("site", (slug,)), path, {key: value for key, value in site.items() if key not in CHILDREN}
        for name, child in CHILDREN.items():
            for place, table in enumerate(site.get(name, ())):
                own = {**table, "site": slug} if child == "closure" else table
                yield key_of(child, table, slug), (*path, name, place), own


def key_of(kind: Kind, table: Table, site: str = "") -> Key:
    """The key of the thing with this own table; a resource or session is of `site`."""
    slug = str(table.get("slug"))
    if kind == "travel time":
        return travel_key((str(table.get("from")), str(table.get("to"))))
    if kind == "session":
        return session_key(site, slug, is_dated="date" in table)
    return Key(kind, (site, slug) if kind == "resource" else (slug,))


def edited(tables: Table, edits: Iterable[Edit]) -> dict[str, Any]:
    """The tables with these things as the edits say. Raises: NotFound for a thing of a site that is not there."""
    changed: dict[str, Any] = deepcopy(dict(tables))
    edits = list(edits)
    for edit in edits:
        if edit.table is None:
            _remove(changed, edit.key)
    written = [edit for edit in edits if edit.table is not None]
    for edit in sorted(written, key=lambda one: _EDIT_ORDER.index(one.key.kind)):
        _write(changed, edit, dict(plain(edit.table)))
    return changed


def _remove(tables: dict[str, Any], key: Key) -> None:
    thing = _thing(tables, key)
    if thing is not None:
        siblings, number = _at(tables, thing.path[:-1]), thing.path[-1]
        del siblings[number]
    if key.kind == "service":
        _take_from_order(tables["authority"], key.slugs[0])


def _take_from_order(council: dict[str, Any], slug: str) -> None:
    """Take a service that is removed out of the order of the first page, where it stands in it."""
    order = [one for one in council.get("service_order", ()) if one != slug]
    if order:
        council["service_order"] = order
    else:
        council.pop("service_order", None)


def _write(tables: dict[str, Any], edit: Edit, table: dict[str, Any]) -> None:
    key = edit.key
    if key.kind == "council":
        for name in STATEMENTS:
            tables.pop(name, None)
            if table.get(name):
                tables[name] = table[name]
            table.pop(name, None)
        tables["authority"] = table | {"slug": key.slugs[0]}
        return
    if not edit.is_new and key.kind != "travel time":
        table["slug"] = key.slugs[-1]  # a thing of another name would be another thing
    thing = _thing(tables, key)
    siblings = _siblings(tables, key, table)
    if key.kind == "closure":
        table.pop("site", None)
        if thing is not None and _at(tables, thing.path[:-1]) is not siblings:
            _remove(tables, key)
            thing = None
    if thing is None or edit.is_new:
        siblings.append(table)
        return
    old = siblings[int(thing.path[-1])]
    children = {name: old[name] for name in CHILDREN if name in old} if key.kind == "site" else {}
    siblings[int(thing.path[-1])] = table | children


def _thing(tables: dict[str, Any], key: Key) -> Thing | None:
    """The thing of this key. Sites and sessions, which a rota has by the hundred, are found without reading the others."""
    if key.kind not in ("site", "session"):
        return things_in(tables).get(key)
    for number, site in enumerate(tables.get("sites", ())):
        if str(site.get("slug")) == key.slugs[0]:
            path: Path = ("sites", number)
            if key.kind == "site":
                return Thing(path, {name: value for name, value in site.items() if name not in CHILDREN})
            for place, table in enumerate(site.get("sessions", ())):
                if key_of("session", table, key.slugs[0]) == key:
                    return Thing((*path, "sessions", place), table)
    return None


def _siblings(tables: dict[str, Any], key: Key, table: Table) -> list[Any]:
    """The list in which a thing of this key stands. Raises: NotFound."""
    site = key.slugs[0] if key.kind in ("resource", "session") else table.get("site") if key.kind == "closure" else None
    parent = tables
    if site is not None:
        found = _thing(tables, Key("site", (str(site),)))
        if found is None:
            raise NotFound.because("site_unknown", authority=tables["authority"].get("name", ""), key=site)
        parent = _at(tables, found.path)
    siblings: list[Any] = parent.setdefault(LISTS[key.kind], [])
    return siblings


def _at(tables: Any, path: Path) -> Any:
    for step in path:
        tables = tables[step]
    return tables


def place_of(path: Path, things: Mapping[Key, Thing]) -> tuple[Key | None, Path]:
    """The thing to whose own table `path` of the file leads, and the path in that; (None, the path) for no thing."""
    if path[:1] and path[0] in STATEMENTS:
        return next(key for key in things if key.kind == "council"), path
    inner = [(key, thing.path) for key, thing in things.items() if path[: len(thing.path)] == thing.path]
    if not inner:
        return None, path
    key, start = max(inner, key=lambda found: len(found[1]))
    return key, path[len(start) :]
