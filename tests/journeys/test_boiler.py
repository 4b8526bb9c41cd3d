"""A boiler breaks at 08:40 with 60 visits that day: eight clicks to 60 offers; the pages by keyboard, and under axe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import func, select, update

from booking.proposals.tables import Proposal
from booking.tables import Appointment, RebookItem
from booking.use_cases.offers import make_offers
from core.clock import FixedClock
from core.database import Database
from core.flask_context import EXTENSION
from core.tokens import digest, manage_token
from locations.catalogue_queries import bump_plan
from locations.tables import Site
from people.residents.details import ResidentDetails
from people.staff.policy import Role
from people.staff.sign_in_sessions import start
from reminders.reach_queries import can_be_told
from reminders.tables import Notification
from tests.support.council import make_staff
from tests.support.factories import make_appointment, make_runtime, make_world
from tests.support.server import LiveServer, serve
from web.staff_guard import cookie_name

pytestmark = [pytest.mark.journey, pytest.mark.databases("sqlite")]

BOILER = datetime(2026, 11, 23, 8, 40, tzinfo=UTC)
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
VISITS, MOST_CLICKS = 60, 8


@pytest.fixture
def live_server(app: Flask, database: Database, clock: FixedClock) -> Iterator[LiveServer]:
    """A library with 60 visits from noon on, at ten desks, and one tomorrow that does not fit any more; it is 08:40."""
    clock.instant = BOILER
    world, runtime = make_world(database, desks=10), make_runtime(database, BOILER)
    for number in range(VISITS):
        at = NOON + timedelta(minutes=30 * (number % 8))
        make_appointment(runtime, world, at, resident=ResidentDetails(f"Robin {number}", f"robin{number}@example.org"))
    dropped = make_appointment(
        runtime, world, NOON + timedelta(days=1), resident=ResidentDetails("Kim", phone="07700 900123")
    )
    with database.writing() as db:
        common = {"authority_id": world.authority_id, "reason": "hours", "created_at": BOILER}
        db.add(RebookItem(appointment_id=dropped.appointment_id, **common))
    make_staff(database, clock, world.authority_id, Role.AUTHORITY_ADMIN, email="admin@example.org")
    with serve(app) as server:
        yield server


@pytest.fixture
def manager(page: Page, app: Flask, database: Database, live_server: LiveServer) -> Page:
    """The manager's browser, signed in."""
    with database.writing() as db:
        token = start(db, 1, BOILER)
    with app.app_context():
        name = cookie_name()
    page.context.add_cookies([{"name": name, "value": token, "url": live_server.url}])
    return page


def test_a_first_day_says_that_it_begins_then(manager: Page) -> None:
    manager.goto("/staff/closures/new")
    manager.get_by_role("link", name="High Street Library").click()
    expect(manager.get_by_label("From now on")).to_be_checked()
    manager.get_by_label("First day", exact=True).fill("2026-12-03")
    manager.get_by_label("First day", exact=True).press("Tab")
    expect(manager.get_by_label("From a day that I give here")).to_be_checked()
    expect(manager.get_by_label("Last day", exact=True)).to_have_value("2026-12-03")
    manager.get_by_label("Last day", exact=True).fill("2026-12-05")
    manager.get_by_label("First day", exact=True).fill("2026-12-02")
    manager.get_by_label("First day", exact=True).press("Tab")
    expect(manager.get_by_label("Last day", exact=True)).to_have_value("2026-12-05")


def test_sixty_offers_are_on_their_way_after_eight_clicks(
    manager: Page, axe: Callable[[Page], None], app: Flask, database: Database
) -> None:
    clicks = 0

    def click(name: str, role: str = "link", **options: object) -> None:
        nonlocal clicks
        clicks += 1
        manager.get_by_role(role, name=name, **options).first.press("Enter")  # type: ignore[arg-type]

    manager.goto("/staff/")
    click("Closures", exact=True)
    axe(manager)
    click("Shut something", "button")
    click("High Street Library")
    axe(manager)
    click("See who is affected", "button")
    expect(manager.get_by_role("heading", name="60 people are affected")).to_be_visible()
    axe(manager)
    click("Shut it and offer everybody another time", "button")
    expect(manager.get_by_text("It is shut. Nothing can be booked there any more.")).to_be_visible()
    assert clicks <= MOST_CLICKS
    make_offers(app.extensions[EXTENSION], can_be_told)  # as the scheduler goes on
    with database.reading() as db:
        offers = db.scalar(select(func.count()).where(Notification.kind == "offer_1"))
    assert offers == VISITS
    manager.reload()
    expect(manager.get_by_text("60 people affected")).to_be_visible()
    axe(manager)
    with database.writing() as db:
        db.execute(update(Proposal).values(state="ended").where(Proposal.id == 1))
        db.execute(update(RebookItem).values(state="to_ring").where(RebookItem.appointment_id == 1))
        offered = db.get_one(Appointment, 2)  # booked with another key than the application's
        token = manage_token(app.extensions[EXTENSION].settings.secret_key, offered.manage_nonce)
        offered.manage_digest = digest(token)
        db.execute(update(Site).values(closed_from=BOILER.date(), where_to_go="Ring us."))
        bump_plan(db, offered.authority_id)
    manager.reload()  # with somebody to ring
    axe(manager)
    manager.goto(f"/manage/{token}")
    expect(manager.get_by_text("1 day later than before")).to_be_visible()
    axe(manager)
    manager.goto("/testshire/sites/high-street")
    expect(manager.get_by_text("Ring us.")).to_be_visible()
    axe(manager)


def test_the_pages_of_people_to_rebook_by_keyboard(manager: Page, axe: Callable[[Page], None]) -> None:
    def press(name: str, role: str = "button") -> None:
        manager.get_by_role(role, name=name).first.press("Enter")  # type: ignore[arg-type]
        axe(manager)

    manager.goto("/staff/closures/new?site=high-street")
    press("See who is affected")
    press("Shut it and offer everybody another time")
    press("Shorten, lengthen or move it")
    manager.get_by_label("Time on the last day when it opens again").fill("07:00")
    press("See what that does")
    expect(manager.get_by_role("alert")).to_be_visible()
    manager.get_by_label("Time on the last day when it opens again").fill("14:00")
    press("See what that does")
    press("Change the closure")
    expect(manager.get_by_text("The closure has another period.")).to_be_visible()
    manager.goto("/staff/to-rebook")
    press("Offer other times")
    manager.goto("/staff/to-ring")
    axe(manager)
    press("I am ringing")
    expect(manager.get_by_role("heading", name="Kim")).to_be_visible()
    press("Nobody answered")
    press("I am ringing")
    press("Confirm this time")
    expect(manager.get_by_text("Nobody is to be rung.")).to_be_visible()
    axe(manager)
    manager.goto("/staff/closures")
    manager.get_by_role("link", name="High Street Library").press("Enter")
    press("Lift the closure")
    press("Lift the closure")
    expect(manager.get_by_text("It is open again.")).to_be_visible()
    manager.goto("/staff/closures")
    expect(manager.get_by_text("Nothing is shut, now or later.")).to_be_visible()
    axe(manager)


def test_a_day_that_is_half_typed_is_not_sent_as_none(manager: Page) -> None:
    manager.clock.install()
    manager.goto("/staff/closures/new?site=high-street")
    manager.get_by_role("radio", name="From a day that I give here").check()
    first_day = manager.get_by_label("First day", exact=True)
    first_day.press_sequentially("24")
    button = manager.get_by_role("button", name="See who is affected")
    button.press("Enter")
    expect(first_day).to_be_focused()
    assert manager.url.endswith("/staff/closures/new?site=high-street")
    assert first_day.evaluate("box => box.validity.badInput")
    first_day.fill("2026-11-23")
    manager.clock.run_for(1000)  # until then the button takes it for a double click
    button.press("Enter")
    expect(manager.get_by_role("heading", name="60 people are affected")).to_be_visible()
