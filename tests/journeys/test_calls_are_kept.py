"""What is typed in a call outlives every way off the screen, the network and the session, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from core.clock import FixedClock
from core.database import Database
from people.staff.sign_in_sessions import COOKIE
from tests.journeys.test_agent import Axe, callers, check_caller, demo_store, desk, open_call
from tests.support.callers import Callers, add_agent, sign_in
from tests.support.server import LiveServer

__all__ = ["callers", "demo_store", "desk"]  # the fixtures of an agent's desk
NOTE = "Call dropped half way."


def links_of(page: Page) -> list[str]:
    """The addresses of the links of the call's screen, one of each kind."""
    hrefs = page.eval_on_selector_all(
        "a[href]", "links => links.filter(link => link.offsetParent).map(link => link.getAttribute('href'))"
    )
    kinds = {re.sub(r"=[^&#]*", "=", href): href for href in hrefs if href.startswith("/staff/")}
    return list(kinds.values())


def hold_first(page: Page) -> None:
    page.locator(".fd-suggestion").first.click()
    expect(page.get_by_role("button", name="Confirm")).to_be_focused()


@pytest.mark.parametrize("query", ["", "?service=certify"])
def test_a_note_is_there_again_after_every_link(desk: Page, callers: Callers, query: str, width: int) -> None:
    if width == 320:
        return
    open_call(desk, callers, "amina", query)
    for number, href in enumerate(links_of(desk)):
        open_call(desk, callers, "amina", query)
        note = f"{NOTE} {number}"
        desk.locator("#call_note").fill(note)
        desk.locator(f"a[href='{href}']").first.evaluate("link => link.click()")
        expect(desk).not_to_have_url(re.compile(rf"{callers.people['amina']}{re.escape(query)}$"))
        open_call(desk, callers, "amina")
        expect(desk.locator("#call_note")).to_have_value(note)


def test_a_click_without_network_waits_on_the_page_and_is_sent_when_it_is_back(
    desk: Page, callers: Callers, context: BrowserContext
) -> None:
    open_call(desk, callers, "amina", "?service=certify")
    hold_first(desk)
    desk.locator("#site_notes").fill("Brings a dog")
    context.set_offline(True)
    desk.get_by_role("button", name="Confirm").click()
    expect(desk.get_by_role("heading", name="“Confirm” is not sent yet.")).to_be_visible()
    expect(desk.locator("#site_notes")).to_have_value("Brings a dog")
    context.set_offline(False)
    expect(desk.get_by_role("heading", name="Booked")).to_be_visible()


def test_a_click_that_was_dropped_is_never_sent(desk: Page, callers: Callers, context: BrowserContext) -> None:
    open_call(desk, callers, "amina", "?service=certify")
    hold_first(desk)
    context.set_offline(True)
    desk.get_by_role("button", name="Confirm").click()
    desk.get_by_role("button", name="Do not send it").click()
    context.set_offline(False)
    desk.evaluate("dispatchEvent(new Event('online'))")
    desk.reload()
    expect(desk.get_by_role("button", name="Confirm")).to_be_visible()


def test_a_click_after_the_session_ended_is_sent_after_signing_in_again(
    desk: Page,
    callers: Callers,
    context: BrowserContext,
    demo_store: Database,
    clock: FixedClock,
    live_server: LiveServer,
) -> None:
    open_call(desk, callers, "amina", "?service=certify")
    hold_first(desk)
    desk.locator("#call_note").fill(NOTE)
    context.clear_cookies()
    desk.get_by_role("button", name="Confirm").click()
    expect(desk.get_by_text("You are signed out.")).to_be_visible()
    expect(desk.get_by_role("link", name="Sign in")).to_be_visible()
    other_id = add_agent(demo_store, callers.town.authority_id, clock.now(), email="other@example.org")
    other = sign_in(demo_store, other_id, clock.now())
    context.add_cookies([{"name": COOKIE, "value": other, "url": live_server.url}])
    desk.get_by_role("button", name="Send it now").click()
    expect(desk.get_by_text("Somebody else is signed in now.")).to_be_visible()
    token = sign_in(demo_store, callers.agent_id, clock.now())
    context.add_cookies([{"name": COOKIE, "value": token, "url": live_server.url}])
    desk.evaluate("dispatchEvent(new Event('focus'))")
    expect(desk.get_by_role("heading", name="Booked")).to_be_visible()
    check_caller(desk)  # the notes are not shown before
    expect(desk.locator(".fd-notes")).to_contain_text(NOTE)


@pytest.mark.parametrize(
    ("query", "button"),
    [
        ("", "Save note"),
        ("?service=certify", "Save note"),
        ("?service=certify", "Confirm"),
        ("/details", "Save and go on"),
    ],
)
def test_what_is_not_sent_is_said_in_view_wherever_the_button_stands(
    desk: Page, callers: Callers, context: BrowserContext, axe: Axe, query: str, button: str
) -> None:
    open_call(desk, callers, "amina", query)
    if button == "Confirm":
        hold_first(desk)
    context.set_offline(True)
    desk.get_by_role("button", name=button).scroll_into_view_if_needed()
    desk.get_by_role("button", name=button).click()
    notice = desk.locator("#not-sent")
    expect(notice).to_be_in_viewport(ratio=1)
    desk.mouse.wheel(0, 5000)
    expect(notice).to_be_in_viewport(ratio=1)
    axe(desk)


@pytest.mark.parametrize(("query", "box"), [("", "#find"), ("?service=certify", "#near"), ("/details", "#phone")])
def test_enter_in_a_box_without_scripts_signs_nobody_out(
    browser: Browser,
    live_server: LiveServer,
    demo_store: Database,
    clock: FixedClock,
    callers: Callers,
    query: str,
    box: str,
) -> None:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    token = sign_in(demo_store, callers.agent_id, clock.now())
    context.add_cookies([{"name": COOKIE, "value": token, "url": live_server.url}])
    page = context.new_page()
    open_call(page, callers, "amina", query)
    for folded in page.locator("details").all():
        folded.locator("summary").click()
    with page.expect_navigation():
        page.locator(box).press("Enter")
    assert "/residents/" in page.url
    expect(page.get_by_role("heading", name="Amina Yusuf").first).to_be_visible()
    context.close()


def test_back_from_a_resident_shows_those_who_were_found(desk: Page) -> None:
    desk.locator("#q").fill("ameena yusif")
    desk.keyboard.press("Enter")
    desk.get_by_role("link", name="Amina Yusuf").click()
    expect(desk.get_by_role("heading", name="Amina Yusuf")).to_be_visible()
    desk.go_back()
    expect(desk.get_by_role("heading", name="Who is calling?")).to_be_visible()
    expect(desk.get_by_role("link", name="Aminah Youssef")).to_be_in_viewport()


def test_a_half_typed_new_resident_is_there_again_after_the_next_search(desk: Page, axe: Axe) -> None:
    desk.get_by_role("button", name="New resident").click()
    desk.locator("#name").fill("Zebedee Quux")
    desk.locator("#phone").fill("07700 900888")
    desk.locator("#q").fill("ameena yusif")
    desk.locator("#q").press("Enter")
    expect(desk.get_by_role("heading", name="Who is calling?")).to_be_visible()
    desk.go_back()
    expect(desk.locator("#phone")).to_have_value("07700 900888")
    desk.goto("/staff/calls/")
    axe(desk)
    desk.get_by_role("link", name="Zebedee Quux").click()
    expect(desk.locator("#phone")).to_have_value("07700 900888")
