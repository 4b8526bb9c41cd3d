"""Which seats a visit gets, and in which order others are tried."""

from __future__ import annotations

import pytest

from booking.availability.busy import NOTHING_BUSY
from booking.availability.engine import assign
from booking.availability.seat_allocation import MOST_ALTERNATIVES, run_before, run_from
from booking.availability.values import SeatAllocation
from tests.booking.availability.random_inputs import (
    ADVISER,
    BASE,
    DESK,
    bits,
    booked,
    plan,
    resource,
    search,
    service,
    site,
)

OPEN = "############"
FOUR = site(*(plan(resource(number), OPEN) for number in (1, 2, 3, 4)))


def first_choices(*args: object, **options: object) -> list[int]:
    """The first resource of each alternative."""
    return [allocations[0].resource_id for allocations in assign(*args, **options)]  # type: ignore[arg-type]


def test_an_allocation_holds_the_turnaround_too() -> None:
    one = site(plan(resource(1), OPEN))
    found = assign(search(service(3, turnaround=2)), one, NOTHING_BUSY, BASE + 4)
    assert found == [(SeatAllocation(1, 0, BASE + 4, BASE + 9, 1),)]


@pytest.mark.parametrize("tick", [-1, 3, 11, 288])
def test_there_is_no_allocation_where_there_is_no_start(tick: int) -> None:
    one = site(plan(resource(1), OPEN))
    assert assign(search(service(2)), one, booked(r1="...x"), BASE + tick) == []


def test_every_free_seat_begins_one_alternative() -> None:
    assert first_choices(search(service(2)), FOUR, booked(r2=OPEN.replace("#", "x")), BASE) == [1, 3, 4]


def test_seats_that_are_taken_are_left_out() -> None:
    group = site(plan(resource(1, seats=3), OPEN))
    found = assign(search(service(2)), group, booked(r1s1="xxx"), BASE)
    assert [allocations[0].seat for allocations in found] == [0, 2]


def test_alternatives_are_capped() -> None:
    hall = site(plan(resource(1, seats=40), OPEN))
    assert len(assign(search(service(1)), hall, NOTHING_BUSY, BASE)) == MOST_ALTERNATIVES


@pytest.mark.parametrize(("spread", "expected"), [(0, [1, 2, 3, 4]), (1, [2, 3, 4, 1]), (6, [3, 4, 1, 2])])
def test_spread_lets_equals_begin_elsewhere(spread: int, expected: list[int]) -> None:
    assert first_choices(search(service(2)), FOUR, NOTHING_BUSY, BASE, spread=spread) == expected


def test_the_preferred_resource_comes_first_whatever_the_spread() -> None:
    found = first_choices(search(service(2)), FOUR, NOTHING_BUSY, BASE, prefer=frozenset({3}), spread=1)
    assert found == [3, 2, 4, 1]


def test_special_skills_are_saved_for_those_who_need_them() -> None:
    team = site(plan(resource(1, "desk", "bsl"), OPEN), plan(resource(2), OPEN))
    assert first_choices(search(service(2)), team, NOTHING_BUSY, BASE) == [2, 1]
    assert first_choices(search(service(2), needs=("bsl",)), team, NOTHING_BUSY, BASE) == [1]


def test_the_tightest_gap_is_filled_first() -> None:
    busy = booked(r1="............", r2="xx....xxxxxx", r3="xx...xxxxxxx", r4="x....xxxxxxx")
    assert first_choices(search(service(3)), FOUR, busy, BASE + 2) == [3, 2, 4, 1]


def test_several_requirements_take_different_resources() -> None:
    team = site(
        plan(resource(1, "adviser", seats=2), OPEN), plan(resource(2, "adviser"), OPEN), plan(resource(3), OPEN)
    )
    for allocations in assign(search(service(2, ADVISER, DESK, ADVISER)), team, NOTHING_BUSY, BASE):
        assert [a.resource_id for a in allocations] in ([1, 3, 2], [2, 3, 1])


def test_a_visit_stays_at_one_desk_and_holds_each_tick_once() -> None:
    visit = search(service(3, turnaround=4), service(2, turnaround=1, service_id=2))
    for (first, second), desk in zip(assign(visit, FOUR, NOTHING_BUSY, BASE), (1, 2, 3, 4), strict=True):
        assert first == SeatAllocation(desk, 0, BASE, BASE + 3, 1)
        assert second == SeatAllocation(desk, 0, BASE + 3, BASE + 7, 2)  # until the first one's clearing up would end


def test_a_visit_that_changes_desks_holds_both_turnarounds_in_full() -> None:
    pair = site(plan(resource(1), OPEN, services=(1,)), plan(resource(2), OPEN, services=(2,)))
    visit = search(service(3, turnaround=4), service(2, turnaround=1, service_id=2))
    assert assign(visit, pair, NOTHING_BUSY, BASE) == [
        (SeatAllocation(1, 0, BASE, BASE + 7, 1), SeatAllocation(2, 0, BASE + 3, BASE + 6, 2))
    ]


def test_runs_of_free_ticks_are_measured_on_both_sides() -> None:
    free = bits("#.###..##")
    assert [run_before(free, tick) for tick in (0, 1, 2, 5, 9)] == [0, 1, 0, 3, 2]
    assert [run_from(free, tick) for tick in (0, 1, 2, 7, 9)] == [1, 0, 3, 2, 0]
