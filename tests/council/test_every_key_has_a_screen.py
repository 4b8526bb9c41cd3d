"""Every key of the set-up's file is on a screen, or is named here with the reason why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from flask import Flask

from locations.importing import parse_statements, toml_fields
from locations.importing.toml_fields import Field, Fields
from locations.importing.value_checks import ListCheck, OneOfCheck
from planner.session_forms import SessionForm
from planner.session_page import DateForm
from web.manage.closure_forms import ClosureForm
from web.manage.field_words import WORDS
from web.manage.set_up_words import value_text
from web.manage.table_inputs import is_shown
from web.manage.thing_form import FIELDS, KEEP, LISTS

pytestmark = pytest.mark.databases("sqlite")
SCHEMAS: Mapping[str, Fields] = {
    name.lower(): value
    for module in (toml_fields, parse_statements)
    for name, value in vars(module).items()
    if isinstance(value, Mapping) and value and all(isinstance(one, Field) for one in value.values())
}
FORM_OF_SCHEMA = {"authority": "council", "ending": "site"}
# The screens that are not made from the schema, and what on them says a key by another name.
OTHER_SCREENS: Mapping[str, tuple[type, Mapping[str, str]]] = {
    "session": (SessionForm, {"days": "weekdays", "rrule": "repeats", "date": "first_date"}),
    "exception": (DateForm, {"date": "on_day"}),
    "release": (SessionForm, dict.fromkeys(("percent", "days_before", "at"), "releases")),  # a line for each share
    "closure": (
        ClosureForm,
        {"first_date": "from_day", "last_date": "until_day", "starts_at": "from_time", "ends_at": "until_time"},
    ),
}
PAGES = {("authority", "logo"): "council.upload_logo", ("authority", "service_order"): "council.front_page"} | {
    ("ward", key): "council.wards" for key in ("name", "name_cy", "postcodes")
}
NOT_ON_A_SCREEN = {
    "slug": "it is made from the name, and never changes",
    **{f"triage.{key}": "a triage is changed in the file" for key in toml_fields.TRIAGE},
    "count": "several that are alike are added one by one",
    "person.seats": "a person has one seat",
}


def keys() -> Iterator[tuple[str, str]]:
    yield from ((schema, key) for schema, fields in SCHEMAS.items() for key in fields)


def is_on_a_form(schema: str, key: str) -> bool:
    kind = FORM_OF_SCHEMA.get(schema, schema)
    if key in FIELDS.get(kind, {}) and is_shown(key):
        return True
    if schema == "keep_days":
        return f"{KEEP}{key}" in FIELDS["privacy"]
    return any(SCHEMAS[schema] is fields and key in fields for lists in LISTS.values() for fields in lists.values())


def test_all_schemas_are_looked_at() -> None:
    assert {"authority", "service", "site", "resource", "person", "travel", "session", "closure"} <= set(SCHEMAS)
    assert {"privacy", "keep_days", "accessibility", "reminder", "question", "requirement", "exception"} <= set(SCHEMAS)


def test_every_key_is_on_a_screen_or_named_with_its_reason(app: Flask) -> None:
    without = []
    for schema, key in keys():
        if key in NOT_ON_A_SCREEN or f"{schema}.{key}" in NOT_ON_A_SCREEN or is_on_a_form(schema, key):
            continue
        if (schema, key) in PAGES:
            assert PAGES[schema, key] in app.view_functions
            continue
        form, names = OTHER_SCREENS.get(schema, (object, {}))
        if not hasattr(form, names.get(key, key)):
            without.append(f"{schema}.{key}")
    assert not without


def test_every_word_of_the_file_is_shown_in_the_words_of_people(app: Flask) -> None:
    """Not as its code, wherever a change of the set-up is shown before it is saved."""
    tables = (*FIELDS.values(), *(fields for lists in LISTS.values() for fields in lists.values()))
    with app.test_request_context():
        for name, field in ((name, field) for fields in tables for name, field in fields.items()):
            check = field.check.item if isinstance(field.check, ListCheck) else field.check
            for code in check.choices if isinstance(check, OneOfCheck) else ():
                assert value_text(name, [code]) == str(WORDS[code]), name
