"""Services for people from some wards: which postcodes lie in each, from a file, and what is said of one that is in none."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from booking.importing.clashes import ImportRefused
from booking.importing.ward_file import wards_in
from booking.use_cases.change_set_up import InvalidEdits
from booking.use_cases.import_wards import import_wards
from core.audit import Actor
from core.database import Database
from locations.catalogue_queries import bump_plan
from locations.exporting.council_file import council_file
from locations.exporting.toml_text import toml_text
from locations.importing.parse_plan import read_plan
from locations.importing.set_up_queries import stored_set_up
from locations.importing.toml_file import InvalidFile
from locations.tables import Service
from locations.wards.tables import Ward
from tests.booking.test_catchments import INSTEAD, limit, try_to_book
from tests.support.factories import AGENT, RESIDENT, World, make_runtime, make_world

ONS = "pcds,pcd7,WD25CD,WD25NM,WD25NMW\nN12 0GA,N12 0GA,E1,Woodhouse,\nol11ul,OL1 1UL,E2,St Mary's,Santes Fair\n"
OWN = "Ward;Postcode\nWoodhouse;N12 0GA\nwoodhouse;n120gb\nN12 0GA again;NW11 8AA\n"


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database, desks=6)


@pytest.mark.databases("sqlite")
def test_a_file_of_the_statistics_office_and_of_a_councils_own_maps_are_read_alike() -> None:
    read = [(one.name, one.name_cy, one.postcodes) for one in wards_in(ONS.encode())]
    assert read == [("St Mary's", "Santes Fair", ["OL1 1UL"]), ("Woodhouse", "", ["N12 0GA"])]
    assert [(one.name, one.postcodes) for one in wards_in(OWN.encode("utf-16"))] == [
        ("N12 0GA again", ["NW11 8AA"]),
        ("Woodhouse", ["N12 0GA", "N12 0GB"]),
    ]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", ["1  import_empty"]),
        ("postcode,ward\n", ["1  ward_file_empty"]),
        ("postcode,code\nN12 0GA,E1\n", ["1 ward import_column_missing"]),
        ("postcode,pcds,ward\n", ["1 postcode import_column_twice"]),
        (
            "postcode,ward\nnonsense,A\nN12 0GA,\nN12 0GB,A\nN120GB,B\nN12 0GB,a\nN12 0GD," + "x" * 101,
            [
                "2 postcode postcode_form",
                "3 ward import_value_missing",
                "5 postcode ward_postcode_twice",
                "7 ward ward_name_too_long",
            ],
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said_by_line(text: str, wrong: list[str]) -> None:
    with pytest.raises(ImportRefused) as refused:
        wards_in(text.encode())
    assert [f"{one.line} {one.column} {one.reason.code}" for one in refused.value.clashes] == wrong


def bring_in(database: Database, world: World, text: str, *, dry_run: bool = False) -> dict[str, int]:
    """How many wards were added, changed and removed."""
    runtime = make_runtime(database)
    changes = import_wards(runtime, world.authority_id, text.encode(), actor=Actor.system(), dry_run=dry_run).changes
    counts = {"added": changes.added, "changed": changes.changed, "removed": changes.removed}
    return {name: counter["ward"] for name, counter in counts.items() if counter["ward"]}


def test_a_file_takes_the_place_of_all_wards_and_is_exported_as_it_is(database: Database, world: World) -> None:
    assert bring_in(database, world, ONS, dry_run=True) == {"added": 2}
    assert bring_in(database, world, ONS) == {"added": 2}
    assert bring_in(database, world, ONS) == {}
    with database.reading() as db:
        text = toml_text(council_file(stored_set_up(db, world.authority_id).values))
    assert 'slug = "st-mary-s"\n' in text
    assert [row["name_cy"] for row in read_plan(text.encode()).wards] == ["Santes Fair", ""]
    assert bring_in(database, world, OWN) == {"added": 1, "changed": 1, "removed": 1}
    with database.writing() as db:
        slug = db.scalars(select(Ward.slug).where(Ward.name == "N12 0GA again")).one()
        db.execute(update(Service).where(Service.id == world.service_ids[0]).values(wards=[slug]))
        bump_plan(db, world.authority_id)
    with pytest.raises(InvalidEdits) as refused:
        bring_in(database, world, ONS)
    assert any("which is no ward" in error.what for error in refused.value.errors)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("table", "wrong"),
    [
        ('slug = "a"\nname = "A"\npostcodes = ["N12 0GA"]', ""),
        ('slug = "a"\nname = "A"\npostcodes = []', "postcodes"),
        ('slug = "a"\nname = "A"\npostcodes = ["N12"]', "full postcode"),
        ('slug = "b"\nname = "B"\npostcodes = ["NW11 8AA"]', 'is in ward "b" and in ward "first"'),
    ],
)
def test_the_file_refuses_what_is_no_ward(table: str, wrong: str) -> None:
    first = '[[wards]]\nslug = "first"\nname = "First"\npostcodes = ["NW11 8AA"]'
    text = f'[authority]\nslug = "anytown"\nname = "Anytown"\n{first}\n[[wards]]\n{table}\n'
    try:
        said = str(len(read_plan(text.encode()).wards))
    except InvalidFile as error:
        said = str(error)
    assert said == "2" if not wrong else wrong in said


def test_yes_no_and_nobody_can_tell_are_three_answers(database: Database, world: World) -> None:
    bring_in(database, world, ONS)
    runtime = make_runtime(database)
    for may_be_passed, unknown in ((True, "NW11 8AA"), (False, "EN4 8AA")):
        limit(database, world, catchment=[], wards=["woodhouse"], catchment_may_be_passed=may_be_passed)
        for actor in (RESIDENT, Actor("api", 1, "A program")):
            assert try_to_book(runtime, world, "OL1 1UL", actor) == f"postcode outside_area {INSTEAD}"
            assert try_to_book(runtime, world, unknown, actor, outside_reason="I say so") == "postcode ward_unknown"
            assert try_to_book(runtime, world, "", actor) == f"postcode area_postcode {INSTEAD}"
        assert try_to_book(runtime, world, unknown, AGENT) == "reason outside_area_reason"
        assert try_to_book(runtime, world, unknown, AGENT, outside_reason="A tenancy") == "booked"
    assert try_to_book(runtime, world, "OL1 1UL", AGENT, outside_reason="Again") == f"postcode outside_area {INSTEAD}"
    assert try_to_book(runtime, world, "n120ga") == "booked"
    limit(database, world, catchment=["NW11"], wards=["woodhouse"])
    assert try_to_book(runtime, world, "NW11 8AC") == "booked"
