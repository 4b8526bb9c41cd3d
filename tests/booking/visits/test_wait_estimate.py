"""The range of a wait, against days that are played through with durations that the estimate does not know."""

from __future__ import annotations

import heapq
from itertools import accumulate
from random import Random

from booking.visits.wait_estimate import STRANGER, DeskDay, Expected, Newcomer, QueueState, WaitRange, estimate_wait
from booking.visits.waiting_order import Waiting, next_of

DESKS, SERVICE, DAY_MINUTES = 2, 1, 240.0


def took(random: Random) -> float:
    """How long one visit takes: a quarter of an hour, more or less, with a long tail."""
    return random.lognormvariate(2.6, 0.45)


def waits_of_day(seed: int) -> list[tuple[float, WaitRange]]:
    """What every third walk-in of a day was told, and how long they did wait. A new one comes every seven minutes or so."""
    random, waits = Random(seed), []
    known = tuple(took(random) for _ in range(60))
    gaps = [random.expovariate(0.14) for _ in range(14)]
    events = [(at, 0, number) for number, at in enumerate(accumulate(gaps))]
    sits: list[float | None] = [None] * DESKS
    waiting: list[Waiting] = []
    told: dict[int, WaitRange] = {}
    while events:
        now, kind, number = heapq.heappop(events)
        if kind == 0:
            people = tuple(Expected(Waiting(one.key, one.ticket, one.arrived_at - now), SERVICE) for one in waiting)
            desks = tuple(
                DeskDay(frozenset({SERVICE}), ((0.0, DAY_MINUTES * 2),), None if at is None else (SERVICE, now - at))
                for at in sits
            )
            if number % 3 == 2:
                state = QueueState(desks, people, {SERVICE: known}, Newcomer(STRANGER, (SERVICE,)))
                told[number] = estimate_wait(state)
            waiting.append(Waiting(number, number, now))
        else:
            sits[number] = None
        while None in sits and (called := next_of(waiting, now)) is not None:
            desk = sits.index(None)
            waiting.remove(called)
            sits[desk] = now
            heapq.heappush(events, (now + took(random), 1, desk))
            if called.key in told:
                waits.append((now - called.arrived_at, told[called.key]))
    return waits


def test_the_range_holds_for_nine_in_ten_who_wait() -> None:
    waits = [pair for seed in range(45) for pair in waits_of_day(seed) if pair[0] > 0]
    held = sum(told.low <= waited <= told.high for waited, told in waits)
    assert len(waits) > 100
    assert 0.85 <= held / len(waits) <= 0.95


def test_who_comes_to_a_free_desk_does_not_wait_and_the_same_queue_gives_the_same_range() -> None:
    desk = DeskDay(frozenset({SERVICE}), ((0.0, 60.0),))
    free = QueueState((desk,), (), {SERVICE: (10.0, 20.0)}, Newcomer(STRANGER, (SERVICE,)))
    assert estimate_wait(free) == WaitRange(0, 0)
    ahead = QueueState(
        (desk,), (Expected(Waiting(1, 1, -5.0), SERVICE),), {SERVICE: (10.0, 20.0)}, Newcomer(STRANGER, (SERVICE,))
    )
    assert estimate_wait(ahead) == estimate_wait(ahead) == WaitRange(10, 20)


def test_whom_no_desk_calls_before_it_shuts_waits_until_then() -> None:
    desk = DeskDay(frozenset({SERVICE}), ((0.0, 30.0),))
    people = tuple(Expected(Waiting(n, n, -5.0), SERVICE) for n in range(9))
    state = QueueState((desk,), people, {SERVICE: (10.0,)}, Newcomer(STRANGER, (SERVICE,)))
    assert estimate_wait(state) == WaitRange(30, 30)
