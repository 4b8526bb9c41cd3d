"""A session's capacity in shares: nothing is lost, nothing is there twice, and each share is the part that it says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from locations.release_shares import Stretches, shares_of_seat


@st.composite
def divisions(draw: st.DrawFn) -> tuple[Stretches, int, int, list[int]]:
    """The hours of a session with or without a break, its seats, the length of a visit, and percents that are 100."""
    first, length = draw(st.integers(0, 200)), draw(st.integers(1, 80))
    parts: Stretches = ((first, first + length),)
    if draw(st.booleans()):
        gap = draw(st.integers(1, 10))
        parts = (*parts, (first + length + gap, first + length + gap + draw(st.integers(1, 40))))
    cuts = sorted(draw(st.sets(st.integers(1, 99), max_size=5)))
    percents = [b - a for a, b in zip([0, *cuts], [*cuts, 100], strict=True)]
    return parts, draw(st.integers(1, 12)), draw(st.integers(1, 30)), percents


def model(parts: Stretches, seats: int, block: int, percents: list[int]) -> dict[tuple[int, int], int]:
    """The share of each tick of each seat, worked out piece by piece: seats take turns, each from another time on."""
    ticks = [tick for first, last in parts for tick in range(first, last)]
    pieces = max(1, len(ticks) // block)
    order = sorted(
        ((seat, piece) for seat in range(seats) for piece in range(pieces)),
        key=lambda one: ((one[1] - one[0] * pieces // seats) % pieces, one[0]),
    )
    share_of = {}
    for rank, one in enumerate(order):
        ends = [int(len(order) * sum(percents[: n + 1]) / 100 + 0.5) for n in range(len(percents))]
        share_of[one] = next(n for n, end in enumerate(ends) if rank < end)
    return {
        (seat, tick): share_of[seat, min(at // block, pieces - 1)]
        for seat in range(seats)
        for at, tick in enumerate(ticks)
    }


@given(divisions())
def test_every_tick_of_every_seat_is_in_exactly_the_share_of_the_model(
    division: tuple[Stretches, int, int, list[int]],
) -> None:
    parts, seats, block, percents = division
    found: dict[tuple[int, int], int] = {}
    for seat in range(seats):
        for share, stretches in enumerate(shares_of_seat(parts, seat, seats, block, percents)):
            for first, last in stretches:
                for tick in range(first, last):
                    assert (seat, tick) not in found
                    found[seat, tick] = share
    assert found == model(parts, seats, block, percents)


@given(st.integers(1, 40), st.integers(1, 12), st.integers(1, 12))
def test_a_group_is_divided_by_seats_and_a_desk_by_the_day(seats: int, pieces: int, block: int) -> None:
    """A visit fits in every piece: twelve seats of one visit are six and six, and the day of a desk two halves."""
    whole = ((0, pieces * block),)
    halves = [shares_of_seat(whole, seat, seats, block, [50, 50]) for seat in range(seats)]
    fitting = [sum((last - first) // block for first, last in half) for first_half in halves for half in first_half[:1]]
    assert sum(fitting) == (seats * pieces + 1) // 2
    assert len(shares_of_seat(whole, 0, 1, block, [50, 50])[0]) == (1 if pieces > 0 else 0)


def test_where_seats_are_several_each_share_has_times_all_day() -> None:
    hours = ((108, 204),)  # 09:00 to 17:00
    shares = [shares_of_seat(hours, seat, 4, 6, [50, 30, 20]) for seat in range(4)]
    for share in range(3):
        covered = {tick for one in shares for first, last in one[share] for tick in range(first, last)}
        assert len(covered) >= 60 if share else covered == set(range(108, 204))
