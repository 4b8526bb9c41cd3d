"""Every route, every method, every kind of visitor, checked against the policy table.

The views are replaced by stubs that keep their marks, so that what answers is the guard alone: "in" means that the
visitor would have reached the view. What views check themselves (whose appointment is it?) is tested with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from werkzeug.routing import Rule
from werkzeug.routing.converters import NumberConverter

from core.clock import FixedClock
from core.database import Database
from people.staff import sign_in_sessions
from people.staff.access_marks import AccessMark
from people.staff.api_keys import keys_of, revoke_api_key
from people.staff.policy import POLICY, SITE_ROLES, SITE_SCOPED, Role
from people.staff.tables import StaffMember, StaffRole
from tests.support.council import Council, make_key
from web.staff_guard import UNSAFE_METHODS, mark_of_endpoint

pytestmark = pytest.mark.databases("sqlite")

INSIDE = "X-Test-Inside"
# What takes the place of a route's arguments. The site of every address is Hill, in Northbank.
ARGUMENTS: dict[str, Any] = {
    "authority": "northbank",
    "site": "hill",
    "date": "2026-11-23",
    "filename": "icon.svg",
    "kind": "site",
}
PUBLIC_FOR_STAFF = {"/staff/sign-in", "/staff/sign-out", "/staff/signed-in", "/staff/new-password/<token>"} | {
    "/staff/forgotten",
    "/staff/forgotten/sent",
    "/staff/sign-in/code",
    *("/staff/worker.js", "/staff/kept"),  # how a browser shows what it has kept, and nothing that anybody has
}
PUBLIC_FOR_PROGRAMS = {"/api/v1/openapi.json", "/api/docs"}


@dataclass
class Visitor:
    """A visitor: their role or scopes, and the headers of their requests."""

    name: str
    role: Role | None = None
    place: str = ""  # "authority", "hill", "mill", or "elsewhere": another authority's site
    scopes: frozenset[str] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cookie: str = ""


@pytest.fixture
def app_with_stub_views(app: Flask, council: Council) -> Flask:
    """The whole application, its views replaced by stubs that answer with a CSRF token."""
    for endpoint, view in app.view_functions.items():
        app.view_functions[endpoint] = _stub(view)
    return app


def _stub(view: Any) -> Any:
    @wraps(view)
    def inside(**_arguments: Any) -> Any:
        return generate_csrf(), 200, {INSIDE: "yes"}

    return inside


@pytest.fixture
def visitors(database: Database, clock: FixedClock, council: Council) -> list[Visitor]:
    """Nobody, every role in every place, and keys of every kind."""
    staff = [Visitor(f"{role} of {place}", role, place) for role in Role for place in _places_of(role)]
    for visitor in staff:
        visitor.cookie = _session_of(database, clock, council, visitor)
    keys = [
        Visitor("key " + "+".join(scopes), scopes=frozenset(scopes))
        for scopes in (["read"], ["book"], ["manage"], ["callers"], ["visits"], ["book", "read"])
    ]
    for visitor in keys:
        key = make_key(database, clock, council.northbank, *sorted(visitor.scopes or ()))
        visitor.headers = {"Authorization": f"Bearer {key}"}
    broken = [
        Visitor(
            "revoked key", scopes=frozenset(), headers={"Authorization": f"Bearer {_revoked(database, clock, council)}"}
        ),
        Visitor("invented key", scopes=frozenset(), headers={"Authorization": "Bearer fd_0000_invented"}),
        Visitor("invented cookie", cookie="invented"),
    ]
    return [Visitor("nobody"), *staff, *keys, *broken]


def _places_of(role: Role) -> tuple[str, ...]:
    return ("authority", "hill", "mill", "elsewhere") if role in SITE_ROLES else ("authority",)


def _session_of(database: Database, clock: FixedClock, council: Council, visitor: Visitor) -> str:
    site_id = {"hill": council.hill, "mill": council.mill, "elsewhere": council.far}.get(visitor.place)
    authority_id = council.elsewhere if visitor.place == "elsewhere" else council.northbank
    with database.writing() as db:
        email = f"{visitor.role}.{visitor.place}@example.org"
        member = StaffMember(authority_id=authority_id, email=email, name=visitor.name, created_at=clock.now())
        db.add(member)
        db.flush()
        db.add(StaffRole(staff_id=member.id, role=str(visitor.role), site_id=site_id))
        return sign_in_sessions.start(db, member.id, clock.now())


def _revoked(database: Database, clock: FixedClock, council: Council) -> str:
    key = make_key(database, clock, council.elsewhere, "read", "book")
    with database.writing() as db:
        revoke_api_key(db, council.elsewhere, keys_of(db, council.elsewhere)[0].prefix, clock.now())
    return key


def routes_of(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """Every rule with each of its methods, and an address that it matches."""
    addresses = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        values = {name: ARGUMENTS.get(name, _value_for(rule, name)) for name in rule.arguments}
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            yield rule, method, addresses.build(rule.endpoint, values, method=method)


def _value_for(rule: Rule, name: str) -> Any:
    return 1 if isinstance(rule._converters[name], NumberConverter) else "x"


def expected(mark: AccessMark, visitor: Visitor) -> str:
    """The answer that the table has for this visitor and a route with this mark."""
    if mark.is_public:
        return "in"
    if mark.is_callback:
        return "no scope" if visitor.headers else "no key"
    if mark.scope is not None:
        return _expected_of_a_program(mark, visitor)
    if visitor.role is None:
        return "sign in"
    assert mark.action is not None
    if visitor.role not in POLICY[mark.action]:
        return "not found"
    is_here = mark.site_arg is None or mark.action not in SITE_SCOPED or visitor.place in ("authority", "hill")
    return "in" if is_here else "not found"


def _expected_of_a_program(mark: AccessMark, visitor: Visitor) -> str:
    if visitor.scopes is None:
        return "in" if mark.open_when_published else "no key"
    if not visitor.scopes:
        return "no key"
    return "in" if mark.scope in visitor.scopes else "no scope"


def answer_for(client: FlaskClient, visitor: Visitor, method: str, address: str) -> str:
    """The answer for the visitor, with their token if they can have one."""
    data = {"csrf_token": client.get("/staff/sign-in").get_data(as_text=True)} if method in UNSAFE_METHODS else None
    answer = client.open(address, method=method, headers=visitor.headers, data=data)
    if answer.headers.get(INSIDE):
        return "in"
    if answer.status_code == 303 and str(answer.location).startswith("/staff/sign-in"):
        return "sign in"
    return {401: "no key", 403: "no scope", 404: "not found"}.get(answer.status_code, str(answer.status_code))


def test_every_route_has_a_mark(app: Flask):
    unmarked = [rule.rule for rule in app.url_map.iter_rules() if mark_of_endpoint(app, rule.endpoint) is None]
    assert unmarked == []


def test_only_what_should_be_public_is(app: Flask):
    public = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if getattr(mark_of_endpoint(app, rule.endpoint), "is_public", False)
    }
    assert {rule for rule in public if rule.startswith("/staff")} == PUBLIC_FOR_STAFF
    assert {rule for rule in public if rule.startswith("/api")} <= PUBLIC_FOR_PROGRAMS


def test_staff_pages_ask_for_an_action_and_the_api_for_a_scope(app: Flask):
    for rule in app.url_map.iter_rules():
        mark = mark_of_endpoint(app, rule.endpoint)
        assert mark is not None
        assert (mark.scope is None) or rule.rule.startswith("/api/v1/"), rule
        assert (mark.action is None) or rule.rule.startswith("/staff/"), rule


def test_a_page_of_a_site_names_the_site_to_the_guard(app: Flask):
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/staff/sites/<"):
            mark = mark_of_endpoint(app, rule.endpoint)
            assert mark is not None
            assert mark.site_arg in rule.arguments, rule
            assert mark.action in SITE_SCOPED, rule


def test_what_writes_is_never_reached_by_a_key_that_may_only_read(app: Flask):
    for rule in app.url_map.iter_rules():
        mark = mark_of_endpoint(app, rule.endpoint)
        if mark is not None and mark.scope == "read":
            assert not (rule.methods or set()) & UNSAFE_METHODS, rule


def test_every_visitor_gets_the_answer_of_the_table(app_with_stub_views: Flask, visitors: list[Visitor]):
    surprises = []
    for visitor in visitors:
        client = app_with_stub_views.test_client()
        if visitor.cookie:
            client.set_cookie(sign_in_sessions.COOKIE, visitor.cookie)
        for rule, method, address in routes_of(app_with_stub_views):
            mark = mark_of_endpoint(app_with_stub_views, rule.endpoint)
            assert mark is not None
            answer = answer_for(client, visitor, method, address)
            if answer != expected(mark, visitor):
                surprises.append(f"{visitor.name}: {method} {rule.rule}: {answer}, not {expected(mark, visitor)}")
    assert surprises == []


def test_no_page_writes_without_its_token(app_with_stub_views: Flask, visitors: list[Visitor]):
    """Nobody and the administrator, with no token, a forged one, and one of another visitor's session."""
    stolen = app_with_stub_views.test_client().get("/staff/sign-in").get_data(as_text=True)
    admin = next(visitor for visitor in visitors if visitor.role == Role.AUTHORITY_ADMIN)
    written = []
    for visitor in (visitors[0], admin):
        client = app_with_stub_views.test_client()
        client.set_cookie(sign_in_sessions.COOKIE, visitor.cookie)
        for rule, method, address in routes_of(app_with_stub_views):
            mark = mark_of_endpoint(app_with_stub_views, rule.endpoint)
            if method in UNSAFE_METHODS and mark is not None and mark.scope is None:
                for data in ({}, {"csrf_token": "forged"}, {"csrf_token": stolen}):
                    answer = client.open(address, method=method, data=data)
                    written += [f"{method} {rule.rule} {data}"] if answer.headers.get(INSIDE) else []
    assert written == []
