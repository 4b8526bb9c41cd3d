"""Free slots: GET /api/v1/availability."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import update

from api import serializers
from core.database import Database
from locations.catalogue_queries import bump_plan
from locations.tables import Service
from tests.contract.conftest import Program, assert_problem
from tests.support.factories import (
    NOW,
    World,
    make_resource,
    make_service,
    make_session,
    make_site,
    slots_of,
)

pytestmark = pytest.mark.databases("sqlite")


def test_every_free_slot_is_listed(anonymous_program: Program, world: World) -> None:
    items = anonymous_program.slots(**{"from": "2026-11-23", "to": "2026-11-23"})
    assert items[0] == {
        "slot": items[0]["slot"],
        "site": "high-street",
        "mode": "in_person",
        "starts_at": "2026-11-23T09:00:00+00:00",
        "ends_at": "2026-11-23T09:30:00+00:00",
        "free": 1,
    }
    assert [item["starts_at"][11:16] for item in items[:3]] == ["09:00", "09:30", "10:00"]
    assert len(items) == 16


def test_the_text_is_what_a_json_library_writes(anonymous_program: Program, database: Database, world: World) -> None:
    make_virtual(database, world)
    answer = anonymous_program.get("/availability", service="talk")
    slots = slots_of(database, world, NOW.replace(hour=9), service_ids=(3,))
    expected = {"items": [serializers.slot(slot) for slot in slots], "next_cursor": None}
    assert len(slots) > 100
    assert answer.text == json.dumps(expected, separators=(",", ":"))


def test_a_booked_slot_is_not_listed_any_more(program: Program) -> None:
    slot = program.slots()[3]["slot"]
    program.book(slot)
    assert slot not in {item["slot"] for item in program.slots()}


def test_an_answer_that_was_remembered_is_never_given_to_another_question(
    anonymous_program: Program, program: Program, database: Database, world: World
) -> None:
    """Each difference in the address that changes the answer, asked alternately, and again after a booking."""
    make_virtual(database, world)
    base = {"service": "talk", "limit": "50"}
    (cursor,) = {anonymous_program.get("/availability", **base).get_json()["next_cursor"]}
    others = (
        {"limit": "3"}, {"mode": "video"}, {"mode": "phone"}, {"from": "2026-11-24T10:00:00Z"}, {"to": "2026-11-23"},
        {"cursor": cursor}, {"service": "certify"}, {"to": "2026-11-23T12:00:00Z"},
    )  # fmt: skip
    questions = [base, *(base | other for other in others)]
    answers = [anonymous_program.get("/availability", **question).text for question in questions]
    assert len(set(answers)) == len(questions)
    assert [anonymous_program.get("/availability", **question).text for question in questions] == answers
    program.book(program.slots(service="certify")[0]["slot"])
    certify = questions.index(base | {"service": "certify"})
    assert anonymous_program.get("/availability", **questions[certify]).text != answers[certify]


def test_two_services_are_one_visit_back_to_back(anonymous_program: Program) -> None:
    items = anonymous_program.slots(service=["certify", "advice"], to="2026-11-23")
    first = items[0]
    assert (first["starts_at"][11:16], first["ends_at"][11:16]) == ("09:00", "10:00")
    assert items[-1]["ends_at"][11:16] == "17:00"


@pytest.mark.parametrize(
    ("bounds", "first", "last"),
    [
        ({"from": "2026-11-24", "to": "2026-11-25"}, "2026-11-24T09:00", "2026-11-25T16:30"),
        ({"from": "2026-11-24T10:10:00Z", "to": "2026-11-24"}, "2026-11-24T10:30", "2026-11-24T16:30"),
        ({"from": "2026-11-24T11:10:00+01:00", "to": "2026-11-24"}, "2026-11-24T10:30", "2026-11-24T16:30"),
        ({"from": "2026-11-24", "to": "2026-11-24T12:00:00+00:00"}, "2026-11-24T09:00", "2026-11-24T11:30"),
        ({"to": "2026-11-23"}, "2026-11-23T09:00", "2026-11-23T16:30"),
    ],
)
def test_bounds_are_dates_or_instants(
    bounds: dict[str, str], first: str, last: str, anonymous_program: Program
) -> None:
    items = anonymous_program.slots(**bounds)
    assert (items[0]["starts_at"][:16], items[-1]["starts_at"][:16]) == (first, last)


def test_a_plus_sign_that_was_not_escaped_is_understood(anonymous_program: Program) -> None:
    path = "/availability?service=certify&from=2026-11-24T10:00:00+00:00&to=2026-11-24"
    assert anonymous_program.get(path).get_json()["items"][0]["starts_at"] == "2026-11-24T10:00:00+00:00"


def test_times_carry_the_offset_of_their_own_day(anonymous_program: Program, clock: Any) -> None:
    """The clocks go forward over Easter 2027: Thursday is in winter, Tuesday in summer."""
    clock.instant = datetime.fromisoformat("2027-03-25T08:00:00+00:00")
    items = anonymous_program.slots(to="2027-03-30")
    assert {item["starts_at"][:10]: item["starts_at"][19:] for item in items} == {
        "2027-03-25": "+00:00",
        "2027-03-30": "+01:00",
    }


def make_virtual(database: Database, world: World) -> None:
    """A virtual room with a service by video and by phone."""
    site = make_site(database, world.authority_id, "online", kind="virtual", name="Online", easting=None, northing=None)
    room = make_resource(database, world.authority_id, site, "room-1", kind="virtual_room")
    requirements = [{"kind": "virtual_room", "skills": []}]
    service = make_service(
        database, world.authority_id, "talk", name="Talk", modes=["video", "phone"], requirements=requirements
    )
    make_session(database, world.authority_id, site, [room], [service])


def test_a_slot_is_listed_once_for_each_mode(anonymous_program: Program, database: Database, world: World) -> None:
    make_virtual(database, world)
    items = anonymous_program.slots(service="talk", to="2026-11-23")
    assert [(item["starts_at"][11:16], item["mode"]) for item in items[:3]] == [
        ("09:00", "video"),
        ("09:00", "phone"),
        ("09:30", "video"),
    ]
    assert {item["mode"] for item in anonymous_program.slots(service="talk", mode="phone")} == {"phone"}


def test_sites_and_needs_narrow_the_search(anonymous_program: Program, database: Database, world: World) -> None:
    second = make_site(database, world.authority_id, "mill", name="Mill Library", features=["hearing-loop"])
    desk = make_resource(database, world.authority_id, second, "desk-1")
    make_session(database, world.authority_id, second, [desk], world.service_ids)

    def sites(**query: Any) -> set[str]:
        return {item["site"] for item in anonymous_program.slots(**query)}

    assert sites() == {"high-street", "mill"}
    assert sites(site="mill") == {"mill"}
    assert sites(site=["mill", "high-street"]) == {"high-street", "mill"}
    assert sites(need="step-free") == {"high-street"}
    assert sites(need=["step-free", "hearing-loop"]) == set()


def test_extra_time_makes_the_visit_longer(anonymous_program: Program) -> None:
    first = anonymous_program.slots(need="extra-time")[0]
    assert (first["starts_at"][11:16], first["ends_at"][11:16]) == ("09:00", "09:45")


def test_near_puts_the_nearest_site_first(anonymous_program: Program, database: Database, world: World) -> None:
    near = make_site(database, world.authority_id, "near", name="Near Library", easting=524_000, northing=189_000)
    desk = make_resource(database, world.authority_id, near, "desk-1")
    make_session(database, world.authority_id, near, [desk], world.service_ids)
    order = [item["site"] for item in anonymous_program.slots(to="2026-11-24", near="HA8 0")]
    assert order == ["near"] * 32 + ["high-street"] * 32 or order == ["high-street"] * 32 + ["near"] * 32
    starts = [item["starts_at"] for item in anonymous_program.slots(to="2026-11-24")]
    assert starts == sorted(starts)


@pytest.mark.parametrize("query", [{}, {"near": "NW11"}])
@pytest.mark.parametrize("service", ["certify", "talk"])
def test_pages_join_to_the_whole(
    service: str, query: dict[str, str], anonymous_program: Program, database: Database, world: World
) -> None:
    make_virtual(database, world)
    search = {"service": service, "to": "2026-11-24"} | query
    whole, found, cursor = anonymous_program.slots(**search), [], None
    for _ in range(len(whole)):
        page = anonymous_program.get(
            "/availability", limit=7, **search, **({"cursor": cursor} if cursor else {})
        ).get_json()
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(whole) > 14
    assert found == whole


def test_a_page_goes_on_behind_a_slot_that_was_taken_meanwhile(program: Program) -> None:
    first = program.get("/availability", service="certify", limit=2).get_json()
    program.book(first["next_cursor"])
    following = program.get("/availability", service="certify", limit=1, cursor=first["next_cursor"]).get_json()
    assert following["items"][0]["starts_at"] == "2026-11-23T10:00:00+00:00"


def test_everything_comes_in_one_answer_unless_a_limit_is_sent(anonymous_program: Program) -> None:
    answer = anonymous_program.get("/availability", service="certify").get_json()
    assert len(answer["items"]) > 500
    assert answer["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "service"),
        ({"service": ["certify"] * 5}, "service"),
        ({"service": "no-such-service"}, "service"),
        ({"service": "certify", "site": "no-such-site"}, "site"),
        ({"service": "certify", "from": "yesterday"}, "from"),
        ({"service": "certify", "from": "2026-11-24T10:00:00"}, "from"),
        ({"service": "certify", "to": "0001-01-01"}, "to"),
        ({"service": "certify", "mode": "by_owl"}, "mode"),
        ({"service": "certify", "need": "a-cup-of-tea"}, "need.0"),
        ({"service": "certify", "near": "nowhere"}, "near"),
        ({"service": "certify", "limit": "10001"}, "limit"),
        ({"service": "certify", "cursor": "1.1.99.1.p.0.1"}, "cursor"),
        ({"service": "certify", "cursor": "x"}, "cursor"),
    ],
)
def test_a_wrong_parameter_is_named(query: dict[str, Any], field: str, anonymous_program: Program) -> None:
    assert_problem(anonymous_program.get("/availability", **query), 400, "validation", field)


def test_an_ask_without_slots_is_an_empty_list(anonymous_program: Program) -> None:
    answer = anonymous_program.get("/availability", service="certify", **{"from": "2030-01-01"})
    assert answer.get_json() == {"items": [], "next_cursor": None}


def test_a_number_makes_the_slots_longer(
    anonymous_program: Program, program: Program, database: Database, world: World
) -> None:
    """Without one it is for one; the appointment says it, and moves to a slot of another length only if that is said."""
    question = {"ask": "How many children?", "say": "", "minutes_each": 10, "most": 3}
    with database.writing() as db:
        db.execute(update(Service).where(Service.slug == "certify").values(triage_questions=[question]))
        bump_plan(db, world.authority_id)
    [certify] = [one for one in json.loads(program.get("/services").text)["items"] if one["slug"] == "certify"]
    assert certify["counts"] == {"question": "How many children?", "minutes_each": 10, "most": 3}

    def slot(**more: Any) -> dict[str, Any]:
        found: list[dict[str, Any]] = anonymous_program.slots(service="certify", **more)
        return found[-1]

    lengths = [
        datetime.fromisoformat(one["ends_at"]) - datetime.fromisoformat(one["starts_at"])
        for one in (slot(), slot(number=1), slot(number=3))
    ]
    assert [length.total_seconds() // 60 for length in lengths] == [40, 40, 60]
    assert slot()["slot"] == slot(number=1)["slot"]
    for wrong in ({"number": 4}, {"number": [1, 2]}, {"number": 0}):
        assert_problem(anonymous_program.get("/availability", service="certify", **wrong), 400, "validation")
    booked = program.book(slot(number=3)["slot"])
    address = f"/appointments/{booked['reference']}"
    assert json.loads(program.get(address).text)["numbers"] == [
        {"service": "certify", "question": "How many children?", "number": 3}
    ]
    other = {"slot": slot(number=1)["slot"]}
    assert_problem(program.post(f"{address}/reschedule", other), 422, "validation")
    assert program.post(f"{address}/reschedule", other | {"changes_numbers": True}).status_code == 200
