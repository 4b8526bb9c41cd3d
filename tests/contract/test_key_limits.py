"""How requests are counted when nothing but this process's memory does it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from unittest import mock

from api import key_limits
from api.key_limits import CountingMemory


def at(seconds: float) -> AbstractContextManager[object]:
    """The clock of the counting, standing still."""
    return mock.patch.object(key_limits, "epoch_seconds", return_value=seconds)


def test_a_window_begins_with_its_first_request_and_ends_by_itself() -> None:
    memory = CountingMemory()
    with at(1000.0):
        assert [memory.incr("key", 10), memory.incr("key", 10)] == [1, 2]
        assert (memory.get("key"), memory.get_expiry("key")) == (2, 1010.0)
    with at(1009.9):
        assert memory.incr("key", 10) == 3
    with at(1010.0):
        assert memory.get("key") == 0
        assert memory.incr("key", 10) == 1


def test_one_callers_requests_are_not_anothers() -> None:
    memory = CountingMemory()
    memory.incr("one", 10)
    assert memory.incr("other", 10) == 1
    memory.clear("one")
    assert (memory.get("one"), memory.get("other")) == (0, 1)
    assert memory.reset() == 1
    assert memory.get("other") == 0


def test_windows_that_are_over_are_forgotten() -> None:
    memory = CountingMemory()
    with at(1000.0):
        for number in range(key_limits.MANY):
            memory.incr(f"key-{number}", 10)
    with at(1010.0):
        memory.incr("late", 10)
    assert memory.reset() == 1


def test_threads_count_together() -> None:
    memory = CountingMemory()
    with ThreadPoolExecutor(8) as pool:
        counts = sorted(pool.map(lambda _: memory.incr("key", 60), range(400)))
    assert counts == list(range(1, 401))
