"""Six hours of work without 20 minutes between are found, and a break of a session is open to nobody."""

from __future__ import annotations

from datetime import time
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.availability.bits import NOTHING, spans
from booking.availability.breaks import LONGEST_WORK, SHORTEST_BREAK, lacks_break
from core.wall_clock import local_day
from locations.opening_hours import openings_on
from locations.session_facts import ExceptionFacts, SessionHours
from tests.locations.test_opening_hours import LONDON, MONDAY, make_recurrence, make_site


def brute_force(bits: int) -> bool:
    """Short gaps are filled; then a run is too long or not."""
    ticks = [bool(bits >> tick & 1) for tick in range(300)]
    runs = [(is_work, len(list(some))) for is_work, some in groupby(ticks)]
    filled = [
        is_work or (length < SHORTEST_BREAK and 0 < number < len(runs) - 1)
        for number, (is_work, length) in enumerate(runs)
        for _ in range(length)
    ]
    return any(is_work and len(list(some)) > LONGEST_WORK for is_work, some in groupby(filled))


@given(st.lists(st.tuples(st.integers(0, 250), st.integers(1, 40)), max_size=12))
def test_lacking_a_break_is_as_brute_force_says(stretches: list[tuple[int, int]]) -> None:
    bits = spans((first, min(first + length, 288)) for first, length in stretches)
    assert lacks_break(bits) == brute_force(bits)


@pytest.mark.parametrize(
    ("bits", "expected"),
    [
        (NOTHING, False),
        (spans([(0, 72)]), False),
        (spans([(0, 73)]), True),
        (spans([(0, 40), (43, 80)]), True),
        (spans([(0, 40), (44, 80)]), False),
    ],
)
def test_the_limits(bits: int, expected: bool) -> None:
    assert lacks_break(bits) is expected


@given(st.integers(0, 100), st.integers(1, 47), st.integers(1, 20))
def test_a_break_is_open_to_nobody_and_the_last_part_of_the_rest_is_kept(
    percent: int, begins: int, length: int
) -> None:
    first, last = 108, 156  # nine to one
    stops = begins + length
    if stops >= last - first:
        return
    at = [time((first + tick) // 12, (first + tick) % 12 * 5) for tick in (begins, stops)]
    hours = SessionHours(time(9), time(13), percent, 24, at[0], at[1])
    site = make_site(recurrences=(make_recurrence(hours=hours),))
    found = openings_on(site, local_day(MONDAY, LONDON), LONDON)
    open_ticks = [tick for one in found for tick in range(one.first_tick, one.last_tick)]
    expected = [tick for tick in range(first, last) if not begins <= tick - first < stops]
    assert open_ticks == expected
    kept = [tick for one in found for tick in range(one.reserved_from, one.last_tick)]
    assert kept == expected[len(expected) - len(expected) * percent // 100 :]


def test_other_hours_on_a_date_keep_the_break_that_lies_within_them() -> None:
    hours = SessionHours(time(9), time(17), 0, 0, time(12), time(13))
    for ends, parts in ((time(16), 2), (time(12, 30), 1)):
        changed = make_recurrence(hours=hours, exceptions={MONDAY: ExceptionFacts(time(9), ends)})
        found = openings_on(make_site(recurrences=(changed,)), local_day(MONDAY, LONDON), LONDON)
        assert len(found) == parts
