"""Staff sign in, stay signed in for a while, and sign out; guessing is slowed down."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from core.errors import RateLimited
from core.flask_context import EXTENSION
from core.rate_limits import RateLimitHits
from core.runtime import Runtime
from core.settings import Settings
from core.tokens import digest
from people.staff import passwords
from people.staff.accounts import deactivate_staff, replace_password_by_link, set_password
from people.staff.known_browsers import COOKIE as BROWSER_COOKIE
from people.staff.known_browsers import MOST_EMAILS, browser_of, with_email
from people.staff.policy import Role
from people.staff.sign_in import (
    SignInAttempt,
    StaffIdentity,
    WrongPassword,
    authenticate,
    begin_session,
    renew_hash,
    sign_in_limits,
)
from people.staff.sign_in_sessions import ABSOLUTE_LIMIT, COOKIE, IDLE_LIMIT
from people.staff.tables import StaffMember, StaffSession
from tests.support.council import ADDRESS, PASSWORD, Council, make_people_app, make_staff
from tests.web.account.pages import sign_in, token_on

AGENT = "agent@example.org"
EMAIL_ATTEMPTS, ORIGIN_ATTEMPTS = 10, 30
REAL_HASHER = passwords._hasher  # the tests sign in with a cheaper one


@pytest.fixture
def agent(database: Database, clock: FixedClock, council: Council) -> StaffMember:
    return make_staff(database, clock, council.northbank, Role.TRIAGE_AGENT, email=AGENT)


def test_the_right_password_opens_the_home_page(visitor, agent):
    answer = sign_in(visitor, AGENT)
    assert (answer.status_code, answer.location) == (303, "/staff/")
    page = visitor.get("/staff/").get_data(as_text=True)
    assert "Staff home" in page
    assert "Triage agent" in page


def test_the_email_may_be_typed_in_any_case(visitor, agent):
    assert sign_in(visitor, "  AGENT@Example.org ").status_code == 303


def test_an_email_in_any_script_can_sign_in(visitor, database, clock, council):
    make_staff(database, clock, council.northbank, Role.ADVISER, email="josé.王@bücher.example")
    assert sign_in(visitor, "Jose\u0301.王@BÜCHER.example").status_code == 303


def test_a_wrong_password_keeps_the_email_and_focuses_its_field(visitor, agent):
    answer = sign_in(visitor, AGENT, "not the password")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert f'value="{AGENT}"' in page
    assert "not the password" not in page
    assert 'href="#email"' in page
    assert "autofocus" in page
    assert "<title>Error:" in page.replace("\n", "")


def test_nothing_tells_whether_an_email_exists(visitor, agent, database, council, clock):
    make_staff(database, clock, council.northbank, Role.ADVISER, email="left@example.org")
    with database.writing() as db:
        deactivate_staff(db, "left@example.org", actor=Actor.system(), now=clock.now())
    pages = set()
    for email, password in ((AGENT, "wrong"), ("nobody@example.org", "wrong"), ("left@example.org", PASSWORD)):
        page = sign_in(visitor, email, password).get_data(as_text=True).replace(email, "")
        pages.add(re.sub(r'name="csrf_token" value="[^"]+"', "", page))
    assert len(pages) == 1, pages


def test_an_unknown_email_costs_a_hash_too(monkeypatch, people_app: Flask, database, clock, council):
    """The work is the same, so the time says nothing."""
    seen: list[str] = []
    real = PasswordHasher.verify

    def noted(hasher: PasswordHasher, kept: str, password: str) -> bool:
        seen.append(kept)
        return real(hasher, kept, password)

    monkeypatch.setattr(PasswordHasher, "verify", noted)
    runtime: Runtime = people_app.extensions["front_door"]
    with pytest.raises(WrongPassword):
        authenticate(runtime, SignInAttempt("nobody@example.org", "anything", ADDRESS))
    assert len(seen) == 1
    assert seen[0].startswith("$argon2id$")


def test_empty_fields_are_explained(visitor):
    page = sign_in(visitor, "", "").get_data(as_text=True)
    assert "Enter your email address" in page
    assert "Enter your password" in page


def test_passwords_and_tokens_are_not_in_the_database(visitor, agent, database):
    sign_in(visitor, AGENT)
    token = visitor.get_cookie(COOKIE).value
    with database.reading() as db:
        kept = db.scalar(select(StaffSession.token_digest))
        hashed = db.scalar(select(StaffMember.password_hash))
    assert kept == digest(token) != token
    assert hashed.startswith("$argon2id$")
    assert PASSWORD not in hashed


def test_hashes_are_made_with_the_parameters_of_rfc_9106():
    assert REAL_HASHER.hash(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize("change", ["new link", "new password", "deactivated"])
def test_a_password_that_is_replaced_while_it_is_looked_at_opens_nothing(
    people_app: Flask, agent: StaffMember, database: Database, clock: FixedClock, change: str
) -> None:
    """Nor does the old one come back with a hash of today's parameters."""
    runtime: Runtime = people_app.extensions[EXTENSION]
    with database.writing() as db:
        old_hash = db.get_one(StaffMember, agent.id).password_hash = PasswordHasher(time_cost=1).hash(PASSWORD)
    looked_at = StaffIdentity(agent.id, old_hash)
    system, now = Actor.system(), clock.now()
    admin = make_staff(database, clock, agent.authority_id, Role.AUTHORITY_ADMIN)
    with database.writing() as db:
        if change == "new link":
            replace_password_by_link(db, AGENT, made_by=admin.id, actor=system, now=now)
        elif change == "new password":
            set_password(db, AGENT, "velvet trombone picnic", actor=system, now=now)
        else:
            deactivate_staff(db, AGENT, actor=system, now=now)
        kept = db.get_one(StaffMember, agent.id).password_hash
    with pytest.raises(WrongPassword):
        begin_session(runtime, looked_at)
    with pytest.raises(WrongPassword):
        begin_session(runtime, renew_hash(runtime, looked_at, PASSWORD))
    with database.reading() as db:
        assert db.scalars(select(StaffSession)).all() == []
        assert change == "deactivated" or db.get_one(StaffMember, agent.id).password_hash == kept


def test_a_hash_with_old_parameters_is_renewed(visitor, agent, database):
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with database.writing() as db:
        db.get_one(StaffMember, agent.id).password_hash = old
    assert sign_in(visitor, AGENT).status_code == 303
    with database.reading() as db:
        kept = db.get_one(StaffMember, agent.id).password_hash
    assert kept != old
    assert not passwords.is_outdated(kept)
    assert passwords.is_password(kept, PASSWORD)


@pytest.mark.parametrize("kept", ["", "not a hash", "$argon2id$broken"])
def test_a_missing_or_broken_hash_lets_nobody_in(kept: str):
    assert not passwords.is_password(kept, "")
    assert not passwords.is_password(kept, "no account has this password")


def test_a_token_that_the_browser_brings_along_is_never_adopted(visitor, agent, database):
    """Session fixation: an attacker plants a cookie, the victim signs in, the attacker's token opens nothing."""
    visitor.set_cookie(COOKIE, "planted-by-somebody-else")
    sign_in(visitor, AGENT)
    assert visitor.get_cookie(COOKIE).value != "planted-by-somebody-else"
    visitor.set_cookie(COOKIE, "planted-by-somebody-else")
    assert visitor.get("/staff/").status_code == 303


def test_signing_in_again_ends_the_session_before(visitor, agent):
    sign_in(visitor, AGENT)
    first = visitor.get_cookie(COOKIE).value
    visitor.post(
        "/staff/sign-in", data={"csrf_token": token_on(visitor, "/staff/"), "email": AGENT, "password": PASSWORD}
    )
    assert visitor.get_cookie(COOKIE).value != first
    visitor.set_cookie(COOKIE, first)
    assert visitor.get("/staff/").status_code == 303


def test_the_csrf_token_changes_at_sign_in(visitor, agent):
    before = token_on(visitor)
    sign_in(visitor, AGENT)
    assert visitor.post("/staff/sign-out", data={"csrf_token": before}).status_code == 400


def test_signing_out_ends_the_session_on_the_server(visitor, agent):
    sign_in(visitor, AGENT)
    token = visitor.get_cookie(COOKIE).value
    answer = visitor.post("/staff/sign-out", data={"csrf_token": token_on(visitor, "/staff/")})
    assert answer.status_code == 303
    assert visitor.get_cookie(COOKIE) is None
    visitor.set_cookie(COOKIE, token)
    assert visitor.get("/staff/").location.startswith("/staff/sign-in")


def test_a_link_cannot_sign_anybody_out(visitor, agent):
    sign_in(visitor, AGENT)
    assert visitor.get("/staff/sign-out").location == "/staff/"
    assert visitor.post("/staff/sign-out").status_code == 400
    assert visitor.get("/staff/").status_code == 200


def test_an_idle_session_ends(visitor, agent, clock: FixedClock):
    sign_in(visitor, AGENT)
    clock.advance(IDLE_LIMIT - timedelta(minutes=1))
    assert visitor.get("/staff/").status_code == 200
    clock.advance(IDLE_LIMIT)
    assert visitor.get("/staff/").status_code == 303


def test_a_busy_session_ends_after_a_working_day(visitor, agent, clock: FixedClock):
    sign_in(visitor, AGENT)
    step = timedelta(minutes=30)
    for _ in range(ABSOLUTE_LIMIT // step - 1):
        clock.advance(step)
        assert visitor.get("/staff/").status_code == 200
    clock.advance(step)
    assert visitor.get("/staff/").status_code == 303


def test_deactivating_somebody_ends_their_sessions_at_once(visitor, agent, database, clock):
    sign_in(visitor, AGENT)
    with database.writing() as db:
        assert deactivate_staff(db, AGENT, actor=Actor.system(), now=clock.now()) == 1
    assert visitor.get("/staff/").status_code == 303
    assert sign_in(visitor, AGENT).status_code == 400


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(visitor, agent):
    header = sign_in(visitor, AGENT).headers.getlist("Set-Cookie")
    cookie = next(line for line in header if line.startswith(f"{COOKIE}="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_with_https_the_cookie_is_bound_to_this_host(secure_settings: Settings, database, clock, council, agent):
    app = make_people_app(secure_settings, database, clock)
    with app.test_client() as client:
        client.environ_base["wsgi.url_scheme"] = "https"
        client.environ_base["HTTP_REFERER"] = "https://localhost/staff/sign-in"
        header = sign_in(client, AGENT).headers.getlist("Set-Cookie")
        cookie = next(line for line in header if line.startswith(f"__Host-{COOKIE}="))
        assert "Secure" in cookie
        assert "HttpOnly" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        assert client.get("/staff/").status_code == 200
        assert client.get("/staff/", base_url="https://localhost").headers["Cache-Control"] == "no-store"


def test_after_signing_in_people_go_on_to_the_page_they_requested(visitor, agent):
    sign_in_url = visitor.get("/staff/find?name=Ann+Lee&near=%C3%A9").location
    form = visitor.get(sign_in_url).get_data(as_text=True)
    kept = html.unescape(re.findall(r'name="next" value="([^"]+)"', form)[0])
    location = urlsplit(sign_in(visitor, AGENT, next=kept).location)
    assert location.path == "/staff/find"
    assert parse_qs(location.query) == {"name": ["Ann Lee"], "near": ["é"]}


@pytest.mark.parametrize(
    "evil", ["//evil.example/", "https://evil.example/", "/staff/\r\nSet-Cookie: a=b", "/\\evil.example"]
)
def test_nobody_is_sent_elsewhere_after_signing_in(visitor, agent, evil: str):
    answer = sign_in(visitor, AGENT, next=evil)
    assert answer.location == "/staff/"
    assert "a=b" not in str(answer.headers)


def test_the_eleventh_attempt_of_an_email_waits_and_says_how_long(visitor, agent, clock):
    for _ in range(EMAIL_ATTEMPTS):
        assert sign_in(visitor, AGENT, "wrong").status_code == 400
    clock.advance(timedelta(minutes=5))
    answer = sign_in(visitor, AGENT)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "600"
    assert "10 minutes" in answer.get_data(as_text=True)
    clock.advance(timedelta(minutes=10))
    assert sign_in(visitor, AGENT).status_code == 303


def test_an_unknown_email_is_rate_limited_alike(visitor, council):
    for _ in range(EMAIL_ATTEMPTS):
        sign_in(visitor, "nobody@example.org", "wrong")
    assert sign_in(visitor, "nobody@example.org", "wrong").status_code == 429


def test_refused_attempts_do_not_make_the_wait_longer(visitor, agent, clock):
    for _ in range(EMAIL_ATTEMPTS + 20):
        sign_in(visitor, AGENT, "wrong")
    clock.advance(timedelta(minutes=15))
    assert sign_in(visitor, AGENT).status_code == 303


def test_guessing_at_many_emails_from_one_address_is_slowed(visitor, agent, clock):
    """All of a council's desks may share the address, so a colleague waits for seconds, not for a quarter of an hour."""
    guess_from_address(visitor)
    answer = sign_in(visitor, AGENT)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")
    assert "You can try again in 10 seconds." in answer.get_data(as_text=True)
    clock.advance(timedelta(seconds=11))
    assert sign_in(visitor, AGENT).status_code == 303


def test_guesses_past_the_limit_of_an_address_are_a_few_an_hour(visitor, agent, clock):
    guess_from_address(visitor)
    guessed = 0
    for number in range(60):
        clock.advance(timedelta(seconds=1))
        guessed += sign_in(visitor, f"more{number}@example.org", "wrong").status_code == 400
    assert guessed == 6


def test_another_address_is_not_slowed(visitor, agent):
    guess_from_address(visitor)
    visitor.environ_base["REMOTE_ADDR"] = "192.0.2.99"
    assert sign_in(visitor, AGENT).status_code == 303


def guess_from_address(visitor: FlaskClient) -> None:
    """Use up the address's limit, and the one slow attempt beyond it."""
    for number in range(ORIGIN_ATTEMPTS + 1):
        assert sign_in(visitor, f"guess{number}@example.org", "wrong").status_code == 400


def test_a_browser_that_signed_in_before_is_not_shut_out_by_strangers(visitor, agent):
    """Neither by guesses from the council's own address, nor by guesses at this very email."""
    assert sign_in(visitor, AGENT).status_code == 303
    known = visitor.get_cookie(BROWSER_COOKIE).value
    for cookie in (COOKIE, BROWSER_COOKIE):
        visitor.delete_cookie(cookie)
    for _ in range(EMAIL_ATTEMPTS):
        assert sign_in(visitor, AGENT, "wrong").status_code == 400
    for number in range(ORIGIN_ATTEMPTS - EMAIL_ATTEMPTS):
        assert sign_in(visitor, f"guess{number}@example.org", "wrong").status_code == 400
    assert sign_in(visitor, AGENT).status_code == 429
    visitor.set_cookie(BROWSER_COOKIE, known)
    assert sign_in(visitor, AGENT).status_code == 303


def test_guesses_in_a_known_browser_are_limited_too(visitor, agent):
    assert sign_in(visitor, AGENT).status_code == 303
    visitor.delete_cookie(COOKIE)
    for _ in range(EMAIL_ATTEMPTS):
        assert sign_in(visitor, AGENT, "wrong").status_code == 400
    assert sign_in(visitor, AGENT, "wrong").status_code == 429


def test_a_known_browser_proves_its_own_emails_only(visitor, agent):
    sign_in(visitor, AGENT)
    cookie = visitor.get_cookie(BROWSER_COOKIE)
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert cookie.max_age == 180 * 24 * 3600
    assert AGENT not in cookie.value
    assert browser_of(cookie.value, "secret", AGENT) is None
    name = cookie.value.partition(".")[0]
    kept = with_email(with_email(f"{name}.", "secret", AGENT), "secret", "b@example.org")
    assert browser_of(kept, "secret", "AGENT@example.org") == browser_of(kept, "secret", "b@example.org") == name
    assert browser_of(kept, "secret", "c@example.org") is None


@pytest.mark.parametrize("cookie", ["", ".", "x" * 5000, "é.ü", "0" * 32, "0" * 32 + ".", "." * 400])
def test_a_cookie_that_nobody_was_given_proves_nothing(cookie: str):
    assert browser_of(cookie, "secret", AGENT) is None
    assert browser_of(with_email(cookie, "secret", AGENT), "secret", AGENT)


def test_a_shared_browser_remembers_the_last_people(visitor):
    kept = ""
    for number in range(MOST_EMAILS + 1):
        kept = with_email(kept, "secret", f"p{number}@example.org")
    assert browser_of(kept, "secret", "p0@example.org") is None
    assert browser_of(kept, "secret", f"p{MOST_EMAILS}@example.org")
    assert len(kept) < 400


def test_success_clears_the_email_but_not_the_address(people_app: Flask, agent, database, clock):
    """Somebody with one working account cannot buy guesses at other people's."""
    runtime: Runtime = people_app.extensions["front_door"]
    for number in range(5):
        with pytest.raises(WrongPassword):
            authenticate(runtime, SignInAttempt(f"guess{number}@example.org", "wrong", ADDRESS))
    authenticate(runtime, SignInAttempt(AGENT, PASSWORD, ADDRESS))
    by_email, by_origin = sign_in_limits(runtime, AGENT, ADDRESS)
    assert hits(database, by_email.key) is None
    assert len(hits(database, by_origin.key) or []) == 5


def hits(database: Database, key: str) -> list[float] | None:
    """The hits that are kept under `key`; None when there is no row."""
    with database.reading() as db:
        return db.scalar(select(RateLimitHits.times).where(RateLimitHits.key == key))


def test_every_address_of_one_ipv6_network_counts_together(visitor, agent):
    for number in range(ORIGIN_ATTEMPTS):
        visitor.environ_base["REMOTE_ADDR"] = f"2001:db8:1:2::{number:x}"
        assert sign_in(visitor, f"guess{number}@example.org", "wrong").status_code == 400
    visitor.environ_base["REMOTE_ADDR"] = "2001:db8:1:2:ffff::1"
    assert sign_in(visitor, "more@example.org", "wrong").status_code == 400
    assert sign_in(visitor, AGENT).status_code == 429
    visitor.environ_base["REMOTE_ADDR"] = "2001:db8:1:3::1"
    assert sign_in(visitor, AGENT).status_code == 303


def test_simultaneous_guesses_never_exceed_the_limit(people_app: Flask, database: Database, agent, monkeypatch):
    """20 at once: exactly 10 get to the password, on either database."""
    runtime: Runtime = people_app.extensions["front_door"]
    monkeypatch.setattr("people.staff.sign_in.is_password", lambda kept, password: False)

    def guess(_: int) -> bool:
        try:
            authenticate(runtime, SignInAttempt(AGENT, "wrong", ADDRESS))
        except WrongPassword:
            return True
        except RateLimited:
            return False
        raise AssertionError("The password was wrong.")

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(guess, range(20))) == EMAIL_ATTEMPTS


def test_the_table_of_hits_names_nobody(visitor, agent, database):
    sign_in(visitor, AGENT, "wrong")
    with database.reading() as db:
        kept = " ".join(db.scalars(select(RateLimitHits.key)))
    assert AGENT not in kept
    assert ADDRESS not in kept
    assert digest(f"email:{AGENT}") not in kept


def test_an_https_form_from_another_site_is_refused(visitor, agent):
    """The token is tied to the visitor's session: another visitor's token is worth nothing."""
    with visitor.application.test_client() as other:
        stolen = token_on(other)
    answer = visitor.post("/staff/sign-in", data={"csrf_token": stolen, "email": AGENT, "password": PASSWORD})
    assert answer.status_code == 400
    assert visitor.get_cookie(COOKIE) is None


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(visitor, agent, clock):
    """And says that nothing was recorded: the browser shows a sign-in page where the list was."""
    sign_in(visitor, AGENT)
    clock.advance(IDLE_LIMIT)
    answer = visitor.post("/staff/find", headers={"Referer": "http://localhost/staff/calls/?x=1"})
    assert answer.status_code == 303
    assert parse_qs(urlsplit(answer.location).query) == {"next": ["/staff/calls/?x=1"], "not_sent": ["1"]}
    words = visitor.get(answer.location).get_data(as_text=True)
    assert "You were signed out" in words
    assert "What you sent just now was not recorded." in words
    assert sign_in(visitor, AGENT, next="/staff/calls/?x=1").location == "/staff/calls/?x=1"


@pytest.mark.parametrize("referer", ["", "https://evil.example/staff/", "http://localhost/testshire/", "http://[", "x"])
def test_the_page_to_go_back_to_is_one_of_ours(visitor, council, referer: str):
    answer = visitor.post("/staff/find", headers={"Referer": referer} if referer else {})
    assert parse_qs(urlsplit(answer.location).query) == {"not_sent": ["1"]}
