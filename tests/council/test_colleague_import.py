"""Colleagues from a CSV file: shown first, mistakes by line, all of them or none, and twice changes nothing."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from core.clock import FixedClock
from core.database import Database
from people.staff.policy import Role
from people.staff.tables import PasswordLink, StaffMail, StaffMember, StaffRole
from tests.council.test_set_up import page_of, post
from tests.support.factories import make_site, make_world
from tests.support.pages import Page, check_page
from tests.web.site.conftest import Library

FILE = """email,name,role,site
ann@example.org,Ann Adviser,adviser,High Street Library
ANN@example.org,,site-staff,high-street
agnes@example.org,Agnes Agent,Triage agent,
"""
FORM = "/staff/colleagues/import"


@pytest.fixture
def library(app: Flask, database: Database, clock: FixedClock) -> Library:
    world = make_world(database, desks=2)
    return Library(app, database, clock, world, make_site(database, world.authority_id, "mill-lane", name="Mill Lane"))


def upload(client: FlaskClient, text: str, status: int = 200) -> Page:
    form = page_of(client, FORM).form_to("/import")
    data = form.values() | {"file": (io.BytesIO(text.encode()), "colleagues.csv")}
    answer = client.post(FORM, data=data, content_type="multipart/form-data", follow_redirects=True)
    assert answer.status_code == status, answer.text
    return check_page(answer.text)


def counts(library: Library) -> list[int]:
    with library.database.reading() as db:
        tables = (StaffMember, StaffRole, PasswordLink, StaffMail)
        return [db.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def test_colleagues_are_shown_then_added_with_a_link_by_mail_and_twice_changes_nothing(library: Library) -> None:
    admin = library.sign_in(Role.AUTHORITY_ADMIN)
    before = counts(library)
    preview = upload(admin, FILE)
    assert "2 new accounts, 3 roles" in preview.text
    assert counts(library) == before
    page = post(admin, preview.form_to(preview.forms[-1].action))
    assert "Ann Adviser" in page.text
    after = counts(library)
    assert [new - old for new, old in zip(after, before, strict=True)] == [2, 3, 2, 2]
    again = upload(admin, FILE)
    assert "everybody is there already" in again.text
    post(admin, preview.form_to(preview.forms[-1].action))  # the button of the first page, pressed once more
    assert counts(library) == after
    more = upload(admin, "email;role;site\nagnes@example.org;site_manager;Mill Lane\n")
    assert "0 new accounts, 1 role" in more.text


@pytest.mark.databases("sqlite")
def test_mistakes_are_said_by_line_and_nothing_is_half_added(library: Library) -> None:
    admin = library.sign_in(Role.AUTHORITY_ADMIN)
    before = counts(library)
    wrong = FILE + "no address,X,adviser,\nbob@example.org,Bob,boss,\ncy@example.org,Cy,adviser,Nowhere\n"
    wrong += "di@example.org,Di,triage_agent,Mill Lane\n"
    page = upload(admin, wrong, 400)
    for words in (
        "Line 5: email:",
        "Line 6: role: There is no such role",
        "Line 7: site: There is no site called Nowhere",
    ):
        assert words in page.text
    assert "Line 8: site:" in page.text
    assert counts(library) == before
    assert "There is no such column" in upload(admin, "mail,role\nx,y\n", 400).text
    assert upload(admin, "", 400)


@pytest.mark.databases("sqlite")
def test_a_site_manager_brings_in_their_own_people_only(library: Library) -> None:
    manager = library.sign_in(Role.SITE_MANAGER, library.world.site_id)
    page = upload(manager, FILE, 400)
    assert "Line 4: role: An administrator gives this role." in page.text
    assert "Line 2" not in page.text
    elsewhere = "email,role,site\nann@example.org,adviser,Mill Lane\n"
    assert "Line 2: role:" in upload(manager, elsewhere, 400).text
    preview = upload(manager, FILE.replace("agnes@example.org,Agnes Agent,Triage agent,\n", ""))
    key = preview.forms[-1].action
    other = library.sign_in(Role.AUTHORITY_ADMIN)
    assert other.get(key).status_code == 404
    assert library.sign_in(Role.SITE_STAFF, library.world.site_id).get(FORM).status_code == 404
