"""A cable is pulled for an hour: two devices go on with the list, and then nothing is lost, and nothing is done twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import func, select

from booking.states import State
from booking.tables import Appointment
from booking.visits.tables import DayVisit
from core.audit import AuditEntry
from people.staff.sign_in_sessions import start
from people.staff.tables import StaffMember
from tests.journeys.test_site import DAY, NINE, PASSWORD, SITE, Library, library, live_server, width
from tests.support.journeys import PATIENCE_MILLISECONDS, SIZES
from tests.support.server import LiveServer

__all__ = ["library", "live_server", "width"]  # the fixtures of a site

pytestmark = pytest.mark.journey
BETWEEN_SECONDS = 360


class Device:
    """A browser on which somebody works through the list; its clock goes on between one click and the next."""

    def __init__(self, context: BrowserContext) -> None:
        self.context, self.page = context, context.new_page()
        self.page.clock.install(time=NINE)
        self.page.goto(DAY)
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        self.page.wait_for_function("navigator.serviceWorker.controller !== null")
        self.clicks = 0

    def pull_the_cable(self) -> None:
        """From now on nothing is reached; the address of another page shows the list."""
        self.context.set_offline(True)
        self.page.goto(f"{SITE}/waiting-room")
        expect(self.page.locator("#kept-whose")).to_contain_text("as it was at 9am")

    def press(self, reference: str, button: str) -> None:
        """Press a button of a row."""
        self.page.locator(f"#a-{reference}").get_by_role("button", name=button).locator("visible=true").first.click()
        self._noted()

    def fail(self, reference: str, reason: str) -> None:
        """Note why somebody's visit could not be completed."""
        row = self.page.locator(f"#a-{reference}")
        row.get_by_label("Could not finish, because").fill(reason)
        row.locator(".fd-next-steps").get_by_role("button", name="Could not finish").click()
        self._noted()

    def walk_in(self, name: str) -> None:
        """Note somebody without an appointment."""
        box = self.page.locator("#day-walk-in")
        box.locator("summary").click() if box.get_attribute("open") is None else None
        box.get_by_label("Name").fill(name)
        box.get_by_role("button").click()
        self._noted()

    def _noted(self) -> None:
        self.clicks += 1
        expect(self.page.locator("#day-unsent")).to_contain_text(f"{self.clicks} click")
        self.page.clock.fast_forward(BETWEEN_SECONDS * 1000)

    def plug_in(self, email: str) -> None:
        """The network is back. The session has ended meanwhile; after signing in again all is sent by itself."""
        self.context.set_offline(False)
        self.page.evaluate("dispatchEvent(new Event('online'))")
        self.page.get_by_role("link", name="Sign in again").click()
        self.page.get_by_label("Email address").fill(email)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()


def second_device(library: Library, live_server: LiveServer, browser: Browser, cookie: str) -> BrowserContext:
    email = library.colleague_email()
    with library.runtime.database.writing() as db:
        colleague = db.scalars(select(StaffMember.id).where(StaffMember.email == email)).one()
        token = start(db, colleague, NINE)
    context = browser.new_context(base_url=live_server.url, viewport=SIZES[1280], timezone_id="Europe/London")
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    context.add_cookies([{"name": cookie, "value": token, "url": live_server.url}])
    return context


def test_an_hour_of_twenty_actions_on_two_devices_is_sent_afterwards(
    library: Library, live_server: LiveServer, browser: Browser, context: BrowserContext, axe: Callable[[Page], None]
) -> None:
    people = [library.book(0, f"Person {number}") for number in range(10)]
    other = second_device(library, live_server, browser, context.cookies()[0]["name"])
    one, two = Device(context), Device(other)
    one.pull_the_cable()
    two.pull_the_cable()
    one.press(people[4], "They did not come")
    for number in range(3):
        one.press(people[number], "Check in")
    one.press(people[0], "Start")
    one.press(people[1], "Start")
    one.walk_in("Wanda Walker")
    one.page.goto(f"{SITE}/waiting-room")  # the list is shown anew, from what is kept
    one.walk_in("Wilma Walker")
    one.press(people[0], "Finish")
    one.fail(people[1], "No passport")
    two.press(people[0], "Check in")
    for number in (4, 5, 6, 7, 8, 9):
        two.press(people[number], "Check in")
    two.press(people[5], "Start")
    two.press(people[5], "Finish")
    two.walk_in("Will Walker")
    assert (one.clicks, two.clicks) == (10, 10)
    axe(one.page)
    hour = datetime.fromtimestamp(one.page.evaluate("Date.now()") / 1000, tz=UTC) - NINE
    library.runtime.clock.advance(hour)  # type: ignore[attr-defined]
    one.plug_in("m@example.org")
    expect(one.page.locator(f"#a-{people[1]} .govuk-tag")).to_have_text("Not completed")
    expect(one.page.locator("#day-unsent")).to_be_empty()
    two.plug_in("n@example.org")
    conflicts = two.page.locator("#day-conflicts li")
    expect(conflicts).to_have_count(2)
    expect(two.page.locator("#day-unsent")).to_be_empty()
    states = [library.state_of(reference).value for reference in people]
    arrived = State.ARRIVED.value
    assert states == ["attended", "not_completed", arrived, "booked", "did_not_attend", "attended", *[arrived] * 4]
    _is_on_record_once(library, people)
    conflicts = two.page.locator("#day-conflicts li")
    expect(conflicts).to_have_count(2)
    noted = re.compile(
        r"You noted at 9am.*Check in.*Person 0 is now: attended, recorded by Mo Manager at 9:4[89]am", re.DOTALL
    )
    expect(conflicts.nth(0)).to_contain_text(noted)
    expect(conflicts.nth(1)).to_contain_text("Check in")
    expect(conflicts.nth(1)).to_contain_text("Person 4 is now: did not attend, recorded by Mo Manager at 9am")
    axe(two.page)
    conflicts.nth(0).get_by_role("button", name="Leave what is on record").click()
    expect(conflicts).to_have_count(1)
    two.page.goto(DAY)  # what nobody has decided is still there
    expect(conflicts).to_have_count(1)
    two.page.once("dialog", lambda dialog: dialog.accept())
    two.page.get_by_role("button", name="Sign out").click()
    expect(two.page.get_by_label("Password", exact=True)).to_be_visible()
    two.context.set_offline(True)
    two.page.goto(DAY)
    expect(two.page.get_by_role("heading", name="Nothing is kept here")).to_be_visible()
    other.close()


def _is_on_record_once(library: Library, people: list[str]) -> None:
    """Each change stands in the audit once, with when it was noted; each walk-in has one ticket, from when they came."""
    with library.runtime.database.reading() as db:
        of_people = select(Appointment.id).where(Appointment.reference.in_(people))
        moved = select(AuditEntry.subject_id, AuditEntry.facts).where(
            AuditEntry.action == "moved", AuditEntry.subject_kind == "appointment", AuditEntry.subject_id.in_(of_people)
        )
        entries = db.execute(moved).all()
        steps = [(row.subject_id, row.facts["state"]) for row in entries]
        assert len(steps) == len(set(steps)) == 15
        noted = [datetime.fromisoformat(row.facts["noted_at"]) for row in entries]
        assert all(NINE <= at < NINE + timedelta(hours=1) for at in noted)
        walk_ins = db.execute(select(DayVisit.name, DayVisit.arrived_at).where(DayVisit.name != "")).all()
        assert sorted(row.name for row in walk_ins) == ["Wanda Walker", "Will Walker", "Wilma Walker"]
        assert all(row.arrived_at < NINE + timedelta(hours=1) for row in walk_ins)
        assert db.scalar(select(func.count()).select_from(DayVisit)) == 11
