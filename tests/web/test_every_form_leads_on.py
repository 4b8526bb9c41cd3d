"""No form of staff is answered with a page, unless it says what is wrong: Back must never ask to send a form again.

Every form of every page that a role reaches is sent by each of its buttons, as it stands and with each value of its
choices and its boxes filled in.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from booking.use_cases.make_closure import NewClosure, make_closure
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from core.runtime import Runtime
from core.settings import Settings
from people.staff.policy import Role
from people.staff.sign_in_sessions import COOKIE
from tests.support.callers import Callers, add_agent, make_callers, sign_in
from tests.support.crawl import crawl
from tests.support.pages import Form, read_page

pytestmark = pytest.mark.databases("sqlite")

SEARCHES = {"/staff/calls/find": {"q": "amina"}, "/staff/calls/new": {"q": "zebedee"}}
TYPED = ("", "amina", "Amina Yusuf 0999", "zebedee quux")
ENDS_THE_SESSION = ("/staff/sign-out", "/staff/calls/leave")


@pytest.fixture
def callers(database: Database, clock: FixedClock) -> Callers:
    callers = make_callers(database, clock.now())
    runtime = Runtime(Settings(database.url, "for-tests-only", is_test=True), database, clock)
    day = NewClosure(clock.now() + timedelta(days=9), clock.now() + timedelta(days=10))
    make_closure(runtime, callers.town.authority_id, day, actor=Actor.system())
    return callers


def sendings(form: Form) -> Iterator[dict[str, Any]]:
    """What a browser may send by this form: with each text in its boxes, and by each button that has a value."""
    boxes = [name for name in form.typed if form.kinds[name] not in ("radio", "checkbox", "select")]
    for text in TYPED:
        yield {**form.fields, **({name: [text] for name in boxes} if text else {})}
    for name, value in form.buttons[:3]:
        yield {**form.fields, name: [value]}


@pytest.mark.parametrize("role", Role)
def test_a_sent_form_leads_to_a_page_of_its_own(
    client: FlaskClient, database: Database, clock: FixedClock, callers: Callers, role: Role
) -> None:
    staff = add_agent(database, callers.town.authority_id, clock.now(), role.value, f"sender.{role}@example.org")
    client.set_cookie(COOKIE, sign_in(database, staff, clock.now()))
    pages = [path for paths in crawl(client, "/staff/", SEARCHES, each=2).opened.values() for path in paths]
    sent, answered = set(), []
    for path in pages:
        page = client.get(path)
        if page.mimetype != "text/html":
            continue
        for form in [form for form in read_page(page.text).forms if form.method == "post"]:
            for action in dict.fromkeys((form.action, *form.other_actions)):
                if urlsplit(action).path in ENDS_THE_SESSION:
                    continue
                for fields in sendings(form):
                    answer = client.post(action, data=fields)
                    sent.add(urlsplit(action).path)
                    if answer.status_code == 200 and answer.mimetype == "text/html":
                        answered.append((path, action))
    assert answered == []
    assert sent or role is Role.ADVISER  # who has nothing but links to follow
