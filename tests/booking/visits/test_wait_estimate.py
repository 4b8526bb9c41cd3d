"""The range of a wait, for queues that are small enough to see what it should be."""

from __future__ import annotations

from booking.visits.wait_estimate import STRANGER, DeskDay, Expected, Newcomer, QueueState, WaitRange, estimate_wait
from booking.visits.waiting_order import Waiting

SERVICE = 1


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


def test_who_waits_for_a_desk_that_is_kept_waits_until_it_is_given_up() -> None:
    """A visit of 20 minutes would keep who is booked in ten minutes; they come, or are waited for until 15 minutes later."""
    desk = DeskDay(frozenset({SERVICE}), ((0.0, 120.0),))
    newcomer = Newcomer(STRANGER, (SERVICE,))
    for comes in (1.0, 0.0):
        booked = Expected(Waiting(1, 0, 5.0, 10.0), SERVICE, comes, booked_desk=0)
        found = estimate_wait(QueueState((desk,), (booked,), {SERVICE: (20.0,)}, newcomer))
        assert 25 <= found.low <= found.high <= 26
