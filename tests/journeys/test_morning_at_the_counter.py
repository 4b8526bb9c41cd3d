"""A morning of forty visits by pages alone: a kiosk, a display, two desks and an agent, and nobody is called twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from sqlalchemy import select, update

from booking.visits.tables import DayVisit
from core.audit import AuditEntry
from core.clock import FixedClock
from core.flask_context import EXTENSION
from core.runtime import Runtime
from core.settings import Settings
from core.tokens import kiosk_token
from locations.catalogue_queries import bump_plan
from locations.tables import Service, Site
from people.staff.policy import Role
from people.staff.sign_in_sessions import start
from people.staff.tables import StaffMember, StaffRole
from tests.journeys.test_site import NINE, SITE, Library, width
from tests.support.factories import make_world
from tests.support.journeys import PATIENCE_MILLISECONDS, SIZES, journeys_database
from tests.support.server import LiveServer, serve
from web.staff_guard import cookie_name

__all__ = ["width"]

pytestmark = [pytest.mark.journey, pytest.mark.databases("sqlite", "postgresql")]

ROOM = f"{SITE}/waiting-room"
PLACE = "/testshire/sites/high-street"
BOOKED_BY_AGENT, WALK_INS = 2, 6
STEP = timedelta(minutes=5)
WALK_IN_AT = {10, 25, 40, 70, 90, 120}  # minutes after nine
LAST_MINUTE = 240
FIRST_NAMES = ("Ada", "Bela", "Cyril", "Dora", "Emil", "Frida", "Gus", "Hilda")
SURNAMES = ("Ashe", "Brook", "Clay", "Dale")
PEOPLE = [f"{first} {last}" for first in FIRST_NAMES for last in SURNAMES]


@pytest.fixture
def live_server(database_url: str, clock: FixedClock) -> Iterator[LiveServer]:
    """The application on an empty database."""
    from wsgi import create_app

    database = journeys_database(database_url)
    settings = Settings(database_url=database_url, secret_key="a secret for journeys", is_test=True)
    with serve(create_app(settings, database=database, clock=clock)) as server:
        yield server
    database.dispose()


@pytest.fixture
def library(live_server: LiveServer) -> Library:
    """A library with two desks and a kiosk; each visit is planned for ten minutes."""
    runtime: Runtime = live_server.app.extensions[EXTENSION]
    library = Library(runtime, make_world(runtime.database, desks=2))
    with runtime.database.writing() as db:
        bump_plan(db, library.world.authority_id, [library.world.site_id])
        db.execute(update(Service).values(duration_minutes=10, grid_minutes=10))
        db.get_one(Site, library.world.site_id).has_kiosk = True
    return library


class Screens:
    """The browsers of the morning; each has cookies of its own."""

    def __init__(self, library: Library, live_server: LiveServer, browser: Browser) -> None:
        self.library, self.server, self.browser = library, live_server, browser
        self.contexts: list[BrowserContext] = []
        with live_server.app.app_context():
            self.cookie = cookie_name()

    def open(self, role: Role | None = None, *, has_script: bool = True) -> Page:
        """A page of a new browser, in which somebody with the role has signed in."""
        context = self.browser.new_context(
            base_url=self.server.url,
            viewport=SIZES[1280],
            locale="en-GB",
            timezone_id="Europe/London",
            java_script_enabled=has_script,
        )
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        self.contexts.append(context)
        if role is not None:
            context.add_cookies([{"name": self.cookie, "value": self._token(role), "url": self.server.url}])
        return context.new_page()

    def _token(self, role: Role) -> str:
        world, number = self.library.world, len(self.contexts)
        with self.library.runtime.database.writing() as db:
            facts = {"email": f"p{number}@example.org", "name": f"Person {number}", "created_at": NINE}
            member = StaffMember(authority_id=world.authority_id, **facts)
            db.add(member)
            db.flush()
            site_id = None if role is Role.TRIAGE_AGENT else world.site_id
            db.add(StaffRole(staff_id=member.id, role=role.value, site_id=site_id))
            return start(db, member.id, NINE)


@pytest.fixture
def screens(library: Library, live_server: LiveServer, browser: Browser) -> Iterator[Screens]:
    """The browsers, closed at the end."""
    screens = Screens(library, live_server, browser)
    yield screens
    for context in screens.contexts:
        context.close()


class Desk:
    """Somebody who works at a desk by the buttons of the waiting room."""

    def __init__(self, page: Page, number: int) -> None:
        self.page, self.name = page, f"Desk {number}"
        page.goto(ROOM)
        page.get_by_label("My desk").select_option(f"desk-{number}")
        page.get_by_role("button", name="Sit here").click()
        expect(page.get_by_role("heading", name=self.name)).to_be_visible()
        self.mine = page.locator(".fd-room__mine .fd-visit")

    def finish(self) -> None:
        """Finish with whoever is here, or look again who has come."""
        button = self._button("Finished")
        if button.count():
            button.click()
            expect(self.mine).to_have_count(0)
        else:
            self.page.goto(ROOM)

    def press_call(self) -> bool:
        """Press the button that calls the next one, if there is anybody, and do not wait for what comes."""
        button = self.page.get_by_role("button", name="Call next")
        if not button.count():
            return False
        button.click(no_wait_after=True)
        return True

    def called(self) -> str:
        """The ticket of whoever is at the desk now; empty where the other desk was quicker."""
        expect(self.mine.or_(self.page.get_by_text("Nobody waits whom your desk can call now"))).to_be_visible()
        return self.mine.locator(".fd-visit__ticket").inner_text() if self.mine.count() else ""

    def begin(self) -> None:
        """Begin with whoever was called."""
        self._button("Start").click()
        expect(self._button("Finished")).to_be_visible()

    def _button(self, name: str) -> Locator:
        return self.mine.get_by_role("button", name=name)


def say_here(kiosk: Page, reference: str) -> None:
    """Somebody types their reference at the kiosk."""
    kiosk.goto(f"{PLACE}/kiosk/appointment")
    kiosk.get_by_label("Your reference").fill(reference)
    kiosk.get_by_role("button", name="I am here").click()
    expect(kiosk.get_by_role("heading", name="Your number is")).to_be_visible()


def take_ticket(kiosk: Page, name: str) -> None:
    """Somebody without an appointment takes a ticket."""
    kiosk.goto(f"{PLACE}/kiosk/ticket")
    kiosk.get_by_label("Certify documents").check()
    kiosk.get_by_role("textbox", name="First name").fill(name)
    kiosk.get_by_role("button", name="Take a ticket").click()
    expect(kiosk.get_by_role("heading", name="Your number is")).to_be_visible()


def book_by_telephone(agent: Page, name: str, phone: str) -> str:
    """The reference of the soonest time, which an agent books for somebody new."""
    agent.goto("/staff/calls/")
    agent.locator("#q").fill(name)
    agent.locator("#q").press("Enter")
    agent.get_by_role("button", name="Start a new resident").click()
    agent.get_by_role("textbox", name="Telephone").fill(phone)
    agent.get_by_role("textbox", name="Telephone").press("Enter")
    expect(agent.get_by_role("heading", name=name)).to_be_visible()
    agent.locator("#find").fill("certify")
    agent.locator("#find").press("Enter")
    agent.locator(".fd-suggestion").first.click()
    agent.get_by_role("button", name="Confirm").click()
    expect(agent.get_by_role("heading", name="Booked")).to_be_visible()
    said = agent.locator(".fd-readout").inner_text()
    return said.partition("Reference")[2].replace(" ", "").strip()[:8]


def test_a_morning_of_forty_visits_without_one_double_call(
    library: Library, screens: Screens, clock: FixedClock
) -> None:
    coming = {library.book(10 * (number // 2), name): 10 * (number // 2) for number, name in enumerate(PEOPLE)}
    clock.advance(NINE - clock.now())
    agent = screens.open(Role.TRIAGE_AGENT)
    for number in range(BOOKED_BY_AGENT):
        coming[book_by_telephone(agent, f"Caller {number}", f"07700 90088{number}")] = 160
    kiosk, display = screens.open(), screens.open()
    key = kiosk_token(library.runtime.settings.secret_key, library.world.site_id)
    kiosk.goto(f"{PLACE}/kiosk?key={key}")
    display.goto(f"{PLACE}/display")
    desks = [Desk(screens.open(Role.SITE_STAFF, has_script=number == 1), number) for number in (1, 2)]
    tickets: list[str] = []
    for minute in range(0, LAST_MINUTE, 5):
        for reference in [one for one, at in coming.items() if at <= minute + 5]:
            say_here(kiosk, reference)
            del coming[reference]
        if minute in WALK_IN_AT:
            take_ticket(kiosk, f"Walker {minute}")
        tickets += one_round(desks, display)
        clock.advance(STEP)
        if len(tickets) == len(PEOPLE) + BOOKED_BY_AGENT + WALK_INS:
            break
    for desk in desks:
        desk.finish()
    assert Counter(tickets) == Counter(map(str, range(1, 41)))
    is_on_record(library)


def one_round(desks: list[Desk], display: Page) -> list[str]:
    """The tickets that the desks have called, both at once, and begun with."""
    for desk in desks:
        desk.finish()
    pressed = [desk for desk in desks if desk.press_call()]
    called = {desk.name: ticket for desk in pressed if (ticket := desk.called())}
    assert len(set(called.values())) == len(called), "two desks have called the same person"
    if called:
        display.reload()
        shown = dict(
            zip(display.locator("td").all_inner_texts(), display.locator("tbody th").all_inner_texts(), strict=True)
        )
        assert {name: shown[name] for name in called} == called
    for desk in pressed:
        if desk.name in called:
            desk.begin()
    return list(called.values())


def is_on_record(library: Library) -> None:
    """Everybody was called once, and seen; at no desk two at a time."""
    with library.runtime.database.reading() as db:
        calls = Counter(db.scalars(select(AuditEntry.subject_id).where(AuditEntry.action == "visit_called")))
        visits = db.scalars(select(DayVisit).order_by(DayVisit.resource_id, DayVisit.called_at)).all()
    assert {one.state for one in visits} == {"ended"}
    assert calls == {one.id: 1 for one in visits}
    assert sum(one.appointment_id is None for one in visits) == WALK_INS
    for one, following in pairwise(visits):
        if one.resource_id == following.resource_id:
            assert one.ended_at is not None
            assert following.called_at is not None
            assert one.ended_at <= following.called_at
