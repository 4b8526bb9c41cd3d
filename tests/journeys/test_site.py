"""The front desk's day in a real browser: by mouse and by keyboard, on a telephone and on a desk's screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from booking.states import State
from booking.tables import Appointment
from booking.use_cases.closures import list_touched
from booking.use_cases.outcomes import record_outcome
from core.audit import Actor
from core.clock import FixedClock
from core.flask_context import EXTENSION
from core.runtime import Runtime
from core.settings import Settings
from locations.catalogue_queries import bump_plan
from locations.tables import Closure
from people.residents.details import Representation, ResidentDetails
from people.staff.passwords import hash_password
from people.staff.policy import Role
from people.staff.sign_in_sessions import start
from people.staff.tables import StaffMember, StaffRole
from tests.support.factories import World, make_appointment, make_world
from tests.support.journeys import journeys_database
from tests.support.server import LiveServer, serve
from web.staff_guard import cookie_name

pytestmark = pytest.mark.journey

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SITE = "/staff/sites/high-street"
DAY = f"{SITE}/days/2026-11-23"
COLLEAGUE = Actor("staff", 1, "Sam Staff")
POLL_MILLISECONDS = 15_000
READ_KEPT = """async () => {
  const opened = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
  const database = await opened(indexedDB.open("front-door-kept"));
  const [keys, values] = await Promise.all(["keys", "values"].map(
    (name) => opened(database.transaction(name).objectStore(name).getAll())));
  const text = (one) => new TextDecoder().decode(one.data);
  return values.map((one, i) => ({ owner: one.owner, text: text(one), isExtractable: keys[i].extractable }));
}"""
PASSWORD = "long enough for journeys 7391"


class Library:
    """A library of some desks behind a real server, and what a colleague does there meanwhile."""

    def __init__(self, runtime: Runtime, world: World) -> None:
        self.runtime, self.world = runtime, world

    def book(self, minutes: int, name: str = "Robin Sample", **values: object) -> str:
        """The reference of an appointment that begins so many minutes after nine."""
        resident = ResidentDetails(name, phone="07700 900123")
        starts_at = NINE + timedelta(minutes=minutes)
        return make_appointment(
            self.runtime, self.world, starts_at, resident=resident, actor=COLLEAGUE, **values
        ).reference

    def record(self, reference: str, *states: State) -> None:
        """A colleague records these states."""
        for state in states:
            record_outcome(
                self.runtime, self.world.authority_id, reference, state, actor=COLLEAGUE, reason="No passport"
            )

    def state_of(self, reference: str) -> State:
        """The state that is recorded."""
        with self.runtime.database.reading() as db:
            return State(db.scalars(select(Appointment.state).where(Appointment.reference == reference)).one())

    def close(self, first: datetime, last: datetime) -> None:
        """Shut the library for a while."""
        with self.runtime.database.writing() as db:
            bump_plan(db, self.world.authority_id, [self.world.site_id])
            row = Closure(
                authority_id=self.world.authority_id,
                site_id=self.world.site_id,
                slug="boiler",
                starts_at=first,
                ends_at=last,
                reason="Boiler",
            )
            db.add(row)
            db.flush()
            list_touched(db, row.id, NINE)

    def manager_token(self) -> str:
        """The session of a manager who has signed in."""
        with self.runtime.database.writing() as db:
            return start(db, self._add_manager(db, "m@example.org", "Mo Manager"), NINE)

    def colleague_email(self) -> str:
        """With what another manager signs in."""
        with self.runtime.database.writing() as db:
            self._add_manager(db, "n@example.org", "Nell Manager")
        return "n@example.org"

    def _add_manager(self, db: Session, email: str, name: str) -> int:
        authority_id, password = self.world.authority_id, hash_password(PASSWORD)
        member = StaffMember(authority_id=authority_id, email=email, name=name, password_hash=password, created_at=NINE)
        db.add(member)
        db.flush()
        values = {"staff_id": member.id, "role": Role.SITE_MANAGER.value, "site_id": self.world.site_id}
        db.execute(insert(StaffRole).values(values))
        return member.id


@pytest.fixture
def live_server(sqlite_url: str, clock: FixedClock) -> Iterator[LiveServer]:
    """The application on an empty database, in place of the demo."""
    from wsgi import create_app

    database = journeys_database(sqlite_url)
    settings = Settings(database_url=sqlite_url, secret_key="a secret for journeys", is_test=True)
    with serve(create_app(settings, database=database, clock=clock)) as server:
        yield server
    database.dispose()


@pytest.fixture
def library(live_server: LiveServer, context: BrowserContext) -> Library:
    """The library, with its manager signed in."""
    runtime: Runtime = live_server.app.extensions[EXTENSION]
    library = Library(runtime, make_world(runtime.database, desks=10))
    with live_server.app.app_context():
        name = cookie_name()
    context.add_cookies([{"name": name, "value": library.manager_token(), "url": live_server.url}])
    return library


@pytest.fixture
def width(request: pytest.FixtureRequest) -> int:
    """A desk's screen, unless the test asks for both widths."""
    return int(getattr(request, "param", 1280))


both_widths = pytest.mark.parametrize("width", [320, 1280], indirect=True, ids=["320px", "1280px"])


def busy_morning(library: Library) -> dict[str, str]:
    """One appointment in every state, by its state."""
    walks = {
        "booked": (),
        "arrived": (State.ARRIVED,),
        "in_progress": (State.ARRIVED, State.IN_PROGRESS),
        "attended": (State.ARRIVED, State.IN_PROGRESS, State.ATTENDED),
        "not_completed": (State.ARRIVED, State.IN_PROGRESS, State.NOT_COMPLETED),
        "left": (State.ARRIVED, State.LEFT_BEFORE_SEEN),
        "did_not_attend": (State.DID_NOT_ATTEND,),
    }
    made = {}
    for number, name in enumerate(walks):
        made[name] = library.book(
            30 * (number // 4),
            f"Person {name}",
            notes="Comes with two children.\nSpeaks softly.",
            support_needs=("step-free", "language"),
            representative=Representation("Jo Carer", "carer", phone="07700 900456"),
        )
    library.runtime.clock.advance(timedelta(minutes=40))  # type: ignore[attr-defined]
    for name, states in walks.items():
        library.record(made[name], *states)
    return made


def reason_in(row: Locator, asked: str) -> Locator:
    """The field for a reason in one's own words, under the words that open it."""
    return row.locator("details").filter(has_text=asked).get_by_label("Or another reason")


@both_widths
def test_a_visit_is_worked_through_with_the_keyboard_alone(
    library: Library, page: Page, axe: Callable[[Page], None]
) -> None:
    references = [library.book(30 * number, f"Person {number}") for number in range(6)]
    page.goto(DAY)
    axe(page)
    row = page.locator(f"#a-{references[3]}")
    row.get_by_role("button", name="Check in").focus()
    page.keyboard.press("Enter")
    expect(row.get_by_text("Arrived", exact=True)).to_be_visible()
    expect(row).to_be_focused()
    page.keyboard.press("Tab")  # the first thing in the row is what comes next
    page.keyboard.press("Enter")
    expect(row.get_by_text("In progress", exact=True)).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # opens "Could not finish"
    for _ in range(4):  # past three ready-made reasons, to the field
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # without saying why
    expect(page.get_by_role("alert").filter(has_text="Say why it could not be completed.")).to_be_visible()
    assert page.title().startswith("Error:")
    expect(reason_in(row, "Could not finish")).to_be_focused()
    axe(page)
    page.keyboard.type("No proof of address")
    page.keyboard.press("Enter")
    expect(row.get_by_text("No proof of address")).to_be_visible()
    expect(row).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # opens "Undo"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # "Clicked by mistake"
    expect(row.get_by_text("In progress", exact=True)).to_be_visible()
    expect(row).to_be_focused()


@both_widths
def test_every_state_of_the_list_is_accessible(library: Library, page: Page, axe: Callable[[Page], None]) -> None:
    busy_morning(library)
    library.close(NINE + timedelta(hours=2), NINE + timedelta(hours=3))
    library.book(24 * 60 + 60, "Tomorrow's person")
    paths = (DAY, f"{DAY}?resource=desk-1&show=waiting", f"{SITE}/days/2026-11-22", f"{SITE}/days/2026-12-25")
    for path in (*paths, f"{DAY}/print", f"{SITE}/days/2026-11-22/print", f"{SITE}/feeds"):
        page.goto(path)
        axe(page)
    page.goto(DAY)
    for details in page.locator("details").all():
        details.evaluate("node => node.open = true")
    axe(page)


@both_widths
def test_a_full_day_fits_the_window(library: Library, page: Page, axe: Callable[[Page], None]) -> None:
    for number in range(16):
        for _ in range(10):
            library.book(30 * number, "Somebody with Averylongsurnamethatdoesnotend-Featherstonehaugh")
    page.goto(DAY)
    assert page.locator(".fd-row").count() == 160
    axe(page)


@both_widths
def test_the_list_refreshes_itself_without_losing_place_or_focus(library: Library, page: Page) -> None:
    references = [library.book(30 * (number // 4), f"Person {number}") for number in range(60)]
    page.clock.install(time=NINE)
    page.goto(DAY)
    here = page.locator(f"#a-{references[20]}")
    here.locator("summary").first.click()  # of those who come later there is one line each
    button = here.get_by_role("button", name="Check in")
    button.focus()
    here.evaluate("row => { row.dataset.sameNode = 'yes'; }")
    top = here.evaluate("row => row.getBoundingClientRect().top")
    library.record(references[0], State.ARRIVED)
    library.record(references[20], State.ARRIVED)
    library.book(0, "Somebody new")
    page.clock.run_for(POLL_MILLISECONDS)
    expect(page.locator(f"#a-{references[0]}").get_by_text("Arrived", exact=True)).to_be_attached()
    status = page.locator("#day-status")
    expect(status).to_contain_text("9am Person 0: arrived.")
    expect(status).to_contain_text("9am Somebody new: booked.")
    expect(status).to_contain_text("The row that you are working in has changed too.")
    expect(page.locator("#day-top")).to_contain_text("61 appointments: 59 booked, 2 arrived.")
    expect(button).to_be_focused()
    assert abs(here.evaluate("row => row.getBoundingClientRect().top") - top) < 2
    page.locator("#refresh").focus()
    page.clock.run_for(POLL_MILLISECONDS)
    expect(here.get_by_text("Arrived", exact=True)).to_be_attached()
    assert here.get_attribute("data-same-node") == "yes"


@both_widths
def test_the_row_that_one_comes_back_to_is_not_hidden_by_the_line_above(library: Library, page: Page) -> None:
    references = [library.book(30 * (number // 3), f"Person {number}") for number in range(30)]
    page.goto(DAY)
    row = page.locator(f"#a-{references[20]}")
    row.locator("summary").first.click()
    row.get_by_role("button", name="Check in").click()
    expect(row.get_by_text("Arrived", exact=True)).to_be_visible()
    expect(row).to_be_focused()
    edge = page.locator("#day-watch").evaluate("line => line.getBoundingClientRect().bottom")
    assert row.evaluate("row => row.getBoundingClientRect().top") >= edge


def test_an_open_form_is_left_alone_with_what_was_typed(library: Library, page: Page) -> None:
    reference = library.book(0)
    library.record(reference, State.ARRIVED, State.IN_PROGRESS)
    page.clock.install(time=NINE)
    page.goto(DAY)
    row = page.locator(f"#a-{reference}")
    row.get_by_text("Could not finish").first.click()
    reason_in(row, "Could not finish").fill("The proof of")
    page.locator("#refresh").focus()
    library.record(reference, State.ATTENDED)
    page.clock.run_for(POLL_MILLISECONDS)
    expect(page.locator("#day-status")).to_contain_text("The row that you are working in has changed too.")
    expect(reason_in(row, "Could not finish")).to_have_value("The proof of")
    row.get_by_text("Could not finish").first.click()
    page.locator("#refresh").focus()
    page.clock.run_for(POLL_MILLISECONDS)
    page.get_by_text("Done or cancelled (1)").click()
    expect(row.get_by_text("Attended", exact=True)).to_be_visible()


def test_a_colleague_who_was_quicker_is_named(library: Library, page: Page, axe: Callable[[Page], None]) -> None:
    reference = library.book(0)
    page.clock.install(time=NINE)  # the list does not see it first
    page.goto(DAY)
    library.record(reference, State.ARRIVED)
    page.locator(f"#a-{reference}").get_by_role("button", name="Check in").click()
    words = "Robin Sample is now: arrived, recorded by Sam Staff at 9am. Nothing was changed."
    expect(page.get_by_role("link", name=words)).to_be_visible()
    axe(page)
    page.get_by_role("link", name=words).click()
    expect(page.locator(f"#a-{reference}")).to_be_focused()


@both_widths
def test_it_says_when_the_network_is_gone_and_when_it_is_back(
    library: Library, page: Page, context: BrowserContext, axe: Callable[[Page], None]
) -> None:
    reference = library.book(0)
    page.clock.install(time=NINE)
    page.goto(DAY)
    context.set_offline(True)
    page.clock.run_for(POLL_MILLISECONDS)
    error = page.locator("#day-error")
    expect(error).to_contain_text("No connection. This is the list as it was at 9am.")
    axe(page)
    library.record(reference, State.ARRIVED)
    library.runtime.clock.advance(timedelta(minutes=3))  # type: ignore[attr-defined]
    context.set_offline(False)
    page.clock.run_for(POLL_MILLISECONDS)
    expect(error).to_be_empty()
    expect(page.locator("#day-status")).to_contain_text("Connected again.")
    expect(page.locator("#as-at")).to_have_text("9:03am")
    expect(page.locator(f"#a-{reference}").get_by_text("Arrived", exact=True)).to_be_visible()


def sign_in(page: Page) -> None:
    """Fill in the sign-in page as the manager."""
    page.get_by_label("Email address").fill("m@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@both_widths
def test_a_click_without_network_stays_on_the_page_and_is_sent_later(
    library: Library, page: Page, context: BrowserContext, axe: Callable[[Page], None]
) -> None:
    reference, other = library.book(0), library.book(30, "Ali Other")
    page.clock.install(time=NINE)
    page.goto(DAY)
    context.set_offline(True)
    row, other_row = page.locator(f"#a-{reference}"), page.locator(f"#a-{other}")
    row.get_by_role("button", name="Check in").click()
    expect(row.get_by_text("Not sent yet: Check in")).to_be_visible()
    expect(row).to_be_focused()
    expect(page.locator("#day-unsent")).to_contain_text("1 click is not sent yet.")
    other_row.get_by_role("button", name="Check in").click()
    expect(page.locator("#day-unsent")).to_contain_text("2 clicks are not sent yet.")
    axe(page)
    other_row.get_by_role("button", name="Do not send").click()
    expect(other_row.get_by_text("Not sent yet")).to_have_count(0)
    context.set_offline(False)
    page.reload()  # what is kept outlives the page
    expect(row.get_by_text("Arrived", exact=True)).to_be_visible()
    expect(row.get_by_text("Not sent yet")).to_have_count(0)
    expect(other_row.get_by_text("Booked", exact=True)).to_be_visible()
    assert library.state_of(other) is State.BOOKED
    expect(page.locator("#day-unsent")).to_be_empty()


def test_what_is_kept_is_sent_as_soon_as_the_network_is_back(
    library: Library, page: Page, context: BrowserContext
) -> None:
    reference = library.book(0)
    page.goto(DAY)
    context.set_offline(True)
    row = page.locator(f"#a-{reference}")
    row.get_by_role("button", name="Check in").click()
    expect(row.get_by_text("Not sent yet: Check in")).to_be_visible()
    context.set_offline(False)
    expect(row.get_by_text("Arrived", exact=True)).to_be_visible()
    assert library.state_of(reference) is State.ARRIVED


def test_a_click_that_comes_too_late_says_why_it_was_not_recorded(
    library: Library, page: Page, context: BrowserContext
) -> None:
    reference = library.book(0)
    page.goto(DAY)
    context.set_offline(True)
    page.locator(f"#a-{reference}").get_by_role("button", name="Check in").click()
    expect(page.locator("#day-unsent")).to_contain_text("1 click is not sent yet.")
    library.record(reference, State.ARRIVED, State.IN_PROGRESS)
    context.set_offline(False)
    words = "“Check in” was sent late, and was not recorded: Robin Sample is now: in progress, recorded by Sam Staff"
    expect(page.locator("#day-refused")).to_contain_text(words)
    expect(page.locator("#day-unsent")).to_be_empty()


@both_widths
def test_a_click_after_the_session_ended_is_sent_after_signing_in_again(
    library: Library, page: Page, context: BrowserContext, axe: Callable[[Page], None]
) -> None:
    reference = library.book(0)
    page.goto(DAY)
    context.clear_cookies()
    row = page.locator(f"#a-{reference}")
    row.get_by_role("button", name="Check in").click()
    expect(row.get_by_text("Not sent yet: Check in")).to_be_visible()
    expect(page.locator("#day-error")).to_contain_text("You are signed out.")
    axe(page)
    page.get_by_role("link", name="Sign in again").click()
    sign_in(page)
    expect(row.get_by_text("Arrived", exact=True)).to_be_visible()
    assert library.state_of(reference) is State.ARRIVED


def test_signing_in_again_in_another_tab_is_enough(library: Library, page: Page, context: BrowserContext) -> None:
    reference = library.book(0)
    page.goto(DAY)
    context.clear_cookies()
    row = page.locator(f"#a-{reference}")
    row.get_by_role("button", name="Check in").click()
    expect(row.get_by_text("Not sent yet: Check in")).to_be_visible()
    other_tab = context.new_page()
    other_tab.goto("/staff/sign-in")
    sign_in(other_tab)
    expect(other_tab.get_by_role("link", name="Staff home")).to_be_visible()
    other_tab.close()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(row.get_by_text("Arrived", exact=True)).to_be_visible()
    row.get_by_role("button", name="Start").click()  # with the token of the new session
    expect(row.get_by_text("In progress", exact=True)).to_be_visible()


def test_nobody_sees_or_sends_what_a_colleague_clicked(library: Library, page: Page, context: BrowserContext) -> None:
    reference = library.book(0)
    page.goto(DAY)
    context.set_offline(True)
    page.locator(f"#a-{reference}").get_by_role("button", name="Check in").click()
    expect(page.locator("#day-unsent")).to_contain_text("1 click is not sent yet.")
    page.wait_for_function(f"({READ_KEPT})().then((kept) => kept.length > 0)")
    kept = page.evaluate(READ_KEPT)
    assert [one["owner"] for one in kept] == ["unsent-1-"]
    assert "Check in" not in kept[0]["text"]
    assert not kept[0]["isExtractable"]
    context.clear_cookies()
    context.set_offline(False)
    page.goto(DAY)
    page.get_by_label("Email address").fill(library.colleague_email())
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(f"#a-{reference}").get_by_text("Booked", exact=True)).to_be_visible()
    expect(page.locator("#day-unsent")).to_be_empty()
    assert library.state_of(reference) is State.BOOKED


@both_widths
def test_somebody_is_found_while_their_name_is_typed(library: Library, page: Page, axe: Callable[[Page], None]) -> None:
    references = [library.book(30 * number, f"Person {number}") for number in range(14)]
    zoe = library.book(30 * 13, "Zoë Ångström")
    page.goto(DAY)
    box = page.get_by_label("Name or reference")
    box.press_sequentially("angs zo")
    expect(page.locator("#day-rows li.fd-row:visible")).to_have_count(1)
    axe(page)
    box.press("Enter")
    row = page.locator(f"#a-{zoe}")
    expect(row).to_be_focused()
    row.get_by_role("button", name="Check in").click()
    expect(row.get_by_text("Arrived", exact=True)).to_be_visible()
    box.fill(f"{references[2][:4]} {references[2][4:]}".lower())
    expect(page.locator("#day-rows li.fd-row:visible")).to_have_count(1)
    box.fill("angstrm")  # a wrong letter, as in a call
    expect(page.locator("#day-rows li.fd-row:visible")).to_have_count(1)
    box.fill("nobody")
    expect(page.get_by_text("Nobody on this list has that name or reference.")).to_be_visible()
    axe(page)
    box.fill("")
    expect(page.get_by_role("button", name="Look on other days and at other places")).to_be_hidden()
    expect(page.locator("#day-rows li.fd-row:visible")).to_have_count(15)


def test_the_wait_is_counted_while_the_page_stands(library: Library, page: Page) -> None:
    reference = library.book(0)
    library.record(reference, State.ARRIVED)
    page.clock.install(time=NINE)
    page.goto(DAY)
    row = page.locator(f"#a-{reference}")
    expect(row.get_by_text("Waiting 0 minutes")).to_be_visible()
    library.runtime.clock.advance(timedelta(minutes=1))  # type: ignore[attr-defined]
    page.clock.run_for(POLL_MILLISECONDS)
    expect(row.get_by_text("Waiting 1 minute", exact=True)).to_be_visible()


def test_a_full_day_shows_the_next_people_first_and_fits_four_screens(library: Library, page: Page) -> None:
    """133 visits over ten desks at 11:10, on the screen of a front desk."""
    made = [library.book(30 * (number // 9), f"Person Numbered {number}") for number in range(133)]
    for _ in range(3):  # no longer between two pages than a session lasts
        library.runtime.clock.advance(timedelta(minutes=43))  # type: ignore[attr-defined]
        page.goto(DAY)
    for reference in made[:27]:
        library.record(reference, State.ARRIVED, State.IN_PROGRESS, State.ATTENDED)
    for reference in made[27:35]:
        library.record(reference, State.ARRIVED, State.IN_PROGRESS)
    library.record(made[35], State.ARRIVED)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(DAY)
    assert page.evaluate("document.documentElement.scrollHeight") <= 4 * 800
    for reference, button in (
        (made[35], "Start"),
        (made[36], "Check in"),
        (made[37], "Check in"),
        (made[38], "Check in"),
    ):
        expect(page.locator(f"#a-{reference}").get_by_role("button", name=button)).to_be_in_viewport(ratio=1)


def test_it_stops_when_nobody_is_there_and_goes_on_when_somebody_is(library: Library, page: Page) -> None:
    library.book(0)
    page.clock.install(time=NINE)
    page.goto(DAY)
    page.clock.fast_forward("31:00")
    page.clock.run_for(POLL_MILLISECONDS)
    expect(page.locator("#day-error")).to_contain_text("Nobody has used this page for a while")
    page.keyboard.press("Shift")
    expect(page.locator("#day-error")).to_be_empty()


def test_who_is_signed_out_is_told(library: Library, page: Page, context: BrowserContext) -> None:
    library.book(0)
    page.clock.install(time=NINE)
    page.goto(DAY)
    context.clear_cookies()
    page.clock.run_for(POLL_MILLISECONDS)
    expect(page.locator("#day-error")).to_contain_text("You are signed out.")
    page.get_by_role("link", name="Refresh").click()
    expect(page.get_by_role("heading", name="Staff sign-in")).to_be_visible()


def test_everything_works_without_scripts(
    library: Library, browser: Browser, context: BrowserContext, live_server: LiveServer
) -> None:
    reference = library.book(0)
    bare = browser.new_context(
        base_url=live_server.url, java_script_enabled=False, storage_state=context.storage_state()
    )
    page = bare.new_page()
    page.goto(DAY)
    expect(page.get_by_text("The list refreshes itself.")).to_be_hidden()
    row = page.locator(f"#a-{reference}")
    for button, state in (("Check in", "Arrived"), ("Start", "In progress"), ("Finish", "Attended")):
        row.get_by_role("button", name=button).click()
        expect(row.get_by_text(state, exact=True)).to_be_visible()
    row.get_by_text("Undo").first.click()
    row.get_by_role("button", name="Wrong person").click()
    expect(row.get_by_text("In progress", exact=True)).to_be_visible()
    page.get_by_role("link", name="Refresh").click()
    expect(row.get_by_text("In progress", exact=True)).to_be_visible()
    bare.close()


def pages_of(file: Path) -> int:
    """How many sheets a PDF has."""
    return file.read_bytes().count(b"/Type /Page\n")


def test_a_full_day_prints_on_a4_without_the_network(
    library: Library, page: Page, context: BrowserContext, tmp_path: Path
) -> None:
    for number in range(16):
        for _ in range(9):
            library.book(30 * number, notes="Comes with two children.")
    page.goto(f"{DAY}/print")
    context.set_offline(True)
    file = tmp_path / "day.pdf"
    page.pdf(path=file, prefer_css_page_size=True)
    content = file.read_bytes()
    assert b"[0 0 594.95996 841.91998]" in content or b"[0 0 595" in content  # A4 upright
    assert 5 <= pages_of(file) <= 14
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.querySelector('tbody tr')).breakInside") == "avoid"


@both_widths
def test_the_plan_of_a_day_prints_on_a4(
    library: Library, page: Page, axe: Callable[[Page], None], tmp_path: Path
) -> None:
    for number in range(60):
        library.book(30 * (number // 5), f"Person Numbered {number}")
    page.goto(DAY)
    if page.locator(".fd-more > summary").is_visible():  # on a telephone
        page.locator(".fd-more > summary").click()
    page.get_by_role("link", name="Plan", exact=True).click()
    page.wait_for_url(f"{DAY}/plan")
    axe(page)
    file = tmp_path / "plan.pdf"
    page.pdf(path=file, prefer_css_page_size=True)
    assert b"[0 0 841" in file.read_bytes()  # A4 on its side
    assert pages_of(file) == 2  # ten desks, eight on a sheet


@both_widths
def test_a_walk_in_waits_at_the_top(library: Library, page: Page, axe: Callable[[Page], None]) -> None:
    page.goto(DAY)
    page.get_by_role("link", name="Take a walk-in").click()
    page.wait_for_url(f"{SITE}/walk-ins")
    axe(page)
    page.get_by_role("button", name="Begin the visit").click()
    expect(page.get_by_role("link", name="Enter a name")).to_be_visible()
    axe(page)
    page.get_by_label("Full name").fill("Wanda Walker")
    page.get_by_role("button", name="Begin the visit").click()
    row = page.locator("#rows-waiting li", has_text="Wanda Walker")
    expect(row).to_be_focused()
    row.get_by_role("button", name="Start").click()
    expect(row.get_by_text("In progress", exact=True)).to_have_count(0)
    expect(page.locator("#rows-serving li", has_text="Wanda Walker")).to_be_visible()


@both_widths
def test_a_manager_makes_a_feed_and_revokes_it(
    library: Library, page: Page, context: BrowserContext, axe: Callable[[Page], None]
) -> None:
    library.book(60)
    page.goto(f"{SITE}/feeds")
    page.get_by_role("button", name="Make an address").click()
    expect(page.get_by_role("link", name="Enter who this calendar is for")).to_be_visible()
    axe(page)
    page.get_by_label("Who is this calendar for?").fill("Front desk screen")
    page.get_by_role("button", name="Make an address").click()
    address = page.get_by_label("Address", exact=True).input_value()
    axe(page)
    path = address[address.index("/feeds/") :]
    assert "SUMMARY:Certify documents" in context.request.get(path).text()
    page.get_by_role("button", name="Revoke Front desk screen").click()
    expect(page.get_by_text("That address does not work any more.")).to_be_visible()
    axe(page)
    assert context.request.get(path).status == 404


@both_widths
def test_whoever_is_not_on_the_list_is_found_with_what_was_typed(library: Library, page: Page) -> None:
    library.book(24 * 60 + 60, "Tess Tomorrow")
    page.goto(DAY)
    page.get_by_label("Name or reference").fill("Tess Tomorow")
    expect(page.get_by_text("Nobody on this list has that name or reference.")).to_be_visible()
    page.get_by_role("button", name="Look on other days and at other places").click()
    expect(page.get_by_role("link", name="Tess Tomorrow")).to_be_visible()


@both_widths
def test_a_row_leads_to_the_person_their_telephone_and_what_can_be_changed(
    library: Library, page: Page, axe: Callable[[Page], None]
) -> None:
    reference = library.book(24 * 60 + 60, "Tess Tomorrow")
    page.goto(f"{SITE}/days/2026-11-24")
    row = page.locator(f"#a-{reference}")
    expect(row.get_by_text("07700 900123")).to_be_visible()
    axe(page)
    for name in ("Resident", "Move", "Cancel", "Change details"):
        row.get_by_role("link", name=name).click()
        expect(page).to_have_url(re.compile("/staff/calls/residents/"))
        page.go_back()
