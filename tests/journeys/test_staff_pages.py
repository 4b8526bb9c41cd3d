"""Signing in and out in a real browser, by keyboard, with a mistake on the way."""

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
EMAIL = "manager@example.org"


@pytest.fixture
def live_server(app: Flask, council: Council) -> Iterator[LiveServer]:
    with serve(app) as server:
        yield server


@pytest.fixture
def manager(database: Database, clock: FixedClock, council: Council) -> None:
    make_staff(database, clock, council.northbank, Role.SITE_MANAGER, site_id=council.hill, email=EMAIL)


def send(page: Page, email: str, password: str) -> None:
    """Fill the form and press Enter."""
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.keyboard.press("Enter")


@pytest.mark.usefixtures("manager")
def test_staff_sign_in_by_keyboard_and_out_again(page: Page, axe: Callable[[Page], None]):
    page.goto("/staff/")
    expect(page.get_by_role("heading", name="Staff sign-in")).to_be_visible()
    axe(page)

    send(page, EMAIL, "wrong password")
    expect(page.get_by_role("alert")).to_contain_text("belong together")
    expect(page.get_by_label("Email address")).to_have_value(EMAIL)
    axe(page)
    page.get_by_role("alert").get_by_role("link").press("Enter")
    expect(page.get_by_label("Email address")).to_be_focused()

    send(page, EMAIL, PASSWORD)
    expect(page.get_by_role("heading", name="Staff home")).to_be_visible()
    expect(page.get_by_text("Site manager, Hill Library")).to_be_visible()
    axe(page)

    page.get_by_role("button", name="Sign out").press("Enter")
    expect(page.get_by_text("You have signed out.")).to_be_visible()
    axe(page)
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", name="Staff sign-in")).to_be_visible()


def test_somebody_who_guesses_is_told_when_to_come_back(page: Page, axe: Callable[[Page], None]):
    for number in range(10):
        page.goto(f"/staff/sign-in?try={number}")
        send(page, "nobody@example.org", "a guess")
        expect(page.get_by_role("alert")).to_be_visible()
    send(page, "nobody@example.org", "a guess")
    expect(page.get_by_text("You can try again in 15 minutes.")).to_be_visible()
    axe(page)
