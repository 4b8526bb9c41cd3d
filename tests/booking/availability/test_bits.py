"""Bitmaps of time, drawn: the first character is the first tick."""

from __future__ import annotations

import pytest

from booking.availability.bit_counts import at_least, binary_counts, counts_at
from booking.availability.bits import blocked, count, every, first_tick, span, starts, ticks_of
from tests.booking.availability.random_inputs import bits, drawn


def test_a_span_is_half_open() -> None:
    assert drawn(span(2, 5), 8) == "..###..."


@pytest.mark.parametrize(("first", "last"), [(3, 3), (5, 2)])
def test_a_span_that_ends_before_it_begins_is_empty(first: int, last: int) -> None:
    assert span(first, last) == 0


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (1, "###.######.#"),
        (2, "##..#####..."),
        (3, "#...####...."),
        (4, "....###....."),
        (5, "....##......"),
        (6, "....#......."),
        (7, "............"),
    ],
)
def test_starts_begin_runs_of_exactly_that_many_free_ticks(length: int, expected: str) -> None:
    assert drawn(starts(bits("###.######.#"), length), 12) == expected


@pytest.mark.parametrize(
    ("length", "expected"),
    [(1, ".....#..##.."), (2, "....##.###.."), (3, "...#######.."), (6, "##########..")],
)
def test_blocked_starts_would_run_into_a_busy_tick(length: int, expected: str) -> None:
    assert drawn(blocked(bits(".....#..##.."), length), 12) == expected


@pytest.mark.parametrize("length", range(1, 40))
def test_starts_agree_with_counting_for_every_length(length: int) -> None:
    free = bits(("#" * 5 + "." + "#" * 37 + ".." + "#" * 12 + ".") * 3)
    assert ticks_of(starts(free, length)) == [t for t in range(180) if all(free >> i & 1 for i in range(t, t + length))]


def test_the_grid_has_every_step_from_its_offset() -> None:
    assert drawn(every(3, 10), 10) == "#..#..#..#"
    assert drawn(every(4, 10, 1), 10) == ".#...#...#"


def test_ticks_are_listed_ascending_over_all_bytes() -> None:
    ticks = [0, 7, 8, 63, 64, 199, 287, 299]
    assert ticks_of(sum(1 << tick for tick in ticks)) == ticks
    assert ticks_of(0) == []


def test_the_first_tick_is_the_lowest() -> None:
    assert (first_tick(bits("...#.#")), first_tick(0)) == (3, -1)


def test_count_is_the_number_of_ticks() -> None:
    assert count(bits("##..#")) == 3


def test_a_tally_counts_for_every_tick_at_once() -> None:
    maps = [bits("##.##"), bits(".#.##"), bits(".#..#"), bits(".#...")]
    assert counts_at(binary_counts(maps), range(5)) == [1, 4, 0, 2, 3]


def test_a_tally_of_nothing_is_zero() -> None:
    assert counts_at(binary_counts([]), [0, 5]) == [0, 0]


@pytest.mark.parametrize(("number", "expected"), [(1, "##.##"), (2, ".#.##"), (3, ".#..#"), (4, ".#..."), (5, ".....")])
def test_at_least_finds_the_ticks_with_enough(number: int, expected: str) -> None:
    maps = [bits("##.##"), bits(".#.##"), bits(".#..#"), bits(".#...")]
    assert drawn(at_least(number, maps), 5) == expected
