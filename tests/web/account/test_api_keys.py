"""Keys of programs on their page: shown once, rolled over, ended, used; each in the audit; for administrators alone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from booking.use_cases.webhooks import add_webhook
from booking.webhooks.signed_message import EVENTS
from booking.webhooks.tables import Webhook
from core.audit import Actor
from core.clock import FixedClock
from core.flask_context import EXTENSION
from people.staff.api_keys import TOUCH_EVERY, keys_of
from people.staff.policy import Role
from people.staff.tables import ApiKey
from tests.support.pages import check_page
from tests.web.account.test_colleagues import People, people, send

__all__ = ["people"]  # the fixture
PATH = "/staff/api-keys"
KEY = re.compile(r'id="key"><bdi>(fd_[^<]+)</bdi>')


def shown_key(client: FlaskClient, answer: TestResponse) -> tuple[str, str]:
    """The address of the key that was made, and its text."""
    assert answer.status_code == 303, answer.text
    page = client.get(answer.location)
    check_page(page.text)
    found = KEY.search(page.text)
    assert found
    assert not KEY.search(client.get(answer.location).text)  # this once
    return answer.location, found.group(1)


def made(client: FlaskClient) -> tuple[str, str]:
    return shown_key(client, send(client, f"{PATH}/new", name="Website", scopes="read"))


def call(people: People, key: str) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    return people.app.test_client().get("/api/read", headers=headers).status_code


def stored(people: People) -> list[ApiKey]:
    with people.database.reading() as db:
        return keys_of(db, people.council.northbank)


def test_a_key_is_made_used_and_ended(people: People, clock: FixedClock) -> None:
    admin = people.browser(people.admin_id)
    at, key = made(admin)
    assert "Never used" in admin.get(PATH).text
    for minutes, seen in ((0, True), (5, False), (10, True)):
        clock.advance(timedelta(minutes=minutes))
        before = stored(people)[0].last_used_at
        assert call(people, key) == 200
        assert (stored(people)[0].last_used_at != before) is seen
    assert timedelta(minutes=10) == TOUCH_EVERY
    check_page(admin.get(PATH).text)
    assert "Last used" in admin.get(PATH).text
    ended = admin.get(send(admin, f"{at}/end").location).text
    check_page(ended)
    assert "refused from now on" in ended
    assert call(people, key) == 401
    assert send(admin, f"{at}/end").status_code == 303  # twice changes nothing
    assert send(admin, f"{at}/roll-over", overlap="day").status_code == 404
    (kept,) = stored(people)
    assert (kept.made_by, kept.scopes) == ("Authority admin", ["read"])
    done = [(action, subject) for action, actor, subject in people.audit() if actor == people.admin_id]
    assert done == [("api_key_made", kept.id), ("api_key_ended", kept.id)]


@pytest.mark.parametrize(("overlap", "length"), [("now", 0), ("day", 1), ("week", 7), ("month", 30)])
def test_a_key_that_is_rolled_over_works_until_its_end(
    people: People, clock: FixedClock, overlap: str, length: int
) -> None:
    admin = people.browser(people.admin_id)
    at, old = made(admin)
    missing = send(admin, f"{at}/roll-over")
    assert missing.status_code == 400
    assert "Choose when the old key ends" in check_page(missing.text).text
    _, new = shown_key(admin, send(admin, f"{at}/roll-over", overlap=overlap))
    assert (call(people, new), call(people, old)) == (200, 200 if length else 401)
    assert send(admin, f"{at}/roll-over", overlap=overlap).status_code == 404
    clock.advance(timedelta(days=length))
    assert (call(people, new), call(people, old)) == (200, 401)
    first, second = stored(people)
    assert (first.name, first.scopes) == (second.name, second.scopes)


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"name": ""}, "name"), ({"name": "x" * 101}, "name"), ({"scopes": ""}, "scopes"), ({"scopes": "rule"}, "scopes")],
)
def test_a_mistake_keeps_what_was_typed_and_makes_nothing(people: People, typed: dict[str, str], field: str) -> None:
    admin = people.browser(people.admin_id)
    fields = {"name": "Website", "scopes": "read"} | typed
    answer = send(admin, f"{PATH}/new", **fields)
    assert answer.status_code == 400
    check_page(answer.text)
    assert f'href="#{field}' in answer.text
    assert f'value="{fields["name"]}"' in answer.text
    assert stored(people) == []


def test_nobody_else_sees_or_changes_a_key(people: People) -> None:
    at, key = made(people.browser(people.admin_id))
    manager = people.browser(people.add(Role.SITE_MANAGER, "manager@example.org"))
    council = people.council.elsewhere
    elsewhere = people.browser(people.add(Role.AUTHORITY_ADMIN, "far@example.org", authority_id=council))
    for client, own in ((manager, 404), (elsewhere, 200)):
        assert client.get(PATH).status_code == own
        assert "Website" not in client.get(PATH).text
        assert client.get(at).status_code == 404
        for change in ("roll-over", "end"):
            assert send(client, f"{at}/{change}", overlap="now").status_code == 404
    assert call(people, key) == 200


def test_an_administrator_sees_which_programs_are_told_and_ends_it(people: People) -> None:
    admin, runtime = people.browser(people.admin_id), people.app.extensions[EXTENSION]
    assert "Programs that are told" not in admin.get(PATH).text
    address = "https://benefits.example.org/hook?token=their-own"
    where = (runtime, people.council.northbank, address, EVENTS)
    webhook = add_webhook(*where, actor=Actor.system())
    page = check_page(admin.get(PATH).text)
    assert "benefits.example.org, since" in page.text
    assert "their-own" not in admin.get(PATH).text
    assert "Appointments that are cancelled" in page.text
    assert "has not taken" not in page.text
    with runtime.database.writing() as db:
        db.execute(update(Webhook).values(failing_since=runtime.clock.now(), failure="silent", tries=1))
    failing = check_page(admin.get(PATH).text).text
    assert "It does not answer. It has not taken what it is told since" in failing
    (form,) = [one for one in page.forms if one.action.endswith("/end")]
    manager = people.browser(people.add(Role.SITE_MANAGER, "manager@example.org"))
    council = people.council.elsewhere
    elsewhere = people.browser(people.add(Role.AUTHORITY_ADMIN, "far@example.org", authority_id=council))
    for client in (manager, elsewhere):
        assert "benefits.example.org" not in client.get(PATH).text
        assert send(client, form.action).status_code == 404
    assert form.action == f"{PATH}/told/{webhook}/end"
    assert send(admin, form.action).location == PATH
    assert "benefits.example.org" not in admin.get(PATH).text
    assert send(admin, form.action).status_code == 404
    assert ("webhook_removed", webhook) in [(action, subject) for action, _actor, subject in people.audit()]
