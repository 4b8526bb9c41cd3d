"""My account: everybody of staff sees who they are, changes their own password, and ends their other sessions."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.audit import Actor, AuditEntry
from core.errors import NotAuthenticated
from core.flask_context import EXTENSION
from people.staff.accounts import deactivate_staff, end_sessions
from people.staff.own_account import OwnPassword, change_own_password
from people.staff.password_links import make_link
from people.staff.passwords import is_password
from people.staff.policy import Role
from people.staff.sign_in import SignInAttempt
from people.staff.sign_in_sessions import COOKIE, staff_of
from people.staff.tables import FORGOTTEN, StaffMember, StaffSession
from tests.support.council import ADDRESS, PASSWORD, make_staff
from tests.support.pages import check_page, read_page
from tests.web.account.pages import sign_in, token_on

EMAIL = "agent@example.org"
NEW = "velvet trombone picnic"


@pytest.fixture
def visitor(people_app: Flask) -> FlaskClient:
    """A browser. It keeps no context open: others of the same application are used beside it."""
    return people_app.test_client()


@pytest.fixture
def agent(database, clock, council) -> StaffMember:
    return make_staff(database, clock, council.northbank, Role.SITE_STAFF, email=EMAIL, site_id=council.hill)


def second_browser(client: FlaskClient) -> FlaskClient:
    other = client.application.test_client()
    assert sign_in(other, EMAIL).status_code == 303
    return other


def change(client: FlaskClient, current: str = PASSWORD, new: str = NEW, again: str = NEW) -> TestResponse:
    data = {"csrf_token": token_on(client, "/staff/account"), "current_password": current}
    return client.post("/staff/account/password", data=data | {"new_password": new, "repeated_password": again})


def actions(database) -> list[str]:
    with database.reading() as db:
        return list(db.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


@pytest.mark.parametrize("role", Role)
def test_everybody_sees_their_own_account_from_every_page(visitor, database, clock, council, role: Role) -> None:
    make_staff(database, clock, council.northbank, role, email="own@example.org")
    sign_in(visitor, "own@example.org")
    assert 'href="/staff/account"' in visitor.get("/staff/").text
    page = visitor.get("/staff/account").text
    assert "own@example.org" in page
    assert check_page(page).headings == ["My account"]


def test_a_new_password_works_and_ends_every_other_session(visitor, agent, database) -> None:
    sign_in(visitor, EMAIL)
    other = second_browser(visitor)
    answer = change(visitor)
    assert (answer.status_code, answer.location) == (303, "/staff/account?done=password_changed")
    assert "Your password is changed" in visitor.get(answer.location).text
    assert other.get("/staff/").status_code == 303
    assert visitor.get("/staff/").status_code == 200
    assert sign_in(other, EMAIL, PASSWORD).status_code == 400
    assert sign_in(other, EMAIL, NEW).status_code == 303
    assert "own_password_changed" in actions(database)


def test_a_new_password_ends_a_link_that_somebody_asked_for_with_the_mailbox(visitor, agent, database, clock) -> None:
    sign_in(visitor, EMAIL)
    with database.writing() as db:
        link = f"/staff/new-password/{make_link(db, agent.id, clock.now(), FORGOTTEN)}"
    stranger = visitor.application.test_client()
    assert stranger.get(link).status_code == 200
    assert change(visitor).status_code == 303
    assert stranger.get(link).status_code == 410


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"current": ""}, "current_password", "Enter your current password"),
        ({"current": "wrong password"}, "current_password", "This is not your current password"),
        ({"new": "", "again": ""}, "new_password", "Enter a new password"),
        ({"new": "short", "again": "short"}, "new_password", "at least 12 characters"),
        ({"new": "password1234", "again": "password1234"}, "new_password", "easy to guess"),
        ({"new": "agent@example.org", "again": "agent@example.org"}, "new_password", "easy to guess"),
        ({"again": "something else"}, "repeated_password", "Enter the same new password in both boxes"),
        ({"new": "x" * 1001, "again": "x" * 1001}, "new_password", "too long"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_changes(
    visitor, agent, database, typed: dict[str, Any], field: str, words: str
) -> None:
    sign_in(visitor, EMAIL)
    other = second_browser(visitor)
    answer = change(visitor, **typed)
    page = answer.text
    assert answer.status_code == 400
    assert words in page
    assert f'href="#{field}"' in page
    assert not any(f'value="{value}"' in page for value in (PASSWORD, NEW, *typed.values()) if value)
    assert other.get("/staff/").status_code == 200
    with database.reading() as db:
        assert is_password(db.scalars(select(StaffMember.password_hash)).one(), PASSWORD)


def test_the_current_password_is_guessed_no_faster_than_at_the_sign_in_page(visitor, agent) -> None:
    sign_in(visitor, EMAIL)
    assert [change(visitor, current=f"guess {number}").status_code for number in range(10)] == [400] * 10
    refused = change(visitor)
    assert refused.status_code == 429
    assert "Back to my account" in refused.text
    assert sign_in(second_client(visitor), EMAIL, "another guess").status_code == 400


def second_client(client: FlaskClient) -> FlaskClient:
    """Another browser, in which nobody has signed in before."""
    return client.application.test_client()


@pytest.mark.parametrize("how", [deactivate_staff, end_sessions])
def test_whoever_was_signed_out_meanwhile_does_not_come_back_by_a_new_password(
    visitor, agent, database, clock, how: Any
) -> None:
    """The form was sent before the administrator acted, and reaches the row after."""
    sign_in(visitor, EMAIL)
    with database.reading() as db:
        staff = staff_of(db, visitor.get_cookie(COOKIE).value, clock.now())
    assert staff is not None
    with database.writing() as db:
        how(db, EMAIL, actor=Actor.system(), now=clock.now())
        db.get_one(StaffMember, agent.id).is_active = True
    runtime = visitor.application.extensions[EXTENSION]
    with pytest.raises(NotAuthenticated):
        change_own_password(runtime, staff, OwnPassword(SignInAttempt(EMAIL, PASSWORD, ADDRESS), NEW))
    with database.reading() as db:
        assert is_password(db.scalars(select(StaffMember.password_hash)).one(), PASSWORD)


def test_my_sessions_are_listed_and_the_others_ended(visitor, agent, database, clock) -> None:
    sign_in(visitor, EMAIL)
    assert "You are signed in here only." in visitor.get("/staff/account").text
    other = second_browser(visitor)
    page = visitor.get("/staff/account").text
    assert page.count("Since Monday 23 November 2026") == 2
    assert page.count("This one") == 1
    answer = visitor.post("/staff/account/sessions/end", data={"csrf_token": token_on(visitor, "/staff/account")})
    assert (answer.status_code, answer.location) == (303, "/staff/account?done=sessions_ended")
    assert other.get("/staff/").status_code == 303
    assert visitor.get("/staff/account").status_code == 200
    assert "own_sessions_ended" in actions(database)


def test_one_other_session_is_told_by_its_browser_and_ended_alone(visitor, agent, database, clock) -> None:
    sign_in(visitor, EMAIL)
    phone, office = second_browser(visitor), second_browser(visitor)
    agents = {"iphone": "safari", "windows": "edge"}
    with database.writing() as db:
        own, *others = db.scalars(select(StaffSession).order_by(StaffSession.id)).all()
        for row, (device, browser) in zip(others, agents.items(), strict=True):
            row.device, row.browser = device, browser
    page = read_page(visitor.get("/staff/account").text)
    assert "Safari on an iPhone" in page.text
    assert "Edge on a computer with Windows" in page.text
    form = page.form_to(f"/sessions/{others[0].id}/end")
    for _press in range(2):
        answer = visitor.post(form.action, data=form.values())
        assert (answer.status_code, answer.location) == (303, "/staff/account?done=session_ended")
    assert (phone.get("/staff/").status_code, office.get("/staff/").status_code) == (303, 200)
    assert actions(database).count("own_session_ended") == 1
    for number in (own.id, 999):
        path = f"/staff/account/sessions/{number}/end"
        assert visitor.post(path, data=form.values()).status_code == 404


def test_nothing_of_another_persons_is_ended_or_shown(visitor, agent, database, clock, council) -> None:
    make_staff(database, clock, council.northbank, Role.AUTHORITY_ADMIN, email="admin@example.org")
    admin = second_client(visitor)
    sign_in(admin, "admin@example.org")
    sign_in(visitor, EMAIL)
    assert visitor.get("/staff/account").text.count("last used") == 1
    assert change(visitor).status_code == 303
    assert admin.get("/staff/").status_code == 200


def test_no_account_page_writes_without_its_token(visitor, agent) -> None:
    sign_in(visitor, EMAIL)
    for path in ("/staff/account/password", "/staff/account/sessions/end"):
        assert visitor.post(path, data={"current_password": PASSWORD}).status_code == 400
