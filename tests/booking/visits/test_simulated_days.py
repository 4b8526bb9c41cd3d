"""Simulated mornings: what the rules of the waiting room do to people, counted."""

from __future__ import annotations

from random import Random
from statistics import mean, median

import pytest

from booking.visits.booked_first import STARTS_LATE_AT_MOST
from booking.visits.idle_desk_queries import IDLE_AT_MOST
from tests.support.simulated_days import AskedMorning, Morning, Town, people_of

MORNINGS = 20
TOWNS = (Town(), Town(desks=2, walk_ins_an_hour=4), Town(booked_share=0.7, walk_ins_an_hour=4))


@pytest.mark.parametrize("town", TOWNS, ids=["three desks", "two desks", "many bookings"])
def test_booked_people_start_no_later_because_of_walk_ins(town: Town) -> None:
    """The same booked people, with walk-ins beside them and without: nineteen of twenty start as if nobody else came."""
    later = []
    for seed in range(MORNINGS):
        both = [
            Morning(town, people_of(town, seed, with_walk_ins=with_walk_ins), town.mean_minutes).play()
            for with_walk_ins in (True, False)
        ]
        for beside, alone in zip(*both, strict=False):
            if alone.waited is not None:
                assert beside.waited is not None
                later.append(beside.waited - alone.waited)
    assert len(later) > MORNINGS * 10
    assert sum(minutes > STARTS_LATE_AT_MOST for minutes in later) <= len(later) / 20


def test_a_free_desk_and_whoever_it_may_call_do_not_wait_for_each_other() -> None:
    """Walk-ins are seen on the day, and no desk that the rule gives to somebody stays free."""
    town = TOWNS[0]
    for seed in range(10):
        morning = Morning(town, people_of(town, seed), town.mean_minutes, is_watched=True)
        assert all(one.called_at is not None for one in morning.play() if one.comes)
        assert morning.longest_idle <= IDLE_AT_MOST.total_seconds() / 60


def sample_of(town: Town, seed: int, number: int) -> tuple[float, ...]:
    """How long so many visits took."""
    random = Random(seed)
    return tuple(town.took(random) for _ in range(number))


@pytest.mark.slow
def test_the_range_of_a_wait_is_as_good_as_can_be_known() -> None:
    """Of who waits: nine in ten within the range, and beside what is told by who knows how long visits take, and by the
    last ten waits."""
    town = TOWNS[1]
    known = sample_of(town, 1, 400)
    held, widths, errors = [], [], []
    for seed in range(12):
        morning = AskedMorning(town, seed, sample_of(town, seed + 100, 60), known)
        for one in morning.play():
            told, waited = morning.told.get(one.waiting.key), one.waited
            if told is None or not waited:
                continue
            held.append(told.low <= waited <= told.high)
            if told.oracle:
                widths.append((told.high - told.low, told.oracle.high - told.oracle.low))
            if told.last_ten:
                errors.append((abs((told.low + told.high) / 2 - waited), abs(mean(told.last_ten) - waited)))
    (ours, oracles), (errors_of_ours, errors_of_last_ten) = zip(*widths, strict=True), zip(*errors, strict=True)
    assert len(held) > 100
    assert 0.85 <= sum(held) / len(held) <= 0.95
    assert median(ours) <= 1.2 * median(oracles)
    assert median(errors_of_ours) <= 0.8 * median(errors_of_last_ten)
