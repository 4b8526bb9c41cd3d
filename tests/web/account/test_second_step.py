"""A second step of signing in: set up, asked for, used once, limited, taken away, and demanded by role."""

from __future__ import annotations

import base64
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from core.clock import FixedClock
from core.errors import RateLimited, ServiceError
from core.flask_context import EXTENSION
from people.staff.cli import staff_cli
from people.staff.one_time_codes import SECONDS, code_of, interval_at
from people.staff.password_links import make_link
from people.staff.policy import Role
from people.staff.second_step import FirstStep, WrongCode, finish_sign_in, first_step_of
from people.staff.sign_in import ORIGIN_LIMIT, SignInAttempt, StaffIdentity, WrongPassword, authenticate, begin_session
from people.staff.tables import RecoveryCode, SecondStep
from tests.support.council import ADDRESS, PASSWORD
from tests.support.pages import check_page
from tests.web.account.pages import sign_in, token_on
from tests.web.account.test_colleagues import NEW, People, people, send

__all__ = ["people"]  # the fixture
PATH, CODE = "/staff/account/second-step", "/staff/sign-in/code"
EMAIL = "counter@example.org"
KEY = re.compile(r'id="key">([A-Z2-7 ]+)<')


def code_now(key: bytes, clock: FixedClock, shift: int = 0) -> str:
    return code_of(key, interval_at(clock.now()) + shift)


def send_own(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    return client.post(path, data={"csrf_token": token_on(client, PATH), **fields})


def set_up(people: People, client: FlaskClient) -> tuple[bytes, list[str]]:
    """The key of the app, and the recovery codes."""
    guessed = send_own(client, f"{PATH}/begin", current_password="wrong words here")
    assert (guessed.status_code, 'href="#current_password"' in guessed.text) == (400, True)
    check_page(guessed.text)
    assert send_own(client, f"{PATH}/begin", current_password=PASSWORD).status_code == 303
    page = client.get(PATH).text
    check_page(page)
    found = KEY.search(page)
    assert found
    assert "<svg" in page  # the key for a camera
    key = base64.b32decode(found.group(1).replace(" ", ""))
    wrong = send_own(client, f"{PATH}/confirm", code="000000")
    assert wrong.status_code == 400
    check_page(wrong.text)
    assert 'href="#code"' in wrong.text
    assert send_own(client, f"{PATH}/confirm", code=code_now(key, people.clock)).status_code == 303
    shown = client.get(PATH).text
    check_page(shown)
    codes = re.findall(r"<li><bdi>([^<]+)</bdi></li>", shown)
    assert len(codes) == 10
    assert codes[0] not in client.get(PATH).text  # this once
    return key, codes


def send_code(client: FlaskClient, code: str) -> TestResponse:
    return client.post(CODE, data={"csrf_token": token_on(client, CODE), "code": code})


def password_given(people: People) -> FlaskClient:
    """A new browser in which the password was right."""
    client = people.app.test_client()
    answer = sign_in(client, EMAIL)
    assert (answer.status_code, answer.location) == (303, CODE)
    check_page(client.get(CODE).text)
    assert client.get("/staff/").status_code == 303  # not signed in yet
    return client


def test_a_code_is_asked_for_after_the_password_and_works_once(people: People, clock: FixedClock) -> None:
    own, other = people.browser(people.counter_id), people.browser(people.counter_id)
    key, codes = set_up(people, own)
    assert other.get("/staff/").status_code == 303
    assert own.get("/staff/").status_code == 200
    client = password_given(people)
    replayed = send_code(client, code_now(key, clock))  # the one that turned it on
    assert replayed.status_code == 400
    assert 'href="#code"' in replayed.text
    clock.advance(timedelta(seconds=SECONDS))
    code = code_now(key, clock)
    assert send_code(client, f"{code[:3]} {code[3:]}").location == "/staff/"
    assert client.get("/staff/").status_code == 200
    assert send_code(password_given(people), code).status_code == 400
    for used, status in ((codes[0], 303), (codes[0], 400), (codes[1].lower().replace("-", " "), 303)):
        assert send_code(password_given(people), used).status_code == status
    assert "8 recovery codes left" in own.get(PATH).text
    with people.database.reading() as db:
        kept = {*db.scalars(select(RecoveryCode.digest)), *db.scalars(select(SecondStep.nonce))}
    assert not kept & {*codes, *(code.replace("-", "") for code in codes)}


def test_guesses_are_limited_whatever_browser_they_come_from(people: People, clock: FixedClock) -> None:
    key, codes = set_up(people, people.browser(people.counter_id))
    answers = [send_code(password_given(people), f"{number:06}").status_code for number in range(6)]
    assert answers == [400] * 5 + [429]
    assert send_code(password_given(people), codes[0]).status_code == 429
    clock.advance(timedelta(minutes=15))
    assert send_code(password_given(people), code_now(key, clock)).status_code == 303


def test_guesses_of_one_origin_are_slowed_whosever_codes_they_are_at(people: People, clock: FixedClock) -> None:
    key, _ = set_up(people, people.browser(people.counter_id))
    runtime, most = people.app.extensions[EXTENSION], int(ORIGIN_LIMIT.partition("/")[0])
    for number in range(most):  # at other accounts, with passwords
        with pytest.raises(WrongPassword):
            authenticate(runtime, SignInAttempt(f"guess{number}@example.org", "wrong", ADDRESS))
    step = first_step_of(runtime, StaffIdentity(people.counter_id, people.member(EMAIL).password_hash))
    assert step is not None
    with pytest.raises(WrongCode):
        finish_sign_in(runtime, step, "000000", ADDRESS)
    with pytest.raises(RateLimited) as slowed:
        finish_sign_in(runtime, step, "000000", ADDRESS)
    assert slowed.value.until is not None
    assert slowed.value.until - clock.now() <= timedelta(seconds=10)
    clock.advance(timedelta(seconds=SECONDS))
    assert finish_sign_in(runtime, step, code_now(key, clock), ADDRESS).has_proved_code


def test_no_session_begins_by_a_password_that_was_looked_at_before_the_second_step(people: People) -> None:
    runtime = people.app.extensions[EXTENSION]
    looked_at = authenticate(runtime, SignInAttempt(EMAIL, PASSWORD, ADDRESS))
    assert first_step_of(runtime, looked_at) is None
    set_up(people, people.browser(people.counter_id))
    with pytest.raises(WrongPassword):
        begin_session(runtime, looked_at)
    assert begin_session(runtime, replace(looked_at, has_proved_code=True))


def test_a_key_that_nobody_confirmed_is_not_shown_for_ever(people: People, clock: FixedClock) -> None:
    own = people.browser(people.counter_id)
    send_own(own, f"{PATH}/begin", current_password=PASSWORD)
    found = KEY.search(own.get(PATH).text)
    assert found
    clock.advance(timedelta(hours=1))
    later = people.browser(people.counter_id)
    assert not KEY.search(later.get(PATH).text)
    old = code_now(base64.b32decode(found.group(1).replace(" ", "")), clock)
    assert send_own(later, f"{PATH}/confirm", code=old).status_code == 404


def test_a_key_made_with_the_old_secret_goes_on_working(people: People, clock: FixedClock) -> None:
    key, codes = set_up(people, people.browser(people.counter_id))
    runtime = people.app.extensions[EXTENSION]
    clock.advance(timedelta(seconds=SECONDS))
    old, new = people.database.secret_keys, ("another key of thirty-two characters",)
    step = first_step_of(runtime, StaffIdentity(people.counter_id, people.member(EMAIL).password_hash))
    assert step is not None
    people.database.secret_keys = new
    for code in (code_now(key, clock), codes[0]):
        with pytest.raises(WrongCode):
            finish_sign_in(runtime, step, code, ADDRESS)
    people.database.secret_keys = (*new, *old)
    for code in (code_now(key, clock), codes[0]):
        assert finish_sign_in(runtime, step, code, ADDRESS).has_proved_code


def test_a_password_does_not_wait_for_a_code_for_ever(people: People, clock: FixedClock) -> None:
    key, _ = set_up(people, people.browser(people.counter_id))
    late, outdated = password_given(people), password_given(people)
    clock.advance(timedelta(minutes=10))
    assert send_code(late, code_now(key, clock)).location == "/staff/sign-in"
    outdated = password_given(people)
    with people.database.writing() as db:
        people_member = db.merge(people.member(EMAIL))
        people_member.password_hash = "another"
    assert send_code(outdated, code_now(key, clock)).location == "/staff/sign-in"
    nobody = people.app.test_client()
    assert nobody.get(CODE).location == "/staff/sign-in"
    token = token_on(nobody)
    assert nobody.post(CODE, data={"csrf_token": token, "code": code_now(key, clock)}).location == "/staff/sign-in"


def test_of_two_who_use_one_code_at_once_one_is_let_in(people: People, clock: FixedClock) -> None:
    key, _ = set_up(people, people.browser(people.counter_id))
    clock.advance(timedelta(seconds=SECONDS))
    runtime, gate = people.app.extensions[EXTENSION], Barrier(2)
    first = first_step_of(runtime, StaffIdentity(people.counter_id, people.member(EMAIL).password_hash))
    assert first is not None

    def finish(step: FirstStep) -> bool:
        gate.wait(30)
        try:
            finish_sign_in(runtime, step, code_now(key, clock), ADDRESS)
        except ServiceError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(finish, [first, first])) == [False, True]


def test_it_is_turned_off_with_the_password(people: People) -> None:
    own = people.browser(people.counter_id)
    set_up(people, own)
    refused = send(own, f"{PATH}/off", current_password="wrong words here")
    assert refused.status_code == 400
    assert 'href="#current_password"' in refused.text
    assert send(own, f"{PATH}/off", current_password=PASSWORD).status_code == 303
    assert sign_in(people.app.test_client(), EMAIL).location == "/staff/"
    done = [action for action, actor, _ in people.audit() if actor == people.counter_id]
    assert done == ["own_second_step_on", "own_second_step_off", "signed_in"]


def test_an_administrator_takes_it_away_from_who_lost_their_telephone(people: People) -> None:
    own, admin = people.browser(people.counter_id), people.browser(people.admin_id)
    set_up(people, own)
    at = f"/staff/colleagues/{people.counter_id}"
    assert "Take away the second step" in admin.get(at).text
    assert send(admin, f"{at}/second-step/remove").status_code == 303
    assert own.get("/staff/").status_code == 303
    assert sign_in(people.app.test_client(), EMAIL).location == "/staff/"
    assert "Take away the second step" not in admin.get(at).text
    assert ("staff_second_step_removed", people.admin_id, people.counter_id) in people.audit()
    again = send(admin, f"{at}/second-step/remove")
    assert (again.status_code, "has no second step" in again.text) == (400, True)
    assert send(people.browser(people.counter_id), f"{at}/second-step/remove").status_code == 404


def test_a_command_takes_it_away_from_the_last_administrator(people: People) -> None:
    own, command = people.browser(people.admin_id), ("staff", "remove-second-step", "--email", "admin@example.org")
    set_up(people, own)
    people.app.cli.add_command(staff_cli)
    done = people.app.test_cli_runner().invoke(args=command)
    assert (done.exit_code, done.output) == (0, "The second step is taken away; 1 session ended.\n")
    assert own.get("/staff/").status_code == 303
    assert sign_in(people.app.test_client(), "admin@example.org").location == "/staff/"
    again = people.app.test_cli_runner().invoke(args=command)
    assert again.exit_code == 2
    assert "admin@example.org has no second step" in again.output


def test_a_new_password_by_a_link_leaves_the_second_step(people: People, clock: FixedClock) -> None:
    key, _ = set_up(people, people.browser(people.counter_id))
    with people.database.writing() as db:
        link = f"/staff/new-password/{make_link(db, people.counter_id, clock.now())}"
    visitor = people.app.test_client()
    sent = {"csrf_token": token_on(visitor, link), "new_password": NEW, "repeated_password": NEW}
    assert visitor.post(link, data=sent).status_code == 303
    assert sign_in(visitor, EMAIL, NEW).location == CODE
    clock.advance(timedelta(seconds=SECONDS))
    assert send_code(visitor, code_now(key, clock)).location == "/staff/"


def test_a_council_demands_it_by_role(people: People, clock: FixedClock) -> None:
    admin, counter = people.browser(people.admin_id), people.browser(people.counter_id)
    people.add(Role.SITE_STAFF, "far@example.org", people.council.far, people.council.elsewhere)
    far = people.browser(people.member("far@example.org").id)
    check_page(admin.get("/staff/second-step").text)
    answer = send(admin, "/staff/second-step", roles="site_staff")
    assert "checked" in admin.get(answer.location).text
    for path in ("/staff/", "/staff/sites/hill/list"):
        assert counter.get(path).location == PATH
    assert "Your council demands it" in counter.get(PATH).text
    assert counter.get("/staff/account").status_code == 200
    assert admin.get("/staff/").status_code == far.get("/staff/").status_code == 200
    client = people.app.test_client()
    assert sign_in(client, EMAIL).location == "/staff/"
    assert client.get("/staff/").location == PATH
    set_up(people, client)
    assert client.get("/staff/").status_code == 200
    assert send(client, "/staff/second-step", roles="").status_code == 404  # who is no administrator
    invented = send(admin, "/staff/second-step", roles="mayor")
    assert (invented.status_code, 'href="#roles"' in invented.text) == (400, True)
    check_page(invented.text)
    assert "checked" in admin.get("/staff/second-step").text
    token = token_on(admin, "/staff/second-step")
    assert admin.post("/staff/second-step", data={"csrf_token": token}).status_code == 303
    assert [action for action, actor, _ in people.audit() if actor == people.admin_id] == ["second_step_demanded"] * 2


@pytest.mark.parametrize("code", ["", "x" * 41, "½"])
def test_a_mistake_is_shown_at_its_field(people: People, code: str) -> None:
    set_up(people, people.browser(people.counter_id))
    answer = send_code(password_given(people), code)
    assert answer.status_code == 400
    check_page(answer.text)
    assert 'href="#code"' in answer.text
