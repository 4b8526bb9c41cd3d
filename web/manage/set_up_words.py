"""A change of the set-up in plain words: what a thing is called, and each value before and after."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from locations.importing.difference import Key
from locations.importing.set_up_tables import Table, TableChange, plain
from locations.importing.toml_fields import EXCEPTION, Field
from locations.importing.value_checks import ListCheck, OneOfCheck, day, division, wall_time
from locations.logos import logo_of
from locations.model import Catalogue
from locations.session_tables import session_of
from web.branding import contrast_with_white, hex_of, parse_colour, readable
from web.manage.field_texts import BY_KIND, BY_LIST, KINDS, OTHERS, text_of_field
from web.manage.field_words import WORDS
from web.manage.thing_form import FIELDS, KEEP, LISTS
from web.names_apart import names_apart
from web.request_language import all_of, format_day, format_minutes, format_time
from web.session_texts import session_text

# Of what stands in a table, what is shown nowhere else; the rest is said by the values that people know.
WHEN = frozenset("days rrule date first_date last_date starts ends school break_starts break_ends drop_in".split())
HIDDEN = frozenset({"slug"})
OF_SESSIONS = frozenset({"days", "mode"})


def _coded(field: Field) -> bool:
    """Whether the value of the field, or each in its list, is one of some words of the file."""
    check = field.check.item if isinstance(field.check, ListCheck) else field.check
    return isinstance(check, OneOfCheck) or check is division


_tables = (*FIELDS.values(), *(fields for lists in LISTS.values() for fields in lists.values()))
DAYS = {name for fields in (*_tables, EXCEPTION) for name, field in fields.items() if field.check is day}
# What is said as "45 minutes" or "2 hours".
MINUTES = {name for fields in _tables for name in fields if name.endswith("_minutes") or name == "minutes"}
CODES = OF_SESSIONS | {name for fields in _tables for name, field in fields.items() if _coded(field)}


@dataclass(frozen=True)
class ValueChange:
    """One value in words, before and after; empty where it is left out. `picture` is the address of one that is new."""

    label: str
    before: str
    after: str
    picture: str = ""


@dataclass(frozen=True)
class ThingInWords:
    """A thing that changes: what it is, whether it is new or goes, and its values that differ."""

    key: Key
    title: str
    is_added: bool
    is_removed: bool
    values: tuple[ValueChange, ...]


def in_words(change: TableChange, catalogue: Catalogue) -> ThingInWords:
    """The change for whoever reads it."""
    before, after = (_as_read(change.key, table or {}, catalogue) for table in (change.before, change.after))
    names = [name for name in dict.fromkeys((*before, *after)) if name not in HIDDEN]
    values = () if change.after is None else tuple(_values(change.key.kind, names, before, after))
    title = title_of(change.key, change.after or change.before or {}, catalogue)
    return ThingInWords(change.key, title, change.before is None, change.after is None, values)


def _as_read(key: Key, table: Table, catalogue: Catalogue) -> Table:
    """The table as people read it: of a session, when it is held in plain words, and names in the place of slugs."""
    if key.kind == "service" and table.get("wards"):
        names = {ward.slug: ward.name for service in catalogue.services for ward in service.wards}
        return {**table, "wards": [names.get(slug, slug) for slug in table["wards"]]}
    if key.kind != "session" or not table:
        return table
    here = [resource for site in catalogue.sites if site.slug == key.slugs[0] for resource in site.resources]
    names = names_apart(catalogue.services) | names_apart(dict.fromkeys((*catalogue.people, *here)))
    opened = {
        name: [names.get(slug, slug) for slug in table[name]] for name in ("resources", "services") if name in table
    }
    if "slug" not in table:  # some keys of it alone
        return {**table, **opened}
    others = {name: value for name, value in table.items() if name not in WHEN}
    return {"when": _session_words(table), **others, **opened}


def _session_words(table: Table) -> str:
    return session_text(session_of(table), closes_on_holidays=False)


def _values(kind: str, names: Sequence[str], before: Table, after: Table) -> list[ValueChange]:
    return [
        ValueChange(
            str(text_of_field(kind, name).label),
            _text(kind, name, before),
            _text(kind, name, after),
            f"data:image/png;base64,{after[name]}" if name == "logo" and after.get(name) else "",
        )
        for name in names
        if before.get(name) != after.get(name) and (before or after.get(name) != [])
    ]


def _text(kind: str, name: str, table: Table) -> str:
    """The value of a key, or what holds when the key is left out; nothing of a thing that is not there."""
    field = FIELDS.get(kind, {}).get(name)
    return value_text(name, table.get(name, plain(field.default) if field and table else None))


def title_of(key: Key, table: Table, catalogue: Catalogue) -> str:
    """What the thing is called: its kind and name, and its site where it has one."""
    sites = {site.slug: site.name for site in catalogue.sites}
    kind, slugs = str(KINDS[key.kind]), key.slugs
    if key.kind == "travel time":
        return f"{kind}: {all_of([sites.get(slug, slug) for slug in slugs])}"
    name = str(table.get("name") or slugs[-1])
    if key.kind == "session" and "slug" in table:
        name = _session_words(table)
    if key.kind in ("resource", "session"):
        name = f"{name}, {sites.get(slugs[0], slugs[0])}"
    return f"{kind}: {name}"


def value_text(name: str, value: Any) -> str:
    """A value of the file as people read it; empty for nothing."""
    if value is None or value == "":
        return ""
    own = _OWN_WORDS.get(name)
    if own is not None:
        return own(value)
    if name in MINUTES and isinstance(value, int):
        return format_minutes(value) if value else str(_("None"))
    if name in DAYS and isinstance(value, date | str):
        return format_day(day(value))
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if isinstance(value, list):
        if value and isinstance(value[0], Mapping):
            return "\n".join(_row_text(name, row) for row in value)
        return "\n".join(value_text(name, one) for one in value) or str(_("None"))
    if isinstance(value, Mapping):
        return _statement_text(name, value)
    return str(WORDS.get(value, value)) if name in CODES and isinstance(value, str) else str(value)


def _count_of_postcodes(postcodes: Sequence[str]) -> str:
    return str(ngettext("%(num)s postcode", "%(num)s postcodes", len(postcodes)))


def _logo_text(data: str) -> str:
    logo = logo_of(str(data))
    return str(_("A picture of %(width)s by %(height)s pixels", width=logo.width, height=logo.height)) if logo else ""


def _colour_text(colour: str) -> str:
    """The colour with its contrast to white, and the darker one that pages use in place of one that is too pale."""
    figure = f"{contrast_with_white(parse_colour(colour)):.1f}"
    shown = hex_of(readable(parse_colour(colour)))
    if shown == colour:
        return str(_("%(colour)s (its contrast with white is %(figure)s to 1)", colour=colour, figure=figure))
    return str(
        _(
            "%(colour)s (its contrast with white is %(figure)s to 1, which is too pale: pages use %(shown)s)",
            colour=colour,
            figure=figure,
            shown=shown,
        )
    )


_OWN_WORDS: Mapping[str, Callable[[Any], str]] = {
    "postcodes": _count_of_postcodes,
    "logo": _logo_text,
    "brand_colour": _colour_text,
}


def _statement_text(name: str, statement: Mapping[str, Any]) -> str:
    """The values of a statement, each with its label."""
    kind, prefix = ("privacy", KEEP) if name == "keep_days" else (name, "")
    texts = BY_KIND.get(kind, {})
    labels = {key: texts[prefix + key].label if prefix + key in texts else "" for key in statement}
    said = ((labels[key], value_text(key, one)) for key, one in statement.items())
    return "\n".join(f"{label}: {value}" if label else value for label, value in said)


def _exception_text(row: Mapping[str, Any]) -> str:
    """ "Not held on Monday 30 November 2026: Training", or "On ...: 10am to midday"."""
    on_day, reason = format_day(day(row["date"])), str(row.get("reason") or "")
    if row.get("starts") is None or row.get("ends") is None:
        text = _("Not held on %(day)s", day=on_day)
    else:
        start, end = (format_time(wall_time(row[name])) for name in ("starts", "ends"))
        text = _("On %(day)s from %(start)s to %(end)s", day=on_day, start=start, end=end)
    return f"{text}: {reason}" if reason else str(text)


def _row_text(name: str, row: Mapping[str, Any]) -> str:
    if name == "exceptions":
        return _exception_text(row)
    known = BY_LIST.get(name, OTHERS)
    named = ((known.get(key), key, value_text(key, one)) for key, one in row.items())
    return "\n".join(f"{text.label if text else key}: {value}" for text, key, value in named if value)
