"""Every page of staff can be reached from their home page by links; nobody has to know an address."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from booking.documents.document_owner import DocumentOwner
from booking.documents.tables import DocumentBatch
from booking.merging.moved_rows_repository import records_stamp
from booking.use_cases.caller_checks import record_check
from booking.use_cases.calls import CallKey
from booking.use_cases.closures import list_touched
from booking.use_cases.earlier_times import offer_earlier_times
from booking.use_cases.merge_residents import TwoRecords, merge_residents
from booking.use_cases.wishes import NewWish, make_wish
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from core.flask_context import EXTENSION
from locations.catalogue_queries import bump_plan
from locations.tables import Authority, Closure
from people.residents.details import ResidentDetails
from people.residents.resident_repository import create_resident
from people.residents.tables import Resident
from people.staff.api_keys import create_api_key
from people.staff.policy import POLICY, Action, Role
from people.staff.sign_in_sessions import COOKIE
from reminders.reach_queries import can_be_told
from tests.support.callers import Callers, add_agent, book_for, make_callers, sign_in
from tests.support.crawl import crawl
from tests.support.documents import document_rows
from tests.support.factories import make_resource, make_runtime
from tests.support.failures import failed_message, failed_wish_mail, message_to_make
from tests.support.invitations import cohort_of, invitation_to
from tests.support.mandates import mandate_of
from tests.support.set_up import change_session, change_site
from tests.support.triages import put_triage
from web.staff_guard import mark_of_endpoint

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def callers(database: Database, clock: FixedClock) -> Callers:
    """Testshire, an adviser and the people who ring; somebody who comes today has to be rebooked."""
    callers = make_callers(database, clock.now())
    put_triage(database, callers.town, services=[], front_page=True)
    town, agent = callers.town, Actor("staff", callers.agent_id, "Agnes Agent")
    today = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    booked = book_for(database, town, callers.people["aminah"], today, agent, clock.now())
    owner = DocumentOwner(
        town.authority_id, town.sites["hub"], booked.appointment_id, resident_id=callers.people["aminah"]
    )
    document_rows(database, owner, clock.now())
    with database.writing() as db:
        of_site = {"authority_id": town.authority_id, "site_id": town.sites["hub"]}
        db.add(DocumentBatch(**of_site, number="88888888", handed_over_at=clock.now()))
    failed_message(database, booked.reference, clock.now())
    message_to_make(database, booked.reference, clock.now())
    make_resource(database, town.authority_id, town.sites["hub"], "ann", kind="adviser")
    with database.writing() as db:
        closure = Closure(
            authority_id=town.authority_id,
            site_id=town.sites["hub"],
            slug="boiler",
            starts_at=today,
            ends_at=today + timedelta(hours=1),
        )
        db.add(closure)
        db.flush()
        list_touched(db, closure.id, clock.now())
        bump_plan(db, town.authority_id, [town.sites["hub"]])
    change_site(make_runtime(database, clock.now()), town.authority_id, "riverside-hub")
    change_session(make_runtime(database, clock.now()), town.authority_id, "riverside-hub", "hub-days")
    wish = NewWish("phone", services=("certify",), resident=ResidentDetails("Wanda Waiting", phone="07700 900150"))
    runtime = make_runtime(database, clock.now())
    wish_id = make_wish(runtime, town.authority_id, wish, actor=agent)
    assert offer_earlier_times(runtime, can_be_told) == 1  # somebody is to ring
    failed_wish_mail(database, wish_id, clock.now())
    invitation_to(runtime, town.authority_id, callers.people["aminah"])
    cohort_of(runtime, town.authority_id)
    mandate_of(runtime, town.authority_id, callers.people["amina"])
    twins = [ResidentDetails(f"Ada {name}", phone="07700 900177") for name in ("Quill", "Quil", "Quilll")]
    with database.writing() as db:
        ids = [create_resident(db, town.authority_id, one, clock.now()) for one in twins]
        seen = records_stamp(db, db.get_one(Resident, ids[0]), db.get_one(Resident, ids[1]))
    two = TwoRecords(town.authority_id, ids[0], ids[1])
    merge_residents(runtime, two, {"name": "kept"}, seen=seen, actor=agent)  # and the third may be the same person, too
    with database.writing() as db:
        create_api_key(db, name="Till", authority_id=town.authority_id, scopes=["read"], now=clock.now())
    return callers


def pages_for(app: Flask, role: Role) -> set[str]:
    """The endpoints that answer a GET of somebody with this role and ask for an action."""
    found = set()
    for rule in app.url_map.iter_rules():
        mark = mark_of_endpoint(app, rule.endpoint)
        if mark and mark.action and "GET" in (rule.methods or ()) and role in POLICY[mark.action]:
            found.add(rule.endpoint)
    return found


@pytest.mark.parametrize("role", Role)
def test_every_page_is_reached_by_links_from_the_home_of_its_role(
    client: FlaskClient, database: Database, clock: FixedClock, callers: Callers, role: Role
) -> None:
    add_agent(database, callers.town.authority_id, clock.now(), Role.SITE_STAFF, "counter@example.org")
    staff = add_agent(database, callers.town.authority_id, clock.now(), role.value, f"crawler.{role}@example.org")
    client.set_cookie(COOKIE, sign_in(database, staff, clock.now()))
    amina, runtime = callers.people["amina"], client.application.extensions[EXTENSION]
    key, actor = CallKey(callers.town.authority_id, staff, amina), Actor("staff", staff, "Sam Staff")
    record_check(runtime, key, ["date_of_birth", "postcode"], "", actor=actor)  # visits are shown from then on
    hand_over = f"/staff/calls/residents/{amina}/appointments/{callers.booked.reference}/hand-over"
    ends = [f"{start}/{end}" for start in ("/staff/calls", hand_over) for end in ("find", "new")]
    searches: dict[str, Any] = {end: {"q": "amina"} for end in ends}
    searches["/staff/set-up/council/testshire"] = {"phone": "020 7946 0000"}
    rows = io.BytesIO(b"email,role,site\nnew@example.org,adviser,riverside-hub\n")
    searches["/staff/colleagues/import"] = {"file": (rows, "colleagues.csv")}
    listed = io.BytesIO(b"name\nLinda Listed\n")
    listed_for = {"name": "Rent reviews", "service": "certify", "file": (listed, "list.csv")}
    searches["/staff/invitations/lists/new"] = listed_for
    searches["/staff/sites/riverside-hub/resources/hub-1"] = {"name": "Desk by the door"}
    searches["/staff/sites/riverside-hub/tickets"] = {"name": "Wanda Walker", "service": "certify"}
    saturday = {"what": "day", "from_day": "2026-11-23", "to_day": "2026-11-28"}
    searches["/staff/sites/riverside-hub/week/copy"] = saturday
    pages = pages_for(client.application, role)
    reached = crawl(client, "/staff/", searches, each=12, wanted=pages).reached
    if role in POLICY[Action.MANAGE_SET_UP]:  # what stands beside the form of a thing, of which there are more than 12
        site = "/staff/set-up/site/riverside-hub"
        reached |= crawl(client, site, {site: {"look": "1"}}, each=2).reached
    if role in POLICY[Action.SEE_RESIDENT]:
        with database.writing() as db:
            db.execute(update(Authority).values(ask_why_looking=True))
        reached |= crawl(client, f"/staff/calls/residents/{callers.people['aminah']}", {}, each=1).reached
    assert pages - reached == set()
