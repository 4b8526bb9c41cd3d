"""An administrator makes a service and changes a site on screens, by keyboard, and takes a change back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from core.clock import FixedClock
from core.database import Database
from people.staff.policy import Role
from tests.journeys.test_colleagues import sign_in
from tests.support.council import PASSWORD, Council, make_staff
from tests.support.server import LiveServer, serve

pytestmark = [pytest.mark.journey, pytest.mark.databases("sqlite")]


@pytest.fixture
def live_server(app: Flask, council: Council) -> Iterator[LiveServer]:
    with serve(app) as server:
        yield server


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).press("Enter")


def test_a_service_is_made_and_a_change_of_a_site_taken_back(
    page: Page, axe: Callable[[Page], None], database: Database, clock: FixedClock, council: Council
) -> None:
    make_staff(database, clock, council.northbank, Role.AUTHORITY_ADMIN, email="admin@example.org")
    sign_in(page, "admin@example.org", PASSWORD)
    page.get_by_role("link", name="Set-up").press("Enter")
    axe(page)
    page.get_by_role("button", name="Add a service").press("Enter")
    press(page, "See what changes")
    expect(page.get_by_role("alert")).to_contain_text("needs “Name of the service”")
    axe(page)
    page.get_by_label("Name of the service").fill("Blue Badge")
    page.get_by_label("How long does it take?").fill("20")
    page.get_by_label("One of these is needed").select_option("Desk")
    expect(page.get_by_label("Name of the service")).to_have_value("Blue Badge")
    page.get_by_label("Name of the service").press("Enter")  # as the button "See what changes" does
    expect(page.get_by_role("heading", name="What will change")).to_be_visible()
    axe(page)
    press(page, "Back, to change it")
    expect(page.get_by_label("Name of the service")).to_have_value("Blue Badge")
    press(page, "See what changes")
    press(page, "Save it")
    expect(page.get_by_role("heading", name="Service: Blue Badge")).to_be_visible()

    page.goto("/staff/set-up/site/hill")
    page.get_by_label("Name of the site").fill("Hlil Library")
    press(page, "See what changes")
    press(page, "Save it")
    page.get_by_role("link", name="What was changed here").press("Enter")
    axe(page)
    page.get_by_role("link", name="Hlil Library").press("Enter")
    axe(page)
    press(page, "Put it back as it was before")
    press(page, "Save it")
    expect(page.get_by_label("Name of the site")).to_have_value("Hill Library")
    axe(page)


def test_back_in_the_browser_keeps_what_was_typed(
    page: Page, database: Database, clock: FixedClock, council: Council
) -> None:
    make_staff(database, clock, council.northbank, Role.AUTHORITY_ADMIN, email="admin@example.org")
    sign_in(page, "admin@example.org", PASSWORD)
    page.goto("/staff/set-up/site/hill")
    page.get_by_label("Name of the site").fill("Hlil Library")
    page.get_by_text("By video and telephone: how people join, and who rings").click()
    page.get_by_label("Which number do you ring from?").fill("01632 960123")
    press(page, "See what changes")
    expect(page.get_by_role("heading", name="What will change")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Name of the site")).to_have_value("Hlil Library")
    expect(page.get_by_label("Which number do you ring from?")).to_be_visible()
    expect(page.get_by_label("Which number do you ring from?")).to_have_value("01632 960123")


def test_a_part_opens_when_what_is_chosen_needs_it(
    page: Page, database: Database, clock: FixedClock, council: Council
) -> None:
    make_staff(database, clock, council.northbank, Role.AUTHORITY_ADMIN, email="admin@example.org")
    sign_in(page, "admin@example.org", PASSWORD)
    page.goto("/staff/set-up/site/new")
    expect(page.get_by_label("Address for video")).to_be_hidden()
    page.get_by_label("Virtual: by video and telephone").check()
    expect(page.get_by_label("Address for video")).to_be_visible()
    page.goto("/staff/sites/hill/week/new")
    expect(page.get_by_label("On which date of the month?")).to_be_hidden()
    page.get_by_label("Every month, on a date").check()
    expect(page.get_by_label("On which date of the month?")).to_be_visible()
