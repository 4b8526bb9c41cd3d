"""A morning through the use cases: what the desks may call and what the alarm says are one rule."""

from __future__ import annotations

from random import Random

import pytest

from booking.visits.visit_states import VisitState
from core.database import Database
from tests.booking.visits.conftest import Counter

MINUTES = 100


class Morning:
    """Two desks that call every minute; most who are booked come, early or late, and others without an appointment."""

    def __init__(self, counter: Counter) -> None:
        self.counter, self.random = counter, Random(7)
        self.ends: dict[int, tuple[int, int]] = {}
        self.coming: dict[int, list[str]] = {}
        for at in (0, 0, 30, 30, 60, 60, 90, 90):
            reference = counter.book(at)
            if self.random.random() < 0.7:
                self.coming.setdefault(max(0, at + self.random.choice((-12, -4, 3))), []).append(reference)

    def pass_minute(self, minute: int) -> None:
        """Who comes, who is done, and whom the desks call."""
        for reference in self.coming.get(minute, ()):
            self.counter.arrive(reference)
        if minute % 17 == 6:
            self.counter.walk_in(is_urgent=minute == 40)
        for desk, (visit, end) in list(self.ends.items()):
            if end <= minute:
                self.counter.step(visit, VisitState.ENDED)
                del self.ends[desk]
        for desk in {1, 2} - self.ends.keys():
            if called := self.counter.call(desk):
                self.counter.step(called, VisitState.BEING_SEEN)
                self.ends[desk] = called, minute + self.random.choice((12, 25, 33))


@pytest.mark.databases("sqlite")
@pytest.mark.slow
def test_desks_that_call_whom_they_may_are_never_an_alarm(database: Database) -> None:
    counter = Counter(database, desks=2)
    morning, minutes_kept = Morning(counter), 0
    for minute in range(MINUTES):
        morning.pass_minute(minute)
        minutes_kept += len(morning.ends) < 2 and counter.waiting() > 0
        assert counter.idle() == []
        counter.claimed()  # which finds claims and allocations alike
        counter.advance(1)
    assert 5 < minutes_kept < MINUTES / 2
