"""The guard: who may open a view, and the answer for everybody else."""

from __future__ import annotations

import logging
import re

import pytest
from flask.testing import FlaskClient

from people.staff.api_keys import key_of, keys_of, revoke_api_key
from people.staff.policy import Role
from people.staff.sign_in_sessions import COOKIE
from people.staff.tables import ApiKey
from tests.support.council import make_key, make_staff
from tests.web.account.pages import sign_in, token_on

SITE_STAFF_PAGE = "/staff/sites/{}/list"


def signed_in(
    visitor: FlaskClient, database, clock, authority_id: int, role: Role, site_id: int | None = None
) -> FlaskClient:
    """The visitor, signed in with one role."""
    member = make_staff(database, clock, authority_id, role, site_id=site_id)
    assert sign_in(visitor, member.email).status_code == 303
    return visitor


def test_an_unmarked_view_does_not_answer_and_is_logged(visitor, caplog):
    with caplog.at_level(logging.ERROR):
        assert visitor.get("/unmarked").status_code == 404
    assert "guarded.unmarked has no access mark" in caplog.text


def test_an_unmarked_view_is_refused_to_the_administrator_too(visitor, database, clock, council):
    signed_in(visitor, database, clock, council.northbank, Role.AUTHORITY_ADMIN)
    assert visitor.get("/unmarked").status_code == 404


def test_forbidden_and_unknown_answer_alike(visitor, database, clock, council):
    signed_in(visitor, database, clock, council.northbank, Role.ADVISER, council.hill)
    forbidden = visitor.get("/staff/find")
    unknown = visitor.get("/staff/no-such-page")
    assert forbidden.status_code == unknown.status_code == 404
    pages = [re.sub(r'(name="csrf_token"[^>]*value=)"[^"]*"', r"\1", one.text) for one in (forbidden, unknown)]
    assert pages[0] == pages[1]


def test_nobody_is_sent_to_sign_in(visitor):
    answer = visitor.get("/staff/find")
    assert (answer.status_code, answer.location) == (303, "/staff/sign-in?next=%2Fstaff%2Ffind")


def test_a_form_sent_by_nobody_is_not_remembered(visitor):
    answer = visitor.post("/staff/find")
    assert (answer.status_code, answer.location) == (303, "/staff/sign-in?not_sent=1")


def test_a_made_up_cookie_opens_nothing(visitor):
    for token in ("x", "", "é", "' OR 1=1 --", "a" * 4000):
        visitor.set_cookie(COOKIE, token)
        assert visitor.get("/staff/find").status_code == 303


def test_site_staff_see_their_own_site_only(visitor, database, clock, council):
    signed_in(visitor, database, clock, council.northbank, Role.SITE_STAFF, council.hill)
    assert visitor.get(SITE_STAFF_PAGE.format("hill")).status_code == 200
    for other in ("mill", "far", "nowhere", "HILL", ""):
        assert visitor.get(SITE_STAFF_PAGE.format(other)).status_code == 404


def test_an_unsafe_request_needs_its_token_on_pages(visitor, database, clock, council):
    assert visitor.post("/open").status_code == 400
    signed_in(visitor, database, clock, council.northbank, Role.TRIAGE_AGENT)
    assert visitor.post("/staff/find").status_code == 400
    assert visitor.post("/staff/find", data={"csrf_token": "forged"}).status_code == 400
    assert visitor.post("/staff/find", data={"csrf_token": token_on(visitor, "/staff/")}).status_code == 200


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer nonsense", "Bearer fd_nonsense", "Basic Zm9vOmJhcg==", "Bearer fd_é"]
)
def test_without_a_working_key_the_api_answers_401(visitor, header: str):
    answer = visitor.get("/api/read", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["code"] == "not_allowed"
    assert answer.get_json()["status"] == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_a_key_opens_what_its_scope_says_and_no_more(visitor, database, clock, council):
    key = make_key(database, clock, council.northbank, "read")
    assert visitor.get("/api/read", headers=bearer(key)).get_data(as_text=True) == "A test program"
    refused = visitor.post("/api/book", headers=bearer(key))
    assert refused.status_code == 403
    assert refused.get_json()["code"] == "not_allowed"


def test_the_scope_to_book_does_not_include_reading(visitor, database, clock, council):
    key = make_key(database, clock, council.northbank, "book")
    assert visitor.post("/api/book", headers=bearer(key)).status_code == 200
    assert visitor.get("/api/read", headers=bearer(key)).status_code == 403


def test_a_revoked_key_stops_at_once(visitor, database, clock, council):
    key = make_key(database, clock, council.northbank, "read")
    with database.writing() as db:
        revoke_api_key(db, council.northbank, keys_of(db, council.northbank)[0].prefix, clock.now())
    assert visitor.get("/api/read", headers=bearer(key)).status_code == 401


def test_a_key_is_no_staff_and_staff_are_no_key(visitor, database, clock, council):
    key = make_key(database, clock, council.northbank, "read", "book")
    assert visitor.get("/staff/find", headers=bearer(key)).status_code == 303
    signed_in(visitor, database, clock, council.northbank, Role.AUTHORITY_ADMIN)
    assert visitor.get("/api/read").status_code == 401
    assert visitor.post("/api/book").status_code == 401


def test_published_availability_needs_no_key_but_a_broken_key_is_told(visitor, database, clock, council):
    assert visitor.get("/api/published/yes").status_code == 200
    assert visitor.get("/api/published/no").status_code == 401
    assert visitor.get("/api/published/yes", headers=bearer("fd_wrong")).status_code == 401
    key = make_key(database, clock, council.northbank, "read")
    assert visitor.get("/api/published/no", headers=bearer(key)).status_code == 200


def test_the_database_holds_no_key(database, clock, council):
    key = make_key(database, clock, council.northbank, "read")
    with database.reading() as db:
        row = db.query(ApiKey).one()
        known = key_of(db, key, clock.now())
    assert known is not None
    assert known.authority_id == council.northbank
    assert key.startswith(f"fd_{row.prefix}_")
    assert len(key) > 50
    assert key not in (row.digest, row.prefix, row.name)


def test_home_shows_each_role_its_own(visitor, database, clock, council):
    signed_in(visitor, database, clock, council.northbank, Role.SITE_MANAGER, council.hill)
    page = visitor.get("/staff/").get_data(as_text=True)
    assert "Site manager, Hill Library" in page
    assert "Mill Library" not in page
    assert "Elsewhere" not in page
