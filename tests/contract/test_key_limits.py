"""How API requests are counted: in memory, and in batches in the database that all processes share."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from unittest import mock

import pytest
from flask import Flask
from limits import parse_many
from limits.errors import StorageError
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import select

from api import key_limits, request_limits
from api.key_limits import BatchedCounts
from api.request_limits import RequestLimits
from core import rate_limits
from core.clock import FixedClock
from core.database import Database
from core.rate_limits import RateLimitHits
from core.settings import Settings
from tests.contract.conftest import key_for, program_with
from tests.support.factories import World
from wsgi import create_app

NINE = 32_400.0  # seconds since 1970; the windows of 10 seconds begin at whole multiples


def at(seconds: float) -> AbstractContextManager[object]:
    """The clock of the counts, stopped."""
    return mock.patch.object(key_limits, "epoch_seconds", return_value=seconds)


@pytest.fixture
def at_nine() -> Iterator[None]:
    """Stop the clocks of memory and database."""
    with at(NINE), mock.patch.object(rate_limits, "epoch_seconds", return_value=NINE):
        yield


def shared(database: Database) -> list[int]:
    """The counts that all processes see."""
    with database.reading() as db:
        return list(db.scalars(select(RateLimitHits.count)))


def test_a_window_is_over_at_a_whole_multiple_of_its_length() -> None:
    memory = BatchedCounts()
    with at(NINE + 3):
        assert [memory.acquire_entry("key", 2, 10) for _ in range(3)] == [True, True, False]
        assert (memory.get("key"), memory.get_expiry("key")) == (3, NINE + 10)
        assert memory.get_moving_window("key", 2, 10) == (NINE, 2)
    with at(NINE + 9.9):
        assert not memory.acquire_entry("key", 2, 10)
    with at(NINE + 10):
        assert memory.get("key") == 0
        assert memory.acquire_entry("key", 2, 10)


def test_one_callers_requests_are_not_anothers() -> None:
    memory = BatchedCounts()
    with at(NINE):
        assert [memory.incr("one", 10), memory.incr("one", 10), memory.incr("other", 10)] == [1, 2, 1]
        memory.clear("one")
        assert (memory.get("one"), memory.get("other")) == (0, 1)
        assert memory.reset() == 1
        assert memory.get("other") == 0


def test_windows_that_are_over_are_deleted() -> None:
    memory = BatchedCounts()
    with at(NINE):
        for number in range(key_limits.MAX_WINDOWS):
            memory.incr(f"key-{number}", 10)
    with at(NINE + 10):
        memory.incr("late", 10)
    assert memory.reset() == 1


def test_threads_count_together() -> None:
    memory = BatchedCounts()
    with at(NINE), ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: memory.acquire_entry("key", 100, 60), range(400))) == 100


@pytest.mark.usefixtures("at_nine")
def test_a_caller_below_a_fifth_of_the_limit_costs_no_write(database: Database) -> None:
    counts = BatchedCounts(database=database)
    assert all(counts.acquire_entry("key", 100, 10) for _ in range(19))
    assert shared(database) == []
    assert counts.acquire_entry("key", 100, 10)
    assert shared(database) == [20]


@pytest.mark.usefixtures("at_nine")
def test_processes_share_one_limit_but_for_the_batch_that_each_has_pending(database: Database) -> None:
    """Two processes: 100 and less than one batch of 20 more. Refused requests stop writing once the limit is reached."""
    processes = [BatchedCounts(database=database), BatchedCounts(database=database)]
    allowed = sum(processes[number % 2].acquire_entry("key", 100, 10) for number in range(1000))
    assert 100 <= allowed < 120
    assert shared(database)[0] <= 120


@pytest.mark.usefixtures("at_nine")
def test_threads_of_two_processes_share_one_limit(database: Database) -> None:
    processes = [BatchedCounts(database=database), BatchedCounts(database=database)]
    with ThreadPoolExecutor(8) as pool:
        allowed = sum(pool.map(lambda number: processes[number % 2].acquire_entry("key", 50, 10), range(200)))
    assert 50 <= allowed < 60


@pytest.mark.usefixtures("at_nine")
def test_a_small_limit_is_shared_exactly(database: Database) -> None:
    processes = [BatchedCounts(database=database) for _ in range(3)]
    assert sum(processes[number % 3].acquire_entry("key", 5, 10) for number in range(30)) == 5


def test_the_next_window_starts_at_nought_for_all(database: Database) -> None:
    processes = [BatchedCounts(database=database), BatchedCounts(database=database)]
    for seconds in (NINE, NINE + 10):
        with at(seconds), mock.patch.object(rate_limits, "epoch_seconds", return_value=seconds):
            assert sum(processes[number % 2].acquire_entry("key", 4, 10) for number in range(20)) == 4


@pytest.mark.usefixtures("at_nine")
@pytest.mark.parametrize(("storage", "allowed"), [("database://", 3), ("memory://", 6)])
def test_two_applications_share_the_limit_unless_the_settings_say_memory(
    settings: Settings, database: Database, world: World, clock: FixedClock, storage: str, allowed: int
) -> None:
    key = key_for(database, world.authority_id, clock, "read")
    limited = replace(settings, api_rate_limit="3/hour", rate_limit_storage=storage)
    apps = [create_app(limited, database=database, clock=clock) for _ in range(2)]
    statuses = [program_with(apps[number % 2], key).get("/services").status_code for number in range(10)]
    assert statuses.count(200) == allowed
    assert statuses.count(429) == 10 - allowed


def test_requests_are_counted_in_memory_while_another_storage_is_away() -> None:
    away = mock.Mock(hit=mock.Mock(side_effect=StorageError(OSError())))
    limits = RequestLimits(parse_many("2/hour"), away, FixedWindowRateLimiter(MemoryStorage()))
    with mock.patch.object(request_limits, "epoch_seconds", return_value=NINE):
        assert [limits.count("caller")[0] for _ in range(3)] == [True, True, False]
    assert away.hit.call_count == 1  # it is not waited for with every request
    with mock.patch.object(request_limits, "epoch_seconds", return_value=NINE + request_limits.MEMORY_SECONDS):
        limits.count("caller")
    assert away.hit.call_count == 2


@pytest.mark.usefixtures("at_nine")
def test_addresses_of_one_ipv6_network_are_one_caller(
    settings: Settings, database: Database, world: World, clock: FixedClock
) -> None:
    app: Flask = create_app(replace(settings, api_rate_limit="2/hour"), database=database, clock=clock)
    addresses = ("2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:ff::3", "2001:db8:1:3::1")
    statuses = [
        app.test_client().get("/api/v1/services", environ_base={"REMOTE_ADDR": address}).status_code
        for address in addresses
    ]
    assert statuses == [200, 200, 429, 200]


@pytest.mark.usefixtures("at_nine")
def test_a_refusal_logs_no_address(
    settings: Settings, database: Database, world: World, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(replace(settings, api_rate_limit="1/hour"), database=database, clock=clock)
    with caplog.at_level("INFO"):
        for _ in range(2):
            app.test_client().get("/api/v1/services", environ_base={"REMOTE_ADDR": "192.0.2.77"})
    assert "192.0.2.77" not in caplog.text
