"""A desk is kept for whoever is booked at it next, and an alarm says where a desk and somebody wait for each other."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.visits.booked_first import kept_for
from booking.visits.visit_states import VisitState
from core.database import Database
from tests.booking.visits.conftest import NINE, Counter

TEN = 600.0


@pytest.mark.parametrize(
    ("booked_at", "now", "minutes", "seats", "expected"),
    [
        ([], TEN, 30, 1, None),
        ([TEN + 30], TEN, 30, 1, None),
        ([TEN + 30], TEN + 5, 30, 1, None),
        ([TEN + 30], TEN + 6, 30, 1, TEN + 30),
        ([TEN + 30], TEN + 6, 20, 1, None),
        ([TEN], TEN + 14, 30, 1, TEN),
        ([TEN], TEN + 15, 30, 1, None),
        ([TEN + 20, TEN + 10], TEN, 30, 1, TEN + 10),
        ([TEN + 20], TEN, 30, 2, None),
        ([TEN + 20, TEN + 10], TEN, 30, 2, TEN + 20),
    ],
    ids=[
        "no booking",
        "done when the booking is due",
        "five minutes late",
        "more than five minutes late",
        "a shorter visit",
        "who is booked may still come",
        "who is booked does not come any more",
        "for the first of two",
        "another seat is free",
        "both seats are booked",
    ],
)
def test_a_desk_is_kept_from_whoever_would_be_there_too_long(
    booked_at: list[float], now: float, minutes: float, seats: int, expected: float | None
) -> None:
    assert kept_for(booked_at, now, minutes, seats) == expected


@pytest.mark.parametrize(("minutes", "is_called"), [(5, True), (6, False), (44, False), (45, True)])
def test_a_walk_in_is_called_only_where_nobody_booked_starts_late(
    counter: Counter, minutes: int, is_called: bool
) -> None:
    counter.book(30)
    counter.walk_in()
    counter.advance(minutes)
    assert (counter.call() is not None) is is_called


def test_whoever_is_urgent_is_called_at_once(counter: Counter) -> None:
    counter.book(30)
    counter.walk_in()
    urgent = counter.walk_in("Ulla Urgent", is_urgent=True)
    counter.advance(20)
    assert counter.call() == urgent


def test_the_booked_person_is_called_and_then_the_desk_is_kept_no_more(counter: Counter) -> None:
    reference, walk_in = counter.book(30), counter.walk_in()
    counter.advance(20)
    assert counter.call() is None
    counter.arrive(reference)
    early = counter.call()  # to the desk that is theirs, where nobody else may be called
    assert early not in (None, walk_in)
    counter.step(early or 0, VisitState.BEING_SEEN)
    counter.step(early or 0, VisitState.ENDED)
    assert counter.call() == walk_in


def test_a_free_desk_and_somebody_who_waits_are_an_alarm_after_two_minutes(database: Database) -> None:
    counter = Counter(database, desks=2)
    visit = counter.walk_in()
    counter.advance(10)
    assert counter.idle() == []  # nobody has come to either desk
    counter.advance(-10)
    counter.sit(1)
    counter.sit(2)
    counter.advance(2)
    assert counter.idle() == []
    counter.advance(1)
    assert [(one.desk.slug, one.visit.id, one.since) for one in counter.idle()] == [("desk-1", visit, NINE)]
    counter.call(1)
    assert counter.idle() == []
    counter.walk_in()
    counter.step(visit, VisitState.BEING_SEEN)
    counter.advance(3)
    assert [one.desk.slug for one in counter.idle()] == ["desk-2"]
    counter.call(2)
    counter.walk_in()
    counter.advance(10)
    assert counter.idle() == []  # both are busy
    counter.step(visit, VisitState.ENDED)
    counter.advance(2)
    assert counter.idle() == []
    counter.advance(1)
    assert [(one.desk.slug, one.since) for one in counter.idle()] == [("desk-1", NINE + timedelta(minutes=16))]


@pytest.mark.databases("sqlite")
def test_a_desk_that_is_kept_is_no_alarm_until_it_is_given_up(counter: Counter) -> None:
    counter.book(30)
    counter.sit()
    counter.advance(10)
    counter.walk_in()
    counter.advance(30)
    assert counter.idle() == []
    counter.advance(7)
    assert counter.idle() == []
    counter.advance(1)
    assert [one.since for one in counter.idle()] == [NINE + timedelta(minutes=45)]


def test_a_desk_is_thought_to_be_taken_for_an_hour_after_the_last_sign(counter: Counter) -> None:
    visit = counter.walk_in()
    counter.call()
    counter.step(visit, VisitState.BEING_SEEN)
    counter.step(visit, VisitState.ENDED)
    counter.walk_in()
    counter.advance(60)
    assert [one.desk.slug for one in counter.idle()] == ["desk-1"]
    counter.advance(1)
    assert counter.idle() == []
    counter.advance(-1)
    counter.sit(is_left=True)
    assert counter.idle() == []
    counter.sit()  # who has said so sits there until they say otherwise, or the day is over
    counter.advance(180)
    assert [one.desk.slug for one in counter.idle()] == ["desk-1"]


def test_whoever_waits_behind_bookings_without_a_gap_is_an_alarm(counter: Counter) -> None:
    """The desk is open from nine to five, and a visit takes half an hour."""
    references = [counter.book(minutes) for minutes in range(0, 480, 30)]
    first = counter.walk_in()
    assert counter.long_waits() == [(first, None)]
    counter.cancel(references[1])
    second = counter.walk_in("Will Walker")
    assert counter.long_waits() == [(second, None)]
    counter.cancel(references[2])
    assert counter.long_waits() == []  # 60 minutes are not too long
    counter.advance(5)
    assert counter.long_waits() == []
    counter.advance(60)
    assert [visit for visit, _ in counter.long_waits()] == [first, second]


@pytest.mark.databases("sqlite")
def test_desks_at_which_nobody_sits_call_nobody_as_it_is_planned(database: Database) -> None:
    counter = Counter(database, desks=3)
    visits = [counter.walk_in() for _ in range(4)]
    assert counter.long_waits() == []
    counter.taken = {counter.world.resource_ids[1]}
    assert counter.long_waits() == [(visits[3], 90)]
