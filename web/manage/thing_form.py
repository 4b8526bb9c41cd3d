"""The form of one thing of the set-up: its own fields, and a row of fields for each table inside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from locations.importing import paper_fields, toml_fields, triage_fields
from locations.importing.parse_statements import ACCESSIBILITY, KEEP_DAYS, PRIVACY
from locations.importing.set_up_tables import STATEMENTS, Table
from locations.importing.toml_fields import Fields
from locations.importing.toml_lines import Path
from web.components.form_fields import FieldError, Form, errors_of
from web.manage.field_texts import text_of_field
from web.manage.screen_words import screen_text
from web.manage.table_inputs import Typed, form_of, read, shown

TRAVEL = "travel"
KEEP = "keep_"  # and a class of personal data: for how many days it is kept
FIELDS: Mapping[str, Fields] = {
    "council": toml_fields.AUTHORITY,
    "site": toml_fields.SITE,
    "resource": toml_fields.RESOURCE,
    "person": {name: one for name, one in toml_fields.PERSON.items() if name != "seats"},
    "service": toml_fields.SERVICE,
    "privacy": {**PRIVACY, **{f"{KEEP}{data_class}": one for data_class, one in KEEP_DAYS.items()}},
    "accessibility": ACCESSIBILITY,
    TRAVEL: {},
    "triage": toml_fields.TRIAGE,
    "triage_question": triage_fields.QUESTION,
    "triage_outcome": triage_fields.OUTCOME,
}
LISTS: Mapping[str, Mapping[str, Fields]] = {
    "council": {
        "reminder_plan": toml_fields.REMINDER,
        "message_channels": toml_fields.MESSAGE_CHANNEL,
        "school_holidays": toml_fields.SCHOOL_HOLIDAY,
    },
    "service": {
        "requirements": toml_fields.REQUIREMENT,
        "documents_by_case": toml_fields.DOCUMENT_CASE,
        "documents_by_rule": paper_fields.PAPER,
        "triage_questions": toml_fields.QUESTION,
        "reminder_plan": toml_fields.REMINDER,
    },
    TRAVEL: {"travel": toml_fields.TRAVEL},
    "triage_question": {"answers": triage_fields.ANSWER},
}
# Without any, they are said to be none.
NEVER_LEFT_OUT = frozenset({("council", "reminder_plan"), ("service", "requirements")})
# What has a form of its own; travel times have one for all, and a triage has screens of its own.
ADDRESSED = tuple(kind for kind in FIELDS if kind != TRAVEL and not kind.startswith("triage"))
# Lists that cannot be empty: the form has a row from the beginning, and says this when nothing is chosen in it.
EMPTY_LISTS: Mapping[str, LazyString] = {"requirements": _l("Choose what a visit needs")}
MOST_ROWS = 50
_ROW = re.compile(r"([a-z_]+)-([0-9]{1,3})-([a-z_]+)")


@dataclass
class ThingForm:
    """The form of a thing of one kind. `general` are errors that stand at no field."""

    kind: str
    main: Form
    rows: dict[str, list[Form]]
    general: list[str] = field(default_factory=list)

    @property
    def errors(self) -> list[FieldError]:
        """All errors, each leading to its field."""
        forms = [self.main, *(row for rows in self.rows.values() for row in rows)]
        return [
            *(FieldError(text, "") for text in self.general),
            *(error for form in forms for error in errors_of(form)),
        ]

    def validate(self) -> bool:
        """Whether everything is text that can be read."""
        forms = [self.main, *(row for rows in self.rows.values() for row in rows)]
        results = [form.validate() for form in forms]  # all of them, so that each shows its errors
        return all(results)

    def fill(self, name: str, rows: Iterable[Table]) -> None:
        """Show these rows in a list in place of what stands there."""
        fields = LISTS[self.kind][name]
        self.rows[name] = [_row_form(name, fields, shown(fields, row), number) for number, row in enumerate(rows)]

    def sent(self) -> dict[str, list[str]]:
        """What a browser would send of it, an empty row included."""
        forms = [self.main, *(row for rows in self.rows.values() for row in rows)]
        return {field.name: _as_sent(field.data) for form in forms for field in form}

    def table(self, base: Table) -> dict[str, Any]:
        """What the form says: its own values, and those of `base` that it does not show. What is no number is refused."""
        own = {name for name in FIELDS[self.kind] if name in self.main} | set(LISTS.get(self.kind, ()))
        table = {name: value for name, value in _shown_part(self.kind, base).items() if name not in own}
        table |= read(FIELDS[self.kind], self.main)
        for name, fields in LISTS.get(self.kind, {}).items():
            rows = [_named(name, read(fields, row)) for row in self.rows[name]]
            if rows or (self.kind, name) in NEVER_LEFT_OUT or base.get(name) == []:
                table[name] = rows
        return table if self.kind not in STATEMENTS else _with_statement(self.kind, base, table)

    def refuse(self, errors: Mapping[Path, Iterable[str]]) -> None:
        """Put what the file's rules say at the fields."""
        for path, whats in errors.items():
            inner = _path_in_statement(path) if self.kind in STATEMENTS else path
            for what in whats:
                self._refuse(inner, what)
        self.main.focus_first_error()

    def _refuse(self, path: Path, what: str) -> None:
        form, name, kind = self.main, path[0] if path else "", self.kind
        if name in EMPTY_LISTS and len(path) == 1 and not self.rows[str(name)]:
            self.rows[str(name)] = [_row_form(str(name), LISTS[kind][str(name)], MultiDict(), 0)]
            path, what = (name, 0), str(EMPTY_LISTS[str(name)])
        if name in self.rows and len(path) > 1 and int(path[1]) < len(self.rows[str(name)]):
            form, kind = self.rows[str(name)][int(path[1])], str(name)
            name = path[2] if len(path) > 2 else next(iter(form)).short_name
        if name == "slug" and "name" in form:
            name = "name"
        if name in form and form[name].errors:
            return  # it cannot be read, which is said already
        if name in form:
            form.refuse(str(name), in_words_of_the_form(what, kind, str(name)))
        else:
            self.general.append(screen_text(what, kind))


def _named(name: str, row: dict[str, Any]) -> dict[str, Any]:
    """The row; a reminder that nobody has named has the name of its time, such as reminder_7d."""
    days, minutes = (
        found if isinstance(found, int) else 0 for found in map(row.get, ("days_before", "minutes_before"))
    )
    if name != "reminder_plan" or "kind" in row or not (days or minutes):
        return row
    when = f"{days}d" if days else f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"
    return {"kind": f"reminder_{when}"} | row


def in_words_of_the_form(what: str, kind: str, name: str) -> str:
    """An error of the file with what the field is called on the screen in place of its key."""
    label = f"“{text_of_field(kind, name).label}”"
    key = re.escape(name.removeprefix(KEEP))
    what = re.sub(rf"^.* needs {key}\.$", str(gettext("This needs %(field)s.", field=label)), what)
    return screen_text(re.sub(rf"^{key} of (keep_days of )?", f"{label} of ", what), kind)


def form_of_table(kind: str, table: Table) -> ThingForm:
    """The form that shows this table."""
    part = _shown_part(kind, table)
    rows = {
        name: [shown(fields, row) for row in part.get(name) or ([{}] if name in EMPTY_LISTS else ())]
        for name, fields in LISTS.get(kind, {}).items()
    }
    return _form(kind, shown(FIELDS[kind], part), rows)


def form_of_request(
    kind: str, sent: MultiDict[str, str], add: str = "", remove: str = "", *, keeps_empty: bool = False
) -> ThingForm:
    """The form with what was sent; with one more row in the list `add`, or without the row `remove` ("documents-2")."""
    lists = LISTS.get(kind, {})
    found: dict[str, dict[int, Typed]] = {name: {} for name in lists}
    for key in sent:
        match = _ROW.fullmatch(key)
        if match and match[1] in lists:
            found[match[1]].setdefault(int(match[2]), MultiDict()).setlist(match[3], sent.getlist(key))
    rows = {
        name: [
            row
            for number, row in sorted(numbered.items())
            if (keeps_empty or _is_filled(row)) and f"{name}-{number}" != remove
        ]
        for name, numbered in found.items()
    }
    if add in rows:
        rows[add].append(MultiDict())
    return _form(kind, sent, {name: some[:MOST_ROWS] for name, some in rows.items()})


def _shown_part(kind: str, table: Table) -> Table:
    """What a form of this kind shows of a table: of the council's a statement, with its days as fields of their own."""
    if kind not in STATEMENTS:
        return table
    statement = dict(table.get(kind, {}))
    days = statement.pop("keep_days", {})
    return statement | {f"{KEEP}{data_class}": number for data_class, number in days.items()}


def _with_statement(kind: str, council: Table, statement: Table) -> dict[str, Any]:
    """The council's table with what the form of a statement says."""
    own = {name: value for name, value in statement.items() if not name.startswith(KEEP)}
    days = {name.removeprefix(KEEP): value for name, value in statement.items() if name.startswith(KEEP)}
    own |= {"keep_days": days} if days else {}
    others = {name: value for name, value in council.items() if name != kind}
    return others | ({kind: own} if own else {})


def _path_in_statement(path: Path) -> Path:
    """Where an error in the council's table stands in the form of a statement."""
    inner = path[1:] if path[:1] and path[0] in STATEMENTS else path
    return (f"{KEEP}{inner[1]}",) if len(inner) == 2 and inner[0] == "keep_days" else inner


def _as_sent(data: Any) -> list[str]:
    return [str(one) for one in data] if isinstance(data, list) else [str(data or "")]


def _is_filled(row: Typed) -> bool:
    return any(value.strip() for values in row.listvalues() for value in values)


def _form(kind: str, typed: Typed, rows: Mapping[str, list[Typed]]) -> ThingForm:
    forms = {
        name: [_row_form(name, fields, row, number) for number, row in enumerate(rows[name])]
        for name, fields in LISTS.get(kind, {}).items()
    }
    return ThingForm(kind, form_of(kind, FIELDS[kind], typed), forms)


def _row_form(name: str, fields: Fields, row: Typed, number: int) -> Form:
    return form_of(name, fields, _prefixed(row, f"{name}-{number}-"), f"{name}-{number}-")


def _prefixed(row: Typed, prefix: str) -> Typed:
    typed: Typed = MultiDict()
    for name, values in row.lists():
        typed.setlist(f"{prefix}{name}", values)
    return typed
