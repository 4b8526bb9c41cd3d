"""What a visitor gets while the database is away: a page that keeps what they typed, and never a password."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from core.clock import FixedClock
from core.database import Database
from core.settings import Settings
from people.staff.policy import Role
from people.staff.sign_in_sessions import COOKIE
from tests.support.council import PASSWORD, make_staff
from tests.support.factories import make_world
from tests.support.pages import check_page
from wsgi import create_app

pytestmark = pytest.mark.databases("sqlite")

AWAY = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"
TYPED = 'Robin "Rob" <Sample> & Söhne'


@pytest.fixture
def away(settings: Settings, clock: FixedClock) -> Iterator[Flask]:
    """The application, whose database does not answer."""
    database = Database(AWAY)
    app = create_app(replace(settings, database_url=AWAY), database=database, clock=clock)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield app
    database.dispose()


def csrf_token(app: Flask, client: FlaskClient) -> str:
    """The token of a form that `client` opened before the database went away, with the cookie that belongs to it."""
    before = app.test_client()
    (form,) = check_page(before.get("/staff/sign-in").text).forms
    cookie = before.get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    client.set_cookie(cookie.key, cookie.value)
    return form.fields["csrf_token"][0]


def test_every_kind_of_page_says_when_to_come_back(away: Flask) -> None:
    client = away.test_client()
    for path in ("/", "/testshire/", "/manage/abc", "/testshire/find", "/no/such/page", "/staff/no/such/page"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert check_page(answer.text).headings == ["Sorry, the service is not working for a moment"]
    assert client.get("/healthz").status_code == 200


def test_every_form_comes_back_with_everything_that_was_typed(away: Flask, app: Flask) -> None:
    client = away.test_client()
    typed = MultiDict([("name", TYPED), ("need", "step-free"), ("need", "hearing-loop"), ("idempotency_key", "k1")])
    typed.add("csrf_token", csrf_token(app, client))
    client.set_cookie(COOKIE, "of somebody who signed in")
    with client.session_transaction() as session:  # who sends a code has shown the password before
        session["first_step"] = [1, "stamp", "2026-11-23T09:00:00+00:00", "ann@example.org"]
    addresses = addresses_of_forms(away)
    assert len(addresses) > 20
    for address in addresses:
        answer = client.post(address, data=typed)
        assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "5"), address
        (form,) = check_page(answer.text).forms
        assert (form.method, form.action) == ("post", address)
        assert form.fields == dict(typed.lists())


def addresses_of_forms(app: Flask) -> list[str]:
    """Every address that takes a form, with something in its place for each name in it."""
    adapter = app.url_map.bind("localhost")
    return [
        adapter.build(rule.endpoint, {name: "site" if name == "kind" else 1 for name in rule.arguments}, method="POST")
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and not rule.rule.startswith(("/api/", "/webhooks/"))
    ]


def test_a_password_does_not_come_back_and_the_form_works_again(
    away: Flask, app: Flask, database: Database, clock: FixedClock
) -> None:
    staff = make_staff(database, clock, make_world(database).authority_id, Role.TRIAGE_AGENT)
    client = away.test_client()
    sent = {"csrf_token": csrf_token(app, client), "email": staff.email, "password": PASSWORD}
    answer = client.post("/staff/sign-in", data=sent)
    assert answer.status_code == 503
    assert PASSWORD not in answer.text
    (form,) = check_page(answer.text).forms
    assert form.fields == {name: [value] for name, value in sent.items()} | {"password": [""]}
    healthy = app.test_client()
    cookie = client.get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    healthy.set_cookie(cookie.key, cookie.value)  # the same browser
    assert healthy.post(form.action, data=form.values(password=PASSWORD)).status_code == 303


def test_an_address_with_two_slashes_leads_nowhere_else(away: Flask) -> None:
    client = away.test_client()
    answer = client.get("/\\evil.example/", base_url="http://localhost")
    assert "//evil.example" not in answer.text
    assert "/\\evil.example" not in answer.text
