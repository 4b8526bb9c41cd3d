"""Who is next, as the stated rule says."""

from __future__ import annotations

import pytest

from booking.visits.waiting_order import Waiting, in_order, next_of

TEN, AT_NINE = 600.0, 540.0


def walk_in(ticket: int, *, is_urgent: bool = False) -> Waiting:
    return Waiting(ticket, ticket, AT_NINE + ticket, is_urgent=is_urgent)


def booked(ticket: int, booked_at: float, arrived_at: float = AT_NINE) -> Waiting:
    return Waiting(ticket, ticket, arrived_at, booked_at)


@pytest.mark.parametrize(
    ("people", "now", "expected"),
    [
        ([walk_in(2), walk_in(1)], TEN, [1, 2]),
        ([walk_in(1), walk_in(2, is_urgent=True)], TEN, [2, 1]),
        ([walk_in(1, is_urgent=True), booked(2, TEN)], TEN - 5, [2, 1]),
        ([walk_in(1), booked(2, TEN)], TEN - 5.1, [1, 2]),
        ([booked(1, TEN + 30), booked(2, TEN)], TEN, [2, 1]),
        ([booked(1, TEN), booked(2, TEN - 30, TEN - 20)], TEN, [1, 2]),
        ([walk_in(1), booked(2, TEN - 30, TEN - 20)], TEN, [2, 1]),
        ([booked(2, TEN - 30, TEN - 25), booked(1, TEN)], TEN, [2, 1]),
        ([booked(2, TEN - 30, TEN - 24), booked(3, TEN - 60, TEN - 23)], TEN, [2, 3]),
        ([booked(1, TEN), booked(2, TEN)], TEN, [1, 2]),
    ],
    ids=[
        "walk-ins by ticket",
        "the urgent walk-in first",
        "who is booked five minutes before their time, before an urgent walk-in",
        "who is early after a walk-in",
        "who is booked by their time",
        "who is late after who is on time",
        "who is late before a walk-in",
        "five minutes are not late",
        "who is late by arrival",
        "of one time by ticket",
    ],
)
def test_the_order_is_the_stated_one(people: list[Waiting], now: float, expected: list[int]) -> None:
    assert [person.key for person in in_order(people, now)] == expected
    first = next_of(people, now)
    assert first is not None
    assert first.key == expected[0]


def test_who_is_early_is_called_by_a_desk_for_which_nobody_else_waits() -> None:
    early = booked(1, TEN)
    assert next_of([early], AT_NINE) is early
    assert next_of([], AT_NINE) is None
