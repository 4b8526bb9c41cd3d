"""Sessions that lack the people or the things that they need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from booking.availability.unstaffed import days_looked_at, unstaffed_sessions
from booking.use_cases.make_closure import NewClosure, make_closure
from core.audit import Actor
from core.database import Database
from locations.catalogue_queries import bump_plan
from tests.support.factories import (
    NOW,
    World,
    catalogue,
    make_authority,
    make_resource,
    make_runtime,
    make_service,
    make_session,
    make_site,
)

pytestmark = pytest.mark.databases("sqlite")
HOUR = timedelta(hours=1)
TUESDAY = NOW + timedelta(days=1)


@dataclass(frozen=True)
class Advice(World):
    """Two advisers, and a room that one of two services needs beside either of them."""


@pytest.fixture
def advice(database: Database) -> Advice:
    authority_id = make_authority(database)
    site_id = make_site(database, authority_id)
    people = [make_resource(database, authority_id, site_id, name, kind="adviser") for name in ("ann", "bob")]
    room = make_resource(database, authority_id, site_id, "room", kind="room")
    adviser: list[dict[str, object]] = [{"kind": "adviser", "skills": []}]
    both = [*adviser, {"kind": "room", "skills": []}]
    services = (
        make_service(database, authority_id, "talk", name="Talk", requirements=adviser),
        make_service(database, authority_id, "in-private", name="In private", requirements=both),
    )
    make_session(database, authority_id, site_id, [*people, room], services)
    return Advice(authority_id, site_id, (*people, room), services)


def found(database: Database, world: World, dates: list[date] | None = None) -> list[tuple[str, str, str]]:
    """By date: who is away, and for which services something is missing."""
    known = catalogue(database, world)
    sessions = unstaffed_sessions(known, known.sites, dates or days_looked_at(NOW.date()), NOW)
    return [
        (
            f"{one.date:%a}",
            " ".join(person.slug for person in one.away),
            " ".join(sorted(service.slug for service in one.lacking)),
        )
        for one in sessions
    ]


@pytest.mark.parametrize(
    ("shut", "from_hour", "hours", "expected"),
    [
        ([], 0, 24, []),
        (["ann"], 0, 24, []),
        (["ann", "bob"], 0, 24, [("Tue", "ann bob", "in-private talk")]),
        (["ann", "bob"], 0, 4, []),  # in the morning alone: the afternoon can be booked
        (
            ["ann", "bob"],
            0,
            8.75,
            [("Tue", "", "in-private talk")],
        ),  # a quarter of an hour is left, and a visit takes two
        (["room"], 0, 24, [("Tue", "", "in-private")]),
        ([""], 0, 24, []),  # the whole site
    ],
)
def test_a_session_whose_people_are_all_away_or_that_lacks_what_its_services_need(
    database: Database,
    advice: Advice,
    shut: list[str],
    from_hour: int,
    hours: float,
    expected: list[tuple[str, str, str]],
) -> None:
    starts_at = TUESDAY + from_hour * HOUR
    for resource in shut:
        closure = NewClosure(starts_at, starts_at + hours * HOUR, "Away", site="high-street", resource=resource or None)
        make_closure(make_runtime(database), advice.authority_id, closure, actor=Actor.system())
    assert found(database, advice) == expected


def test_a_session_without_anybody_in_it_and_one_that_is_over(database: Database, advice: Advice) -> None:
    values = {"rrule": "FREQ=WEEKLY;BYDAY=MO,WE"}
    make_session(database, advice.authority_id, advice.site_id, [], advice.service_ids, "nobody", **values)
    with database.writing() as db:
        bump_plan(db, advice.authority_id)
    assert found(database, advice) == [("Mon", "", ""), ("Wed", "", "")]
    known = catalogue(database, advice)
    late = NOW + timedelta(hours=12)
    assert [f"{one.date:%a}" for one in unstaffed_sessions(known, known.sites, days_looked_at(NOW.date()), late)] == [
        "Wed"
    ]
