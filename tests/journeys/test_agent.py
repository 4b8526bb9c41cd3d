"""The agent's journeys in a real browser, by keyboard alone, at two widths."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from time import monotonic

import pytest
from playwright.sync_api import BrowserContext, Page, Route, ViewportSize, expect
from sqlalchemy import select

from booking.slot_tokens import decode
from booking.tables import Appointment
from booking.use_cases.holds import hold_slot
from core.clock import FixedClock
from core.database import Database
from core.runtime import Runtime
from core.settings import Settings
from people.staff.sign_in_sessions import COOKIE
from tests.support.callers import Callers, make_callers, sign_in
from tests.support.journeys import journeys_database
from tests.support.server import LiveServer
from tests.support.triages import put_triage

Axe = Callable[[Page], None]
MOST_KEYS = 12
MOST_SECONDS = 30
STATES = (
    "",
    "?service=certify",
    "?service=certify&service=advice",
    "?service=certify&filtered=1&mode=video",
    "?service=registrar",
    "?service=certify&pick=1",
    "?service=certify&near=ZZ99",
)
COUNT_KEYS = """
    sessionStorage.setItem("keys", sessionStorage.getItem("keys") ?? "0");
    addEventListener("keydown", (event) => {
        if (event.isTrusted) sessionStorage.setItem("keys", String(1 + Number(sessionStorage.getItem("keys"))));
    }, true);
"""


@pytest.fixture
def demo_store(sqlite_url: str) -> Iterator[Database]:
    """An empty database of its own: these journeys need known people rather than the demo's."""
    database = journeys_database(sqlite_url)
    yield database
    database.dispose()


@pytest.fixture
def callers(demo_store: Database, clock: FixedClock) -> Callers:
    """Testshire and its callers."""
    return make_callers(demo_store, clock.now())


@pytest.fixture
def desk(
    callers: Callers,
    demo_store: Database,
    clock: FixedClock,
    live_server: LiveServer,
    context: BrowserContext,
    page: Page,
) -> Page:
    """The search box of an agent who is signed in."""
    token = sign_in(demo_store, callers.agent_id, clock.now())
    context.add_cookies([{"name": COOKIE, "value": token, "url": live_server.url}])
    page.add_init_script(COUNT_KEYS)
    page.goto("/staff/calls/")
    expect(page.locator("#q")).to_be_focused()  # the page focuses it with its first frame; keys before that are lost
    return page


def keys_pressed(page: Page) -> int:
    return int(page.evaluate("sessionStorage.getItem('keys')"))


def open_call(page: Page, callers: Callers, name: str, query: str = "") -> None:
    page.goto(f"/staff/calls/residents/{callers.people[name]}{query}")


def leave_box(page: Page) -> None:
    """Leave the box that has the focus, after the frame in which the browser gives it to the box with `autofocus`."""
    page.evaluate("""() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
        document.activeElement.blur();
        done();
    })))""")


def check_caller(page: Page) -> None:
    """Tick two facts that the caller gets right: by two keys at a keyboard, by two taps on a telephone."""
    leave_box(page)
    page.keyboard.press("p")
    page.keyboard.press("t")
    expect(page.get_by_text("You have checked who is calling.", exact=True)).to_be_visible()


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.id"))


def test_a_caller_who_must_leave_their_home_is_on_todays_list_with_fourteen_keys_and_within_a_minute(
    desk: Page, callers: Callers, demo_store: Database, clock: FixedClock, axe: Axe
) -> None:
    """From the search box: the caller, the service, the questions, what came of them, the time, the booking."""
    put_triage(demo_store, callers.town, today_at="riverside-hub")  # step-free, as they need
    began = monotonic()
    expect(desk.locator("#q")).to_be_focused()
    desk.keyboard.type("0999")
    desk.keyboard.press("Enter")
    expect(desk.locator("#find")).to_be_focused()
    desk.keyboard.press("Enter")  # the service they had before
    for heading in ("Somewhere to sleep?", "What is it?", "Come"):
        expect(desk.get_by_role("heading", name=heading)).to_be_focused()
        axe(desk)
        desk.keyboard.press("1")
    expect(desk.locator(".fd-suggestion").first).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("button", name="Confirm")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Booked")).to_be_focused()
    assert keys_pressed(desk) <= 14
    assert monotonic() - began < 60
    with demo_store.reading() as db:
        booked = db.scalars(select(Appointment).order_by(Appointment.id.desc())).first()
    assert booked is not None
    assert (booked.local_date, booked.answers) == (
        clock.now().date(),
        {"Somewhere to sleep?": "Yes", "What is it?": "A notice"},
    )


def test_a_known_resident_is_booked_with_twelve_keys_and_within_half_a_minute(desk: Page, axe: Axe) -> None:
    """Every key counts, the characters of the search too: 4 for the end of the telephone number, and 4 times Enter."""
    began = monotonic()
    expect(desk.locator("#q")).to_be_focused()
    desk.keyboard.type("0999")
    desk.keyboard.press("Enter")
    expect(desk.locator("#find")).to_be_focused()
    after_search = keys_pressed(desk)
    desk.keyboard.press("Enter")  # the service they had before
    expect(desk.locator(".fd-suggestion").first).to_be_focused()
    desk.keyboard.press("Enter")  # the soonest at the nearest place
    expect(desk.get_by_role("button", name="Confirm")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Booked")).to_be_focused()
    assert keys_pressed(desk) <= MOST_KEYS
    assert (keys_pressed(desk), after_search) == (8, 5)
    assert monotonic() - began < MOST_SECONDS
    expect(desk.locator(".fd-readout")).to_have_text(re.compile(r"Reference\s+\w{4} \w{4}"))
    axe(desk)


def test_with_two_services_the_page_opens_at_the_caller_with_the_first_time_ready(
    desk: Page, callers: Callers, width: int
) -> None:
    open_call(desk, callers, "amina", "?service=certify&service=advice")
    expect(desk.locator(".fd-suggestion").first).to_be_focused()
    assert desk.evaluate("scrollY") == 0
    expect(desk.get_by_role("heading", name="Amina Yusuf")).to_be_in_viewport()
    expect(desk.get_by_text("Scroll for more days")).to_be_visible(visible=width == 320)
    if width > 320:
        expect(desk.get_by_role("heading", name="Ask", exact=True)).to_be_in_viewport()
        expect(desk.locator(".fd-suggestion").first).to_be_in_viewport()


def test_the_service_of_that_name_stands_before_those_that_only_mention_it(desk: Page, callers: Callers) -> None:
    open_call(desk, callers, "amina")
    desk.evaluate(
        """() => {
          const [first, second] = document.querySelectorAll('#services li');
          for (const item of [first, second]) item.dataset.searchText += ' council tax';
          second.dataset.name = 'council tax';
        }"""
    )
    second = desk.locator("#services a").nth(1).get_attribute("href")
    desk.locator("#find").fill("council tax")
    expect(desk.locator("#services a").first).to_have_attribute("href", str(second))
    desk.locator("#find").fill("")
    expect(desk.locator("#services a").nth(1)).to_have_attribute("href", str(second))


def test_single_keys_choose_hold_confirm_and_end_the_call(desk: Page, width: int) -> None:
    desk.keyboard.type("ameena yusif")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Who is calling?")).to_be_visible()
    desk.keyboard.press("1")
    expect(desk.locator("#find")).to_be_focused()
    desk.keyboard.press("Escape")
    desk.keyboard.press("1")
    expect(desk.locator("table")).to_be_visible()
    desk.keyboard.press("l")
    expect(desk.locator("#grid-title")).to_have_text("Mon 30 Nov to Sun 6 Dec")
    desk.keyboard.press("n")
    expect(desk.get_by_role("heading", name=re.compile("Monday 23 November 2026 at 9:30am|9am"))).to_be_visible()
    desk.keyboard.press("c")
    expect(desk.get_by_role("heading", name="Booked")).to_be_focused()
    desk.keyboard.press("x")
    expect(desk.locator("#q")).to_be_focused()
    assert width in (320, 1280)


def test_a_key_pressed_before_the_modules_have_come_acts(desk: Page, width: int) -> None:
    """The page is there to be read and its modules are not: they are held back on the way, until the test ends."""
    held_back: list[Route] = []
    desk.route(re.compile(r"/static/assets/.*(?<!/keyboard)\.js$"), lambda route: held_back.append(route))
    desk.reload(wait_until="commit")
    desk.locator("#q").fill("ameena yusif")
    desk.get_by_role("button", name="Find").click(no_wait_after=True)
    expect(desk.get_by_role("heading", name="Who is calling?")).to_be_visible()
    expect(desk.locator("#keys")).to_be_visible(visible=width > 320)
    desk.keyboard.press("1")
    expect(desk.locator("#find")).to_be_focused()
    desk.keyboard.press("Escape")
    desk.keyboard.press("/")
    expect(desk.locator("#q")).to_be_focused()
    assert {route.request.url.rpartition("/")[2] for route in held_back} >= {"agent.js", "grid_navigation.js"}
    for route in held_back:
        route.abort()


def test_single_keys_can_be_turned_off_and_stay_off(desk: Page, callers: Callers, width: int) -> None:
    if width == 320:
        expect(desk.locator("#keys")).to_be_hidden()
        return
    desk.get_by_role("button", name="Turn single keys off").press("Enter")
    open_call(desk, callers, "amina", "?service=certify")
    expect(desk.get_by_role("button", name="Turn single keys on")).to_be_visible()
    desk.keyboard.press("n")
    desk.keyboard.press("s")
    expect(desk.locator("table")).to_be_visible()
    desk.get_by_role("button", name="Turn single keys on").press("Enter")
    desk.keyboard.press("s")
    expect(desk.locator("#find")).to_be_focused()


def test_single_keys_never_act_while_somebody_types(desk: Page, callers: Callers) -> None:
    open_call(desk, callers, "amina", "?service=certify")
    desk.locator("#call_note").focus()
    desk.keyboard.type("n12 else /")
    expect(desk.locator("#call_note")).to_have_value("n12 else /")
    expect(desk.locator("#countdown")).to_have_count(0)


def test_arrows_move_in_the_grid_and_enter_holds(desk: Page, callers: Callers) -> None:
    open_call(desk, callers, "amina", "?service=certify&filtered=1")
    desk.locator(".fd-grid td a").first.focus()
    desk.keyboard.press("ArrowDown")
    expect(desk.locator(".fd-grid button").first).to_be_focused()
    desk.keyboard.press("ArrowRight")
    assert "Wed 25 Nov, Riverside" in desk.evaluate("document.activeElement.getAttribute('aria-label')")
    for _ in range(3):
        desk.keyboard.press("ArrowDown")
    assert "16 free" in focused(desk)
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Wednesday 25 November 2026 at 9am")).to_be_visible()


def test_services_narrow_while_one_types(desk: Page, callers: Callers) -> None:
    open_call(desk, callers, "amina")
    desk.keyboard.type("online")
    expect(desk.locator("#services li:visible")).to_have_count(1)
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Help to get online")).to_be_visible()
    open_call(desk, callers, "amina")
    desk.keyboard.type("zzz")
    expect(desk.locator("#services-none")).to_be_visible()


def test_the_countdown_runs_and_speaks_seldom(desk: Page, callers: Callers, clock: FixedClock) -> None:
    desk.clock.install()
    open_call(desk, callers, "amina", "?service=certify")
    desk.keyboard.press("Enter")
    time_left = desk.locator("#countdown [data-time-left]")
    announcement = desk.locator("#countdown [data-announcement]")
    expect(time_left).to_have_text("(10:00)")
    desk.clock.run_for(60_000)
    expect(time_left).to_have_text("(9:00)")
    expect(announcement).to_have_text("")
    desk.clock.run_for(4 * 60_000)
    expect(announcement).to_have_text("Held for 5 more minutes.")
    desk.clock.run_for(5 * 60_000)
    expect(announcement).to_have_text("The time ran out. Hold it again.")


def test_the_end_of_the_countdown_offers_to_hold_it_again_and_keeps_what_is_typed(
    desk: Page, callers: Callers, demo_store: Database, clock: FixedClock, width: int, axe: Axe
) -> None:
    """Nothing is loaded: what was held is said to be free, and one key holds it again."""
    runtime = Runtime(Settings(demo_store.url, "for-tests-only", is_test=True), demo_store, clock)
    last_day = desk.locator('.fd-grid button[aria-label$="Tue 24 Nov, Town Hall"]')
    open_call(desk, callers, "amina", "?service=certify&filtered=1")
    while last_day.count() > 1:  # until the place has one time left that day, and the grid says for whom it is held
        for token in last_day.evaluate_all("buttons => buttons.slice(1).map((button) => button.value)"):
            hold_slot(runtime, decode(token), for_public=False)
        desk.reload()
    desk.clock.install()
    desk.reload()
    last_day.click()
    expect(desk.get_by_text("Held for this call")).to_have_count(1)
    desk.locator("#site_notes").fill("Brings a dog")
    desk.locator("#site_notes").blur()
    again = desk.get_by_role("button", name="Hold it again")
    expect(again).to_be_hidden()
    desk.clock.run_for(10 * 60_000 + 1000)
    clock.advance(timedelta(minutes=11))
    expect(again).to_be_visible()
    expect(desk.get_by_role("button", name="Confirm")).to_be_hidden()
    expect(desk.get_by_role("button", name="Let it go")).to_be_hidden()
    expect(desk.get_by_text("Held for this call")).to_have_count(0)
    axe(desk)
    if width == 320:
        again.click()
    else:
        expect(desk.locator("#keys")).to_contain_text("h hold it again")
        desk.keyboard.press("h")
    expect(desk.get_by_role("button", name="Confirm")).to_be_focused()
    expect(desk.locator("#site_notes")).to_have_value("Brings a dog")


def test_enter_in_a_box_after_the_end_of_a_hold_holds_it_again(desk: Page, callers: Callers, clock: FixedClock) -> None:
    hold_runs_out_while_typing(desk, callers, clock, "9am Wed 25 Nov, Riverside")
    desk.keyboard.press("Enter")
    expect(desk.locator("#countdown")).to_contain_text("Held until 9:21am")
    expect(desk.locator("#rep_name")).to_have_value("Hodan Yusuf")


def test_a_hold_that_ran_out_past_its_start_keeps_what_was_typed_for_another_time(
    desk: Page, callers: Callers, clock: FixedClock
) -> None:
    hold_runs_out_while_typing(desk, callers, clock, "9am Mon 23 Nov, Riverside")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="That time has passed")).to_be_visible()
    desk.get_by_role("alert").get_by_role("button", name="Mon 23 Nov 9:30am").click()
    expect(desk.locator("#countdown")).to_contain_text("Held until 9:21am")
    expect(desk.locator("#rep_name")).to_have_value("Hodan Yusuf")


def hold_runs_out_while_typing(desk: Page, callers: Callers, clock: FixedClock, slot: str) -> None:
    desk.clock.install()
    open_call(desk, callers, "amina", "?service=certify")
    desk.get_by_role("button", name=slot).press("Enter")
    expect(desk.get_by_role("button", name="Confirm")).to_be_focused()
    desk.get_by_text("Somebody else is calling for them").click()
    desk.locator("#rep_name").fill("Hodan Yusuf")
    desk.clock.run_for(10 * 60_000 + 1000)
    clock.advance(timedelta(minutes=11))
    expect(desk.locator("#rep_name")).to_be_focused()


@pytest.mark.parametrize("size", [(375, 700), (1024, 768)])
def test_who_it_is_comes_first_then_their_visits_then_the_times(
    desk: Page, callers: Callers, size: tuple[int, int]
) -> None:
    """On a telephone from top to bottom; on a desk the first two stand to the left of the times."""
    desk.set_viewport_size({"width": size[0], "height": size[1]})
    open_call(desk, callers, "amina", "?service=certify")
    boxes = [desk.locator(part).bounding_box() for part in (".fd-resident", ".fd-visits", "#work", ".fd-history")]
    (who, visits, work, notes) = [box for box in boxes if box]
    assert who["y"] + who["height"] <= visits["y"] + 1
    if size[0] < 992:
        assert visits["y"] + visits["height"] <= work["y"] + 1
        assert work["y"] + work["height"] <= notes["y"] + 1
    else:
        assert max(who["x"] + who["width"], visits["x"] + visits["width"]) <= work["x"]
        assert work["y"] == pytest.approx(who["y"], abs=1)


def test_where_the_grid_scrolls_sideways_it_says_so_and_rules_go_on_under_the_first_column(
    desk: Page, callers: Callers
) -> None:
    for width in (375, 1024, 1280, 1600):
        desk.set_viewport_size({"width": width, "height": 900})
        open_call(desk, callers, "amina", "?service=certify")
        scrolls = desk.locator(".fd-scroll").evaluate("box => box.scrollWidth > box.clientWidth")
        if scrolls:
            expect(desk.locator("#grid-hint")).to_be_visible()
        widths = desk.locator('.fd-grid th[scope="row"]').evaluate_all(
            "cells => cells.map(cell => parseFloat(getComputedStyle(cell).borderBottomWidth))"
        )
        assert widths
        assert min(widths) > 0
        assert desk.locator(".fd-grid").evaluate("grid => getComputedStyle(grid).borderCollapse") == "separate"


def test_a_hold_that_ran_out_takes_one_key(desk: Page, callers: Callers, clock: FixedClock, axe: Axe) -> None:
    open_call(desk, callers, "amina", "?service=certify")
    desk.get_by_role("button", name="9am Wed 25 Nov, Riverside").press("Enter")
    confirm = desk.get_by_role("button", name="Confirm")
    expect(confirm).to_be_focused()
    desk.locator("#site_notes").fill("Brings a dog")
    clock.advance(timedelta(minutes=11))
    confirm.press("Enter")
    expect(desk.get_by_role("button", name="Hold it again")).to_be_focused()
    axe(desk)
    desk.keyboard.press("Enter")
    expect(confirm).to_be_focused()
    expect(desk.locator("#site_notes")).to_have_value("Brings a dog")


def test_a_time_that_is_taken_offers_others_by_one_key(
    desk: Page, callers: Callers, demo_store: Database, clock: FixedClock, axe: Axe
) -> None:
    open_call(desk, callers, "amina", "?service=certify&filtered=1&near=HA8+0AS")
    slot = desk.locator(".fd-grid button", has_text="9am").first
    runtime = Runtime(Settings(demo_store.url, "for-tests-only", is_test=True), demo_store, clock)
    hold_slot(runtime, decode(str(slot.get_attribute("value"))), for_public=False)
    slot.press("Enter")
    expect(desk.get_by_role("heading", name="That time has gone")).to_be_visible()
    expect(desk.locator(".fd-panel--error .fd-suggestion")).to_have_count(3)
    expect(desk.locator(".fd-panel--error .fd-suggestion").first).to_be_focused()
    axe(desk)
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("button", name="Confirm")).to_be_focused()


def test_an_appointment_is_moved_and_then_cancelled(desk: Page, callers: Callers, axe: Axe) -> None:
    open_call(desk, callers, "amina")
    check_caller(desk)
    desk.get_by_role("link", name="Move Certify").press("Enter")
    expect(desk.locator(".fd-suggestion").first).to_be_focused()
    axe(desk)
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("button", name="Move it here")).to_be_focused()
    axe(desk)
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Moved")).to_be_focused()
    desk.get_by_role("link", name="Cancel Certify").press("Enter")
    expect(desk.locator("#reason")).to_be_focused()
    axe(desk)
    desk.get_by_role("radio", name="The council").check()
    desk.get_by_role("button", name="Cancel the appointment").press("Enter")
    expect(desk.get_by_role("link", name="Say why the council cancels")).to_be_visible()
    axe(desk)
    desk.locator("#reason").fill("Boiler")
    with desk.expect_navigation():
        desk.keyboard.press("Enter")  # in a box it cancels nothing
    expect(desk.locator("#reason")).to_have_value("Boiler")
    desk.get_by_role("button", name="Cancel the appointment").press("Enter")
    expect(desk.get_by_role("heading", name="Cancelled")).to_be_focused()


def test_a_new_caller_is_written_down_and_booked(desk: Page, axe: Axe) -> None:
    desk.keyboard.type("zebedee quux")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Nobody found")).to_be_visible()
    axe(desk)
    desk.get_by_role("button", name="Start a new resident").press("Enter")
    expect(desk.get_by_role("textbox", name="Telephone")).to_be_focused()
    expect(desk.get_by_role("textbox", name="Full name")).to_have_value("Zebedee Quux")
    axe(desk)
    desk.keyboard.type("07700 900888")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Zebedee Quux")).to_be_visible()
    desk.keyboard.type("certify")
    desk.keyboard.press("Enter")
    expect(desk.locator(".fd-suggestion").first).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("button", name="Confirm")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Booked")).to_be_focused()


@pytest.mark.parametrize("name", ["amina", "long", "rtl", "norbert"])
def test_every_state_is_accessible_and_fits_the_window(desk: Page, callers: Callers, axe: Axe, name: str) -> None:
    """All of them with the name that needs most room; with the others, without and with the times beside the card."""
    for query in STATES if name == "long" else STATES[:2]:
        open_call(desk, callers, name, query)
        axe(desk)


def test_the_empty_and_the_wrong_search_are_accessible(desk: Page, axe: Axe) -> None:
    axe(desk)
    desk.keyboard.press("Enter")
    expect(desk.locator("#q-error")).to_be_visible()
    axe(desk)
    desk.locator("#q").fill("ameena")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Who is calling?")).to_be_visible()
    axe(desk)


def test_everything_to_ask_and_to_bring_stands_in_view_without_scrolling_in_a_box(desk: Page, callers: Callers) -> None:
    desk.set_viewport_size({"width": 1280, "height": 800})
    open_call(desk, callers, "amina", "?service=certify&service=advice")
    heights = desk.locator(".fd-triage").evaluate(
        "box => [box.scrollHeight - box.clientHeight, box.scrollWidth - box.clientWidth]"
    )
    assert heights == [0, 0]


@pytest.mark.parametrize("window", [{"width": 1280, "height": 900}, {"width": 1024, "height": 768}])
def test_the_times_and_the_places_begin_above_the_fold(desk: Page, callers: Callers, window: ViewportSize) -> None:
    desk.set_viewport_size(window)
    open_call(desk, callers, "amina", "?service=certify&service=advice")
    for shown in (".fd-suggestion", ".fd-grid th"):
        box = desk.locator(shown).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < window["height"], shown


def test_enter_never_makes_a_second_record_of_somebody_we_may_have(desk: Page, axe: Axe) -> None:
    desk.get_by_role("button", name="New resident").click()
    desk.locator("#name").fill("Amina Yusuf")
    desk.locator("#phone").fill("07700 900999")
    question = desk.get_by_role("heading", name="Is this the same person? Nothing is saved yet.")
    for _ in range(2):
        with desk.expect_response(re.compile("/register")):
            desk.locator("#phone").press("Enter")
        expect(question).to_be_focused()
    axe(desk)
    desk.get_by_role("button", name="No, this is somebody else").click()
    expect(desk.get_by_role("heading", name="Amina Yusuf")).to_be_visible()
    expect(desk.get_by_text("Nothing booked.")).to_be_visible()
