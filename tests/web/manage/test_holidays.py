"""Bank holidays with what the sites do on them; school holidays from a file, and sessions that depend on them."""

from __future__ import annotations

import io

import pytest
from flask.testing import FlaskClient

from people.staff.policy import Role
from tests.council.test_set_up import page_of, save
from tests.locations.test_school_holidays import CSV
from tests.planner.test_sessions import SATURDAY, WEEK, send
from tests.planner.test_sessions import page_of as planner_page
from tests.planner.test_sessions import save as save_session
from tests.support.pages import Page, check_page
from tests.web.site.conftest import Library

pytestmark = pytest.mark.databases("sqlite")
HOLIDAYS = "/staff/set-up/holidays"


def upload(client: FlaskClient, text: str, status: int = 200) -> Page:
    form = page_of(client, HOLIDAYS).form_to("/holidays")
    data = form.values() | {"file": (io.BytesIO(text.encode()), "holidays.csv")}
    answer = client.post(form.action, data=data, content_type="multipart/form-data", follow_redirects=True)
    assert answer.status_code == status, answer.text
    return check_page(answer.text)


def test_school_holidays_come_from_a_file_and_sessions_depend_on_them(library: Library) -> None:
    admin, manager = (
        library.sign_in(role, *site)
        for role, site in ((Role.AUTHORITY_ADMIN, ()), (Role.SITE_MANAGER, (library.world.site_id,)))
    )
    page = page_of(admin, page_of(admin, "/staff/set-up").link("Bank holidays and school holidays"))
    assert "Christmas DayAll sites are shut" in page.text
    assert manager.get(HOLIDAYS).status_code == 404
    form = planner_page(manager, f"{WEEK}/new")
    refused = send(manager, form, "/week/new", 400, **SATURDAY, school="term")
    assert "The school holidays are not known yet" in refused.text
    assert "Line 2: last_date: Write the day" in upload(admin, CSV.replace("1 January 2027", "soon"), 400).text
    assert "Choose a file" in upload(admin, "", 400).text
    preview = upload(admin, CSV)
    assert "Christmas" in preview.text
    assert "Christmas Monday 21 December 2026 to Friday 1 January 2027" not in page_of(admin, HOLIDAYS).text
    save(admin, preview)
    assert "Monday 21 December 2026 to Friday 1 January 2027" in page_of(admin, HOLIDAYS).text
    assert "School holidays are known until" not in page_of(admin, "/staff/").text
    preview = send(manager, refused, "/week/new", school="term")
    assert "not in school holidays" in preview.text
    save_session(manager, preview)
    assert "10am to 1pm" in planner_page(manager, f"{WEEK}?date=2026-12-19").text
    assert "10am to 1pm" not in planner_page(manager, f"{WEEK}?date=2026-12-26").text
    assert "School holidays are known until Friday 19 February 2027 only" in page_of(admin, "/staff/").text


def test_a_break_is_open_to_nobody_and_whoever_has_none_is_named(library: Library) -> None:
    manager = library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    values = SATURDAY | {"starts": "09:00", "ends": "17:00", "break_starts": "12:00"}
    page = send(manager, planner_page(manager, f"{WEEK}/new"), "/week/new", 400, **values)
    assert "Enter both times of the break" in page.text
    page = send(manager, page, "/week/new", 400, break_ends="18:00")
    assert "must lie within the hours" in page.text
    preview = send(manager, page, "/week/new", break_ends="13:00")
    assert "with a break from 12pm to 1pm" in preview.text.replace("midday", "12pm")
    save_session(manager, preview)
    week = planner_page(manager, f"{WEEK}?date=2026-12-05").text.replace("midday", "12pm")
    assert "9am to 12pm and 1pm to 5pm" in week
