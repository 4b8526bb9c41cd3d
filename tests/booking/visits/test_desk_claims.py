"""Whoever is at a desk occupies it: nobody can book it meanwhile, and it is free as soon as they have left it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select, update

from booking.states import State
from booking.tables import Allocation, Claim
from booking.use_cases.outcomes import record_outcome
from booking.use_cases.running_visits import follow_running_visits
from booking.visits.visit_states import VisitState
from core.database import Database
from core.errors import SlotTaken
from locations.catalogue_queries import bump_plan
from locations.tables import Resource, Service
from tests.booking.visits.conftest import Counter
from tests.support.factories import AGENT, NOW

NINE = NOW + timedelta(hours=1)
HERE = "high-street"


def test_a_walk_in_occupies_the_desk_until_they_leave_it(counter: Counter) -> None:
    visit = counter.walk_in()
    counter.advance(2)
    assert counter.claimed() == []
    assert counter.call() == visit
    assert counter.claimed() == [(0, 35)]
    with pytest.raises(SlotTaken):
        counter.book(30)
    counter.step(visit, VisitState.BEING_SEEN)
    counter.advance(9)
    counter.step(visit, VisitState.ENDED)
    assert counter.claimed() == [(0, 10)]
    counter.book(30)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("state", [VisitState.WAITING, VisitState.PARKED, VisitState.MISSED, VisitState.LEFT])
def test_whoever_does_not_come_occupies_nothing_any_more(counter: Counter, state: VisitState) -> None:
    visit = counter.walk_in()
    counter.call()
    counter.step(visit, state)
    assert counter.claimed() == []
    if state is not VisitState.WAITING:
        counter.step(visit, VisitState.WAITING)
    assert counter.call() == visit
    assert counter.claimed() == [(0, 30)]


@pytest.mark.databases("sqlite")
def test_who_is_moved_to_another_desk_frees_the_first(database: Database) -> None:
    counter = Counter(database, desks=2)
    visit = counter.walk_in()
    counter.call()
    counter.advance(5)
    counter.step(visit, VisitState.BEING_SEEN, desk=2)
    assert (counter.claimed(1), counter.claimed(2)) == ([(0, 5)], [(5, 35)])
    counter.advance(5)
    counter.step(visit, VisitState.ENDED)
    counter.step(visit, VisitState.BEING_SEEN)
    assert counter.claimed(2) == [(5, 35)]


def test_a_visit_that_runs_over_goes_on_as_far_as_nobody_else_has_claimed(counter: Counter) -> None:
    visit = counter.walk_in()
    counter.call()
    counter.step(visit, VisitState.BEING_SEEN)
    for minutes, until in ((20, 30), (9, 35), (6, 40), (0, 40), (4, 45)):
        counter.advance(minutes)
        follow_running_visits(counter.runtime)
        assert counter.claimed() == [(0, until)]
    counter.book(60)
    counter.advance(18)
    follow_running_visits(counter.runtime)
    counter.advance(8)
    follow_running_visits(counter.runtime)
    assert counter.claimed()[-1][1] == 60


@pytest.mark.databases("sqlite")
def test_who_was_forgotten_at_a_desk_does_not_occupy_it_for_ever(counter: Counter) -> None:
    counter.walk_in()
    counter.call()
    counter.advance(200)
    follow_running_visits(counter.runtime)
    assert counter.claimed() == [(0, 30)]


@pytest.mark.databases("sqlite")
def test_who_is_booked_occupies_another_desk_only_when_called_there(database: Database) -> None:
    counter = Counter(database, desks=2)
    references = [counter.book(0), counter.book(0)]
    for reference in references:
        counter.arrive(reference)
    assert counter.call(1) is not None
    first = counter.claimed(1), counter.claimed(2)
    assert counter.call(2) is not None
    # Of the two one may sit at the other's desk, whose time is claimed already: nothing is claimed twice.
    assert first == (counter.claimed(1), counter.claimed(2)) == ([], [])
    record_outcome(counter.runtime, counter.world.authority_id, references[0], State.IN_PROGRESS, actor=AGENT)
    counter.advance(29)
    follow_running_visits(counter.runtime)
    assert sorted((counter.claimed(1), counter.claimed(2))) == [[(30, 35)], [(30, 35)]]


@pytest.mark.slow
def test_calls_and_bookings_at_once_never_claim_the_same(database: Database) -> None:
    """Four desks call walk-ins while others book any time of the next hour: the claims are what the allocations say."""
    counter = Counter(database, desks=4)
    for number in range(8):
        counter.walk_in(f"Person {number}")
    counter.advance(2)  # so that a walk-in is expected to stay until after the next time that can be booked
    start = Barrier(8)

    def call(desk: int) -> int:
        start.wait()
        visits = [counter.call(desk)]
        if visits[0] is not None:
            counter.step(visits[0], VisitState.BEING_SEEN)
            counter.step(visits[0], VisitState.ENDED)
        return sum(one is not None for one in [*visits, counter.call(desk)])

    def book(number: int) -> int:
        start.wait()
        made = 0
        for minutes in (30, 60, 30, 60):
            try:
                counter.book(minutes)
                made += 1
            except SlotTaken:
                pass
        return made

    with ThreadPoolExecutor(8) as pool:
        calls, bookings = pool.map(call, range(1, 5)), pool.map(book, range(4))
        assert 0 < sum(calls) <= 8
        assert 0 < sum(bookings) <= 8
    with database.reading() as db:
        rows = db.execute(select(Allocation.resource_id, Allocation.seat, Allocation.first_unit, Allocation.last_unit))
        units = [(desk, seat, unit) for desk, seat, first, last in rows for unit in range(first, last)]
        claims = db.execute(select(Claim.resource_id, Claim.seat, Claim.unit)).all()
    assert len(set(units)) == len(units)
    assert sorted(units) == sorted(tuple(row) for row in claims)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(("rooms", "claimed"), [(1, [(0, 35)]), (2, [])], ids=["one room", "which room is not known"])
def test_with_an_adviser_goes_the_room_in_which_they_are(
    database: Database, rooms: int, claimed: list[tuple[int, int]]
) -> None:
    counter = Counter(database, desks=1 + rooms)
    with database.writing() as db:
        bump_plan(db, counter.world.authority_id)
        adviser, *places = counter.world.resource_ids
        db.execute(update(Resource).where(Resource.id == adviser).values(kind="adviser"))
        db.execute(update(Resource).where(Resource.id.in_(places)).values(kind="room"))
        pools = [{"kind": "adviser", "skills": []}, {"kind": "room", "skills": []}]
        db.execute(update(Service).values(requirements=pools))
    counter.walk_in()
    counter.advance(2)
    counter.call(1)
    assert counter.claimed(1) == [(0, 35)]
    assert counter.claimed(2) == claimed
