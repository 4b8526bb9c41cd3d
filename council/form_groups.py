"""How the fields of a long form stand together: what everybody fills in, then parts that are folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from locations.importing.set_up_tables import Table
from locations.importing.toml_fields import TRANSLATIONS
from locations.model import VIRTUAL_SITE
from web.components.form_fields import Form
from web.manage.field_groups import GROUPS
from web.manage.thing_form import ThingForm, form_of_table

# By kind, the lists that stand right after a field; all others stand below the fields.
LISTS_AFTER: Mapping[str, Mapping[str, list[str]]] = {
    "service": {"modes": ["requirements"], "documents": ["documents_by_case", "documents_by_rule"]}
}

# By kind, the field of a part that cannot stay as it is when another field has this value.
NEEDED: Mapping[str, Mapping[str, tuple[str, str]]] = {"site": {"joining_address": ("kind", VIRTUAL_SITE)}}


@dataclass
class Part:
    """Some fields of a form, in their order, with the names of the lists that stand after each.

    `filled` says how many of them and of the rows of their lists are not as they are when nothing is filled in.
    `opens_with` is the name of another field, and the value with which the part opens.
    """

    name: str
    heading: LazyString | str = ""
    fields: list[Any] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    filled: int = 0
    is_open: bool = False
    opens_with: str = ""


def parts_of(
    form: ThingForm, saved: Table, list_labels: Mapping[str, LazyString], shown: str, *, all_open: bool
) -> list[Part]:
    """The form in parts, of which the first has no heading and is always open; of each list that has no place a part.

    A part is open when something in it is wrong, is not as it was `saved`, is called `shown`, or cannot stay empty here.
    """
    parts = _parts(form, list_labels)
    empty, before = form_of_table(form.kind, {}), form_of_table(form.kind, saved)
    for part in parts:
        part.filled = _differing(part, form, empty, counts_empty_rows=False)
        has_errors = any(one.errors for one in _all_fields(part, form))
        is_needed = any(_is_needed(form, one) for one in part.fields)
        is_asked_for = is_needed or shown in part.lists or shown in {one.short_name for one in part.fields}
        part.is_open = all_open or has_errors or is_asked_for or _differing(part, form, before) > 0
    return parts


def _parts(form: ThingForm, list_labels: Mapping[str, LazyString]) -> list[Part]:
    groups, lists_after = groups_of(form.kind, [one.short_name for one in form.main]), LISTS_AFTER.get(form.kind, {})
    parts = [Part("")]
    for one in form.main:
        if one.short_name in groups:
            needed = " ".join(NEEDED.get(form.kind, {}).get(one.short_name, ()))
            parts.append(Part(one.short_name, groups[one.short_name], opens_with=needed))
        parts[-1].fields.append(one)
        parts[-1].lists += lists_after.get(one.short_name, ())
    placed = {name for part in parts for name in part.lists}
    return [*parts, *(Part(name, list_labels[name], lists=[name]) for name in form.rows if name not in placed)]


def _is_needed(form: ThingForm, field: Any) -> bool:
    name, value = NEEDED.get(form.kind, {}).get(field.short_name, ("", ""))
    return bool(name) and not field.data and form.main[name].data == value


def _all_fields(part: Part, form: ThingForm) -> Iterator[Any]:
    yield from part.fields
    for name in part.lists:
        for row in form.rows[name]:
            yield from row


def _differing(part: Part, form: ThingForm, other: ThingForm, *, counts_empty_rows: bool = True) -> int:
    """How many fields, and rows of lists, are not as they are in the other form."""
    fields = sum(_said(one) != _said(other.main[one.short_name]) for one in part.fields if one.short_name in other.main)
    rows = sum(_differing_rows(form.rows[name], other.rows[name], counts_empty_rows) for name in part.lists)
    return fields + rows


def row_id(name: str, number: int) -> str:
    """Where a row of a list stands on the page; the list itself where it has none."""
    return f"{name}-row-{number}" if number >= 0 else name


def _differing_rows(rows: list[Form], others: list[Form], counts_empty: bool) -> int:
    said, other = ([[_said(one) for one in row] for row in some] for some in (rows, others))
    if not counts_empty:
        said = [row for row in said if any(map(any, row))]
    return sum(one not in other for one in said) or (abs(len(said) - len(other)) if counts_empty else 0)


def _said(one: Any) -> list[str]:
    """What stands in a field, whatever ends its lines."""
    values = one.data if isinstance(one.data, list) else [one.data or ""]
    return ["\n".join(str(value).split("\r\n")).strip() for value in values]


def groups_of(kind: str, names: Iterable[str]) -> dict[str, LazyString]:
    """The headings of a form with these fields, by the field below each."""
    translated = next((name for name in names if name in TRANSLATIONS.get(kind, ())), "")
    return {**GROUPS.get(kind, {}), **({translated: _l("In other languages")} if translated else {})}
