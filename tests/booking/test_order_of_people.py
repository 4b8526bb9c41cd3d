"""In which order other times are given out: equal to what comes out when everybody is compared with everybody."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from booking.rebooking import SCARCE_NEEDS, URGENT_WITHIN, Turn, Waiting, in_turn, turn_of
from tests.support.factories import NOW

HOURS = st.integers(min_value=-3, max_value=80)
NEEDS = st.sets(st.sampled_from(["step-free", "hearing-loop", "bsl", "language", "extra-time"]))
PEOPLE = st.lists(st.tuples(HOURS, NEEDS, st.integers(0, 5)), max_size=12)


def goes_before(one: Waiting, other: Waiting) -> bool:
    """Whether `one` is served before `other`, rule by rule."""
    soon = [person.starts_at < NOW + URGENT_WITHIN for person in (one, other)]
    if soon[0] != soon[1]:
        return soon[0]
    scarce = [not soon[0] and bool(set(person.needs) & SCARCE_NEEDS) for person in (one, other)]
    if scarce[0] != scarce[1]:
        return scarce[0]
    if one.asked_at != other.asked_at:
        return one.asked_at < other.asked_at
    return one.appointment_id < other.appointment_id


@given(PEOPLE)
def test_the_order_is_that_of_every_pair(drawn: list[tuple[int, set[str], int]]) -> None:
    people = [
        Waiting(number, number, NOW + timedelta(hours=hours), needs, NOW - timedelta(days=days))
        for number, (hours, needs, days) in enumerate(drawn)
    ]
    places = {one.item_id: sum(goes_before(other, one) for other in people if other is not one) for one in people}
    assert [places[one.item_id] for one in in_turn(people, NOW)] == list(range(len(people)))


def test_the_reason_of_a_turn_is_told() -> None:
    later = NOW + timedelta(days=3)
    assert turn_of(NOW + timedelta(hours=2), (), NOW) is Turn.URGENT
    assert turn_of(later, ("language",), NOW) is Turn.SCARCE
    assert turn_of(later, ("extra-time", "hearing-loop"), NOW) is Turn.ASKED
