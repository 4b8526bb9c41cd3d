"""The page of calendars that are kept elsewhere: tried, added, read again, removed; and what goes wrong is said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from booking.outside.tables import OutsideCalendar
from core.clock import FixedClock
from core.deadlines import time_limit
from core.settings import Settings
from council.outside_calendar_views import FETCH_SECONDS, page_limits
from tests.booking.test_outside_calendars import PRIVATE, TEN, busy, events
from tests.support.calendar_server import CalendarServer, calendar_server
from tests.support.pages import check_page
from tests.web.site.conftest import Library

pytestmark = pytest.mark.databases("sqlite")

PATH = "/staff/set-up/outside-calendars"


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(
        database_url=database_url, secret_key="a secret for tests", is_test=True, calendar_hosts=("127.0.0.1",)
    )


@pytest.fixture
def server() -> Iterator[CalendarServer]:
    with calendar_server() as running:
        running.text = events(busy(TEN), busy(TEN + timedelta(hours=2)))
        yield running


def send(admin: FlaskClient, library: Library, address: str, **typed: str) -> tuple[int, str]:
    """What the page says to a calendar of the first desk."""
    values = check_page(admin.get(PATH).text).form_to("/outside-calendars").values()
    sent = values | {"resource": str(library.world.resource_ids[0]), "kind": "ics", "address": address} | typed
    answer = admin.post(PATH, data=sent, follow_redirects=True)
    return answer.status_code, check_page(answer.text).text


def test_a_calendar_is_tried_added_seen_in_the_week_and_removed(
    admin: FlaskClient, library: Library, server: CalendarServer
) -> None:
    address = f"{server.url}/calendar.ics"
    status, text = send(admin, library, address, **{"try": "1"})
    assert (status, "Read 2 busy times. The next: Tuesday 24 November 2026 at 10am." in text) == (200, True)
    assert "Calendars that we read" not in text
    status, text = send(admin, library, address)
    assert (status, "2 busy times ahead" in text, "127.0.0.1" in text) == (200, True, True)
    assert "calendar.ics" not in text
    week = admin.get("/staff/sites/high-street/week?day=2026-11-24", follow_redirects=True).text
    day = admin.get("/staff/sites/high-street/days/2026-11-24").text
    assert "Busy elsewhere" in week
    assert "busy elsewhere" in day
    assert PRIVATE not in week + day
    form = check_page(admin.get(PATH).text).form_to("/outside-calendars/1")
    for button, says in (("read", "The calendar was read."), ("remove", "offered again")):
        answer = admin.post(
            form.action, data={"csrf_token": form.fields["csrf_token"], button: "1"}, follow_redirects=True
        )
        assert says in check_page(answer.text).text
    assert "Busy elsewhere" not in admin.get("/staff/sites/high-street/week?day=2026-11-24", follow_redirects=True).text


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/html", "is no calendar"),
        ("/garbage", "cannot be read"),
        ("/redirect/9", "leads on to others too often"),
        ("/away", "leads into a private network"),
    ],
)
def test_what_is_wrong_with_an_address_is_said_at_its_field(
    admin: FlaskClient, library: Library, server: CalendarServer, path: str, says: str
) -> None:
    status, text = send(admin, library, f"{server.url}{path}", password="letmein")
    assert (status, says in text, "letmein" in text) == (400, True, False)
    assert send(admin, library, "http://example.org/a.ics")[1].count("must begin with https://")


def test_all_that_is_wrong_is_said_at_once(admin: FlaskClient, library: Library) -> None:
    status, text = send(admin, library, "http://calendars.example.org/a.ics", resource="", kind="")
    assert status == 400
    for wrong in ("Choose a person or a resource", "Choose one", "The address must begin with https://"):
        assert wrong in text


def test_a_slow_server_leaves_the_page_time_and_what_was_typed(
    admin: FlaskClient, library: Library, server: CalendarServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("council.outside_calendar_views.FETCH_SECONDS", 0.5)
    values = check_page(admin.get(PATH).text).form_to("/outside-calendars").values()
    typed = {"resource": str(library.world.resource_ids[0]), "kind": "ics", "address": f"{server.url}/slow"}
    page = check_page(admin.post(PATH, data=values | typed).text)
    assert "took too long" in page.text
    assert page.form_to("/outside-calendars").values()["address"] == [typed["address"]]


def test_a_page_waits_for_no_more_than_its_time_allows() -> None:
    for seconds in (9.0, 6.0, 3.0, 0.5):
        with time_limit(seconds):
            limits = page_limits()
        assert limits.fetch.seconds <= FETCH_SECONDS
        assert limits.fetch.seconds + limits.expand_seconds <= max(seconds, limits.expand_seconds)


def test_a_calendar_that_fails_for_a_day_is_said_on_the_home_page(
    admin: FlaskClient, library: Library, server: CalendarServer, clock: FixedClock
) -> None:
    send(admin, library, f"{server.url}/calendar.ics")
    server.status = 500
    form = check_page(admin.get(PATH).text).form_to("/outside-calendars/1")
    admin.post(form.action, data={"csrf_token": form.fields["csrf_token"], "read": "1"})
    assert "could not be read for a day" not in admin.get("/staff/").text
    with library.database.writing() as db:
        db.execute(update(OutsideCalendar).values(failing_since=clock.now() - timedelta(hours=25)))
    assert "could not be read for a day" in check_page(admin.get("/staff/").text).text
    page = check_page(admin.get(PATH).text).text
    assert "Not read for a day" in page
    assert "What we read before that stays in force." in page
