"""Another authority's administrator, and its most powerful key, try every address with the ids of this one.

The views are the real ones. Nothing of Testshire may show in an answer, and nothing of it may change. A route that is
added later is walked too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from booking.slot_tokens import encode
from booking.tables import Appointment, CalendarFeed, Hold
from booking.use_cases.holds import hold_slot
from booking.use_cases.make_closure import NewClosure, make_closure
from core.audit import Actor, AuditEntry
from core.clock import FixedClock
from core.database import Database
from core.flask_context import EXTENSION
from core.runtime import Runtime
from people.residents.tables import ContactNote, Resident
from people.staff import sign_in_sessions
from people.staff.policy import Role
from tests.support.council import make_key, make_staff
from tests.support.factories import World, make_appointment, make_authority, make_site, make_world, slot_key_at
from tests.web.account.pages import token_on

THEIR_NAME = "Robin Sample"
TELLING_ARGUMENTS = {"resident_id", "appointment_id", "reference", "site", "feed_id", "closure"}


@dataclass(frozen=True)
class Target:
    """Testshire's numbers, which the visitors from elsewhere somehow know."""

    world: World
    reference: str
    appointment_id: int
    resident_id: int
    hold: str
    slot: str
    day: str
    closure: int

    def argument(self, name: str) -> Any:
        """The value for an argument of a route."""
        known = {"reference": self.reference, "site": "high-street", "date": self.day, "hold": self.hold}
        known |= {"authority": "testshire", "kind": "site"}
        numbers = {"resident_id": self.resident_id, "appointment_id": self.appointment_id}
        numbers |= {"closure": self.closure}
        return known.get(name) or numbers.get(name, 1)

    def body(self) -> dict[str, Any]:
        """Every field that some form or operation knows, so that no view stops at a missing one."""
        return {
            "slot": self.slot,
            "offer": self.slot,
            "hold": self.hold,
            "reference": self.reference,
            "appointment": self.reference,
            "reason": "because",
            "outcome": "arrived",
            "note": "was here",
            "version": 1,
        }


@pytest.fixture
def target(app: Flask, database: Database, clock: FixedClock) -> Target:
    runtime: Runtime = app.extensions[EXTENSION]
    world = make_world(database, desks=2)
    starts_at = datetime(2026, 11, 24, 10, 0, tzinfo=clock.now().tzinfo)
    booked = make_appointment(runtime, world, starts_at)
    held = hold_slot(runtime, slot_key_at(world, starts_at + timedelta(hours=1)), for_public=False)
    with database.reading() as db:
        row = db.scalars(select(Appointment)).one()
    slot = encode(slot_key_at(world, starts_at + timedelta(hours=2)))
    day = NewClosure(starts_at, starts_at + timedelta(minutes=30))
    closure = make_closure(runtime, world.authority_id, day, actor=Actor.system()).id or 0
    return Target(world, booked.reference, row.id, row.resident_id, held.token, slot, "2026-11-24", closure)


@pytest.fixture
def elsewhere(database: Database) -> int:
    """An authority with one library and nobody in it."""
    authority_id = make_authority(database, "elsewhere", name="Elsewhere Council")
    make_site(database, authority_id, "far")
    return authority_id


def addresses(app: Flask, target: Target, prefix: str) -> Iterator[tuple[str, str, set[str]]]:
    """Every method and address below `prefix`, with its arguments."""
    to = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(prefix) and rule.endpoint not in ("staff.sign_out", "staff.send_sign_in"):
            values = {name: target.argument(name) for name in rule.arguments}
            for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
                yield method, to.build(rule.endpoint, values, method=method), set(rule.arguments)


def state_of(database: Database, target: Target) -> dict[str, Any]:
    """Everything of Testshire that somebody could have changed."""
    with database.reading() as db:
        theirs = target.world.authority_id
        counted = (Appointment, Resident, ContactNote, Hold, AuditEntry, CalendarFeed)
        counts = {
            table.__name__: db.scalar(select(func.count()).where(table.authority_id == theirs)) for table in counted
        }
        row = db.get_one(Appointment, target.appointment_id)
        return counts | {"state": row.state, "version": row.version, "notes": row.notes}


def check(client: FlaskClient, method: str, address: str, arguments: set[str], **sent: Any) -> list[str]:
    """What is wrong with the answer; empty when nothing is."""
    answer = client.open(address, method=method, **sent)
    wrong = [f"{method} {address} shows {THEIR_NAME}"] if THEIR_NAME in answer.get_data(as_text=True) else []
    if answer.status_code >= 500:
        wrong.append(f"{method} {address} breaks")
    if arguments & TELLING_ARGUMENTS and answer.status_code < 300:
        wrong.append(f"{method} {address} answers {answer.status_code}")
    return wrong


def test_another_authoritys_administrator_reaches_nothing(app, database, clock, target, elsewhere):
    member = make_staff(database, clock, elsewhere, Role.AUTHORITY_ADMIN)
    client = app.test_client()
    with database.writing() as db:
        client.set_cookie(sign_in_sessions.COOKIE, sign_in_sessions.start(db, member.id, clock.now()))
    before, wrong = state_of(database, target), []
    for method, address, arguments in addresses(app, target, "/staff/"):
        token = {"csrf_token": token_on(client, "/staff/")} if method != "GET" else {}
        wrong += check(client, method, address, arguments, data=target.body() | token if token else None)
    assert wrong == []
    assert state_of(database, target) == before


def test_another_authoritys_key_reaches_nothing(app, database, clock, target, elsewhere):
    key = make_key(database, clock, elsewhere, "read", "book")
    headers = {"Authorization": f"Bearer {key}"}
    body = target.body() | {"resident": {"name": "Eve Elsewhere", "email": "eve@example.org"}, "support_needs": []}
    before, wrong = state_of(database, target), []
    for method, address, arguments in addresses(app, target, "/api/v1/"):
        json = {name: value for name, value in body.items() if name != "hold"} if method == "POST" else None
        wrong += check(app.test_client(), method, address, arguments, headers=headers, json=json)
    assert wrong == []
    assert state_of(database, target) == before


def test_a_hold_of_another_authority_is_not_booked_nor_released(app, database, clock, target, elsewhere):
    key = make_key(database, clock, elsewhere, "read", "book")
    headers = {"Authorization": f"Bearer {key}"}
    before = state_of(database, target)
    body = {"hold": target.hold, "resident": {"name": "Eve Elsewhere", "email": "eve@example.org"}}
    assert app.test_client().post("/api/v1/appointments", headers=headers, json=body).status_code >= 400
    app.test_client().delete(f"/api/v1/holds/{target.hold}", headers=headers)
    assert state_of(database, target) == before


def test_the_authoritys_own_key_reaches_what_the_others_could_not(app, database, clock, target):
    """The same addresses work for their owner, so the refusals above are about the authority."""
    key = make_key(database, clock, target.world.authority_id, "read", "book")
    headers = {"Authorization": f"Bearer {key}"}
    client = app.test_client()
    assert THEIR_NAME in client.get(f"/api/v1/sites/high-street/days/{target.day}", headers=headers).get_data(
        as_text=True
    )
    assert client.get(f"/api/v1/appointments/{target.reference}", headers=headers).status_code == 200


def test_the_authoritys_own_administrator_reaches_what_the_other_could_not(app, database, clock, target):
    member = make_staff(database, clock, target.world.authority_id, Role.AUTHORITY_ADMIN)
    client = app.test_client()
    with database.writing() as db:
        client.set_cookie(sign_in_sessions.COOKIE, sign_in_sessions.start(db, member.id, clock.now()))
    page = client.get(f"/staff/calls/residents/{target.resident_id}")
    assert page.status_code == 200
    assert THEIR_NAME in page.get_data(as_text=True)
