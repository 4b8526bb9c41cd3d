"""The pages of a site stay where they are when the network is gone, and lose nothing when the session ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from booking.use_cases.call_next import call_next
from booking.use_cases.take_walk_in import take_walk_in
from booking.visits.visit_states import NewWalkIn
from core.audit import Actor
from tests.journeys.test_site import DAY, NINE, SITE, Library, both_widths, library, live_server, sign_in, width

__all__ = ["library", "live_server", "width"]  # the fixtures of a site

pytestmark = pytest.mark.journey
WALK_INS = f"{SITE}/walk-ins"
STAYS = "This page stays: nothing on it is lost."


def ways_out(page: Page) -> list[str]:
    """The addresses of the page's own links, and the buttons of its forms outside the list, as selectors."""
    links = page.eval_on_selector_all(
        "a[href]",
        """all => all.filter(one => one.origin === location.origin && one.offsetParent
               && !one.getAttribute("href").startsWith("#")).map(one => `a[href="${one.getAttribute("href")}"]`)""",
    )
    buttons = page.eval_on_selector_all(
        "form", "all => all.map((form, i) => form.closest('#day-rows, [data-kept]') ? '' : `form >> nth=${i}`)"
    )
    return list(dict.fromkeys(links)) + [f"{form} >> button" for form in buttons if form]


@pytest.mark.parametrize("path", [DAY, f"{DAY}/print", f"{DAY}/plan", WALK_INS])
def test_no_way_out_throws_the_page_away_without_network(
    library: Library, page: Page, context: BrowserContext, path: str
) -> None:
    library.book(0)
    page.goto(path)
    page.evaluate("window.print = () => { document.body.dataset.printed = 'yes'; }")
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    ways = ways_out(page)
    assert ways
    context.set_offline(True)
    for way in ways:
        is_handled_by_the_list = "day-search" in (
            page.locator(way).first.evaluate("one => one.form?.id ?? one.id") or ""
        )
        if is_handled_by_the_list or (way.startswith(f'a[href="{DAY}"') and path == DAY):
            continue
        page.locator("#kept-page").evaluate("one => { one.textContent = ''; }")
        page.locator(way).first.evaluate("one => one.click()")
        if "/print" in way:
            expect(page.locator("body")).to_have_attribute("data-printed", "yes")
        else:
            expect(page.locator("#kept-page")).to_contain_text(STAYS)
        assert page.url.endswith(path)
    context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#kept-page")).to_be_empty()
    page.locator(ways[-1] if path != WALK_INS else "a.govuk-back-link").first.evaluate("one => one.click()")
    expect(page).not_to_have_url(path)


def test_the_list_prints_without_network_with_all_that_is_folded(
    library: Library, page: Page, context: BrowserContext
) -> None:
    for number in range(30):
        library.book(30 * (number // 3), f"Person Numbered {number}")
    page.goto(DAY)
    context.set_offline(True)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("#day-rows li.fd-row .fd-row__cells:visible").count() == 30
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#day-rows li.fd-row .fd-row__cells:visible").count() < 30


def fill_in(page: Page) -> None:
    page.get_by_label("Full name").fill("Wanda Walker")
    page.get_by_label("Telephone (optional)").fill("07700 900 321")


@both_widths
def test_a_walk_in_without_network_waits_on_the_page(
    library: Library, page: Page, context: BrowserContext, axe: Callable[[Page], None]
) -> None:
    page.goto(WALK_INS)
    fill_in(page)
    context.set_offline(True)
    page.get_by_role("button", name="Begin the visit").click()
    waiting = page.get_by_role("heading", name="“Begin the visit” is not sent yet.")
    expect(waiting).to_be_in_viewport()
    expect(page.get_by_label("Full name")).to_have_value("Wanda Walker")
    axe(page)
    context.set_offline(False)
    expect(page.locator("#rows-waiting li", has_text="Wanda Walker")).to_be_focused()


@both_widths
def test_a_walk_in_after_the_session_ended_is_taken_after_signing_in_in_a_new_window(
    library: Library, page: Page, context: BrowserContext, axe: Callable[[Page], None]
) -> None:
    page.goto(WALK_INS)
    fill_in(page)
    context.clear_cookies()
    page.get_by_role("button", name="Begin the visit").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    with context.expect_page() as opened:
        page.get_by_role("link", name="Sign in").click()
    other = opened.value
    sign_in(other)
    expect(other.get_by_role("heading", name="You are signed in again")).to_be_visible()
    expect(other.get_by_role("status")).to_have_text(
        "What waited in the other window was sent. You can close this window."
    )
    axe(other)
    expect(page.locator("#rows-waiting li", has_text="Wanda Walker")).to_be_visible()


@both_widths
def test_the_next_time_is_booked_from_the_form(library: Library, page: Page, axe: Callable[[Page], None]) -> None:
    for _ in range(10):
        library.book(0)
    page.goto(WALK_INS)
    fill_in(page)
    page.get_by_role("button", name="Begin the visit").click()
    button = page.get_by_role("button", name="Book Monday 23 November 2026 at 9:30am instead")
    expect(button).to_be_visible()
    axe(page)
    button.click()
    expect(page.locator("li.fd-row", has_text="Wanda Walker").get_by_text("Booked", exact=True)).to_be_attached()
    assert library.runtime.clock.now() < NINE + timedelta(minutes=30)


def test_a_display_without_network_sends_nobody_to_a_desk(
    library: Library, page: Page, context: BrowserContext
) -> None:
    """A call is shown within two seconds, and is gone when the screen has had no answer for half a minute."""
    page.clock.install(time=NINE)
    page.goto("/testshire/sites/high-street/display")
    expect(page.get_by_text("Nobody is called at the moment")).to_be_visible()
    place = (library.runtime, library.world.authority_id, "high-street")
    take_walk_in(*place, "certify", NewWalkIn("Wendy Walker"), actor=Actor.system())
    call_next(*place, "desk-1", actor=Actor.system())
    page.clock.fast_forward(2000)
    expect(page.get_by_role("cell", name="Desk 1")).to_be_visible()
    context.set_offline(True)
    page.clock.fast_forward(32000)
    expect(page.get_by_text("This screen has no connection at the moment")).to_be_visible()
    expect(page.get_by_role("cell", name="Desk 1")).to_have_count(0)
    context.set_offline(False)
    page.clock.fast_forward(2000)
    expect(page.get_by_role("cell", name="Desk 1")).to_be_visible()
