"""Who rings, for a telephone system."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from core.clock import FixedClock
from core.database import Database
from people.residents.details import phone_key
from people.residents.register_rules import CRITERIA
from people.residents.tables import RegisterEntry, Representative, Resident, ResidentView
from tests.contract.conftest import Program, assert_problem, key_for, program_with
from tests.support.factories import NOW, World, make_world

NEW = {"support_needs": [], "created_at": NOW}
ROBIN = {"name": "Robin Sample", "phone": "07700 900123"}


@pytest.fixture
def telephones(app: Flask, database: Database, world: World, clock: FixedClock) -> Program:
    """A telephone system."""
    return program_with(app, key_for(database, world.authority_id, clock, "callers"))


def test_the_number_in_any_format_names_who_has_it(program: Program, telephones: Program, database: Database) -> None:
    booked = program.post("/appointments", {"slot": program.slots()[0]["slot"], "resident": ROBIN}).get_json()
    for number in ("07700900123", "+44 7700 900123", "0044 7700 900 123"):
        (robin,) = telephones.get(f"/callers/{number}").get_json()["items"]
        assert (robin["name"], robin["appointments"]) == ("Robin Sample", 1)
        assert robin["next"]["reference"] == booked["reference"]
        assert not {"email", "phone", "postcode", "service"} & robin.keys()
    assert telephones.get("/callers/07700900124").get_json() == {"items": [], "has_more": False}
    with database.reading() as db:
        views = db.scalars(select(ResidentView.purpose).where(ResidentView.purpose == "api_caller")).all()
    assert len(views) == 3


def test_who_cannot_get_online_is_marked(program: Program, telephones: Program, database: Database) -> None:
    program.post("/appointments", {"slot": program.slots()[0]["slot"], "resident": ROBIN})
    number = "/callers/07700900123"
    assert telephones.get(number).get_json()["items"][0]["on_register"] is False
    with database.writing() as db:
        robin = db.scalars(select(Resident)).one()
        of_robin = {"authority_id": robin.authority_id, "resident_id": robin.id, "decided_at": NOW}
        db.add(RegisterEntry(**of_robin, criteria=list(CRITERIA), reason="", review_on=NOW.date()))
    (marked,) = telephones.get(number).get_json()["items"]
    assert (marked["on_register"], "criteria" in marked) == (True, False)


@pytest.mark.databases("sqlite")
def test_whoever_acts_for_somebody_is_known_by_their_own_number(
    program: Program, telephones: Program, database: Database
) -> None:
    program.post("/appointments", {"slot": program.slots()[0]["slot"], "resident": ROBIN})
    with database.writing() as db:
        robin = db.scalars(select(Resident)).one()
        shared = phone_key("07700 900200")
        for number in range(6):
            db.add(Resident(authority_id=robin.authority_id, name=f"Kim {number}", phone_key=shared, **NEW))
        facts = {
            "authority_id": robin.authority_id,
            "resident_id": robin.id,
            "basis": "carer",
            "created_at": robin.created_at,
        }
        db.add(Representative(name="Ceri Carer", phone="07700 900124", **facts))
    assert [one["name"] for one in telephones.get("/callers/07700900124").get_json()["items"]] == ["Robin Sample"]
    shared = telephones.get("/callers/07700900200").get_json()
    assert (len(shared["items"]), shared["has_more"]) == (5, True)


@pytest.mark.databases("sqlite")
def test_no_other_key_and_no_other_council_learns_anything(
    app: Flask,
    program: Program,
    telephones: Program,
    anonymous_program: Program,
    database: Database,
    clock: FixedClock,
) -> None:
    program.post("/appointments", {"slot": program.slots()[0]["slot"], "resident": ROBIN})
    elsewhere = make_world(database, slug="elsewhere").authority_id
    others = program_with(app, key_for(database, elsewhere, clock, "callers"))
    assert others.get("/callers/07700900123").get_json() == {"items": [], "has_more": False}
    assert_problem(program.get("/callers/07700900123"), 403, "not_allowed")
    assert anonymous_program.get("/callers/07700900123").status_code == 401
    assert_problem(telephones.get("/callers/withheld"), 400, "validation", "number")
