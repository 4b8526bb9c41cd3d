"""The architecture of the code base, held by reading the imports; the rules are in tests/support/architecture.py."""

import pytest

from tests.support.architecture import (
    KNOWN_BREACHES,
    KNOWN_CYCLES,
    PACKAGES,
    ROOT,
    Module,
    breaches,
    breaches_between,
    import_cycles,
    imports_of,
    our_modules,
)

LATE_IMPORT = "def f():\n    from web.a import y\n"
TYPE_ONLY_IMPORT = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from web.b import x\n"
LONG_FUNCTION = "def long():\n" + "    x = 1\n" * 40


def test_every_module_keeps_to_the_architecture() -> None:
    assert [breach for module in our_modules() for breach in breaches(module)] == []


def test_modules_do_not_share_names_and_no_package_holds_too_much() -> None:
    assert breaches_between(list(our_modules())) == []


def test_every_folder_with_code_is_a_known_package() -> None:
    """A new package fails until its place in the order is known."""
    apart = {"tests", "bench", "migrations", "static", "docs", "node_modules"}
    folders = {file.parent.name for file in ROOT.glob("*/*.py") if not file.parent.name.startswith(".")}
    assert folders - apart <= set(PACKAGES)


def test_every_known_breach_is_still_one() -> None:
    import ast

    imports = {
        f"{module.name} {name}" for module in our_modules() for _, name in imports_of(module, ast.parse(module.source))
    }
    assert imports >= KNOWN_BREACHES
    assert import_cycles(list(our_modules())) >= KNOWN_CYCLES


@pytest.mark.parametrize(
    ("name", "source", "what"),
    [
        ("core.audit", "import people.residents.tables", "core must not import people"),
        ("core.audit", "def f():\n    from booking import events", "core must not import booking"),
        ("locations.model", "from people.residents import tables", "locations must not import people"),
        ("booking.events", "from reminders.outbox import plan", "booking must not import reminders"),
        ("web.agent.views", "import api.blueprint", "web must not import api"),
        ("api.blueprint", "import web.app", "api must not import web"),
        ("web.app", "import demo.load", "web must not import demo"),
        ("reminders.due_times", "from wsgi import create_app", "reminders must not import wsgi"),
        ("booking.states", "from sqlalchemy import select", "a pure module must not import sqlalchemy.select"),
        ("booking.availability.engine", "import flask", "a domain package must not import flask"),
        ("booking.use_cases.book", "from flask import g", "a domain package must not import flask.g"),
        ("people.staff.accounts", "import werkzeug.http", "a domain package must not import werkzeug.http"),
        ("reminders.due_times", "from core.clock import Clock", "the layer pure must not import core.clock.Clock"),
        ("booking.tables", "from booking.use_cases import x", "the layer tables must not import booking.use_cases.x"),
        ("booking.plan", "from . import tables", "the layer pure must not import booking.tables"),
        (
            "booking.plan",
            "from people.residents.tables import Resident",
            "the layer pure must not import people.residents.tables.Resident",
        ),
        ("web.views", "import datetime\ndatetime.datetime.now()", "reads a clock: datetime.datetime.now()"),
        ("web.views", "from datetime import date\ndate.today()", "reads a clock: date.today()"),
        ("web.views", "import time\ntime.time()", "reads a clock: time.time()"),
        ("web.views", "from time import time", "reads a clock: time.time"),
        ("web.views", LONG_FUNCTION, "long has 41 lines; 40 at most"),
        ("web.views", "x = 1\n" * 301, "301 lines in one module; 300 at most"),
    ],
)
def test_a_planted_breach_is_found(name: str, source: str, what: str) -> None:
    assert any(what in found for found in breaches(Module(name, source)))


@pytest.mark.parametrize(
    ("modules", "what"),
    [
        ([Module("web.a.pages", ""), Module("api.pages", "")], "api.pages: another module is called pages"),
        ([Module("web.pages", "x = 1\n" * 2), Module("api.blueprint", "x = 1\n")], "web: 2 of 3 lines"),
        ([Module("web.a", "import web.b"), Module("web.b", "from web import a")], "web.a and web.b import each other"),
        (
            [Module("web.a", "from web.b import x"), Module("web.b", "import web.c"), Module("web.c", LATE_IMPORT)],
            "web.a and web.b and web.c import each other",
        ),
        ([Module("web.a", TYPE_ONLY_IMPORT), Module("web.b", "import web.a")], "web.a and web.b import each other"),
    ],
)
def test_a_planted_breach_between_modules_is_found(modules: list[Module], what: str) -> None:
    assert any(what in found for found in breaches_between(modules))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("wsgi", "import reminders.worker, api, web.app, demo.cli"),
        ("reminders.outbox", "from booking.queries import appointments"),
        ("web.agent.views", "import flask\nfrom booking.use_cases import book"),
        ("booking.states", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from core.clock import Clock"),
        ("core.clock", "from datetime import datetime\ndatetime.now()"),
        ("booking.states", "def starts(clock):\n    return clock.now()"),
        ("core.flask_context", "from flask import current_app"),
    ],
)
def test_what_the_architecture_allows_is_no_breach(name: str, source: str) -> None:
    assert breaches(Module(name, source)) == []
