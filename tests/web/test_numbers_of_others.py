"""Somebody with rights of their own puts one number of others among their own: another council's, or another site's.

The views are the real ones, and a route that is added later is walked too. Whatever is asked for with a number of others is
unknown (404), shows nobody, and changes no row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from booking.documents.document_owner import DocumentOwner
from booking.documents.tables import DocumentBatch
from booking.proposals.tables import Proposal
from booking.slot_tokens import decode, encode
from booking.tables import Appointment
from booking.use_cases.calendar_feeds import make_feed
from booking.use_cases.holds import hold_slot
from booking.use_cases.make_closure import NewClosure, make_closure
from booking.use_cases.offers import make_offers, request_offers
from booking.use_cases.take_walk_in import take_walk_in
from booking.use_cases.webhooks import add_webhook
from booking.use_cases.wishes import NewWish, make_wish
from booking.visits.visit_states import NewWalkIn
from booking.webhooks.signed_message import EVENTS
from core.audit import Actor
from core.clock import FixedClock
from core.database import Base, Database
from core.flask_context import EXTENSION
from core.runtime import Runtime
from core.settings import Settings
from core.tokens import new_reference
from locations.catalogue_queries import catalogue_by_id
from people.residents.details import ResidentDetails
from people.staff import sign_in_sessions
from people.staff.key_changes import make_key as make_api_key
from people.staff.policy import Role
from people.staff.tables import StaffMember
from reminders.costs.running_trials import Plan, start_trial
from reminders.pauses import PauseScope
from reminders.pausing import NewPause, pause_messages
from reminders.reach_queries import can_be_told
from reminders.tables import CouncilPause
from tests.support.calendar_server import outside_calendar
from tests.support.council import make_key, make_staff
from tests.support.documents import document_rows
from tests.support.factories import World, make_appointment, make_site, make_world, slot_key_at
from tests.support.failures import message_to_make
from tests.support.inbound_texts import inbound_text
from tests.support.invitations import cohort_of, invitation_to
from tests.support.mandates import mandate_of
from tests.support.set_up import change_site
from tests.support.urgent import urgent_request
from tests.web.account.pages import token_on

DAY = "2026-11-24"
SIGNING = {"staff.sign_out", "staff.send_sign_in"}
# The arguments of addresses that name what is somebody's, and what nobody has.
NOBODYS = {
    "resident_id": 999_999,
    "other_id": 999_998,
    "mandate_id": 999_999,
    "reference": "99999999",
    "feed": 999_999,
    "site": "nowhere",
    "hold": "0" * 64,
} | {
    "api_key": 999_999,
    "other_id": 999_998,
    "pause": 999_999,
    "closure": 999_999,
    "colleague": 999_999,
    "wish": 999_999,
    "invitation": 999_999,
    "cohort": 999_999,
    "inbound_text": 999_999,
    "urgent_request": 999_999,
    "sign_in": 999_999,
    "calendar": 999_999,
    "trial": 999_999,
    "task": 999_999,
    "service_id": 999_999,
    "change": 999_999,
    "day_visit": 999_999,
    "document_file": 999_999,
    "certified_copy": 999_999,
    "batch": "99999999",
    "webhook": 999_999,
    "slug": "nothing-is-called-this",
    "session": "nowhere",
    "resource": "nowhere",
}
# A day, a kind of thing, a state and a channel, what one's own browser or account keeps, and what nobody can guess.
NOBODYS_OWN = {"part", "number", "date", "kind", "outcome", "channel", "key", "token"}
MOST_NUMBERS = 5
WRITTEN_BY_LOOKING = {"staff_sessions", "idempotency_records", "resident_views"}
# Whatever tables the audit is kept in.
OF_AUDIT = {mapper.class_.__tablename__ for mapper in Base.registry.mappers if mapper.class_.__module__ == "core.audit"}
OF_APPOINTMENTS = {"appointments", "holds", "calendar_feeds", "notifications", "hand_overs", "proposals", "wishes"}


@dataclass(frozen=True)
class Numbers:
    """What a site has, by the arguments of addresses and the fields of forms; `name` is of the person who is booked."""

    world: World
    name: str
    arguments: Mapping[str, Any]
    fields: Mapping[str, Any]
    other_fields: Mapping[str, Any]  # what other forms call by the same names, and what only they have


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """No limit of requests: a fast machine meets it in the walk with a key, and it is not tried here."""
    return replace(settings, api_rate_limit="1000000/second")


def runtime_of(app: Flask) -> Runtime:
    runtime: Runtime = app.extensions[EXTENSION]
    return runtime


def sign_in_of(database: Database, staff_id: int, now: datetime) -> int:
    """The id of a session in which this colleague is signed in."""
    with database.writing() as db:
        sign_in_sessions.start(db, staff_id, now)
        return max(one.session_id for one in sign_in_sessions.open_sessions(db, staff_id, now))


def batch_to_fetch(runtime: Runtime, world: World) -> dict[str, Any]:
    """A batch that programs fetch, and an address that is told of it."""
    number = new_reference()
    webhook = add_webhook(runtime, world.authority_id, "https://benefits.example.org/", EVENTS, actor=Actor.system())
    of_site = {"authority_id": world.authority_id, "site_id": world.site_id}
    with runtime.database.writing() as db:
        db.add(DocumentBatch(**of_site, number=number, handed_over_at=runtime.clock.now(), way="webhook"))
    return {"batch": number, "webhook": webhook}


def numbers_of(app: Flask, database: Database, clock: FixedClock, world: World, name: str) -> Numbers:
    """One of each kind."""
    runtime = runtime_of(app)
    starts_at = datetime(2026, 11, 24, 10, 0, tzinfo=clock.now().tzinfo)
    booked = make_appointment(runtime, world, starts_at, resident=ResidentDetails(name, "robin@example.org"))
    late = starts_at + timedelta(hours=4)
    made_for = make_appointment(runtime, world, late, resident=ResidentDetails(f"{name} Braille", "b@example.org"))
    held = hold_slot(runtime, slot_key_at(world, starts_at + timedelta(hours=1)), for_public=False)
    with database.reading() as db:
        resident_id, other_id = (
            db.scalars(select(Appointment.resident_id).where(Appointment.reference == one.reference)).one()
            for one in (booked, made_for)
        )
        site = catalogue_by_id(db, world.authority_id).site_by_id(world.site_id)
    feed = make_feed(runtime, world.authority_id, site, f"Feed of {name}", actor=Actor.system())
    then = NewClosure(starts_at, starts_at + timedelta(minutes=30), site=site.slug)
    closure = make_closure(runtime, world.authority_id, then, actor=Actor.system())
    request_offers(runtime, world.authority_id, closure.id or 0, actor=Actor.system())
    assert make_offers(runtime, can_be_told, closure_id=closure.id) == 1
    with database.reading() as db:
        proposed = decode(
            db.scalars(select(Proposal.slot_token).where(Proposal.authority_id == world.authority_id)).one()
        )
    wish = make_wish(runtime, world.authority_id, NewWish("api", booked.reference), actor=Actor.system())
    email = f"colleague.{world.authority_id}@example.org"
    colleague = make_staff(database, clock, world.authority_id, Role.SITE_STAFF, site_id=world.site_id, email=email)
    slot = encode(slot_key_at(world, starts_at + timedelta(hours=2)))
    pause_messages(runtime, world.authority_id, NewPause(PauseScope.KIND, "offer", "Wrong"), actor=Actor.system())
    with database.reading() as db:
        pause = db.scalars(select(CouncilPause.id).where(CouncilPause.authority_id == world.authority_id)).one()
    plans: tuple[Plan, Plan] = ([], [{"kind": "reminder_1d", "days_before": 1, "at": "09:00"}])
    trial = start_trial(runtime, world.authority_id, world.service_ids[0], plans, actor=Actor.system())
    api_key = make_api_key(runtime, world.authority_id, f"Key of {name}", ["read"], actor=Actor.system()).key_id
    walks_in = NewWalkIn(name)
    waiting = take_walk_in(runtime, world.authority_id, site.slug, "certify", walks_in, actor=Actor.system())
    owner = DocumentOwner(world.authority_id, world.site_id, booked.appointment_id, resident_id=resident_id)
    return Numbers(
        world,
        name,
        {"reference": booked.reference, "resident_id": resident_id, "feed": feed.id, "site": site.slug, "date": DAY}
        | {"other_id": other_id, "urgent_request": urgent_request(runtime, world.authority_id)}
        | {"calendar": outside_calendar(database, world, clock.now()), "trial": trial}
        | {"service_id": world.service_ids[0], "task": message_to_make(database, made_for.reference, clock.now())}
        | {"api_key": api_key, "pause": pause, "inbound_text": inbound_text(database, world.authority_id, clock.now())}
        | {"hold": held.token, "closure": closure.id, "colleague": colleague.id, "wish": wish, "kind": "site"}
        | {"mandate_id": mandate_of(runtime, world.authority_id, resident_id, f"Carer of {name}")}
        | {"invitation": invitation_to(runtime, world.authority_id, resident_id)}
        | {"cohort": cohort_of(runtime, world.authority_id, name)}
        | {"sign_in": sign_in_of(database, colleague.id, clock.now())}
        | document_rows(database, owner, clock.now())
        | batch_to_fetch(runtime, world)
        | {
            "slug": site.slug,
            "change": change_site(runtime, world.authority_id, site.slug),
            "session": "weekdays",
            "resource": "desk-1",
            "day_visit": waiting.visit_id,
        },
        {"slot": slot, "offer": slot, "hold": held.token, "reference": booked.reference, "moving": booked.reference}
        | {"appointment": booked.reference, "resident": resident_id, "resident_id": resident_id, "version": 1}
        | {"reason": "because", "outcome": "arrived", "to": "arrived", "state": "booked", "note": "was here"},
        {"to": resident_id, "shown": slot, "proposal": f"{proposed.site_id}-{proposed.start_unit}"}
        | {
            "visit": f"{booked.reference}:1",
            "q": booked.reference,
            "draft": f"resident-{resident_id}",
            "name": "Mallory",
        }
        | {"site": site.slug, "resource": "desk-1", "starts": "now", "until_day": DAY, "offers": "yes"}
        | {"role": "site_staff", "held": f"site_staff/{site.slug}", "new_email": "mallory@example.org"}
        | {"arrangement": "confirmed", "version": 1, "moving": booked.reference},
    )


@pytest.fixture
def theirs(app: Flask, database: Database, clock: FixedClock) -> Numbers:
    return numbers_of(app, database, clock, make_world(database, desks=2), "Robin Sample")


def test_whatever_an_address_names_is_tried_with_the_number_of_others(app: Flask) -> None:
    """A route with an argument of another name is walked with a number of others only if that has one here."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(("/staff/", "/api/v1/"))]
    named = {name for rule in rules for name in rule.arguments}
    assert named == set(NOBODYS) | NOBODYS_OWN


def mixtures(rule_arguments: set[str], own: Numbers, theirs: Numbers) -> Iterator[tuple[str, dict[str, Any]]]:
    """The arguments of an address with one number of others, or with none in it and others' in the form."""
    values = {name: own.arguments.get(name, "site" if name == "kind" else "x") for name in rule_arguments}
    for name in sorted(rule_arguments & set(NOBODYS)):
        if theirs.arguments[name] != own.arguments[name]:
            yield name, values | {name: theirs.arguments[name]}
    yield "", values


def questions(theirs: Numbers) -> str:
    """Every number of others that an address may have besides its path."""
    reference, resident = theirs.arguments["reference"], theirs.arguments["resident_id"]
    names = dict.fromkeys(("moving", "cancelling", "keep", "hand_over", "read_out"), reference)
    return urlencode(names | {"to": resident, "visitor": resident, "site": theirs.arguments["site"]})


def wrongs(
    app: Flask,
    client: FlaskClient,
    prefix: str,
    own: Numbers,
    theirs: Numbers,
    how: Any,
    *,
    exclude: Set[str] = frozenset(),
) -> list[str]:
    """Each address that breaks, shows who is booked there, or answers otherwise than for a number that nobody has."""
    to, wrong = app.url_map.bind("localhost"), []
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(prefix) and rule.endpoint not in SIGNING]
    for rule in rules:
        for name, values in mixtures(set(rule.arguments), own, theirs):
            for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"} - exclude):
                query = "" if method == "POST" or name else f"?{questions(theirs)}"
                address = to.build(rule.endpoint, values, method=method) + query
                # A view that only leads on is judged by where it leads.
                answer = client.open(address, method=method, follow_redirects=True, **how(method))
                expected = {answer.status_code}
                if name:
                    unknown = to.build(rule.endpoint, values | {name: NOBODYS[name]}, method=method)
                    expected = {client.open(unknown, method=method, follow_redirects=True, **how(method)).status_code}
                    expected -= {200, 201}
                if (
                    answer.status_code not in expected
                    or answer.status_code >= 500
                    or theirs.name.encode() in answer.data
                ):
                    wrong.append(f"{method} {address}: {answer.status_code}, not {expected}")
    assert len(rules) > MOST_NUMBERS
    return wrong


def rows_of(database: Database, numbers: Numbers, *, exclude: Set[str] = frozenset()) -> dict[str, list[Any]]:
    """Every row that is of the council of `numbers`, or of somebody of its staff, by table."""
    staff = select(StaffMember.id).where(StaffMember.authority_id == numbers.world.authority_id)
    tables = [table for table in Base.metadata.sorted_tables if {"authority_id", "staff_id"} & set(table.c.keys())]
    assert {"staff_roles", "staff_password_links", "proposals"} <= {table.name for table in tables}
    with database.reading() as db:
        return {
            table.name: [
                tuple(row)
                for row in db.execute(
                    select(table)
                    .where(
                        table.c.authority_id == numbers.world.authority_id
                        if "authority_id" in table.c
                        else table.c.staff_id.in_(staff)
                    )
                    .order_by(*table.primary_key)
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


def forms(client: FlaskClient, fields: Mapping[str, Any]) -> Any:
    token = token_on(client, "/staff/")
    return lambda method: {} if method == "GET" else {"data": dict(fields) | {"csrf_token": token}}


@pytest.fixture
def elsewhere(app: Flask, database: Database, clock: FixedClock, theirs: Numbers) -> Numbers:
    """Another council, whose site has the same slug."""
    return numbers_of(app, database, clock, make_world(database, desks=2, slug="elsewhere"), "Eve Elsewhere")


def test_an_administrator_of_another_council(
    app: Flask, database: Database, clock: FixedClock, theirs: Numbers, elsewhere: Numbers
) -> None:
    changes_nothing_of_another_council(app, database, clock, theirs, elsewhere, Role.AUTHORITY_ADMIN)


@pytest.mark.databases("sqlite")  # whoever may do less sends no statement that an administrator does not
@pytest.mark.parametrize("role", [Role.SITE_MANAGER, Role.SITE_STAFF, Role.TRIAGE_AGENT])
def test_staff_of_another_council(
    app: Flask, database: Database, clock: FixedClock, theirs: Numbers, elsewhere: Numbers, role: Role
) -> None:
    changes_nothing_of_another_council(app, database, clock, theirs, elsewhere, role)


def changes_nothing_of_another_council(
    app: Flask, database: Database, clock: FixedClock, theirs: Numbers, elsewhere: Numbers, role: Role
) -> None:
    client = signed_in(app, database, clock, make_staff(database, clock, elsewhere.world.authority_id, role))
    before = rows_of(database, theirs)
    for fields, exclude in ((theirs.fields, set[str]()), (theirs.other_fields, {"GET"})):  # what is asked has no fields
        assert wrongs(app, client, "/staff/", elsewhere, theirs, forms(client, fields), exclude=exclude) == []
        assert rows_of(database, theirs) == before


def test_a_key_of_another_council(
    app: Flask, database: Database, clock: FixedClock, theirs: Numbers, elsewhere: Numbers
) -> None:
    key = make_key(database, clock, elsewhere.world.authority_id, "read", "book", "manage", "receipts")
    resident = {"resident": {"name": "Eve Elsewhere", "email": "eve@example.org"}}
    for taken in ("slot", "hold"):
        body = {taken: theirs.fields[taken], "reason": "because", "outcome": "arrived"} | resident
        before = rows_of(database, theirs)

        def how(method: str, body: dict[str, Any] = body) -> dict[str, Any]:
            return {"headers": {"Authorization": f"Bearer {key}"}} | ({"json": body} if method == "POST" else {})

        assert wrongs(app, app.test_client(), "/api/v1/", elsewhere, theirs, how) == []
        assert rows_of(database, theirs) == before


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("role", "prefix"),
    [
        (Role.SITE_STAFF, "/staff/sites/"),
        (Role.ADVISER, "/staff/"),
        (Role.SITE_MANAGER, "/staff/sites/"),
        (Role.SITE_MANAGER, "/staff/closures"),
        (Role.SITE_MANAGER, "/staff/colleagues"),
    ],
)
def test_staff_of_another_site(
    app: Flask, database: Database, clock: FixedClock, theirs: Numbers, role: Role, prefix: str
) -> None:
    """Of the same council: day lists, feeds, closures and colleagues of a site are for who works there, or manages it."""
    client, own = at_another_site(app, database, clock, theirs, role)
    own_work = OF_AUDIT | {"closures", "sites"}  # they may export their own list, and lift their own closure
    before = rows_of(database, theirs, exclude=own_work)
    for fields, exclude in ((theirs.fields, set[str]()), (theirs.other_fields, {"GET"})):
        assert wrongs(app, client, prefix, own, theirs, forms(client, fields), exclude=exclude) == []
        assert rows_of(database, theirs, exclude=own_work) == before
    assert OF_AUDIT
    assert not before.keys() & OF_AUDIT


def test_site_staff_of_another_site_change_no_appointment(
    app: Flask, database: Database, clock: FixedClock, theirs: Numbers
) -> None:
    """They may look up everybody in the council, and serve them at their own site alone."""
    client, _ = at_another_site(app, database, clock, theirs, Role.SITE_STAFF)
    token = token_on(client, "/staff/")
    to = app.url_map.bind("localhost")
    other = make_appointment(runtime_of(app), theirs.world, datetime(2026, 11, 24, 15, 0, tzinfo=clock.now().tzinfo))
    with database.reading() as db:
        other_id = db.scalars(select(Appointment.resident_id).where(Appointment.reference == other.reference)).one()
    before = {name: rows for name, rows in rows_of(database, theirs).items() if name in OF_APPOINTMENTS}
    assert set(before) == OF_APPOINTMENTS
    links = links_of(database)
    shown = {"csrf_token": token, "shown": theirs.fields["slot"]}
    asked = {"moving": theirs.arguments["reference"], "cancelling": theirs.arguments["reference"], "service": "certify"}
    known = dict(theirs.arguments) | {"key": "0" * 16}
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/staff/calls/") and "POST" in (rule.methods or set()):
            values = {name: known[name] for name in rule.arguments}
            for fields in (theirs.fields, dict(theirs.other_fields) | {"to": other_id, "q": ""}):
                sent = dict(fields) | shown
                answer = client.post(to.build(rule.endpoint, values, method="POST"), data=sent, query_string=asked)
                assert answer.status_code < 500
                if rule.endpoint == "agent.save_details":  # a corrected record ends the links of its old contact
                    give_back_links(database, links)
    after = {name: rows for name, rows in rows_of(database, theirs).items() if name in OF_APPOINTMENTS}
    assert after == before


def links_of(database: Database) -> list[dict[str, Any]]:
    """What each appointment's link is made of, and to which addresses messages about it went before."""
    columns = (Appointment.id, Appointment.manage_nonce, Appointment.manage_digest, Appointment.earlier_emails)
    with database.reading() as db:
        return [dict(row._mapping) for row in db.execute(select(*columns))]


def give_back_links(database: Database, links: list[dict[str, Any]]) -> None:
    with database.writing() as db:
        db.execute(update(Appointment), links)


def at_another_site(
    app: Flask, database: Database, clock: FixedClock, theirs: Numbers, role: Role
) -> tuple[FlaskClient, Numbers]:
    """Somebody who works at another site of the same council, and what that site has: a closure that affects nobody."""
    authority_id = theirs.world.authority_id
    site_id = make_site(database, authority_id, "far", name="Far Library")
    shut = NewClosure(clock.now(), clock.now() + timedelta(days=2), site="far")
    closure = make_closure(runtime_of(app), authority_id, shut, actor=Actor.system()).id
    member = make_staff(database, clock, authority_id, role, site_id=site_id)
    names = (
        "reference",
        "resident_id",
        "other_id",
        "feed",
        "document_file",
        "certified_copy",
        "batch",
        "webhook",
        "hold",
        "colleague",
        "wish",
        "invitation",
        "cohort",
        "change",
        "day_visit",
        "mandate_id",
        "slug",
        "session",
        "resource",
        "inbound_text",
        "urgent_request",
        "calendar",
        "service_id",
        "pause",
        "trial",
        "task",
        "sign_in",
    )
    nothing = {name: NOBODYS[name] for name in names}
    return signed_in(app, database, clock, member), Numbers(
        theirs.world,
        "",
        nothing | {"site": "far", "date": DAY, "closure": closure, "api_key": NOBODYS["api_key"]},
        {},
        {},
    )
