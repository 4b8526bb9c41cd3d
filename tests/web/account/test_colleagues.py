"""Colleagues: added by a link that works once, given roles, signed out, let go and taken back, each by whom it may be."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from booking.use_cases.cleanup import delete_expired
from booking.use_cases.let_go import deactivate_colleague
from core.audit import AuditEntry
from core.clock import FixedClock
from core.database import Database
from core.errors import Invalid, NotAuthenticated, NotFound, ServiceError
from core.flask_context import EXTENSION
from core.tokens import digest
from people.staff import sign_in_sessions
from people.staff.colleagues import renew_link, take_role
from people.staff.policy import Role
from people.staff.sign_in_sessions import SignedInStaff
from people.staff.tables import PasswordLink, StaffMember, StaffRole
from tests.support.council import Council, make_staff
from tests.support.pages import check_page
from tests.web.account.pages import sign_in, token_on

LINK = re.compile(r'id="link"><bdi>[^<]*(/staff/new-password/[^<]+)</bdi>')
NEW = "velvet trombone picnic"
CHANGES = ("link", "link/mail", "roles", "roles/remove", "sessions/end", "deactivate", "reactivate")
ROLE_AT_HILL = {"role": "adviser", "site": "hill", "held": "site_staff/hill", "confirmed": "yes"}


class People:
    """The staff of a council, and their browsers."""

    def __init__(self, app: Flask, database: Database, clock: FixedClock, council: Council) -> None:
        self.app, self.database, self.clock, self.council = app, database, clock, council
        self.admin_id = self.add(Role.AUTHORITY_ADMIN, "admin@example.org")
        self.counter_id = self.add(Role.SITE_STAFF, "counter@example.org", council.hill)

    def add(self, role: Role, email: str, site_id: int | None = None, authority_id: int | None = None) -> int:
        authority_id = authority_id or self.council.northbank
        return make_staff(self.database, self.clock, authority_id, role, email=email, site_id=site_id).id

    def browser(self, staff_id: int) -> FlaskClient:
        client = self.app.test_client()
        with self.database.writing() as db:
            client.set_cookie(sign_in_sessions.COOKIE, sign_in_sessions.start(db, staff_id, self.clock.now()))
        return client

    def signed_in(self, staff_id: int) -> SignedInStaff:
        with self.database.writing() as db:
            token = sign_in_sessions.start(db, staff_id, self.clock.now())
            staff = sign_in_sessions.staff_of(db, token, self.clock.now())
        assert staff is not None
        return staff

    def member(self, email: str) -> StaffMember:
        with self.database.reading() as db:
            return db.scalars(select(StaffMember).where(StaffMember.email == email)).one()

    def roles(self, email: str) -> set[tuple[str, int | None]]:
        staff_id = self.member(email).id
        with self.database.reading() as db:
            return {
                (row.role, row.site_id) for row in db.scalars(select(StaffRole).where(StaffRole.staff_id == staff_id))
            }

    def audit(self) -> list[tuple[str, int | None, int]]:
        with self.database.reading() as db:
            rows = db.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        return [(row.action, row.actor_id, row.subject_id) for row in rows]


@pytest.fixture
def people(people_app: Flask, database: Database, clock: FixedClock, council: Council) -> People:
    return People(people_app, database, clock, council)


def send(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    return client.post(path, data={"csrf_token": token_on(client, "/staff/"), **fields})


def new_link(client: FlaskClient, answer: TestResponse) -> str:
    """The path of the link that the page after `answer` shows."""
    assert answer.status_code == 303, answer.text
    found = LINK.search(client.get(str(answer.location)).text)
    assert found
    return found.group(1)


def test_a_new_colleague_sets_a_password_by_a_link_and_signs_in(people: People) -> None:
    admin = people.browser(people.admin_id)
    fields = {"role": "adviser", "site": "mill", "new_email": "New@Example.org", "name": "Nia New"}
    link = new_link(admin, send(admin, "/staff/colleagues/new", **fields))
    token = link.rpartition("/")[2]
    with people.database.reading() as db:
        assert db.scalars(select(PasswordLink.token_digest)).one() == digest(token) != token
    assert people.roles("new@example.org") == {("adviser", people.council.mill)}
    assert "No password yet" in admin.get("/staff/colleagues").text
    new = people.app.test_client()
    for _ in range(2):  # a scanner of mail opens it, too
        assert "new@example.org" in new.get(link).text
    assert sign_in(new, "new@example.org", "").status_code == 400
    answer = new.post(link, data={"csrf_token": token_on(new, link), "new_password": NEW, "repeated_password": NEW})
    assert (answer.status_code, answer.location) == (303, "/staff/sign-in?password_set=1")
    assert "Your password is set" in new.get(answer.location).text
    assert sign_in(new, "new@example.org", NEW).status_code == 303
    assert "Has never signed in" in admin.get("/staff/colleagues").text  # the counter's
    assert admin.get("/staff/colleagues").text.count("Last signed in") == 1
    member = people.member("new@example.org")
    assert ("staff_added", people.admin_id, member.id) in people.audit()
    assert ("staff_password_set_by_link", member.id, member.id) in people.audit()


def test_a_link_works_once_for_72_hours_and_until_the_next_one(people: People, clock: FixedClock) -> None:
    admin, path = people.browser(people.admin_id), f"/staff/colleagues/{people.counter_id}/link"
    first = new_link(admin, send(admin, path))
    second = new_link(admin, send(admin, path))
    visitor = people.app.test_client()
    assert visitor.get(first).status_code == 410
    token = token_on(visitor, second)
    sent = {"csrf_token": token, "new_password": NEW, "repeated_password": NEW}
    assert visitor.post(second, data=sent).status_code == 303
    assert visitor.post(second, data=sent).status_code == 410
    assert visitor.get(second).status_code == 410
    admin = people.browser(people.admin_id)
    third = new_link(admin, send(admin, path))
    clock.advance(timedelta(hours=72))
    over = visitor.get(third)
    assert over.status_code == 410
    assert "ask an administrator of your council" in over.text
    delete_expired(people.app.extensions[EXTENSION])
    with people.database.reading() as db:
        assert db.scalars(select(PasswordLink.staff_id)).all() == []


def test_a_link_is_shown_once(people: People) -> None:
    admin, path = people.browser(people.admin_id), f"/staff/colleagues/{people.counter_id}/link"
    new_link(admin, send(admin, path))
    again = admin.get(path).text
    assert not LINK.search(again)
    assert "Make a new link" in again


def test_a_new_link_ends_the_old_password_and_every_session(people: People) -> None:
    counter, admin = people.browser(people.counter_id), people.browser(people.admin_id)
    new_link(admin, send(admin, f"/staff/colleagues/{people.counter_id}/link"))
    assert counter.get("/staff/").status_code == 303
    assert sign_in(counter, "counter@example.org").status_code == 400
    assert ("staff_password_link_made", people.admin_id, people.counter_id) in people.audit()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"new_password": "short", "repeated_password": "short"}, "new_password"),
        ({"new_password": "counter@example", "repeated_password": "counter@example"}, "new_password"),
        ({"new_password": NEW, "repeated_password": "x"}, "repeated_password"),
        ({"new_password": "", "repeated_password": ""}, "new_password"),
    ],
)
def test_a_refused_password_leaves_the_link(people: People, typed: dict[str, str], field: str) -> None:
    admin = people.browser(people.admin_id)
    link = new_link(admin, send(admin, f"/staff/colleagues/{people.counter_id}/link"))
    visitor = people.app.test_client()
    answer = visitor.post(link, data={"csrf_token": token_on(visitor, link), **typed})
    assert answer.status_code == 400
    assert f'href="#{field}"' in answer.text
    assert visitor.get(link).status_code == 200


def test_a_deactivated_colleagues_link_does_not_work(people: People) -> None:
    admin, at = people.browser(people.admin_id), f"/staff/colleagues/{people.counter_id}"
    link = new_link(admin, send(admin, f"{at}/link"))
    send(admin, f"{at}/deactivate")
    assert admin.application.test_client().get(link).status_code == 410
    refused = send(admin, f"{at}/link")
    assert refused.status_code == 400
    assert "was deactivated" in refused.text


@pytest.mark.parametrize("how", ["a role beyond theirs", "deactivated", "no manager any more", "manager elsewhere"])
def test_a_link_ends_with_the_right_of_whoever_made_it(people: People, how: str) -> None:
    """A site manager who keeps a link gets no more by it than they may have while it lasts."""
    manager_id = people.add(Role.SITE_MANAGER, "manager@example.org", people.council.hill)
    manager, admin = people.browser(manager_id), people.browser(people.admin_id)
    fields = {"role": "adviser", "site": "hill", "new_email": "new@example.org", "name": "Nia New"}
    links = [
        new_link(manager, send(manager, "/staff/colleagues/new", **fields)),
        new_link(manager, send(manager, f"/staff/colleagues/{people.counter_id}/link")),
    ]
    at, role = f"/staff/colleagues/{manager_id}", {"role": "triage_agent", "site": "*", "confirmed": "yes"}
    if how == "a role beyond theirs":
        for staff_id in (people.counter_id, people.member("new@example.org").id):
            assert send(admin, f"/staff/colleagues/{staff_id}/roles", **role).status_code == 303
    elif how == "deactivated":
        assert send(admin, f"{at}/deactivate").status_code == 303
    else:
        if how == "manager elsewhere":
            assert send(admin, f"{at}/roles", role="site_manager", site="mill", confirmed="yes").status_code == 303
        assert send(admin, f"{at}/roles/remove", held="site_manager/hill").status_code == 303
    visitor = people.app.test_client()
    sent = {"csrf_token": token_on(visitor, "/staff/sign-in"), "new_password": NEW, "repeated_password": NEW}
    for link in links:
        assert visitor.get(link).status_code == 410
        assert visitor.post(link, data=sent).status_code == 410
    assert sign_in(visitor, "counter@example.org", NEW).status_code == 400


def test_a_link_outlives_changes_that_its_maker_may_make(people: People) -> None:
    admin, at = people.browser(people.admin_id), f"/staff/colleagues/{people.counter_id}"
    other = people.add(Role.ADVISER, "other@example.org", people.council.mill)
    link = new_link(admin, send(admin, f"{at}/link"))
    assert send(admin, f"{at}/roles", role="site_manager", site="mill", confirmed="yes").status_code == 303
    assert people.roles("counter@example.org") >= {("site_manager", people.council.mill)}
    assert send(admin, f"{at}/roles/remove", held="site_staff/hill").status_code == 303
    assert send(admin, f"/staff/colleagues/{other}/deactivate").status_code == 303
    assert people.app.test_client().get(link).status_code == 200


def test_roles_are_given_and_taken_away(people: People) -> None:
    admin, at = people.browser(people.admin_id), f"/staff/colleagues/{people.counter_id}"
    hill, email = people.council.hill, "counter@example.org"
    assert send(admin, f"{at}/roles", role="triage_agent", site="*", confirmed="yes").status_code == 303
    assert people.roles(email) == {("site_staff", hill), ("triage_agent", None)}
    assert send(admin, f"{at}/roles/remove", held="site_staff/hill", confirmed="yes").status_code == 303
    assert people.roles(email) == {("triage_agent", None)}
    refused = send(admin, f"{at}/roles", role="triage_agent", site="mill")
    assert refused.status_code == 400
    assert 'href="#site"' in refused.text
    assert 'value="mill" selected' in refused.text
    for held in ("wizard/", "site_staff/far", ""):
        assert send(admin, f"{at}/roles/remove", held=held).status_code == 404
    again = send(admin, f"{at}/roles/remove", held="site_staff/hill", confirmed="yes")  # another window was quicker
    assert (again.status_code, again.location) == (303, f"{at}?done=roles")
    effect = admin.get(f"{at}/roles/effect", query_string={"held": "site_staff/hill"})
    assert effect.location.startswith(at)
    assert [action for action, actor, _ in people.audit() if actor == people.admin_id] == [
        "staff_added",
        "staff_role_removed",
    ]


def test_the_effect_is_shown_before_roles_change(people: People) -> None:
    admin, at = people.browser(people.admin_id), f"/staff/colleagues/{people.counter_id}"
    giving = send(admin, f"{at}/roles", role="adviser", site="mill")
    shown = check_page(admin.get(str(giving.location)).text)
    assert "see the list of the day: Mill Library" in shown.text
    assert "save the list" not in shown.text
    taking = check_page(admin.get(f"{at}/roles/effect?held=site_staff/hill").text)
    assert "move and cancel appointments: Hill Library" in taking.text
    assert "left without a role" in taking.text
    assert people.roles("counter@example.org") == {("site_staff", people.council.hill)}
    for query in ("", "?held=adviser/far", "?give=wizard/"):
        assert admin.get(f"{at}/roles/effect{query}").status_code == 404
    assert admin.get(f"{at}/roles/effect?held=site_staff/mill").location.startswith(at)  # taken away already
    for page, path in ((shown, "/roles"), (taking, "/roles/remove")):
        form = page.form_to(path)
        assert admin.post(form.action, data=form.fields).status_code == 303
    assert people.roles("counter@example.org") == {("adviser", people.council.mill)}


def test_a_colleague_is_signed_out_let_go_and_taken_back(people: People) -> None:
    admin, at = people.browser(people.admin_id), f"/staff/colleagues/{people.counter_id}"
    for change, password_works in (("sessions/end", 303), ("deactivate", 400)):
        counter = people.browser(people.counter_id)
        answer = send(admin, f"{at}/{change}")
        assert admin.get(str(answer.location)).status_code == 200
        assert counter.get("/staff/").status_code == 303
        assert sign_in(people.app.test_client(), "counter@example.org").status_code == password_works
    assert "Deactivated" in admin.get("/staff/colleagues").text
    assert send(admin, f"{at}/reactivate").status_code == 303
    assert sign_in(people.app.test_client(), "counter@example.org").status_code == 303
    done = [
        action for action, actor, subject in people.audit() if (actor, subject) == (people.admin_id, people.counter_id)
    ]
    assert done == ["staff_signed_out_everywhere", "staff_deactivated", "staff_reactivated"]


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"new_email": ""}, "new_email", "Enter an email address"),
        ({"new_email": "no email"}, "new_email", "email address"),
        ({"new_email": "counter@example.org"}, "new_email", "has an account with this email address already"),
        ({"new_email": "elsewhere@example.org"}, "new_email", "has an account with this email address already"),
        ({"role": "triage_agent"}, "site", "Choose “All sites”"),
        ({"role": ""}, "role", "Choose a role"),
        ({"site": ""}, "site", "Choose a site, or all sites"),
        ({"role": "wizard"}, "role", "choose one of those on the page"),
        ({"site": "far"}, "site", "choose one of those on the page"),
    ],
)
def test_a_mistake_keeps_what_was_typed_and_adds_nobody(
    people: People, typed: dict[str, str], field: str, words: str
) -> None:
    people.add(Role.AUTHORITY_ADMIN, "elsewhere@example.org", authority_id=people.council.elsewhere)
    admin = people.browser(people.admin_id)
    fields = {"role": "adviser", "site": "mill", "new_email": "new@example.org", "name": "Nia New"} | typed
    answer = send(admin, "/staff/colleagues/new", **fields)
    assert answer.status_code == 400
    check_page(answer.text)
    assert words in answer.text
    assert f'href="#{field}"' in answer.text
    assert 'value="Nia New"' in answer.text
    with people.database.reading() as db:
        assert len(db.scalars(select(StaffMember.id)).all()) == 3


@pytest.mark.parametrize("role", Role)
def test_each_role_sees_whom_it_manages_and_others_are_unknown(people: People, role: Role) -> None:
    """At Hill: an administrator all, a site manager the site staff of Hill; for everybody else there is no such page."""
    council = people.council
    site = council.hill if role in (Role.SITE_MANAGER, Role.SITE_STAFF, Role.ADVISER) else None
    own = people.add(role, "own@example.org", site)
    mill = people.add(Role.SITE_STAFF, "mill@example.org", council.mill)
    agent = people.add(Role.TRIAGE_AGENT, "agent@example.org")
    far = people.add(Role.SITE_STAFF, "far@example.org", council.far, council.elsewhere)
    everybody = {people.admin_id, people.counter_id, own, mill, agent}
    seen = {Role.AUTHORITY_ADMIN: everybody, Role.SITE_MANAGER: {people.counter_id}}.get(role, set())
    client = people.browser(own)
    assert client.get("/staff/colleagues").status_code == (200 if seen else 404)
    assert ('href="/staff/colleagues"' in client.get("/staff/").text) is bool(seen)
    unknown = client.get("/staff/colleagues/999999").status_code
    assert unknown == 404
    for other in {*everybody, far}:
        assert client.get(f"/staff/colleagues/{other}").status_code == (200 if other in seen else 404)
        if other not in seen or other == own:
            answers = [send(client, f"/staff/colleagues/{other}/{change}", **ROLE_AT_HILL) for change in CHANGES]
            assert {answer.status_code for answer in answers} == {404}, other
    assert {action for action, actor, _ in people.audit() if actor == own} == set()


def test_a_site_manager_adds_and_changes_staff_of_their_own_site_only(people: People) -> None:
    council = people.council
    manager = people.browser(people.add(Role.SITE_MANAGER, "manager@example.org", council.hill))
    fields = {"site": "hill", "new_email": "new@example.org", "name": "Nia New"}
    for wrong in ({"role": "site_manager"}, {"role": "adviser", "site": "mill"}, {"role": "adviser", "site": "*"}):
        assert send(manager, "/staff/colleagues/new", **(fields | wrong)).status_code == 400
    new_link(manager, send(manager, "/staff/colleagues/new", role="adviser", **fields))
    at = f"/staff/colleagues/{people.counter_id}"
    people.add(Role.ADVISER, "counter@example.org", council.mill)  # works elsewhere, too
    page = manager.get(at).text
    assert "works beyond your sites" in page
    assert "deactivate" not in page
    assert manager.get(f"{at}/deactivate").status_code == 404
    for change in ("link", "sessions/end", "deactivate", "reactivate"):
        assert send(manager, f"{at}/{change}").status_code == 404
    assert send(manager, f"{at}/roles/remove", held="adviser/mill").status_code == 404
    assert send(manager, f"{at}/roles", role="adviser", site="hill", confirmed="yes").status_code == 303
    assert send(manager, f"{at}/roles/remove", held="site_staff/hill", confirmed="yes").status_code == 303
    assert people.roles("counter@example.org") == {("adviser", council.hill), ("adviser", council.mill)}


def test_nobody_changes_their_own_roles_or_account_here(people: People) -> None:
    admin = people.browser(people.admin_id)
    assert "This is you" in admin.get(f"/staff/colleagues/{people.admin_id}").text
    fields = {"role": "adviser", "site": "*", "held": "authority_admin/", "confirmed": "yes"}
    for change in CHANGES:
        assert send(admin, f"/staff/colleagues/{people.admin_id}/{change}", **fields).status_code == 404


def test_the_last_administrator_stays(people: People) -> None:
    """A second one without a password yet could not take the first one's place."""
    other = people.add(Role.AUTHORITY_ADMIN, "other@example.org")
    with people.database.writing() as db:
        db.get_one(StaffMember, other).password_hash = ""
    client, at = people.browser(other), f"/staff/colleagues/{people.admin_id}"
    for change, fields in (
        ("deactivate", {}),
        ("link", {}),
        ("roles/remove", {"held": "authority_admin/", "confirmed": "yes"}),
    ):
        answer = send(client, f"{at}/{change}", **fields)
        assert answer.status_code == 400, change
        assert "is the last administrator" in answer.text
    assert people.roles("admin@example.org") == {("authority_admin", None)}
    assert people.member("admin@example.org").is_active


@pytest.mark.parametrize("how", ["deactivate", "take the role", "new link"])
def test_of_two_administrators_who_remove_each_other_one_stays(people: People, how: str) -> None:
    other = people.add(Role.AUTHORITY_ADMIN, "other@example.org")
    runtime, gate = people.app.extensions[EXTENSION], Barrier(2)
    change: Any = {
        "deactivate": deactivate_colleague,
        "take the role": lambda runtime, staff, who: take_role(runtime, staff, who, Role.AUTHORITY_ADMIN, None),
        "new link": renew_link,
    }[how]

    def remove(staff: SignedInStaff, colleague: int) -> ServiceError | None:
        gate.wait(30)
        try:
            change(runtime, staff, colleague)
        except ServiceError as error:
            return error
        return None

    for _round in range(5):
        pairs = [(people.signed_in(people.admin_id), other), (people.signed_in(other), people.admin_id)]
        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(lambda pair: remove(*pair), pairs))
        assert results.count(None) == 1, results
        assert {type(result) for result in results if result} <= {Invalid, NotAuthenticated, NotFound}
        with people.database.writing() as db:
            members = db.scalars(select(StaffMember).where(StaffMember.id.in_((people.admin_id, other)))).all()
            admins = set(db.scalars(select(StaffRole.staff_id).where(StaffRole.role == "authority_admin")))
            working = [one.id for one in members if one.is_active and one.password_hash and one.id in admins]
            assert len(working) == 1
            kept = db.get_one(StaffMember, working[0]).password_hash
            for one in members:
                one.is_active, one.password_hash = True, kept
                if one.id not in admins:
                    db.add(StaffRole(staff_id=one.id, role="authority_admin", site_id=None))


def test_no_colleague_is_changed_without_the_token_of_the_page(people: People) -> None:
    admin = people.browser(people.admin_id)
    for path in ("new", *(f"{people.counter_id}/{change}" for change in CHANGES)):
        assert admin.post(f"/staff/colleagues/{path}", data=ROLE_AT_HILL).status_code == 400
    assert [actor for _, actor, _ in people.audit() if actor == people.admin_id] == []
