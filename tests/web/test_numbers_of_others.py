"""Somebody with rights of their own puts one number of others among their own: another council's, or another site's.

The views are the real ones, and a route that is added later is walked too. Whatever is asked for with a number of others is
unknown (404), shows nobody, and changes no row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from booking.slot_tokens import encode
from booking.tables import Appointment
from booking.use_cases.calendar_feeds import make_feed
from booking.use_cases.holds import hold_slot
from booking.use_cases.make_closure import NewClosure, make_closure
from core.audit import Actor
from core.clock import FixedClock
from core.database import Base, Database
from core.flask_context import EXTENSION
from core.runtime import Runtime
from locations.catalogue_queries import catalogue_by_id
from people.residents.details import ResidentDetails
from people.staff import sign_in_sessions
from people.staff.policy import Role
from people.staff.tables import StaffMember
from tests.support.council import make_key, make_staff
from tests.support.factories import World, make_appointment, make_site, make_world, slot_key_at
from tests.web.account.pages import token_on

DAY = "2026-11-24"
SIGNING = {"staff.sign_out", "staff.send_sign_in"}
# The arguments of addresses that name what is somebody's, and what nobody has.
NOBODYS = {"resident_id": 999_999, "reference": "99999999", "feed": 999_999, "site": "nowhere", "hold": "0" * 64} | {
    "closure": 999_999,
    "colleague": 999_999,
}
MOST_NUMBERS = 5
WRITTEN_BY_LOOKING = {"staff_sessions", "idempotency_records", "resident_views"}
# Whatever tables the audit is kept in.
OF_AUDIT = {mapper.class_.__tablename__ for mapper in Base.registry.mappers if mapper.class_.__module__ == "core.audit"}
OF_APPOINTMENTS = {"appointments", "holds", "calendar_feeds", "notifications"}


@dataclass(frozen=True)
class Numbers:
    """What a site has, by the arguments of addresses and the fields of forms; `name` is of the person who is booked."""

    world: World
    name: str
    arguments: Mapping[str, Any]
    fields: Mapping[str, Any]


def numbers_of(app: Flask, database: Database, clock: FixedClock, world: World, name: str) -> Numbers:
    """One of each kind."""
    runtime: Runtime = app.extensions[EXTENSION]
    starts_at = datetime(2026, 11, 24, 10, 0, tzinfo=clock.now().tzinfo)
    booked = make_appointment(runtime, world, starts_at, resident=ResidentDetails(name, "robin@example.org"))
    held = hold_slot(runtime, slot_key_at(world, starts_at + timedelta(hours=1)), for_public=False)
    with database.reading() as db:
        resident_id = db.scalars(select(Appointment.resident_id).where(Appointment.reference == booked.reference)).one()
        site = catalogue_by_id(db, world.authority_id).site_by_id(world.site_id)
    feed = make_feed(runtime, world.authority_id, site, f"Feed of {name}", actor=Actor.system())
    at_night = NewClosure(starts_at + timedelta(hours=12), starts_at + timedelta(hours=13))
    closure = make_closure(runtime, world.authority_id, at_night, actor=Actor.system())
    email = f"colleague.{world.authority_id}@example.org"
    colleague = make_staff(database, clock, world.authority_id, Role.SITE_STAFF, site_id=world.site_id, email=email)
    slot = encode(slot_key_at(world, starts_at + timedelta(hours=2)))
    return Numbers(
        world,
        name,
        {"reference": booked.reference, "resident_id": resident_id, "feed": feed.id, "site": site.slug, "date": DAY}
        | {"hold": held.token, "closure": closure.id, "colleague": colleague.id},
        {"slot": slot, "offer": slot, "hold": held.token, "reference": booked.reference, "moving": booked.reference}
        | {"appointment": booked.reference, "resident": resident_id, "resident_id": resident_id, "version": 1}
        | {"reason": "because", "outcome": "arrived", "to": "arrived", "state": "booked", "note": "was here"},
    )


@pytest.fixture
def theirs(app: Flask, database: Database, clock: FixedClock) -> Numbers:
    return numbers_of(app, database, clock, make_world(database, desks=2), "Robin Sample")


def mixtures(rule_arguments: set[str], own: Numbers, theirs: Numbers) -> Iterator[tuple[str, dict[str, Any]]]:
    """The arguments of an address with one number of others, or with none in it and others' in the form."""
    values = {name: own.arguments.get(name, "x") for name in rule_arguments}
    for name in sorted(rule_arguments & set(NOBODYS)):
        if theirs.arguments[name] != own.arguments[name]:
            yield name, values | {name: theirs.arguments[name]}
    yield "", values


def wrongs(app: Flask, client: FlaskClient, prefix: str, own: Numbers, theirs: Numbers, how: Any) -> list[str]:
    """Each address that breaks, shows who is booked there, or answers otherwise than for a number that nobody has."""
    to, wrong = app.url_map.bind("localhost"), []
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(prefix) and rule.endpoint not in SIGNING]
    for rule in rules:
        for name, values in mixtures(set(rule.arguments), own, theirs):
            for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
                query = "" if method == "POST" or name else f"?moving={theirs.arguments['reference']}"
                address = to.build(rule.endpoint, values, method=method) + query
                # A view that only leads on is judged by where it leads.
                answer = client.open(address, method=method, follow_redirects=True, **how(method))
                expected = {answer.status_code}
                if name:
                    unknown = to.build(rule.endpoint, values | {name: NOBODYS[name]}, method=method)
                    expected = {client.open(unknown, method=method, follow_redirects=True, **how(method)).status_code}
                    expected -= {200, 201}
                if answer.status_code not in expected or answer.status_code >= 500 or theirs.name in answer.text:
                    wrong.append(f"{method} {address}: {answer.status_code}, not {expected}")
    assert len(rules) > MOST_NUMBERS
    return wrong


def rows_of(database: Database, numbers: Numbers, *, exclude: Set[str] = frozenset()) -> dict[str, list[Any]]:
    """Every row that is of the council of `numbers`, by table."""
    tables = [table for table in Base.metadata.sorted_tables if "authority_id" in table.c]
    with database.reading() as db:
        return {
            table.name: [
                tuple(row)
                for row in db.execute(
                    select(table).where(table.c.authority_id == numbers.world.authority_id).order_by(*table.primary_key)
                )
            ]
            for table in tables
            if table.name not in WRITTEN_BY_LOOKING | exclude
        }


def signed_in(app: Flask, database: Database, clock: FixedClock, member: StaffMember) -> FlaskClient:
    client = app.test_client()
    with database.writing() as db:
        client.set_cookie(sign_in_sessions.COOKIE, sign_in_sessions.start(db, member.id, clock.now()))
    return client


def forms(client: FlaskClient, theirs: Numbers) -> Any:
    token = token_on(client, "/staff/")
    return lambda method: {} if method == "GET" else {"data": dict(theirs.fields) | {"csrf_token": token}}


@pytest.fixture
def elsewhere(app: Flask, database: Database, clock: FixedClock, theirs: Numbers) -> Numbers:
    """Another council, whose site has the same slug."""
    return numbers_of(app, database, clock, make_world(database, desks=2, slug="elsewhere"), "Eve Elsewhere")


@pytest.mark.parametrize("role", [Role.AUTHORITY_ADMIN, Role.SITE_MANAGER, Role.SITE_STAFF, Role.TRIAGE_AGENT])
def test_staff_of_another_council(
    app: Flask, database: Database, clock: FixedClock, theirs: Numbers, elsewhere: Numbers, role: Role
) -> None:
    client = signed_in(app, database, clock, make_staff(database, clock, elsewhere.world.authority_id, role))
    before = rows_of(database, theirs)
    assert wrongs(app, client, "/staff/", elsewhere, theirs, forms(client, theirs)) == []
    assert rows_of(database, theirs) == before


def test_a_key_of_another_council(
    app: Flask, database: Database, clock: FixedClock, theirs: Numbers, elsewhere: Numbers
) -> None:
    key = make_key(database, clock, elsewhere.world.authority_id, "read", "book", "manage")
    resident = {"resident": {"name": "Eve Elsewhere", "email": "eve@example.org"}}
    for taken in ("slot", "hold"):
        body = {taken: theirs.fields[taken], "reason": "because", "outcome": "arrived"} | resident
        before = rows_of(database, theirs)

        def how(method: str, body: dict[str, Any] = body) -> dict[str, Any]:
            return {"headers": {"Authorization": f"Bearer {key}"}} | ({"json": body} if method == "POST" else {})

        assert wrongs(app, app.test_client(), "/api/v1/", elsewhere, theirs, how) == []
        assert rows_of(database, theirs) == before


@pytest.mark.parametrize(("role", "prefix"), [(Role.SITE_STAFF, "/staff/sites/"), (Role.ADVISER, "/staff/")])
def test_staff_of_another_site(
    app: Flask, database: Database, clock: FixedClock, theirs: Numbers, role: Role, prefix: str
) -> None:
    """Of the same council: the day lists and feeds of a site are for who works there."""
    client, own = at_another_site(app, database, clock, theirs, role)
    before = rows_of(database, theirs, exclude=OF_AUDIT)  # they may export the list of their own site
    assert wrongs(app, client, prefix, own, theirs, forms(client, theirs)) == []
    assert rows_of(database, theirs, exclude=OF_AUDIT) == before
    assert OF_AUDIT
    assert not before.keys() & OF_AUDIT


def test_site_staff_of_another_site_change_no_appointment(
    app: Flask, database: Database, clock: FixedClock, theirs: Numbers
) -> None:
    """They may look up everybody in the council, and serve them at their own site alone."""
    client, _ = at_another_site(app, database, clock, theirs, Role.SITE_STAFF)
    token = token_on(client, "/staff/")
    to = app.url_map.bind("localhost")
    before = {name: rows for name, rows in rows_of(database, theirs).items() if name in OF_APPOINTMENTS}
    assert set(before) == OF_APPOINTMENTS
    sent = dict(theirs.fields) | {"csrf_token": token, "shown": theirs.fields["slot"]}
    asked = {"moving": theirs.arguments["reference"], "cancelling": theirs.arguments["reference"], "service": "certify"}
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/staff/calls/") and "POST" in (rule.methods or set()):
            values = {name: theirs.arguments[name] for name in rule.arguments}
            answer = client.post(to.build(rule.endpoint, values, method="POST"), data=sent, query_string=asked)
            assert answer.status_code < 500
    after = {name: rows for name, rows in rows_of(database, theirs).items() if name in OF_APPOINTMENTS}
    assert after == before


def at_another_site(
    app: Flask, database: Database, clock: FixedClock, theirs: Numbers, role: Role
) -> tuple[FlaskClient, Numbers]:
    """Somebody who works at another site of the same council, and what that site has: nothing."""
    authority_id = theirs.world.authority_id
    site_id = make_site(database, authority_id, "far", name="Far Library")
    member = make_staff(database, clock, authority_id, role, site_id=site_id)
    nothing = {name: NOBODYS[name] for name in ("reference", "resident_id", "feed", "hold", "colleague", "closure")}
    return signed_in(app, database, clock, member), Numbers(
        theirs.world, "", nothing | {"site": "far", "date": DAY}, {}
    )
