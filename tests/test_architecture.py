"""The house rules of the code base, held by reading the imports; the rules are in tests/support/architecture.py."""

import pytest

from tests.support.architecture import Module, breaches, our_modules

LONG_FUNCTION = "def long():\n" + "    x = 1\n" * 40


def test_every_module_keeps_to_the_rules() -> None:
    assert [found for module in our_modules() for found in breaches(module)] == []


@pytest.mark.parametrize(
    ("name", "source", "what"),
    [
        ("core.audit", "import people.residents.details", "core must not import people"),
        ("core.audit", "def f():\n    from booking import events", "core must not import booking"),
        ("locations.model", "from people import tables", "locations must not import people"),
        ("web.views", "import api.fields", "web must not import api"),
        ("api.views", "import web.forms", "api must not import web"),
        ("locations.views", "import people.tables", "locations must not import people"),
        ("booking.events", "from reminders.outbox import plan", "booking must not import reminders"),
        ("reminders.plan", "from wsgi import create_app", "reminders must not import wsgi"),
        (
            "booking.availability.model",
            "from sqlalchemy import select",
            "a pure module must not import sqlalchemy.select",
        ),
        ("booking.availability.engine", "import flask", "a pure module must not import flask"),
        ("reminders.plan", "from core.clock import Clock", "a pure module must not import core.clock.Clock"),
        ("booking.use_cases.book", "from flask import g", "there is no HTTP below views and api: flask.g"),
        ("people.queries", "import werkzeug.http", "there is no HTTP below views and api: werkzeug.http"),
        ("booking.tables", "from booking.use_cases import x", "the floor tables must not import booking.use_cases.x"),
        (
            "booking.plan",
            "from . import tables",
            "the floor pure must not import booking.tables",
        ),
        ("web.account.views", "import datetime\ndatetime.datetime.now()", "reads a clock: datetime.datetime.now()"),
        ("web.account.views", "from datetime import date\ndate.today()", "reads a clock: date.today()"),
        ("web.account.views", "import time\ntime.time()", "reads a clock: time.time()"),
        ("web.account.views", "from time import time", "reads a clock: time.time"),
        ("web.account.views", LONG_FUNCTION, "long has 41 lines; 40 at most"),
        ("web.account.views", "x = 1\n" * 301, "301 lines in one module; 300 at most"),
    ],
)
def test_a_planted_breach_is_found(name: str, source: str, what: str) -> None:
    assert any(what in found for found in breaches(Module(name, source)))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("wsgi", "import demo.outbox_views, booking.api"),
        ("reminders.outbox", "from booking.queries import appointments"),
        ("booking.views", "import flask\nfrom booking.use_cases import book"),
        (
            "booking.availability.model",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from core.clock import Clock",
        ),
        ("core.clock", "from datetime import datetime\ndatetime.now()"),
        ("booking.availability.model", "def starts(clock):\n    return clock.now()"),
    ],
)
def test_what_the_house_allows_is_let_be(name: str, source: str) -> None:
    assert breaches(Module(name, source)) == []
