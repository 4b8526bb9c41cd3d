"""Services for people from some areas: the rule holds for whoever books, and says what to do instead."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from booking.queries.nearest_sites import sites_by_distance
from booking.queries.slots import SlotQuery
from booking.tables import Appointment
from booking.use_cases.book import Booking, book
from booking.use_cases.wishes import NewWish, make_wish
from core.audit import Actor, AuditEntry
from core.database import Database
from core.errors import Invalid
from core.runtime import Runtime
from locations.catalogue_queries import bump_plan, catalogue_by_id
from locations.catchment import Catchment, lies_in
from locations.postcodes import PostcodePlace
from locations.tables import Service
from people.residents.details import ResidentDetails
from tests.support.factories import (
    AGENT,
    NOW,
    RESIDENT,
    World,
    make_resource,
    make_runtime,
    make_session,
    make_site,
    make_world,
    slot_key_at,
)

HERE, THERE = "N12 0GA", "OL1 1UL"
INSTEAD = "Ask the council where you live."


@pytest.mark.parametrize(
    ("area", "postcodes"),
    [
        ("N12", {"N12 0GA": True, "N12 9AA": True, "N1 2GA": False, "NW12 0GA": False, "N11 0GA": False}),
        ("N12 0", {"N12 0GA": True, "n120ga": True, "N12 9AA": False}),
        ("N12 0GA", {"N12 0GA": True, "N12 0GB": False}),
    ],
)
def test_an_area_is_the_beginning_of_a_postcode_at_one_of_its_joints(area: str, postcodes: dict[str, bool]) -> None:
    catchment = Catchment((area,), is_rule=True, instead="", staff_may_pass=True)
    assert {code: catchment.has(code) for code in postcodes} == postcodes
    assert [lies_in(part, (area,)) for part in ("N12", "N12 0", "N1")] == [
        area == "N12",
        area in ("N12", "N12 0"),
        False,
    ]


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database, desks=3)


def limit(database: Database, world: World, **values: Any) -> None:
    """Let the first service be for N12."""
    row = {"catchment": ["N12"], "catchment_instead": INSTEAD} | values
    with database.writing() as db:
        db.execute(update(Service).where(Service.id == world.service_ids[0]).values(**row))
        bump_plan(db, world.authority_id)


def try_to_book(runtime: Runtime, world: World, postcode: str, actor: Actor = RESIDENT, **more: Any) -> str:
    """What became of it: "booked", or the field and the reason."""
    who = ResidentDetails("Robin Sample", f"r{postcode[:2]}{len(more)}@example.org", postcode=postcode)
    slot_key = slot_key_at(world, NOW.replace(hour=10))
    try:
        book(runtime, Booking(world.authority_id, "phone", who, slot_key=slot_key, **more), actor=actor)
    except Invalid as error:
        [(field, [reason])] = error.errors.items()
        return f"{field} {reason.code} {reason.facts.get('instead', '')}".strip()
    return "booked"


def test_a_rule_refuses_residents_and_programs_from_elsewhere_and_says_what_to_do(
    database: Database, world: World
) -> None:
    limit(database, world)
    runtime = make_runtime(database)
    for actor in (RESIDENT, Actor("api", 1, "A program")):
        assert try_to_book(runtime, world, THERE, actor) == f"postcode outside_area {INSTEAD}"
        assert try_to_book(runtime, world, "", actor) == f"postcode area_postcode {INSTEAD}"
    assert try_to_book(runtime, world, HERE) == "booked"
    wish = NewWish("api", services=("certify",), resident=ResidentDetails("A B", "ab@example.org", postcode=THERE))
    with pytest.raises(Invalid):
        make_wish(runtime, world.authority_id, wish, actor=Actor("api", 1, "A program"))


def test_staff_pass_by_the_rule_with_a_reason_on_the_record_where_the_council_allows_it(
    database: Database, world: World
) -> None:
    limit(database, world)
    runtime = make_runtime(database)
    assert try_to_book(runtime, world, THERE, AGENT) == "reason outside_area_reason"
    assert try_to_book(runtime, world, THERE, RESIDENT, outside_reason="I say so") == f"postcode outside_area {INSTEAD}"
    assert try_to_book(runtime, world, THERE, AGENT, outside_reason="Fled from home") == "booked"
    with database.reading() as db:
        appointment = db.scalars(select(Appointment.id)).one()
        entries = select(AuditEntry.reason).where(AuditEntry.action == "booked", AuditEntry.subject_id == appointment)
        assert db.scalars(entries).all() == ["Fled from home"]
    limit(database, world, catchment_may_be_passed=False)
    assert try_to_book(runtime, world, THERE, AGENT, outside_reason="Again") == f"postcode outside_area {INSTEAD}"


def test_a_preference_refuses_nobody(database: Database, world: World) -> None:
    limit(database, world, catchment_kind="preference")
    assert try_to_book(make_runtime(database), world, THERE) == "booked"


@pytest.mark.databases("sqlite")
def test_a_preference_has_the_places_of_ones_own_area_first(database: Database, world: World) -> None:
    near, here = (530_100, 180_100), (530_000, 190_000)
    for slug, postcode, (easting, northing) in (("near", "HA8 0AS", near), ("own", HERE, here)):
        values = {"postcode": postcode, "easting": easting, "northing": northing}
        site = make_site(database, world.authority_id, slug, name=slug, **values)
        desk = make_resource(database, world.authority_id, site, f"{slug}-desk")
        make_session(database, world.authority_id, site, (desk,), world.service_ids[:1])

    def order(postcode: str) -> list[str]:
        with database.reading() as db:
            found = catalogue_by_id(db, world.authority_id)
        place = PostcodePlace(530_000, 180_000, postcode, exact=True)
        sites = sites_by_distance(found, SlotQuery(world.service_ids[:1]), place)
        return [one.slug for one, _miles in sites if one.slug in ("near", "own")]

    assert order("N12 9AA") == ["near", "own"]
    limit(database, world, catchment_kind="preference", catchment_instead="")
    assert [order(code) for code in ("N12 9AA", "N12", "N1 9AA", "HA8")] == [["own", "near"]] * 2 + [
        ["near", "own"]
    ] * 2
    limit(database, world, catchment_kind="rule")  # whoever comes so far lives there
    assert order("N12 9AA") == ["near", "own"]
