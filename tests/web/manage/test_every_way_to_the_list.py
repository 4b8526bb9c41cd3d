"""In whatever way a booked visit falls out, it ends on the one list of people to rebook, and is offered another time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from booking.slot_tokens import SlotKey
from booking.tables import RebookItem
from booking.use_cases.book import Booking, book
from booking.use_cases.import_locations import import_file
from booking.use_cases.import_rota import import_rota
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from core.flask_context import EXTENSION
from core.runtime import Runtime
from core.wall_clock import unit_of
from locations.catalogue_queries import catalogue_of
from people.residents.details import ResidentDetails
from people.staff.policy import Role
from tests.contract.conftest import key_for, program_with
from tests.support.council import make_staff
from tests.support.factories import RESIDENT
from tests.support.pages import check_page
from tests.web.site.conftest import Library, World

LAST_VISIT = datetime(2026, 11, 24, 11, 30, tzinfo=UTC)  # of the morning
FILE = """
[authority]
slug = "COUNCIL"
name = "Smallville"
lead_minutes = 0

[[services]]
slug = "forms"
name = "Forms"
duration_minutes = 30
requirements = [{ kind = "adviser", skills = ["housing"] }]

[[services]]
slug = "talks"
name = "Talks"
duration_minutes = 30
requirements = [{ kind = "adviser" }]

[[sites]]
slug = "hall"
name = "Hall"
kind = "office"
  [[sites.resources]]
  slug = "ann"
  name = "Ann"
  kind = "adviser"
  skills = ["housing"]
  [[sites.resources]]
  slug = "bob"
  name = "Bob"
  kind = "adviser"
  skills = ["housing"]
  [[sites.sessions]]
  slug = "tuesdays"
  days = ["tuesday"]
  starts = "09:00"
  ends = "12:00"
  resources = ["ann"]
  services = ["forms", "talks"]
  [[sites.sessions]]
  slug = "fridays"
  days = ["friday"]
  starts = "09:00"
  ends = "12:00"
  resources = ["bob"]
  services = ["forms", "talks"]
"""
TUESDAYS, FRIDAYS = FILE.partition('  [[sites.sessions]]\n  slug = "fridays"')[::2]


def on_tuesdays(old: str, new: str) -> str:
    """The file with another word in what comes before Fridays."""
    assert old in TUESDAYS
    return TUESDAYS.replace(old, new) + FILE.removeprefix(TUESDAYS)


FILES = {
    "a closure in the file": FILE + '  [[sites.closures]]\n  slug = "flood"\n  first_date = 2026-11-24\n',
    "a person taken off the session": on_tuesdays('resources = ["ann"]', 'resources = ["bob"]'),
    "a service retired": on_tuesdays('services = ["forms", "talks"]', 'services = ["talks"]'),
    "a skill removed": FILE.replace('skills = ["housing"]\n  [[sites.resources]]', 'skills = []\n  [[sites.resources]]'),
    "a duration lengthened": on_tuesdays('name = "Forms"\nduration_minutes = 30', 'name = "Forms"\nduration_minutes = 60'),
    "a session shortened": on_tuesdays('ends = "12:00"', 'ends = "11:00"'),
    "a date dropped": FILE.replace(
        '  [[sites.sessions]]\n  slug = "fridays"',
        '    [[sites.sessions.exceptions]]\n    date = 2026-11-24\n  [[sites.sessions]]\n  slug = "fridays"',
    ),
}  # fmt: skip
ROTAS = {
    "a rota's CSV": "date,who,site,starts,ends\n24/11/2026,Ann,Hall,13:00,15:00\n",
    "a rota's .ics": (
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Ann\nLOCATION:Hall\n"
        "DTSTART:20261124T130000\nDTEND:20261124T150000\nEND:VEVENT\nEND:VCALENDAR\n"
    ),
}
SHUT = {"site": "hall", "starts": "later", "from_day": "2026-11-24", "until_day": "2026-11-24"}
DAY = {"starts_at": "2026-11-24T00:00:00+00:00", "ends_at": "2026-11-25T00:00:00+00:00", "site": "hall"}


class Council:
    """A council with one booked visit, and an administrator."""

    def __init__(self, app: Flask, database: Database, clock: FixedClock, slug: str) -> None:
        self.app, self.clock, self.slug = app, clock, slug
        self.runtime: Runtime = app.extensions[EXTENSION]
        self.bring_in(FILE)
        with database.reading() as db:
            known = catalogue_of(db, slug)
        self.id, site, service = known.authority.id, known.site("hall").id, known.service("forms").id
        slot_key = SlotKey(self.id, site, (service,), "in_person", unit_of(LAST_VISIT))
        who = ResidentDetails(f"Robin of {slug}", email=f"robin@{slug}.example.org")
        self.visit = book(self.runtime, Booking(self.id, "online", who, slot_key=slot_key), actor=RESIDENT)
        self.key = key_for(database, self.id, clock, "manage")
        library = Library(app, database, clock, World(self.id, site, (), (service,)), site)
        self.admin: FlaskClient = library.sign_in(Role.AUTHORITY_ADMIN)

    def bring_in(self, text: str) -> None:
        import_file(self.runtime, text.replace("COUNCIL", self.slug).encode(), actor=Actor.system())

    def bring_in_rota(self, text: str) -> None:
        import_rota(self.runtime, text.encode(), self.slug, actor=Actor.system())

    def shut_by_form(self) -> None:
        form = check_page(self.admin.get("/staff/closures/preview", query_string=SHUT).text).form_to("/closures")
        assert self.admin.post(form.action, data=form.values()).status_code == 303

    def shut_by_program(self, **scope: str) -> None:
        assert program_with(self.app, self.key).post("/closures", DAY | scope).status_code == 201

    def let_ann_go(self) -> None:
        """Her account is ended after somebody has said who she is in the plan."""
        colleague = make_staff(
            self.runtime.database, self.clock, self.id, Role.ADVISER, email=f"ann@{self.slug}.example.org"
        )
        address = f"/staff/colleagues/{colleague.id}"
        form = check_page(self.admin.get(address).text).form_to("/adviser")
        _nobody, ann, _bob = form.choices["adviser"]
        assert self.admin.post(form.action, data=form.values(adviser=ann)).status_code == 303
        page = check_page(self.admin.get(address).text)
        assert "1 person is booked with them" in page.text
        page = check_page(self.admin.get(f"{address}/deactivate").text)
        assert "Hall: 1 person is booked with them" in page.text
        form = page.form_to("/deactivate")
        assert self.admin.post(form.action, data=form.values()).status_code == 303
        page = check_page(self.admin.get(address).text)
        assert "Nobody can book them: Hall" in page.text
        # Named again, taken up again and ended again, they are shut once.
        for way, values in (
            ("/adviser", {"adviser": "-"}),
            ("/adviser", {"adviser": ann}),
            ("/reactivate", {}),
            ("/deactivate", {}),
        ):
            shown = f"{address}/deactivate" if way == "/deactivate" else address
            form = check_page(self.admin.get(shown).text).form_to(way)
            assert self.admin.post(form.action, data=form.values(**values)).status_code == 303
        assert self.admin.get(address).text.count("Nobody can book them: Hall") == 1

    def offer(self) -> str:
        """The text of the page of the visit's list, after other times were offered on it."""
        address = "/staff/to-rebook"
        closures = check_page(self.admin.get("/staff/closures").text)
        if "1 person affected" in closures.text:
            address = closures.link("Hall")
        form = check_page(self.admin.get(address).text).form_to("/offers")
        assert self.admin.post(form.action, data=form.values()).status_code == 303
        return check_page(self.admin.get(address).text).text


def test_thirteen_ways_end_at_the_list_and_lead_to_thirteen_offers(
    app: Flask, database: Database, clock: FixedClock
) -> None:
    ways: dict[str, Callable[[Council], None]] = {
        "the form": Council.shut_by_form,
        "a program": Council.shut_by_program,
        "a colleague deactivated": Council.let_ann_go,
        "somebody is ill": lambda council: council.shut_by_program(resource="ann"),
    } | {name: lambda council, text=text: council.bring_in(text) for name, text in FILES.items()}
    ways |= {name: partial(Council.bring_in_rota, text=text) for name, text in ROTAS.items()}
    assert len(ways) == 13
    found: dict[str, str] = {}
    for number, (name, fall_out) in enumerate(ways.items()):
        council = Council(app, database, clock, f"council-{number}")
        fall_out(council)
        with database.reading() as db:
            items = db.scalars(select(RebookItem).where(RebookItem.authority_id == council.id)).all()
        assert [(item.appointment_id, item.closed_at) for item in items] == [(council.visit.appointment_id, None)], name
        text = council.offer()
        assert f"Robin of {council.slug}" in text, name
        states = ("Offered another time 1", "Moved, or taken by a colleague 1")
        found[name] = next((state for state in states if state in text), text)
    by_a_colleague = {
        "a person taken off the session": "Moved, or taken by a colleague 1"
    }  # at the same time, without a word
    assert found == dict.fromkeys(ways, "Offered another time 1") | by_a_colleague
