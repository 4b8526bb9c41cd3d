"""How long somebody who comes now will wait, as a range: the queue of the day played through many times. Pure.

Each run draws how long every visit takes, from how long such visits really took, and who of those still to come does come;
then it plays the desks and the order of `waiting_order` until the newcomer is called. The range is what nine in ten of the
runs gave. The same state always gives the same range: the runs are seeded.

All times are minutes from now.
"""

from __future__ import annotations

import math
from bisect import insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from booking.visits.booked_first import KEPT_FROM, STILL_COMES_MINUTES, kept_for
from booking.visits.waiting_order import CALLED_BEFORE_MINUTES, Precedence, Waiting, place_of

RUNS, FEWEST_RUNS = 200, 60  # fewer where many are ahead: a long queue varies less, and takes longer to play
LOW, HIGH = 0.05, 0.95
LEAST_SAMPLES = 10
# How long visits take beside what was planned for them, while there are few or no measurements: shorter visits and a long
# tail, as in the published service times of walk-in counters; the mean is 1.
USUAL_SPREAD = (0.4, 0.55, 0.65, 0.75, 0.85, 0.95, 1.05, 1.2, 1.45, 2.15)
LONGEST = 12 * 60.0
SOON = 0.01  # minutes: so that what ends at a time has ended by then, however numbers are rounded
STRANGER = Waiting(-1, 1_000_000, 0.0)
"""Somebody who comes in now without an appointment."""


@dataclass(frozen=True)
class DeskDay:
    """What a desk can do from now on: `open` are its periods, `busy_with` the service and the minutes of who sits there."""

    service_ids: frozenset[int]
    open: tuple[tuple[float, float], ...]
    busy_with: tuple[int, float] | None = None


@dataclass(frozen=True)
class Expected:
    """Somebody who waits, or is booked and still to come, which they do with the probability `comes`.

    `desks` are those that may call them, `booked_desk` is the one that is kept for them (see `booked_first`); by number.
    """

    waiting: Waiting
    service_id: int
    comes: float = 1.0
    desks: frozenset[int] | None = None
    booked_desk: int | None = None

    def may_sit_at(self, number: int, desk: DeskDay) -> bool:
        """Whether the desk of this number serves them."""
        return self.service_id in desk.service_ids and (self.desks is None or number in self.desks)


@dataclass(frozen=True)
class Newcomer:
    """Whose wait it is: where they stand in the order, and what they may want. Of the services one is drawn in each run."""

    waiting: Waiting
    service_ids: tuple[int, ...]
    desks: frozenset[int] | None = None


@dataclass(frozen=True)
class QueueState:
    """The queue as it is: the desks, everybody ahead, and how long visits took, in minutes by service."""

    desks: tuple[DeskDay, ...]
    people: tuple[Expected, ...]
    durations: Mapping[int, Sequence[float]]
    newcomer: Newcomer


@dataclass(frozen=True)
class WaitRange:
    """Whole minutes; nine in ten wait at least `low` and at most `high`."""

    low: int
    high: int


def duration_samples(planned_minutes: float, measured: Sequence[float]) -> tuple[float, ...]:
    """How long visits take: what was measured, and the usual spread of what is planned while that is too little."""
    if len(measured) >= LEAST_SAMPLES:
        return tuple(measured)
    return (*measured, *(planned_minutes * factor for factor in USUAL_SPREAD))


def estimate_wait(state: QueueState) -> WaitRange:
    """The range of the newcomer's wait; none where nothing is done. Whom no desk calls before it shuts waits until then."""
    if not state.newcomer.service_ids:
        return WaitRange(0, 0)
    runs = max(FEWEST_RUNS, RUNS - len(state.people))
    means = {service_id: sum(minutes) / len(minutes) for service_id, minutes in state.durations.items()}
    waits = sorted(_run(state, means, Random(number)) for number in range(runs))  # noqa: S311 - a simulation, no secret
    return WaitRange(math.floor(_quantile(waits, LOW)), math.ceil(_quantile(waits, HIGH)))


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _run(state: QueueState, means: Mapping[int, float], random: Random) -> float:
    """The newcomer's wait in one run."""
    newcomer = Expected(state.newcomer.waiting, random.choice(state.newcomer.service_ids), desks=state.newcomer.desks)
    people = [one for one in state.people if one.comes >= 1.0 or random.random() < one.comes]
    free_at = [_first_free(state, desk, random) for desk in state.desks]
    able = [number for number, desk in enumerate(state.desks) if newcomer.may_sit_at(number, desk)]
    line = _Line([*people, newcomer], _bookings(state.people), means)
    return _play(state, line, free_at, able, random)


def _bookings(people: Sequence[Expected]) -> dict[int, dict[int, float]]:
    booked: defaultdict[int, dict[int, float]] = defaultdict(dict)
    for one in people:
        if one.booked_desk is not None and one.waiting.booked_at is not None:
            booked[one.booked_desk][one.waiting.key] = one.waiting.booked_at
    return booked


def _play(state: QueueState, line: _Line, free_at: list[float], able: list[int], random: Random) -> float:
    """The desks call one after another, whoever is free first, until the newcomer is called."""
    idle: set[int] = set()
    last = max((end for number in able for _, end in state.desks[number].open), default=0.0)
    while free_at:
        number = min(range(len(free_at)), key=free_at.__getitem__)
        now, desk = free_at[number], state.desks[number]
        if now >= LONGEST or all(free_at[one] >= LONGEST for one in able):
            break
        called = line.call(number, desk, now)
        if called is None:
            free_at[number] = _open_from(desk, line.next_chance(number, desk, now))
            idle.add(number)
            continue
        idle.discard(number)
        if called.booked_desk in idle:  # it is not kept for them any more
            free_at[called.booked_desk] = _open_from(state.desks[called.booked_desk], now)
        if called.waiting is state.newcomer.waiting:
            return now
        free_at[number] = _open_from(desk, now + random.choice(state.durations[called.service_id]))
    return last


class _Line:
    """Who waits and who is still to come in one run, sorted by the order once they are there. Time only goes on.

    `bookings` are the times of those who are booked at each desk, whether they come or not, by key; `means` is how long
    visits take on average, by service.
    """

    def __init__(
        self, people: Sequence[Expected], bookings: dict[int, dict[int, float]], means: Mapping[int, float]
    ) -> None:
        self._coming = sorted(people, key=lambda one: -one.waiting.arrived_at)
        self._early: list[Expected] = []
        self._present: list[tuple[tuple[Precedence, float, int], int, Expected]] = []
        self._booked, self._means = bookings, means

    def call(self, number: int, desk: DeskDay, now: float) -> Expected | None:
        """Who is called by the desk at `now`, and waits no longer; None when it may call nobody of those who are there."""
        self._arrive(now)
        for place, (precedence, _, one) in enumerate(self._present):
            if one.may_sit_at(number, desk) and not (precedence[0] in KEPT_FROM and self._kept_for(number, one, now)):
                del self._present[place]
                return self._called(one)
        first = min(
            (one for one in self._early if one.may_sit_at(number, desk) and not self._kept_for(number, one, now)),
            key=lambda one: place_of(one.waiting, now),
            default=None,
        )
        if first is None:
            return None
        self._early.remove(first)
        return self._called(first)

    def next_chance(self, number: int, desk: DeskDay, now: float) -> float:
        """When the desk may call somebody next: as they come, as early ones are due, or as a booking is given up."""
        chances = [one.waiting.arrived_at for one in self._coming if one.may_sit_at(number, desk)]
        chances += [(one.waiting.booked_at or 0.0) - CALLED_BEFORE_MINUTES for one in self._early]
        given_up = [at + STILL_COMES_MINUTES + SOON for at in self._booked.get(number, {}).values()]
        return min([*chances, *(at for at in given_up if at > now)], default=LONGEST)

    def _called(self, one: Expected) -> Expected:
        if one.booked_desk is not None:
            self._booked[one.booked_desk].pop(one.waiting.key, None)
        return one

    def _kept_for(self, number: int, one: Expected, now: float) -> bool:
        booked = self._booked.get(number)
        if not booked or one.waiting.is_urgent:
            return False
        others = [at for key, at in booked.items() if key != one.waiting.key]
        return kept_for(others, now, self._means[one.service_id]) is not None

    def _arrive(self, now: float) -> None:
        came, self._early = self._early, []
        while self._coming and self._coming[-1].waiting.arrived_at <= now:
            came.append(self._coming.pop())
        for one in came:
            place = place_of(one.waiting, now)
            if place[0] is Precedence.EARLY:
                self._early.append(one)
            else:
                insort(self._present, (place, one.waiting.key, one))


def _first_free(state: QueueState, desk: DeskDay, random: Random) -> float:
    """When the desk is free: now, or when who sits there is done, who takes longer than they have already."""
    if desk.busy_with is None:
        return _open_from(desk, 0.0)
    service, elapsed = desk.busy_with
    samples = state.durations[service]
    longer = [sample - elapsed for sample in samples if sample > elapsed]
    rest = random.choice(longer) if longer else random.uniform(0.0, sum(samples) / len(samples) / 2)
    return _open_from(desk, rest)


def _open_from(desk: DeskDay, minute: float) -> float:
    """The first minute from `minute` on at which the desk is open; `LONGEST` when it does not open again."""
    for start, end in desk.open:
        if minute < end:
            return max(start, minute)
    return LONGEST


def expected_arrival(booked_at: float) -> float:
    """When somebody who is booked is there: in time to be called."""
    return max(0.0, booked_at - CALLED_BEFORE_MINUTES)
