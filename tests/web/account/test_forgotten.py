"""A forgotten password: the same answer for everybody, a link by real mail that works once for an hour, and its limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from core.audit import AuditEntry
from core.clock import FixedClock
from core.database import Database
from core.flask_context import EXTENSION
from core.runtime import Runtime
from people.staff.password_requests import answer_password_requests
from people.staff.tables import PasswordLink, PasswordRequest, StaffMail, StaffMember
from reminders.channels.smtp import SmtpChannel, SmtpServer
from reminders.staff_mails import KEPT, delete_old_mails, send_staff_mails
from tests.faults.mail_server import MailServer, free_port, running
from tests.support.pages import check_page
from tests.web.account.pages import sign_in, token_on
from tests.web.account.test_colleagues import NEW, People, new_link, people, send

__all__ = ["people"]  # the fixture
SENDER = "appointments@example.org"
PATH = "/staff/forgotten"
LINK = re.compile(r"https?://\S+(/staff/new-password/\w+)")
EMAIL = "counter@example.org"
SETTINGS = ("PRAGMA", "SET ")  # how long a statement may wait, in numbers that differ


class Post:
    """A mail server, and the scheduler's part that sends to it."""

    def __init__(self, people: People, server: MailServer, url: str) -> None:
        self.runtime: Runtime = people.app.extensions[EXTENSION]
        self.server, self.channel = server, SmtpChannel(SmtpServer.from_url(url), SENDER)

    def tick(self) -> int:
        answer_password_requests(self.runtime)
        return send_staff_mails(self.runtime, {"email": self.channel})

    def link(self) -> str:
        """The path of the link in the last email."""
        body = self.server.taken[-1].get_body(("plain",))
        assert body is not None
        found = LINK.search(body.get_content())
        assert found
        return found.group(1)


@pytest.fixture
def post(people: People) -> Iterator[Post]:
    server = MailServer()
    with running(server) as url:
        yield Post(people, server, url)


def ask(client: FlaskClient, email: str) -> TestResponse:
    return client.post(PATH, data={"csrf_token": token_on(client, PATH), "email": email})


def set_password(client: FlaskClient, link: str) -> int:
    sent = {"csrf_token": token_on(client, link), "new_password": NEW, "repeated_password": NEW}
    return client.post(link, data=sent).status_code


def states(database: Database) -> list[tuple[str, int]]:
    with database.reading() as db:
        return [(mail.state, mail.tries) for mail in db.scalars(select(StaffMail).order_by(StaffMail.id))]


def test_a_forgotten_password_is_set_by_a_link_that_works_once(people: People, post: Post) -> None:
    old, visitor = people.browser(people.counter_id), people.app.test_client()
    answer = ask(visitor, " Counter@Example.org ")
    assert (answer.status_code, answer.location) == (303, f"{PATH}/sent")
    check_page(visitor.get(answer.location).text)
    assert post.tick() == 1
    (email,) = post.server.taken
    assert (email["To"].addresses[0].addr_spec, email["Auto-Submitted"]) == (EMAIL, "auto-generated")
    assert sign_in(visitor, EMAIL).status_code == 303  # the present password works until then
    link = post.link()
    for _ in range(2):  # a scanner of mail opens it, too
        assert EMAIL in visitor.get(link).text
    assert set_password(visitor, link) == 303
    assert visitor.get(link).status_code == 410
    assert old.get("/staff/").status_code == 303
    assert sign_in(people.app.test_client(), EMAIL).status_code == 400
    assert sign_in(people.app.test_client(), EMAIL, NEW).status_code == 303
    assert post.tick() == 0
    assert states(people.database) == [("sent", 1)]
    assert ("staff_password_link_requested", None, people.counter_id) in people.audit()


def test_nobody_learns_whether_an_account_exists(people: People, post: Post) -> None:
    """The same answer, by the same statements; to an account that has ended nothing is sent either."""
    with people.database.writing() as db:
        db.get_one(StaffMember, people.admin_id).is_active = False
    seen = []
    for email in (EMAIL, "nobody@example.org", "admin@example.org"):
        statements: list[str] = []
        client = people.app.test_client()
        token = token_on(client, PATH)

        def keep(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            if not statement.startswith(SETTINGS):
                statements.append(statement)  # noqa: B023  (the listener is removed within the round)

        event.listen(people.database.engine, "before_cursor_execute", keep)
        answer = client.post(PATH, data={"csrf_token": token, "email": email})
        event.remove(people.database.engine, "before_cursor_execute", keep)
        seen.append((answer.status_code, answer.location, answer.text, statements))
    assert seen[0] == seen[1] == seen[2]
    assert seen[0][3]
    assert post.tick() == 1
    assert [email["To"].addresses[0].addr_spec for email in post.server.taken] == [EMAIL]
    with people.database.reading() as db:
        assert db.scalars(select(PasswordRequest)).all() == []


def test_a_link_by_email_ends_after_an_hour_and_with_the_next_one(
    people: People, post: Post, clock: FixedClock
) -> None:
    visitor = people.app.test_client()
    links = []
    for _ in range(2):
        ask(visitor, EMAIL)
        assert post.tick() == 1
        links.append(post.link())
    assert [visitor.get(link).status_code for link in links] == [410, 200]
    clock.advance(timedelta(hours=1))
    assert visitor.get(links[1]).status_code == 410
    assert post.tick() == 0


def test_the_link_of_an_administrator_works_beside_it_and_any_password_ends_both(people: People, post: Post) -> None:
    admin, visitor = people.browser(people.admin_id), people.app.test_client()
    given = new_link(admin, send(admin, f"/staff/colleagues/{people.counter_id}/link"))
    ask(visitor, EMAIL)
    post.tick()
    assert [visitor.get(link).status_code for link in (given, post.link())] == [200, 200]
    assert set_password(visitor, given) == 303
    assert [visitor.get(link).status_code for link in (given, post.link())] == [410, 410]


def test_no_more_than_three_emails_an_hour_go_to_one_address(people: People, post: Post) -> None:
    answers = {(ask(people.app.test_client(), EMAIL).status_code, post.tick()) for _ in range(3)}
    assert answers == {(303, 1)}
    assert (ask(people.app.test_client(), EMAIL).status_code, post.tick()) == (303, 0)


def test_one_origin_is_slowed(people: People) -> None:
    client = people.app.test_client()
    answers = [ask(client, f"somebody{number}@example.org") for number in range(12)]
    assert [answer.status_code for answer in answers] == [303] * 11 + [429]
    assert "asked for too often" in check_page(answers[-1].text).text
    assert int(answers[-1].headers["Retry-After"]) > 0


@pytest.mark.parametrize("email", ["", "no email", "x" * 300 + "@example.org"])
def test_a_mistake_keeps_what_was_typed(people: People, email: str) -> None:
    answer = ask(people.app.test_client(), email)
    assert answer.status_code == 400
    check_page(answer.text)
    assert 'href="#email"' in answer.text
    assert f'value="{email}"' in answer.text


def test_an_email_waits_for_a_server_and_is_given_up_when_it_is_refused(people: People, clock: FixedClock) -> None:
    ask(people.app.test_client(), EMAIL)
    gone = Post(people, MailServer(), f"smtp://127.0.0.1:{free_port()}")
    assert gone.tick() == 0
    assert states(people.database) == [("pending", 0)]
    clock.advance(timedelta(minutes=1))
    server = MailServer(reply=lambda _email: "451 busy")
    with running(server) as url:
        post = Post(people, server, url)
        assert post.tick() == 0
        clock.advance(timedelta(minutes=1))
        server.reply = lambda _email: "550 5.1.1 no such mailbox"
        assert post.tick() == 0
        clock.advance(timedelta(minutes=1))
        assert post.tick() == 0
    assert [state for state, _tries in states(people.database)] == ["failed"]
    admin = people.browser(people.admin_id)
    assert "Could not be sent" in admin.get(f"/staff/colleagues/{people.counter_id}").text


def test_an_email_whose_link_has_ended_is_not_sent(people: People, post: Post, clock: FixedClock) -> None:
    ask(people.app.test_client(), EMAIL)
    answer_password_requests(post.runtime)
    with people.database.writing() as db:
        db.delete(db.get_one(PasswordLink, (people.counter_id, "forgotten")))
    assert post.tick() == 0
    assert states(people.database) == [("void", 0)]
    with people.database.writing() as db:
        delete_old_mails(db, clock.now() + KEPT + timedelta(seconds=1))
    assert states(people.database) == []


def test_nobody_s_mailbox_is_filled_by_clicks(people: People, post: Post, clock: FixedClock) -> None:
    admin = people.browser(people.admin_id)
    at = f"/staff/colleagues/{people.counter_id}"
    assert send(admin, f"{at}/link").status_code == 303
    sent = []
    for minutes in (0, 1, 3, 2, 1, 5):
        clock.advance(timedelta(minutes=minutes))
        assert send(admin, f"{at}/link/mail").status_code == 303
        sent.append(post.tick())
    assert sent == [1, 0, 0, 1, 0, 1]


def test_the_link_of_a_new_colleague_is_sent_by_email(people: People, post: Post) -> None:
    admin = people.browser(people.admin_id)
    fields = {"role": "adviser", "site": "mill", "new_email": "new@example.org", "name": "Nia New"}
    link = new_link(admin, send(admin, "/staff/colleagues/new", **fields))
    at = f"/staff/colleagues/{people.member('new@example.org').id}"
    answer = send(admin, f"{at}/link/mail")
    assert answer.location == f"{at}?done=mailed"
    assert "Waiting" in admin.get(answer.location).text
    assert post.tick() == 1
    assert post.link() == link
    assert "Sent" in admin.get(at).text
    assert set_password(people.app.test_client(), link) == 303
    assert send(admin, f"{at}/link/mail").status_code == 404  # it is used
    with people.database.reading() as db:
        mailed = select(AuditEntry.actor_id).where(AuditEntry.action == "staff_password_link_mailed")
        assert db.scalars(mailed).all() == [people.admin_id]
