"""Every field of the set-up, every bad value: the file's rules take or refuse it, at its field, and nothing else is lost.

The forms are made from the rules, so they are tried against these, without a request for each of some thousand values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from locations.importing.difference import Key
from locations.importing.parse_plan import plan_of
from locations.importing.set_up_tables import STATEMENTS, Edit, Thing, edited, place_of, things_in
from locations.importing.table_reader import InvalidSetUp
from locations.importing.toml_fields import Field
from locations.importing.toml_file import read_tables
from tests.locations.test_export import FILES
from tests.support.bad_values import BAD_VALUES, FEW, has_its_turn
from web.components.form_fields import Form, Text
from web.manage import thing_form
from web.manage.table_inputs import is_shown, shown
from web.manage.thing_form import ADDRESSED, FIELDS, LISTS, ThingForm, form_of_request

pytestmark = pytest.mark.databases("sqlite")
TABLES = read_tables(FILES[0].read_bytes())[1]
THINGS = things_in(TABLES)
ROWS: dict[str, Any] = {
    "requirements": {"kind": "desk"},
    "documents_by_case": {"case": "If you rent", "documents": ["Tenancy agreement"]},
    "documents_by_rule": {
        "document": "Payslips",
        "weekly": 5,
        "fortnightly": 3,
        "monthly": 2,
        "question": "Do you work?",
    },
    "triage_questions": {"ask": "Do you rent?"},
    "reminder_plan": {"kind": "reminder_1d", "days_before": 1, "at": "09:00"},
    "message_channels": {"message": "reminder", "first": "text", "second": "email"},
    "school_holidays": {"name": "Easter", "first_date": "2027-03-26", "last_date": "2027-04-09"},
}
Sent = MultiDict[str, str]


def some(kind: str) -> tuple[Key, Thing]:
    found = "council" if kind in STATEMENTS else kind
    return next((key, thing) for key, thing in THINGS.items() if key.kind == found)


def typed(kind: str, thing: Thing) -> Sent:
    """What the form sends, with a row in every list."""
    sent = shown(FIELDS[kind], thing_form._shown_part(kind, thing.table))
    for name, fields in LISTS.get(kind, {}).items():
        for field, values in shown(fields, ROWS[name]).lists():
            sent.setlist(f"{name}-0-{field}", values)
    return sent


def fields_of(kind: str) -> Iterator[tuple[str, Field]]:
    yield from ((name, field) for name, field in FIELDS[kind].items() if is_shown(name))
    for name, fields in LISTS.get(kind, {}).items():
        yield from ((f"{name}-0-{inner}", field) for inner, field in fields.items())


def tries(*, every_value: bool) -> Iterator[tuple[str, str, Iterable[str]]]:
    """Kind, field and bad values: a few in statements and where the same check comes again.

    Of the checks of one class the first gets all values, each other one the few and, unless every value is asked for, a
    fifth of the rest, which is another fifth from one field to the next.
    """
    known: set[str] = set()
    for kind in ADDRESSED:
        for number, (name, field) in enumerate(fields_of(kind)):
            check, like = repr(field), type(field).__name__
            if check in known or kind in STATEMENTS:
                yield kind, name, FEW
            elif like in known and not every_value:
                yield kind, name, [words for words in BAD_VALUES if words in FEW or has_its_turn(words, number)]
            else:
                yield kind, name, BAD_VALUES
            known |= {check, like}


def sent_form(kind: str, key: Key, thing: Thing, sent: Sent) -> ThingForm:
    """The form after it was sent, with its errors."""
    form = form_of_request(kind, sent)
    is_valid = form.validate()
    table = form.table(thing.table)
    if not is_valid or form.errors:
        return form
    tables = edited(TABLES, [Edit(key, table)])
    try:
        plan_of(tables)
    except InvalidSetUp as error:
        things = things_in(tables)
        for path, whats in error.errors.items():
            place, inner = place_of(path, things)
            if place == key:
                form.refuse({inner: whats})
            else:
                form.general += whats
        assert form.errors
    return form


def field_at(form: ThingForm, name: str) -> Any:
    holder: Form = form.main
    if "-0-" in name:
        holder = form.rows[name.partition("-")[0]][0]
    return holder[name.rpartition("-")[2]]


def test_every_field_takes_or_refuses_every_bad_value(app: Flask, every_value: bool) -> None:
    failures = []
    with app.test_request_context():
        for kind, name, values in tries(every_value=every_value):
            key, thing = some(kind)
            right = typed(kind, thing)
            assert not sent_form(kind, key, thing, right).errors
            for words in values:
                sent, value = right.copy(), BAD_VALUES[words]
                sent[name] = value.encode("utf-8", "replace").decode()
                form = sent_form(kind, key, thing, sent)
                if form.errors and not (form.general or field_at(form, name).errors or is_of_several(name)):
                    failures.append(f"{name}: {words}: {[error.text for error in form.errors]}")
                if another(form, name).data != right.get(another(form, name).name):
                    failures.append(f"{name}: {words}: what else was typed is lost")
    assert not failures, "\n".join(failures)


def another(form: ThingForm, name: str) -> Any:
    """A field in which nothing wrong was typed."""
    return next(field for field in form.main if field.short_name != name and isinstance(field, Text))


def is_of_several(name: str) -> bool:
    """Whether what is wrong may stand beside it: when a reminder is sent is said by two fields or by one other."""
    return name.startswith("reminder_plan")
