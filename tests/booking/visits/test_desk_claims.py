"""Whoever is at a desk occupies it: nobody can book it meanwhile, and it is free as soon as they have left it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from booking.states import State
from booking.tables import Allocation, Claim
from booking.use_cases.call_next import call_next
from booking.use_cases.check_in import check_in
from booking.use_cases.move_visit import VisitStep, move_visit
from booking.use_cases.outcomes import record_outcome
from booking.use_cases.running_visits import follow_running_visits
from booking.use_cases.take_walk_in import take_walk_in
from booking.visits.visit_states import NewWalkIn, VisitState
from core.clock import FixedClock
from core.database import Database
from core.errors import SlotTaken
from core.runtime import Runtime
from core.wall_clock import unit_of
from tests.support.factories import AGENT, NOW, World, make_appointment, make_runtime, make_world

NINE = NOW + timedelta(hours=1)
HERE = "high-street"


class Counter:
    """A library of which only the visits matter."""

    def __init__(self, database: Database, desks: int = 1) -> None:
        self.runtime: Runtime = make_runtime(database, NINE)
        self.world: World = make_world(database, desks=desks)
        self.database = database

    def advance(self, minutes: int) -> None:
        """Let time pass."""
        clock = self.runtime.clock
        assert isinstance(clock, FixedClock)
        clock.advance(timedelta(minutes=minutes))

    def walk_in(self, name: str = "Wendy Walker") -> int:
        """The visit of somebody who has come without an appointment."""
        new = NewWalkIn(name)
        return take_walk_in(self.runtime, self.world.authority_id, HERE, "certify", new, actor=AGENT).visit_id

    def call(self, desk: int = 1) -> int | None:
        """The visit that the desk calls."""
        called = call_next(self.runtime, self.world.authority_id, HERE, f"desk-{desk}", actor=AGENT)
        return called.visit_id if called else None

    def step(self, visit: int, state: VisitState, desk: int | None = None) -> None:
        """Move the visit on."""
        step = VisitStep(state, f"desk-{desk}" if desk else "", "A slip")
        move_visit(self.runtime, self.world.authority_id, HERE, visit, step, actor=AGENT)

    def book(self, minutes: int) -> str:
        """The reference of an appointment so many minutes after nine."""
        return make_appointment(self.runtime, self.world, NINE + timedelta(minutes=minutes), actor=AGENT).reference

    def claimed(self, desk: int = 1) -> list[tuple[int, int]]:
        """What visits occupy at the desk, in minutes after nine, adjoining stretches as one."""
        columns = (Allocation.first_unit, Allocation.last_unit)
        of_desk = (Allocation.visit_id.is_not(None), Allocation.resource_id == self.world.resource_ids[desk - 1])
        with self.database.reading() as db:
            rows = db.execute(select(*columns).where(*of_desk).order_by(Allocation.first_unit)).all()
            units = sum(last - first for first, last in db.execute(select(*columns)))
            assert db.scalar(select(func.count()).select_from(Claim)) == units
        found: list[tuple[int, int]] = []
        for first, last in (tuple((unit - unit_of(NINE)) * 5 for unit in row) for row in rows):
            found = [*found[:-1], (found[-1][0], last)] if found and found[-1][1] == first else [*found, (first, last)]
        return found


@pytest.fixture
def counter(database: Database) -> Counter:
    return Counter(database)


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
        check_in(counter.runtime, counter.world.authority_id, reference, actor=AGENT)
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
        for minutes in (0, 30, 0, 30):
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
