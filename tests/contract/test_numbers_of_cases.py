"""A program gives the number of a case, and reads nothing of whose it is."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from booking.tables import Appointment
from core.database import Database
from locations.catalogue_queries import bump_plan
from locations.tables import Service
from tests.contract.conftest import Program, assert_problem
from tests.support.factories import World

pytestmark = pytest.mark.databases("sqlite")


def test_a_program_books_with_a_number_once(database: Database, program: Program, world: World) -> None:
    with database.writing() as db:
        db.execute(update(Service).values(case_number="Claim number", case_number_form="HB######"))
        bump_plan(db, world.authority_id)
    first, second = (slot["slot"] for slot in program.slots()[:2])
    body = {"slot": first, "resident": {"name": "Robin Sample", "email": "robin@example.org"}}
    assert_problem(program.post("/appointments", body), 422, "validation", "case_number")
    assert_problem(program.post("/appointments", body | {"case_number": "HB1"}), 422, "validation", "case_number")
    reference = program.post("/appointments", body | {"case_number": "hb 123456"}).get_json()["reference"]
    other = {"slot": second, "resident": {"name": "Kim Other", "email": "kim@example.org"}, "case_number": "HB123456"}
    refused = program.post("/appointments", other)
    assert_problem(refused, 422, "validation", "case_number")
    assert reference not in refused.get_data(as_text=True)
    with database.reading() as db:
        assert db.scalars(select(Appointment.case_number)).all() == ["hb 123456"]
