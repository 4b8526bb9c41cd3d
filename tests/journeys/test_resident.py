"""The resident's journeys in a real browser: at both widths, by keyboard alone, and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import select

from booking.proposals.tables import Wish
from booking.tables import Appointment
from booking.use_cases.earlier_times import offer_earlier_times
from core.clock import FixedClock
from core.database import Database
from core.flask_context import EXTENSION
from core.runtime import Runtime
from core.tokens import parse_reference, wish_token
from reminders.reach_queries import can_be_told
from tests.support.journeys import SIZES
from tests.support.server import LiveServer

pytestmark = pytest.mark.journey

Check = Callable[[Page], None]
MOST_TABS = 200


@pytest.fixture
def plain_page(browser: Browser, live_server: LiveServer, width: int) -> Iterator[Page]:
    """A browser that runs no scripts."""
    context = browser.new_context(base_url=live_server.url, viewport=SIZES[width], java_script_enabled=False)
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    """Reach `target` with the Tab key alone, see that the focus shows, and press `key`."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            break
    else:
        raise AssertionError(f"the Tab key does not reach {target}")
    shown = target.evaluate("element => { const s = getComputedStyle(element); return s.boxShadow + s.outlineStyle }")
    assert shown != "nonenone", f"nobody can see that {target} has the focus"
    page.keyboard.press(key)


def button(page: Page, words: str) -> Locator:
    """A button by its words."""
    return page.get_by_role("button", name=words).first


def link(page: Page, words: str) -> Locator:
    """A link by its words."""
    return page.get_by_role("link", name=words).first


def heading(page: Page, words: str) -> None:
    """Wait until the page says so in its heading."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(words)


def free_days(page: Page) -> Locator:
    """The days of the month on which something is free."""
    return page.locator(".fd-month a")


def hold_a_time(page: Page, council: str = "barnet", service: str = "certify-documents") -> None:
    """From a service to a time that is held."""
    page.goto(f"/{council}/services/{service}")
    button(page, "Find a time").click()
    button(page, "Continue").click()
    link(page, "Golders Green Library").click()
    free_days(page).nth(2).click()
    page.locator(".fd-time").first.click()
    heading(page, "Who is the appointment for?")


def fill_in(page: Page, name: str = "Robin Sample") -> None:
    """From a held time to the answers."""
    page.get_by_label("Me", exact=True).check()
    button(page, "Continue").click()
    page.get_by_label("Full name").fill(name)
    page.get_by_label("Email address").fill("robin@example.org")
    page.get_by_role("radio", name="Email").check()
    button(page, "Continue").click()
    heading(page, "Check your answers")


def book(page: Page) -> str:
    """The reference of an appointment booked by a click on every page."""
    hold_a_time(page)
    fill_in(page)
    button(page, "Book this appointment").click()
    heading(page, "Your appointment is booked")
    return page.locator(".fd-reference").inner_text()


def test_a_resident_books_by_keyboard_alone(page: Page, axe: Check) -> None:
    page.goto("/")
    axe(page)
    press(page, link(page, "Barnet Council"))
    heading(page, "Book an appointment with the council")
    axe(page)
    press(page, link(page, "Certify documents for housing benefit"))
    heading(page, "Certify documents for housing benefit")
    axe(page)
    press(page, button(page, "Find a time"))
    heading(page, "Do you need any of these?")
    axe(page)
    press(page, page.get_by_label("Step-free access"), "Space")
    press(page, button(page, "Continue"))
    heading(page, "Where would you like to go?")
    press(page, page.get_by_label("Your postcode"), "N")
    page.keyboard.type("W11")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nearest to NW11 first")).to_be_visible()
    axe(page)
    press(page, page.locator(".fd-place a").first)
    heading(page, "Choose a day")
    axe(page)
    press(page, free_days(page).last)
    heading(page, "Choose a time on")
    axe(page)
    press(page, page.locator(".fd-time").first)
    heading(page, "Who is the appointment for?")
    axe(page)
    press(page, page.get_by_label("Me", exact=True), "Space")
    press(page, button(page, "Continue"))
    heading(page, "Your details")
    press(page, page.get_by_label("Full name"), "R")
    page.keyboard.type("obin Sample")
    axe(page)
    press(page, page.get_by_role("radio", name="Email"), "ArrowUp")  # the last of the two: no messages
    press(page, button(page, "Continue"))
    heading(page, "Check your answers")
    axe(page)
    press(page, button(page, "Book this appointment"))
    heading(page, "Your appointment is booked")
    axe(page)
    assert re.fullmatch(r"[2-9A-Z]{4} [2-9A-Z]{4}", page.locator(".fd-reference").inner_text())


def test_the_whole_journey_works_without_javascript(plain_page: Page) -> None:
    page = plain_page
    reference = book(page)
    link(page, "See, change or cancel").click()
    heading(page, "Your appointment")
    expect(page.locator(".govuk-caption-l")).to_contain_text(reference)
    button(page, "Choose another time").click()
    free_days(page).last.click()
    page.locator(".fd-time").last.click()
    button(page, "Change to the new time").click()
    expect(page.get_by_role("alert")).to_contain_text("has a new time")
    button(page, "Cancel the appointment").click()
    button(page, "Yes, cancel it").click()
    expect(page.get_by_role("alert")).to_contain_text("is cancelled")


def test_an_error_is_at_the_top_and_leads_to_its_field(page: Page, axe: Check) -> None:
    hold_a_time(page)
    button(page, "Continue").click()
    expect(page).to_have_title(re.compile("^Error: "))
    axe(page)
    page.get_by_label("Somebody else").check()
    button(page, "Continue").click()
    heading(page, "About you")
    axe(page)
    button(page, "Continue").click()
    axe(page)
    link(page, "Enter your name").click()
    expect(page.get_by_label("Your name")).to_be_focused()
    page.keyboard.type("Ada Helper")
    link(page, "Choose how you know the person").click()
    expect(page.get_by_label("Parent or guardian")).to_be_focused()
    page.get_by_label("Carer").check()
    button(page, "Continue").click()
    heading(page, "Their details")
    axe(page)
    page.get_by_label("Email address").fill("robin at example")
    button(page, "Continue").click()
    axe(page)
    expect(page.get_by_label("Email address")).to_have_value("robin at example")


def test_who_finds_no_time_that_suits_waits_for_one_and_takes_it(
    page: Page, axe: Check, live_server: LiveServer
) -> None:
    page.goto("/barnet/when?service=certify-documents")
    press(page, link(page, "No time suits?"))
    heading(page, "Tell me when a time comes up")
    axe(page)
    button(page, "Put me on the waiting list").click()
    expect(page).to_have_title(re.compile("^Error: "))
    axe(page)
    page.get_by_label("Full name").fill("Robin Sample")
    page.get_by_label("Write me an email").check()
    page.get_by_label("Email address").fill("robin@example.org")
    button(page, "Put me on the waiting list").click()
    heading(page, "You are on the waiting list")
    axe(page)
    runtime: Runtime = live_server.app.extensions[EXTENSION]
    assert offer_earlier_times(runtime, can_be_told) >= 1
    with runtime.database.reading() as db:
        nonce = db.scalars(select(Wish.link_nonce).where(Wish.link_nonce.is_not(None))).one() or ""
    page.goto(f"/manage/{wish_token(runtime.settings.secret_key, nonce)}")
    expect(page.get_by_role("heading", name="We hold a time for you")).to_be_visible()
    axe(page)
    button(page, "Take this time").click()
    expect(page.get_by_text("The time is yours.")).to_be_visible()


def test_an_unknown_postcode_still_shows_every_place(page: Page, axe: Check) -> None:
    page.goto("/barnet/where?service=certify-documents&near=ZZ99+9ZZ")
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.locator(".fd-place")).to_have_count(3)
    axe(page)
    link(page, "We do not know that postcode").click()
    expect(page.get_by_label("Your postcode")).to_be_focused()


def test_earlier_and_later_keep_the_place_and_full_days_say_so(page: Page, axe: Check) -> None:
    page.goto("/oldham/where?service=housing-options")
    axe(page)
    link(page, "By phone").click()
    expect(page.locator(".fd-month")).to_contain_text("full")
    axe(page)
    link(page, "Later").click()
    expect(page.locator("main")).to_contain_text("By phone.")
    expect(page.get_by_role("table", name="December 2026")).to_be_visible()
    axe(page)
    link(page, "Earlier").click()
    expect(page.get_by_role("table", name="November 2026")).to_be_visible()


def test_the_next_free_time_is_one_click_away(page: Page) -> None:
    page.goto("/barnet/when?service=certify-documents&mode=in_person&month=2027-01")
    page.locator("p", has_text="Next free:").get_by_role("button").click()
    heading(page, "Who is the appointment for?")


def test_a_time_that_ran_out_starts_again_with_one_click(page: Page, axe: Check, clock: FixedClock) -> None:
    hold_a_time(page)
    fill_in(page, name="Zoë Sample")
    clock.advance(timedelta(minutes=11))
    button(page, "Book this appointment").click()
    heading(page, "We no longer keep this time for you")
    axe(page)
    button(page, "Keep the time for me again").click()
    heading(page, "Check your answers")
    expect(page.locator("main")).to_contain_text("Zoë Sample")


def test_two_minutes_before_the_end_one_press_keeps_the_time(page: Page, axe: Check, clock: FixedClock) -> None:
    page.clock.install()
    hold_a_time(page)
    page.get_by_label("Me", exact=True).check()
    button(page, "Continue").click()
    heading(page, "Your details")
    page.get_by_label("Full name").fill("Zoë Sample")
    warning = page.get_by_role("alert")
    expect(warning).to_have_text("", use_inner_text=True)
    for minutes in ("07:30", "00:45"):
        page.clock.fast_forward(minutes)
    clock.advance(timedelta(minutes=8, seconds=15))
    expect(warning).to_contain_text("for 2 more minutes")
    axe(page)
    button(page, "Keep it for 10 more minutes").click()
    heading(page, "Your details")
    expect(page.get_by_label("Full name")).to_have_value("Zoë Sample")
    expect(page.get_by_role("alert")).to_have_text("", use_inner_text=True)
    page.clock.fast_forward("11:00")
    expect(page.get_by_role("alert")).to_contain_text("We no longer keep this time for you.")
    axe(page)


def test_the_time_can_be_kept_longer_without_javascript(plain_page: Page, clock: FixedClock) -> None:
    page = plain_page
    hold_a_time(page)
    page.get_by_label("Me", exact=True).check()
    clock.advance(timedelta(minutes=9))
    before = page.locator(".fd-hold-notice__until").inner_text()
    button(page, "Keep this time for 10 more minutes").click()
    assert page.locator(".fd-hold-notice__until").inner_text() != before
    expect(page.get_by_label("Me", exact=True)).to_be_checked()
    expect(page.get_by_text("for 2 more minutes")).to_be_hidden()


def test_the_back_button_keeps_what_was_typed(page: Page) -> None:
    hold_a_time(page)
    fill_in(page)
    page.go_back()
    expect(page.get_by_label("Full name")).to_have_value("Robin Sample")
    page.go_forward()
    heading(page, "Check your answers")


def test_changing_an_answer_comes_back_to_the_answers(page: Page) -> None:
    hold_a_time(page)
    fill_in(page)
    link(page, "Change name").click()
    page.get_by_label("Full name").fill("Robyn Sample")
    button(page, "Continue").click()
    heading(page, "Check your answers")
    link(page, "Change when").click()
    free_days(page).last.click()
    page.locator(".fd-time").last.click()
    heading(page, "Check your answers")
    expect(page.locator("main")).to_contain_text("Robyn Sample")


def test_an_appointment_is_changed_and_cancelled_by_its_owner(page: Page, axe: Check) -> None:
    book(page)
    link(page, "See, change or cancel").click()
    axe(page)
    assert "/manage/" not in page.url
    link(page, "Change email").click()
    axe(page)
    page.get_by_role("checkbox", name="Use no email address").check()
    button(page, "Save").click()
    expect(page).to_have_title(re.compile("^Error: "))
    axe(page)
    page.get_by_role("radio", name="No messages").check()
    button(page, "Save").click()
    expect(page.get_by_role("alert")).to_contain_text("We have kept your new details")
    axe(page)
    link(page, "Change the help you need").click()
    axe(page)
    page.get_by_label("Hearing loop").check()
    button(page, "Save").click()
    expect(page.locator("main")).to_contain_text("Hearing loop")
    button(page, "Choose another time").click()
    axe(page)
    free_days(page).last.click()
    axe(page)
    page.locator(".fd-time").first.click()
    axe(page)
    button(page, "Change to the new time").click()
    button(page, "Cancel the appointment").click()
    axe(page)
    button(page, "Yes, cancel it").click()
    expect(page.get_by_role("alert")).to_contain_text("is cancelled")
    axe(page)


def test_past_the_cut_off_the_page_says_whom_to_ring_and_takes_a_cancellation(
    page: Page, axe: Check, clock: FixedClock, demo_store: Database
) -> None:
    reference = parse_reference(book(page))
    address = link(page, "See, change or cancel").get_attribute("href") or ""
    with demo_store.reading() as db:
        starts_at = db.scalars(select(Appointment.starts_at).where(Appointment.reference == reference)).one()
    clock.advance(starts_at - timedelta(minutes=30) - clock.now())
    page.goto(address)
    expect(page.locator("main")).to_contain_text("too late to do this online")
    expect(page.locator("main").get_by_role("link", name="01632 960100", exact=True)).to_be_visible()
    axe(page)
    button(page, "I cannot come").click()
    heading(page, "Can you not come?")
    axe(page)
    page.get_by_label("Why do you need to cancel?").fill("The bus did not come")
    expect(page.locator("main")).to_contain_text("You have 180 characters left")
    button(page, "I cannot come").click()
    expect(page.get_by_role("alert")).to_contain_text("is cancelled")
    axe(page)


def test_the_other_pages_are_sound_too(page: Page, axe: Check) -> None:
    page.goto("/barnet/find")
    axe(page)
    button(page, "Send me a link").click()
    axe(page)
    link(page, "Enter your reference").click()
    expect(page.get_by_label("Reference")).to_be_focused()
    page.get_by_label("Reference").fill("K7PM 4QX3")
    page.get_by_label("Surname").fill("Sample")
    button(page, "Send me a link").click()
    heading(page, "Look for our message")
    axe(page)
    for path in ("/barnet/accessibility", "/barnet/privacy", "/barnet/nothing-here", "/barnet/services/nothing"):
        page.goto(path)
        axe(page)
    page.goto("/barnet/times?service=certify-documents&mode=in_person&day=2026-11-29")
    expect(page.locator("main")).to_contain_text("There are no appointments on this day.")
    axe(page)
    page.goto("/barnet/services/certify-documents/together")
    axe(page)


def test_somebody_who_leaves_gives_the_time_back(page: Page, axe: Check) -> None:
    hold_a_time(page)
    button(page, "Do not book").click()
    heading(page, "You have not booked")
    axe(page)


def test_a_shared_computer_forgets(page: Page, axe: Check) -> None:
    book(page)
    link(page, "See, change or cancel").click()
    manage = page.url
    button(page, "Make this computer forget me").click()
    axe(page)
    page.goto(manage)
    heading(page, "Open your link again")
    axe(page)
