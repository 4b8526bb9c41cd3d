"""Which other time is proposed: equal to what comes out when every time is compared with every other."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.proposals.time_ranking import OldTime, OtherTime, ReachedBy, best_time, remote_modes
from booking.rebooking import MINUTES_FOR_A_DAY, MINUTES_FOR_A_MILE
from locations.model import MODES
from tests.support.factories import NOW

HALF = timedelta(minutes=30)
ZONE = "Europe/London"
OTHERS = st.lists(
    st.builds(
        lambda halves, site, mode, miles, same, successor: OtherTime(
            site, NOW + halves * HALF, mode, miles, same, successor
        ),
        st.integers(-96, 96) | st.just(0),
        st.integers(1, 4),
        st.sampled_from(MODES),
        st.sampled_from([0.0, 0.5, 4.0]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=10,
)
BOTH = ReachedBy(phone=True, email=True)


def suits_better(old: OldTime, one: OtherTime, other: OtherTime) -> bool:
    """Whether `one` is proposed rather than `other`, rule by rule."""
    both = (one, other)
    if one.is_at_successor != other.is_at_successor:
        return one.is_at_successor
    kept = [time.starts_at == old.starts_at and time.mode != "in_person" for time in both]
    if kept[0] != kept[1]:
        return kept[0]
    if kept[0] and one.has_same_person != other.has_same_person:
        return one.has_same_person
    as_before = [time.mode == old.mode for time in both]
    if as_before[0] != as_before[1]:
        return as_before[0]
    if one.mode != other.mode:
        return one.mode == "phone" or other.mode == "in_person"
    days = [abs((time.starts_at.date() - old.starts_at.date()).days) for time in both]
    minutes = [
        abs((time.starts_at.hour - old.starts_at.hour) * 60 + time.starts_at.minute - old.starts_at.minute)
        for time in both
    ]
    cost = [
        day * MINUTES_FOR_A_DAY + minute + time.miles * MINUTES_FOR_A_MILE
        for day, minute, time in zip(days, minutes, both, strict=True)
    ]
    if cost[0] != cost[1]:
        return cost[0] < cost[1]
    return (one.starts_at, one.site_id) < (other.starts_at, other.site_id)


@given(OTHERS, st.sampled_from(MODES))
def test_the_best_time_is_beaten_by_none(others: list[OtherTime], mode: str) -> None:
    old = OldTime(NOW, mode, ZONE)
    best = best_time(old, others)
    assert (best is None) == (not others)
    assert best is None or not any(suits_better(old, other, best) for other in others)


@pytest.mark.parametrize(
    ("mode", "needs", "reached_by", "expected"),
    [
        ("in_person", (), BOTH, ("phone", "video")),
        ("in_person", ("step-free", "extra-time", "language"), BOTH, ("phone", "video")),
        ("in_person", ("bsl",), BOTH, ("video",)),
        ("in_person", ("hearing-loop",), BOTH, ()),
        ("in_person", (), ReachedBy(phone=False, email=True), ("video",)),
        ("in_person", (), ReachedBy(phone=True, email=False), ("phone",)),
        ("in_person", ("bsl",), ReachedBy(phone=True, email=False), ()),
        ("video", (), BOTH, ("phone",)),
        ("video", ("bsl",), BOTH, ()),
        ("phone", (), BOTH, ("video",)),
    ],
)
def test_who_is_moved_to_the_telephone_or_to_video(
    mode: str, needs: tuple[str, ...], reached_by: ReachedBy, expected: tuple[str, ...]
) -> None:
    assert remote_modes(mode, [MODES, MODES], needs, reached_by) == expected
    assert remote_modes(mode, [MODES, ("in_person",)], needs, reached_by) == ()
