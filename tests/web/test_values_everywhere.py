"""Every field that takes a name, an email, a number, a postcode, a day or free text: one answer wherever it is typed.

Each place is given each odd value. What it keeps, or that it refuses, must be what the parser of the kind says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from functools import partial
from itertools import count
from urllib.parse import quote

import marshmallow
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from wtforms import StringField, TextAreaField

import api.request_schemas
import api.wish_schemas
import web.account.forms
import web.agent.forms
import web.manage.closure_forms
import web.resident.forms
import web.site.forms
from api.schema_fields import DateOrInstant, SingleLineText
from core.audit import Actor
from core.clock import FixedClock
from core.contact_values import parse_email, parse_phone, parse_postal_lines
from core.database import Database
from core.errors import Invalid, InvalidValue
from core.text import clean_line, clean_text, parse_or_empty
from core.wall_clock import parse_day
from locations.importing import toml_fields
from locations.importing.value_checks import WrongValueError
from locations.postcodes import parse_postcode
from people.residents.details import parse_name
from people.residents.tables import Resident
from people.staff.accounts import NewStaff, RoleScope, add_staff
from people.staff.api_keys import create_api_key, keys_of
from people.staff.sign_in_sessions import COOKIE
from tests.support.callers import AGENT_PASSWORD, Callers, add_agent, make_callers, sign_in
from tests.support.factories import NOW
from tests.support.pages import read_page
from web.agent.call_request import Typed, cleaned, read_typed
from web.agent.typed_helper import representation_of
from web.components import form_fields, moment_fields

pytestmark = pytest.mark.databases("sqlite")

Keep = Callable[[str], object]
REFUSED = "refused"


def typed_day(value: str) -> object:
    """A day as programs write it, or as people do where a browser offers no calendar."""
    return date(2026, 11, 24) if value == "24/11/2026" else parse_day(value)


KINDS: dict[str, Keep] = {
    "name": partial(parse_or_empty, parse_name),
    "email": partial(parse_or_empty, parse_email),
    "phone": partial(parse_or_empty, parse_phone),
    "postcode": partial(parse_or_empty, parse_postcode),
    "postal": partial(parse_or_empty, parse_postal_lines),
    "line": clean_line,
    "text": clean_text,
    "day": parse_day,
    "typed day": typed_day,
}
ODD = {
    "name": ["Robin  Sample", "محمد علي", "\u200fיוסי", "Jose\u0301", "王小明", "a\u202eb", "x" * 201],
    "email": ["robin@EXAMPLE.org", "ann@xn--bcher-kva.example.org", "a@b", "a b@example.org", "a@@b", "x" * 300],
    "phone": ["116 123", "0800 1111", "07700 900123 ext 4", "07700/900123", "+48 22 123 45 67", "٠٧٧٠٠ ٩٠٠١٢٣", "12"],
    "postcode": ["JE2 3AB", "n12-9hp", "(N12 9HP)", "N1 29HP", "N12", "12345", "not a postcode"],
    "postal": ["1 Elm Road\r\n\n Testville ", "1\n2\n3\n4\n5\n6", "x" * 61, "دير"],
    "line": ["two  words", "محمد", "🦊"],
    "text": ["one\r\ntwo", " one \n", "🦊"],
    "day": ["2026-11-24", "2200-12-31", "2026-W48-2", "20261124", "0001-01-01", "9999-12-31", "24/11/2026"],
}
ODD["typed day"] = ODD["day"]
FOR_ALL = [
    "",
    " \t\n ",
    "\u202a\u202c",
    "a\x00b",
    "a\x1cb",
    "\x1b[31m",
    "half \ud83d",
    "a\x85b",
    "\u202aN12\u202c",
    "\ufffe",
]

# Pages. A password is kept nowhere: only its hash is.

KIND_OF_FIELD = {
    form_fields.NameField: "name",
    form_fields.EmailField: "email",
    form_fields.PhoneField: "phone",
    form_fields.PostcodeField: "postcode",
    form_fields.Text: "line",
    form_fields.LongText: "text",
    moment_fields.DayField: "typed day",
    moment_fields.ClockField: "",  # a time of day, on the form of a closure alone
    form_fields.Password: "",
    form_fields.PostalField: "postal",
    form_fields.BirthDateField: "",  # typed by staff alone, at one place: tests/people says what is taken
}
OF_THEIR_OWN = {"safe_hours"}  # hours of a day: tests/web/agent/test_hours_typed.py
FORM_MODULES = (web.account.forms, web.agent.forms, web.manage.closure_forms, web.resident.forms, web.site.forms)


def page_places() -> Iterator[tuple[str, str, Keep]]:
    """Each text field of each form."""
    for form_class in {found for module in FORM_MODULES for found in vars(module).values() if is_form(found)}:
        for field in form_class(meta={"csrf": False}):
            is_text = isinstance(field, StringField | TextAreaField) and field.name not in OF_THEIR_OWN
            if is_text and (kind := KIND_OF_FIELD[type(field)]):
                yield kind, f"{form_class.__name__}.{field.name}", partial(typed_into, form_class, field.name)


def is_form(found: object) -> bool:
    return isinstance(found, type) and issubclass(found, form_fields.Form) and found is not form_fields.Form


def typed_into(form_class: type[form_fields.Form], name: str, value: str) -> object:
    """What the form keeps in this field. Raises: InvalidValue when it refuses it."""
    form = form_class(MultiDict({name: value}), meta={"csrf": False})
    if not form[name].validate(form):
        raise InvalidValue.because("refused")
    return getattr(form[name], "day", form[name].data)


def agent_places() -> Iterator[tuple[str, str, Keep]]:
    """What an agent types beside a held time."""
    somebody = {"caller": "other", "rep_name": "Hodan Yusuf", "rep_basis": "family"}

    def representative(field: str, value: str) -> object:
        return getattr(representation_of(read_typed({**somebody, f"rep_{field}": value}), None), field)

    def note(field: str, value: str) -> object:
        return getattr(cleaned(read_typed({field: value})), field)

    yield from ((field, f"agent's rep_{field}", partial(representative, field)) for field in ("name", "email", "phone"))
    yield from (("text", f"agent's {field}", partial(note, field)) for field in ("site_notes", "call_note"))
    yield "line", "agent's reason", partial(note, "reason")
    yield "line", "agent's answer", lambda value: cleaned(Typed(answers={"certify-0": value})).answers["certify-0"]


# Programs

KIND_OF_TEXT = {
    "NameText": "name",
    "EmailText": "email",
    "PhoneText": "phone",
    "PostalText": "postal",
    "PostcodeText": "postcode",
    "SingleLineText": "line",
    "MultiLineText": "text",
}


def api_places() -> Iterator[tuple[str, str, Keep]]:
    """Each text and each day of each request."""
    for schema in (vars(api.request_schemas) | vars(api.wish_schemas)).values():
        if isinstance(schema, type) and issubclass(schema, marshmallow.Schema):
            for name, field in schema().fields.items():
                if isinstance(field, SingleLineText):
                    yield KIND_OF_TEXT[type(field).__name__], f"{schema.__name__}.{name}", field.deserialize
                elif isinstance(field, DateOrInstant):
                    yield "day", f"{schema.__name__}.{name}", field.deserialize


# The file of a council, and commands

KIND_OF_KEY = {name: name for name in ("email", "phone", "postcode")}
KIND_OF_KEY |= dict.fromkeys(("date", "first_date", "last_date"), "day")


def file_places() -> Iterator[tuple[str, str, Keep]]:
    """Each key of the file that holds such a value."""
    for table, fields in vars(toml_fields).items():
        if table.isupper() and isinstance(fields, dict):
            for key in fields.keys() & KIND_OF_KEY.keys():
                yield KIND_OF_KEY[key], f"{table} {key}", fields[key].check


def command_places(database: Database, authority_id: int) -> Iterator[tuple[str, str, Keep]]:
    """What the commands for staff and keys write."""
    numbers = count()

    def member(**values: str) -> object:
        email = f"staff.{next(numbers)}@example.org"
        new = NewStaff(
            **{"email": email, **values}, role="triage_agent", scope=RoleScope(authority_id), password=AGENT_PASSWORD
        )
        with database.writing() as db:
            kept = getattr(add_staff(db, new, actor=Actor.system(), now=NOW), *values)
        return "" if kept == email.partition("@")[0] else kept

    def key(value: str) -> object:
        with database.writing() as db:
            create_api_key(db, name=value, authority_id=authority_id, scopes=["read"], now=NOW)
            return keys_of(db, authority_id)[-1].name

    yield "email", "staff add --email", lambda value: member(email=value)
    yield "name", "staff add --name", lambda value: member(name=value)
    yield "line", "api-key create --name", key


def answer_of(keep: Keep, value: str) -> object:
    """What is kept of `value`, or that it is refused; nothing is nothing, whether the field may be empty or not."""
    with suppress(InvalidValue, Invalid, marshmallow.ValidationError, WrongValueError):
        return keep(value) or REFUSED
    return REFUSED


def test_each_value_has_one_answer_wherever_it_is_typed(app: Flask, database: Database) -> None:
    callers = make_callers(database, NOW)
    places = [*agent_places(), *api_places(), *file_places(), *command_places(database, callers.town.authority_id)]
    with app.test_request_context():
        places += page_places()
        answers = {
            (kind, name, value): (answer_of(KINDS[kind], value), answer_of(keep, value))
            for kind, name, keep in places
            for value in [*ODD[kind], *FOR_ALL]
        }
    assert {where: both for where, both in answers.items() if both[0] != both[1]} == {}
    assert {kind for kind, _, _ in places} == set(KINDS)


# Over the wire


@pytest.fixture
def callers(database: Database, clock: FixedClock) -> Callers:
    """Everybody who rings."""
    return make_callers(database, clock.now())


@pytest.fixture
def staff(client: FlaskClient, database: Database, callers: Callers, clock: FixedClock) -> FlaskClient:
    """The browser of an administrator who has signed in."""
    admin = add_agent(database, callers.town.authority_id, clock.now(), role="authority_admin")
    client.set_cookie(COOKIE, sign_in(database, admin, clock.now()))
    return client


@pytest.mark.parametrize("kind", ["name", "email", "phone", "postcode"])
def test_what_an_agent_writes_down_is_kept_as_the_parser_says(
    kind: str, staff: FlaskClient, database: Database
) -> None:
    token = read_page(staff.get("/staff/calls/").text).form_to("/find").fields["csrf_token"]
    for number, value in enumerate(ODD[kind] + [one for one in FOR_ALL if "\ud83d" not in one]):
        expected = answer_of(KINDS[kind], value)
        typed = {
            "name": f"Robin Sample{chr(97 + number)}",
            "contact_preference": "none",
            kind: value,
            "csrf_token": token,
        }
        answer = staff.post("/staff/calls/register", data=typed)
        if expected == REFUSED and (kind == "name" or clean_or_refused(value)):
            assert answer.status_code == 400, value
            continue
        assert answer.status_code == 303, value
        with database.reading() as db:
            kept = getattr(db.scalars(select(Resident).order_by(Resident.id.desc())).first(), kind)
        assert kept == (expected if expected != REFUSED else ""), value


def clean_or_refused(value: str) -> object:
    """What is left of `value`, or that it is refused; empty for what may be left out."""
    with suppress(InvalidValue):
        return clean_line(value)
    return REFUSED


ADDRESSES_WITH_A_DAY = {
    "/testshire/times?service=certify&day={day}": 404,
    "/staff/calls/residents/{norbert}?service=certify&from={day}": 200,  # what means nothing there is left out
    "/staff/sites/high-street/days/{day}": 404,
    "/staff/sites/high-street/days/{day}/list.csv": 404,
}


@pytest.mark.parametrize("address", ADDRESSES_WITH_A_DAY)
@pytest.mark.parametrize("day", ODD["day"])
def test_a_day_in_an_address_is_served_or_not_found(
    address: str, day: str, staff: FlaskClient, callers: Callers
) -> None:
    answer = staff.get(address.format(day=quote(day, safe=""), **callers.people))
    assert answer.status_code == (200 if answer_of(parse_day, day) != REFUSED else ADDRESSES_WITH_A_DAY[address])
