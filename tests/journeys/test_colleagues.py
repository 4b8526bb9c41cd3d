"""An administrator brings a colleague in, by keyboard; the colleague sets a password and signs in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from core.clock import FixedClock
from core.database import Database
from people.staff.policy import Role
from tests.support.council import PASSWORD, Council, make_staff
from tests.support.server import LiveServer, serve

pytestmark = [pytest.mark.journey, pytest.mark.databases("sqlite")]
NEW = "velvet trombone picnic"


@pytest.fixture
def live_server(app: Flask, council: Council) -> Iterator[LiveServer]:
    with serve(app) as server:
        yield server


def sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/staff/sign-in")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Staff home")).to_be_visible()


def test_a_colleague_is_brought_in_and_signs_in(
    page: Page, axe: Callable[[Page], None], database: Database, clock: FixedClock, council: Council
) -> None:
    make_staff(database, clock, council.northbank, Role.AUTHORITY_ADMIN, email="admin@example.org")
    sign_in(page, "admin@example.org", PASSWORD)
    page.get_by_role("link", name="Colleagues").press("Enter")
    axe(page)
    page.get_by_role("button", name="Add a colleague").press("Enter")
    axe(page)
    page.get_by_role("button", name="Add the colleague").press("Enter")
    axe(page)
    for chosen in ("Role", "Site"):
        page.get_by_label(chosen, exact=True).press("ArrowDown")
    page.get_by_label("Email address").fill("nia@example.org")
    page.get_by_label("Full name").fill("Nia New")
    page.keyboard.press("Enter")
    expect(page.get_by_text("we cannot show it again")).to_be_visible()
    axe(page)
    link = page.locator("#link").inner_text()
    page.get_by_role("link", name="Back to this colleague").press("Enter")
    expect(page.get_by_role("heading", name="Nia New")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Sign out", exact=True).press("Enter")
    expect(page.get_by_text("You have signed out.")).to_be_visible()
    page.goto(link[link.index("/staff/") :])
    axe(page)
    page.get_by_role("button", name="Set the password").press("Enter")
    axe(page)
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("New password again").fill(NEW)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your password is set.")).to_be_visible()
    sign_in(page, "nia@example.org", NEW)
    page.get_by_role("link", name="My account: Nia New").press("Enter")
    axe(page)
    page.get_by_role("button", name="Change password").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Enter your current password")
    axe(page)
    page.goto(link[link.index("/staff/") :])
    expect(page.get_by_role("heading", name="This link does not work any more")).to_be_visible()
    axe(page)
