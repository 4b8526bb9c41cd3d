"""The week of a site: every session where and when it is held, and how much is booked, free and shut."""

from __future__ import annotations

from datetime import date, time, timedelta
from http import HTTPStatus

import pytest
from flask.testing import FlaskClient

from locations.catalogue_queries import bump_plan
from locations.tables import Authority, SessionException, SessionTemplate
from people.staff.policy import Role
from tests.support.factories import make_resource
from tests.support.pages import Page, check_page
from tests.web.site.conftest import NINE, SITE, Library

pytestmark = pytest.mark.databases("sqlite")
WEEK = f"{SITE}/week"


def page_of(client: FlaskClient, path: str = WEEK) -> Page:
    answer = client.get(path)
    assert answer.status_code == HTTPStatus.OK
    return check_page(answer.text)


def except_on(library: Library, day: date, **values: object) -> None:
    """Let the site's session differ on a date."""
    with library.database.writing() as db:
        template = db.query(SessionTemplate).filter_by(site_id=library.world.site_id).one()
        db.add(SessionException(template_id=template.id, date=day, **values))
        bump_plan(db, library.world.authority_id, [library.world.site_id])


def test_the_week_says_when_each_resource_is_open_and_what_of_it_is_taken(
    library: Library, manager: FlaskClient
) -> None:
    library.book(0)
    library.book(30)
    make_resource(library.database, library.world.authority_id, library.world.site_id, "room", name="Quiet room")
    library.close(NINE + timedelta(days=1), NINE + timedelta(days=1, hours=2), "Fire drill")
    except_on(library, date(2026, 11, 25), starts=time(10), ends=time(12))
    except_on(library, date(2026, 11, 26), reason="Stocktaking")
    text = page_of(manager).text
    for words in (
        "Week: Mon 23 Nov to Sunday 29 November 2026",
        "9am to 5pm, Desk 1, Mon 23 Nov Certify documents and Housing advice",
        " booked, 7 hours ",
        "Shut 9am to 11am: Fire drill",
        "Other hours on this date",
        "Not held: Stocktaking",
        "No session in this week Quiet room",
    ):
        assert words in text
    following = page_of(manager, page_of(manager).link("Next week"))
    assert "Mon 30 Nov to Sunday 6 December 2026" in following.text
    assert "booked" not in following.text
    assert page_of(manager, following.link("Previous week")).title == page_of(manager).title


def test_a_bank_holiday_is_marked(library: Library, manager: FlaskClient) -> None:
    with library.database.writing() as db:
        db.get_one(Authority, library.world.authority_id).closes_on_bank_holidays = True
        bump_plan(db, library.world.authority_id)
    text = page_of(manager, f"{WEEK}?date=2026-12-25").text
    assert "Bank holiday: Christmas Day" in text
    assert "8 hours shut" in text


def test_a_day_by_half_hours_says_what_is_booked_and_free(library: Library, manager: FlaskClient) -> None:
    reference = library.book(60)
    desk = library.desk_of(reference)
    page = page_of(manager, page_of(manager).link("Mon 23 Nov"))
    assert f"Desk {desk} 1 booked, 7 hours 30 minutes free" in page.text
    assert "9am to 10am: Free 10am to 10:30am: Booked 10:30am to 5pm: Free" in page.text
    assert "Robin" not in page.text
    assert "There is no session on this day" in page_of(manager, f"{WEEK}/2026-11-28").text
    assert manager.get(f"{WEEK}/days?date=2026-11-28").location.endswith("/week/2026-11-28")


@pytest.mark.parametrize("path", [WEEK, f"{WEEK}/2026-11-24", f"{WEEK}/days"])
def test_a_manager_sees_the_weeks_of_their_own_sites_and_an_admin_all(
    library: Library, manager: FlaskClient, admin: FlaskClient, path: str
) -> None:
    elsewhere = path.replace("high-street", "mill-lane")
    staff = library.sign_in(Role.SITE_STAFF, library.world.site_id)
    answers = [client.get(at).status_code for client in (manager, admin, staff) for at in (path, elsewhere)]
    found = HTTPStatus.FOUND if path.endswith("days") else HTTPStatus.OK
    assert answers == [found, HTTPStatus.NOT_FOUND, found, found, HTTPStatus.NOT_FOUND, HTTPStatus.NOT_FOUND]


@pytest.mark.parametrize("day", ["2026-13-01", "tomorrow", "20261124"])
def test_what_is_no_date_is_not_found(library: Library, manager: FlaskClient, day: str) -> None:
    for path in (f"{WEEK}?date={day}", f"{WEEK}/{day}", f"{WEEK}/days?date={day}"):
        assert manager.get(path).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    ("hours", "words"), [(0, "8 hours free"), (5, "3 hours still free"), (9, "8 hours stayed free")]
)
def test_what_is_over_is_not_called_free(library: Library, hours: int, words: str) -> None:
    library.clock.advance(timedelta(hours=hours))
    manager = library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    assert words in check_page(manager.get(f"{WEEK}?date=2026-11-23").text).text
