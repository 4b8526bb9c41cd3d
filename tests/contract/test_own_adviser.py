"""Times with the adviser whom a resident has: GET /api/v1/availability with `after`, and booking them."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from booking.slot_tokens import decode
from booking.tables import Allocation, Appointment
from core.database import Database
from locations.catalogue_queries import bump_plan
from locations.tables import Resource, Service
from tests.contract.conftest import Program, assert_problem
from tests.support.factories import World, make_resource, make_session

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def advisers(database: Database, world: World) -> tuple[int, int]:
    """The desk of the library is an adviser, and there is another one."""
    second = make_resource(database, world.authority_id, world.site_id, "ben", kind="adviser")
    make_session(database, world.authority_id, world.site_id, (second,), world.service_ids, slug="bens")
    with database.writing() as db:
        db.execute(update(Resource).values(kind="adviser", skills=[]))
        db.execute(update(Service).values(requirements=[{"kind": "adviser", "skills": []}], open_limit=9))
        bump_plan(db, world.authority_id)
    return world.resource_ids[0], second


def test_the_adviser_seen_last_is_found_held_and_booked(
    database: Database, program: Program, anonymous_program: Program, advisers: tuple[int, int]
) -> None:
    first = program.book(program.slots()[0]["slot"])["reference"]
    with database.writing() as db:
        [(booked, adviser)] = db.execute(select(Allocation.appointment_id, Allocation.resource_id)).all()
        assert program.get("/availability", service="certify", after=first).status_code == 400  # nobody seen yet
        db.execute(update(Appointment).where(Appointment.id == booked).values(state="attended"))
    slots = program.slots(after=first)
    assert {decode(slot["slot"]).adviser for slot in slots} == {adviser}
    assert {slot["free"] for slot in slots} == {1}
    assert_problem(anonymous_program.get("/availability", service="certify", after=first), 401, "not_allowed")
    assert program.get("/availability", service="certify", after="99999999").status_code == 404
    body = {"slot": slots[3]["slot"], "resident": {"name": "Somebody Else", "email": "else@example.org"}}
    assert_problem(program.post("/appointments", body), 422, "validation", "slot")
    booked_again = program.book(slots[3]["slot"], after=first)["reference"]
    with database.reading() as db:
        of_visit = select(Allocation.resource_id).join(Appointment).where(Appointment.reference == booked_again)
        assert db.scalars(of_visit).all() == [adviser]
    assert_problem(program.post("/appointments", body | {"after": first}), 409, "slot_taken")
