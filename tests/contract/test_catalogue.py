"""Services and sites: GET /api/v1/services and /api/v1/sites."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from core.clock import FixedClock
from core.database import Database
from locations.catalogue_queries import bump_plan
from locations.tables import Authority
from tests.contract.conftest import Program, assert_problem, key_for, program_with
from tests.support.factories import World, make_resource, make_service, make_session, make_site, make_world

pytestmark = pytest.mark.databases("sqlite")


def test_services_are_listed_without_a_key(anonymous_program: Program) -> None:
    answer = anonymous_program.get("/services")
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert answer.get_json() == {
        "items": [
            {
                "slug": "certify",
                "name": "Certify documents",
                "summary": "",
                "duration_minutes": 30,
                "modes": ["in_person"],
                "documents": ["Passport"],
                "documents_by_case": [],
                "documents_by_rule": [],
                "bookable_online": True,
                "counts": None,
                "catchment": None,
            },
            {
                "slug": "advice",
                "name": "Housing advice",
                "summary": "",
                "duration_minutes": 30,
                "modes": ["in_person"],
                "documents": ["Tenancy agreement", "Passport"],
                "documents_by_case": [],
                "documents_by_rule": [],
                "bookable_online": True,
                "counts": None,
                "catchment": None,
            },
        ],
        "next_cursor": None,
    }


def test_sites_are_listed_without_distances_unless_asked(anonymous_program: Program) -> None:
    assert anonymous_program.get("/sites").get_json() == {
        "items": [
            {
                "slug": "high-street",
                "name": "High Street Library",
                "kind": "library",
                "address": "1 High Street, Testshire",
                "postcode": "NW11 9QS",
                "features": ["step-free"],
                "distance_miles": None,
                "drop_in": [],
            }
        ],
        "next_cursor": None,
    }


def open_site(database: Database, world: World, slug: str, *, service: int = 0, **values: Any) -> int:
    """The id of another site, with a desk at which one service is offered."""
    site = make_site(database, world.authority_id, slug, **values)
    desk = make_resource(database, world.authority_id, site, f"{slug}-desk")
    make_session(database, world.authority_id, site, [desk], [world.service_ids[service]], f"{slug}-days")
    return site


def test_what_is_kept_for_its_history_alone_is_not_listed(
    anonymous_program: Program, database: Database, world: World
) -> None:
    """No session offers the service, and none opens the site: to the public they are as good as unknown."""
    make_service(database, world.authority_id, "blue-badge", name="Blue badge renewals")
    make_site(database, world.authority_id, "old-hall", name="Old Hall", kind="hub")
    assert [item["slug"] for item in anonymous_program.get("/services").get_json()["items"]] == ["certify", "advice"]
    assert [item["slug"] for item in anonymous_program.get("/sites").get_json()["items"]] == ["high-street"]
    assert_problem(anonymous_program.get("/sites", service="blue-badge"), 400, "validation")
    assert_problem(anonymous_program.get("/availability", service="blue-badge"), 400, "validation")
    assert_problem(anonymous_program.get("/availability", service="certify", site="old-hall"), 400, "validation")


def test_sites_come_nearest_first_and_virtual_ones_last(
    anonymous_program: Program, database: Database, world: World
) -> None:
    open_site(database, world, "far", name="A Far Hub", kind="hub", easting=600_000, northing=300_000)
    open_site(database, world, "video", name="A Video Room", kind="virtual", easting=None, northing=None)
    items = anonymous_program.get("/sites", near="NW11 9QS").get_json()["items"]
    assert [item["slug"] for item in items] == ["high-street", "far", "video"]
    near, far, nowhere = (item["distance_miles"] for item in items)
    assert near < far
    assert nowhere is None


def test_sites_can_be_narrowed_to_those_with_a_service(
    anonymous_program: Program, database: Database, world: World
) -> None:
    open_site(database, world, "advice-only", name="Advice Hub", kind="hub", service=1)
    assert [item["slug"] for item in anonymous_program.get("/sites").get_json()["items"]] == [
        "advice-only",
        "high-street",
    ]
    items = anonymous_program.get("/sites", service="certify").get_json()["items"]
    assert [item["slug"] for item in items] == ["high-street"]


@pytest.mark.parametrize("path", ["/services", "/sites"])
def test_lists_come_in_pages(path: str, anonymous_program: Program, database: Database, world: World) -> None:
    open_site(database, world, "second", name="Second Hub", kind="hub")
    whole = anonymous_program.get(path).get_json()["items"]
    first = anonymous_program.get(path, limit=1).get_json()
    second = anonymous_program.get(path, limit=1, cursor=first["next_cursor"]).get_json()
    assert first["items"] + second["items"] == whole
    assert first["next_cursor"] is not None
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "10001"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"cursor": "no-such-thing"}, "cursor"),
        ({"near": "nowhere"}, "near"),
        ({"near": "ZZ1 1ZZ"}, "near"),
        ({"service": "no-such-service"}, "service"),
        ({"service": "No Slug\x00"}, "service.0"),
        ({"authority": "\x00"}, "authority"),
    ],
)
def test_a_wrong_parameter_is_named(query: dict[str, str], field: str, anonymous_program: Program) -> None:
    assert_problem(anonymous_program.get("/sites", **query), 400, "validation", field)


@pytest.mark.databases("sqlite", "postgresql")
def test_an_unpublished_authority_needs_a_key(
    anonymous_program: Program, program: Program, database: Database, world: World
) -> None:
    with database.writing() as db:
        db.get_one(Authority, world.authority_id).publishes_availability = False
        bump_plan(db, world.authority_id)
    for path in ("/services", "/sites", "/availability?service=certify"):
        answer = anonymous_program.get(path)
        assert_problem(answer, 401, "not_allowed")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert program.get(path).status_code == 200


def test_without_a_key_one_of_several_authorities_must_be_named(anonymous_program: Program, database: Database) -> None:
    make_world(database, slug="otherham")
    body = assert_problem(anonymous_program.get("/services"), 400, "validation", "authority")
    assert "otherham, testshire" in body["errors"]["authority"][0]
    assert anonymous_program.get("/services", authority="otherham").status_code == 200
    assert_problem(anonymous_program.get("/services", authority="nowhere"), 404, "not_found")


def test_a_key_names_its_authority(app: Flask, program: Program, database: Database, clock: FixedClock) -> None:
    other = make_world(database, slug="otherham")
    stranger = program_with(app, key_for(database, other.authority_id, clock, "read"))
    assert program.get("/services", authority="testshire").status_code == 200
    assert stranger.get("/services").status_code == 200
    assert_problem(stranger.get("/services", authority="testshire"), 404, "not_found")
