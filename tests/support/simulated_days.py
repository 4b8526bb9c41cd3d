"""Mornings of a waiting room, played with SimPy: who is booked, who comes without, and desks that call by our rules."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from math import exp
from random import Random
from typing import Any

import simpy

from booking.visits.booked_first import KEPT_FROM, STILL_COMES_MINUTES, kept_for
from booking.visits.wait_estimate import (
    STRANGER,
    DeskDay,
    Expected,
    Newcomer,
    QueueState,
    WaitRange,
    estimate_wait,
    expected_arrival,
)
from booking.visits.waiting_order import Waiting, place_of, precedence_of

MORNING = 240.0
SERVICE = 1


@dataclass(frozen=True)
class Town:
    """What the mornings of a site are like. Durations are log-normal, with a long tail."""

    desks: int = 3
    booked_share: float = 0.5
    walk_ins_an_hour: float = 5.0
    slot_minutes: float = 20.0
    comes: float = 0.9
    median_minutes: float = 13.5
    spread: float = 0.45

    @property
    def mean_minutes(self) -> float:
        """How long visits take on average."""
        return self.median_minutes * exp(self.spread**2 / 2)

    def took(self, random: Random) -> float:
        """How long one visit takes."""
        return self.median_minutes * random.lognormvariate(0.0, self.spread)


@dataclass
class Person:
    """Somebody who comes, or is booked and does not; `called_at` is when a desk called them."""

    waiting: Waiting
    minutes: float
    comes: bool = True
    desk: int | None = None  # that they are booked at
    called_at: float | None = None
    called_by: int | None = None

    @property
    def waited(self) -> float | None:
        """The minutes from their arrival, or from their time when they came before it, to their call."""
        due = max(self.waiting.arrived_at, self.waiting.booked_at or 0.0)
        return None if self.called_at is None else max(0.0, self.called_at - due)


@dataclass
class Morning:
    """One simulated morning. `at_desk` is who sits at each desk, `expected_minutes` how long visits take on average."""

    town: Town
    people: list[Person]
    expected_minutes: float
    is_watched: bool = False
    longest_idle: float = 0.0  # that a desk was free while somebody waited whom it could call

    def __post_init__(self) -> None:
        self.env = simpy.Environment()
        self.here: list[Person] = []
        self.at_desk: list[Person | None] = [None] * self.town.desks
        self.changed = self.env.event()

    def play(self) -> list[Person]:
        """Let the morning pass."""
        for one in self.people:
            if one.comes:
                self.env.process(self._come(one))
        for desk in range(self.town.desks):
            self.env.process(self._work(desk))
        if self.is_watched:
            self.env.process(self._watch())
        self.env.run(until=MORNING * 1.5)
        return self.people

    def may_call(self, desk: int, one: Person) -> bool:
        """Whether the rule gives the desk to the person now."""
        if precedence_of(one.waiting, self.env.now) not in KEPT_FROM:
            return True
        booked = [
            other.waiting.booked_at
            for other in self.people
            if other.desk == desk
            and other.called_at is None
            and other is not one
            and other.waiting.booked_at is not None
        ]
        return kept_for(booked, self.env.now, self.expected_minutes) is None

    def arrived(self, one: Person) -> None:
        """Somebody has just come: for what is to be measured then."""

    def _come(self, one: Person) -> Generator[simpy.Event, Any, None]:
        yield self.env.timeout(one.waiting.arrived_at)
        self.arrived(one)
        self.here.append(one)
        self._say()

    def _work(self, desk: int) -> Generator[simpy.Event, Any, None]:
        while True:
            one = self._next(desk)
            if one is None:
                yield self.changed | self.env.timeout(1.0)
                continue
            self.here.remove(one)
            one.called_at, one.called_by, self.at_desk[desk] = self.env.now, desk, one
            self._say()
            yield self.env.timeout(one.minutes)
            self.at_desk[desk] = None
            self._say()

    def _watch(self) -> Generator[simpy.Event, Any, None]:
        since: dict[int, float] = {}
        while True:
            for desk, sits in enumerate(self.at_desk):
                if sits is None and self._next(desk) is not None:
                    idle = self.env.now - since.setdefault(desk, self.env.now)
                    self.longest_idle = max(self.longest_idle, idle)
                else:
                    since.pop(desk, None)
            yield self.env.timeout(0.25)

    def _next(self, desk: int) -> Person | None:
        may = [one for one in self.here if self.may_call(desk, one)]
        return min(may, key=lambda one: place_of(one.waiting, self.env.now), default=None)

    def _say(self) -> None:
        self.changed.succeed()
        self.changed = self.env.event()


def people_of(town: Town, seed: int, *, with_walk_ins: bool = True) -> list[Person]:
    """Who comes in a morning; the same seed gives the same people, with those without an appointment or not."""
    random, walking = Random(seed), Random(seed + 1_000_000)
    people: list[Person] = []
    for desk in range(town.desks):
        for slot in range(int(MORNING / town.slot_minutes)):
            if random.random() < town.booked_share:
                at = slot * town.slot_minutes
                arrives = max(0.0, at + random.gauss(-6.0, 4.0))
                waiting = Waiting(len(people), len(people), arrives, at)
                people.append(Person(waiting, town.took(random), random.random() < town.comes, desk))
    at = walking.expovariate(town.walk_ins_an_hour / 60)
    while with_walk_ins and at < MORNING:
        number = len(people)
        people.append(Person(Waiting(number, number, at), town.took(walking)))
        at += walking.expovariate(town.walk_ins_an_hour / 60)
    return people


@dataclass(frozen=True)
class Told:
    """What a walk-in was told, by what an oracle told every third, and how long the last ten before them had waited."""

    low: int
    high: int
    oracle: WaitRange | None
    last_ten: list[float]


class AskedMorning(Morning):
    """A morning in which every walk-in is told how long they will wait, by how long visits took that were measured.

    The oracle knows how long visits take in truth, by many more of them.
    """

    def __init__(self, town: Town, seed: int, measured: tuple[float, ...], known: tuple[float, ...]) -> None:
        super().__init__(town, people_of(town, seed), town.mean_minutes)
        self.measured, self.known = measured, known
        self.told: dict[int, Told] = {}

    def arrived(self, one: Person) -> None:
        """Tell them how long they will wait."""
        if one.waiting.booked_at is not None:
            return
        called = [other for other in self.people if other.waiting.booked_at is None and other.called_at is not None]
        called.sort(key=lambda other: other.called_at or 0.0)
        last_ten = [other.waited or 0.0 for other in called[-10:]]
        oracle = None if one.waiting.key % 3 else self._estimate(self.known)
        told = self._estimate(self.measured)
        self.told[one.waiting.key] = Told(told.low, told.high, oracle, last_ten)

    def _estimate(self, minutes: tuple[float, ...]) -> WaitRange:
        sits = [None if who is None else (SERVICE, self.env.now - (who.called_at or 0.0)) for who in self.at_desk]
        desks = tuple(DeskDay(frozenset({SERVICE}), ((0.0, MORNING * 2),), busy) for busy in sits)
        newcomer = Newcomer(STRANGER, (SERVICE,))
        return estimate_wait(QueueState(desks, tuple(self._expected()), {SERVICE: minutes}, newcomer))

    def _expected(self) -> Iterator[Expected]:
        """Who is ahead, as the waiting room knows it: it does not know who will come, nor for how long."""
        now = self.env.now
        for one in self.people:
            key, booked_at = one.waiting.key, None if one.waiting.booked_at is None else one.waiting.booked_at - now
            if one in self.here:
                waiting = Waiting(key, key, one.waiting.arrived_at - now, booked_at)
                yield Expected(waiting, SERVICE, booked_desk=one.desk)
            elif one.called_at is None and booked_at is not None and booked_at >= -STILL_COMES_MINUTES:
                comes = self.town.comes if booked_at >= 0 else self.town.comes / 2
                waiting = Waiting(key, 0, expected_arrival(booked_at), booked_at)
                yield Expected(waiting, SERVICE, comes, booked_desk=one.desk)
