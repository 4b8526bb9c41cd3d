"""The states of an appointment and the moves between them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.states import CORRECTIONS, MOVES, State, can_correct, can_move, may_be_recorded
from tests.support.factories import NOW


def test_the_table_holds_exactly_the_moves_of_the_design() -> None:
    allowed = {
        (current.value, requested.value) for current in State for requested in State if can_move(current, requested)
    }
    assert allowed == {
        ("booked", "arrived"),
        ("booked", "cancelled_by_resident"),
        ("booked", "cancelled_by_authority"),
        ("booked", "did_not_attend"),
        ("arrived", "in_progress"),
        ("arrived", "left_before_seen"),
        ("in_progress", "attended"),
        ("in_progress", "not_completed"),
    }


def test_each_correction_undoes_one_move() -> None:
    assert all(can_move(to, wrong) for wrong, tos in CORRECTIONS.items() for to in tos)


def test_a_cancellation_is_never_undone_because_its_time_was_given_away() -> None:
    assert State.CANCELLED_BY_RESIDENT not in CORRECTIONS
    assert State.CANCELLED_BY_AUTHORITY not in CORRECTIONS


@pytest.mark.parametrize(("hours", "allowed"), [(0, True), (24, True), (25, False)])
def test_a_wrong_click_can_be_put_right_for_a_day(hours: int, allowed: bool) -> None:
    later = NOW + timedelta(hours=hours)
    assert can_correct(State.ARRIVED, State.BOOKED, changed_at=NOW, now=later) is allowed


def test_nobody_can_fail_to_attend_before_the_start() -> None:
    early, on_time = NOW - timedelta(minutes=1), NOW
    assert not may_be_recorded(State.DID_NOT_ATTEND, starts_at=NOW, now=early)
    assert may_be_recorded(State.DID_NOT_ATTEND, starts_at=NOW, now=on_time)


def test_ended_states_lead_nowhere() -> None:
    ended = set(State) - set(MOVES)
    assert not any(can_move(current, requested) for current in ended for requested in State)
