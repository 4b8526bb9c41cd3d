"""One count for all processes, in the database: how much gets through, when there is room again, and what is kept."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from unittest import mock

import pytest
from limits.storage import MovingWindowSupport, RedisStorage
from sqlalchemy import func, select

from core import rate_limits
from core.database import Database
from core.errors import RateLimited
from core.rate_limits import (
    DatabaseStorage,
    RateLimit,
    RateLimitHits,
    add_to_window,
    check_rate_limit,
    count_hit,
    delete_expired,
    rate_limit,
    remove_hit,
    reset,
    storage_of,
    subject_digest,
)
from core.settings import ROOT
from tests.conftest import NOW
from tests.support.factories import make_runtime

SECRET = "a secret for tests"
THREE = rate_limit(SECRET, "3/15 minutes", "email", "agent@example.org")
FIVE = rate_limit(SECRET, "5/15 minutes", "origin", "192.0.2.7")
SOME_INSTANT = 1_795_424_400.0


def at(seconds: float) -> AbstractContextManager[object]:
    """This host's clock, stopped."""
    return mock.patch.object(rate_limits, "epoch_seconds", return_value=seconds)


def is_allowed(act: Callable[[], None]) -> bool:
    """Whether `act` is within its limit."""
    try:
        act()
    except RateLimited:
        return False
    return True


def allowed(database: Database, limits: list[RateLimit], attempts: int, now: datetime = NOW) -> int:
    """How many of so many hits, one after the other, are counted."""
    return sum(is_allowed(lambda: count_hit(database, limits, now)) for _ in range(attempts))


def rows(database: Database) -> int:
    """The rows of the table."""
    with database.reading() as db:
        return db.scalar(select(func.count()).select_from(RateLimitHits)) or 0


def test_no_more_than_the_limit_in_any_window(database: Database) -> None:
    """A moving window: there is room for one more when the oldest of the three is 15 minutes old, and not before."""
    for minutes in (0, 6, 12):
        count_hit(database, [THREE], NOW + timedelta(minutes=minutes))
    almost = NOW + timedelta(minutes=15) - timedelta(microseconds=1)
    with pytest.raises(RateLimited) as refused:
        count_hit(database, [THREE], almost)
    assert refused.value.until == NOW + timedelta(minutes=15)
    assert allowed(database, [THREE], attempts=2, now=NOW + timedelta(minutes=15)) == 1
    with pytest.raises(RateLimited) as refused:
        count_hit(database, [THREE], NOW + timedelta(minutes=15))
    assert refused.value.until == NOW + timedelta(minutes=21)


def test_a_refused_hit_does_not_prolong_the_wait(database: Database) -> None:
    assert allowed(database, [THREE], attempts=50) == 3
    assert allowed(database, [THREE], attempts=50, now=NOW + timedelta(minutes=14)) == 0
    assert allowed(database, [THREE], attempts=50, now=NOW + timedelta(minutes=15)) == 3


def test_a_hit_counts_against_all_limits_or_none(database: Database) -> None:
    """What one limit refuses takes no room of the other; the wait is until both have room."""
    assert allowed(database, [THREE, FIVE], attempts=20) == 3
    assert allowed(database, [FIVE], attempts=20, now=NOW + timedelta(minutes=5)) == 2
    with pytest.raises(RateLimited) as refused:
        count_hit(database, [FIVE, THREE], NOW + timedelta(minutes=6))
    assert refused.value.until == NOW + timedelta(minutes=15)


def test_the_wait_ends_when_the_last_of_the_limits_has_room(database: Database) -> None:
    count_hit(database, [rate_limit(SECRET, "1/hour", "a")], NOW)
    count_hit(database, [rate_limit(SECRET, "1/minute", "b")], NOW)
    with pytest.raises(RateLimited) as refused:
        count_hit(database, [rate_limit(SECRET, "1/minute", "b"), rate_limit(SECRET, "1/hour", "a")], NOW)
    assert refused.value.until == NOW + timedelta(hours=1)


def test_subjects_and_limits_are_counted_apart(database: Database) -> None:
    one, other = rate_limit(SECRET, "1/hour", "email", "a"), rate_limit(SECRET, "1/hour", "email", "b")
    longer = rate_limit(SECRET, "1/day", "email", "a")
    assert [allowed(database, [limit], attempts=5) for limit in (one, other, longer)] == [1, 1, 1]


def test_reset_makes_room_at_once_and_for_that_subject_only(database: Database) -> None:
    allowed(database, [THREE, FIVE], attempts=3)
    reset(database, THREE)
    assert allowed(database, [THREE], attempts=9) == 3
    assert allowed(database, [FIVE], attempts=9) == 2
    reset(database, rate_limit(SECRET, "3/15 minutes", "email", "unknown@example.org"))


def test_removing_a_hit_leaves_the_others(database: Database) -> None:
    for minutes in (0, 0, 1, 2, 3):
        count_hit(database, [FIVE], NOW + timedelta(minutes=minutes))
    remove_hit(database, FIVE, NOW)
    remove_hit(database, FIVE, NOW + timedelta(minutes=9))
    assert allowed(database, [FIVE], attempts=9, now=NOW + timedelta(minutes=3)) == 1
    remove_hit(database, rate_limit(SECRET, "5/hour", "nobody"), NOW)


def test_simultaneous_hits_are_as_many_as_the_limit(database: Database) -> None:
    """20 at once, in both orders of the two limits: exactly as many as the smaller one allows, and no deadlock."""

    def hit(number: int) -> bool:
        limits = [THREE, FIVE] if number % 2 else [FIVE, THREE]
        return is_allowed(lambda: count_hit(database, limits, NOW))

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(hit, range(20))) == THREE.amount


def test_counting_resetting_and_deleting_at_once_meet_no_deadlock(database: Database) -> None:
    def act(number: int) -> None:
        now = NOW + timedelta(minutes=number)
        is_allowed(lambda: count_hit(database, [THREE, FIVE], now))
        reset(database, THREE)
        remove_hit(database, FIVE, now)
        delete_expired(database, now)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(act, range(48)))


def test_the_limit_of_a_page_counts_every_process(database: Database) -> None:
    """Two applications on one database, as two processes have them, with 12 threads: 10 get through together."""
    runtimes = [make_runtime(database), make_runtime(Database(database.url))]

    def request(number: int) -> bool:
        return is_allowed(lambda: check_rate_limit(runtimes[number % 2], "10/hour", "hold", "192.0.2.7"))

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(request, range(40))) == 10
    runtimes[1].database.dispose()


def test_another_process_shares_the_count(database: Database) -> None:
    program = (
        "import sys; from tests.support.factories import make_runtime; from core.database import Database;"
        "from core.rate_limits import check_rate_limit; runtime = make_runtime(Database(sys.argv[1]));"
        "[check_rate_limit(runtime, '3/hour', 'find', '192.0.2.7') for _ in range(2)]"
    )
    subprocess.run([sys.executable, "-c", program, database.url], cwd=ROOT, check=True, timeout=60)
    runtime = make_runtime(database)
    check_rate_limit(runtime, "3/hour", "find", "192.0.2.7")
    with pytest.raises(RateLimited):
        check_rate_limit(runtime, "3/hour", "find", "192.0.2.7")


def test_the_refusal_says_when_there_is_room_again(database: Database) -> None:
    runtime = make_runtime(database)
    for seconds in (SOME_INSTANT, SOME_INSTANT + 60):
        with at(seconds):
            check_rate_limit(runtime, "2/hour", "find", "192.0.2.7")
    with at(SOME_INSTANT + 120), pytest.raises(RateLimited) as refused:
        check_rate_limit(runtime, "2/hour", "find", "192.0.2.7")
    assert refused.value.until == runtime.clock.now() + timedelta(seconds=3600 - 120)
    with at(SOME_INSTANT + 3600):
        check_rate_limit(runtime, "2/hour", "find", "192.0.2.7")


def test_counting_waits_for_no_page_that_is_reading(database: Database) -> None:
    """A page counts while its own reading session is open."""
    with database.reading() as db:
        db.scalar(select(func.count()).select_from(RateLimitHits))
        check_rate_limit(make_runtime(database), "1/hour", "hold", "192.0.2.7")
    assert rows(database) == 1


def test_a_fixed_window_starts_again_when_it_is_over(database: Database) -> None:
    storage = DatabaseStorage(database=database)
    with at(SOME_INSTANT):
        assert (storage.get("key"), storage.get_expiry("key")) == (0, SOME_INSTANT)
        assert [storage.incr("key", 10), storage.incr("key", 10, amount=4), storage.incr("other", 10)] == [1, 5, 1]
    with at(SOME_INSTANT + 9.5):
        assert (storage.get("key"), storage.get_expiry("key")) == (5, SOME_INSTANT + 10)
    with at(SOME_INSTANT + 10):
        assert storage.get("key") == 0
        assert add_to_window(database, "key", 2, ends=SOME_INSTANT + 20) == 2


def test_a_fixed_window_counts_every_thread(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        counts = pool.map(lambda _: add_to_window(database, "key", 2, ends=4e9), range(40))
    assert sorted(counts) == list(range(2, 82, 2))


def test_the_storage_keeps_what_the_library_asks_of_it(database: Database) -> None:
    storage = DatabaseStorage(database=database)
    assert storage.check()
    with at(SOME_INSTANT):
        assert storage.acquire_entry("key", 3, 60, amount=2)
        assert not storage.acquire_entry("key", 3, 60, amount=2)
        assert not storage.acquire_entry("new", 3, 60, amount=4)
    with at(SOME_INSTANT + 1):
        assert storage.acquire_entry("key", 3, 60)
        assert storage.get_moving_window("key", 3, 60) == (SOME_INSTANT, 3)
        assert storage.get_moving_window("other", 3, 60) == (SOME_INSTANT + 1, 0)
    storage.clear("key")
    with at(SOME_INSTANT + 2):
        assert storage.get_moving_window("key", 3, 60) == (SOME_INSTANT + 2, 0)
        storage.incr("other", 60)
    assert storage.reset() == 1


def test_rows_are_deleted_when_their_window_is_over(database: Database) -> None:
    count_hit(database, [THREE], NOW)
    count_hit(database, [FIVE], NOW + timedelta(minutes=1))
    add_to_window(database, "key", 1, ends=(NOW + timedelta(minutes=15)).timestamp())
    delete_expired(database, NOW + timedelta(minutes=15))
    with database.reading() as db:
        assert db.scalars(select(RateLimitHits.key)).all() == [FIVE.key]
    delete_expired(database, NOW + timedelta(minutes=15))
    delete_expired(database, NOW + timedelta(minutes=16))
    assert rows(database) == 0


def test_the_table_names_nobody(database: Database) -> None:
    check_rate_limit(make_runtime(database, secret_key=SECRET), "5/hour", "find", "192.0.2.7")
    count_hit(database, [THREE], NOW)
    with database.reading() as db:
        kept = " ".join(db.scalars(select(RateLimitHits.key)))
    assert "192.0.2.7" not in kept
    assert "agent@example.org" not in kept
    assert subject_digest("another secret", "find", "192.0.2.7") not in kept
    assert subject_digest(SECRET, "find", "192.0.2.7") in kept


def test_subjects_of_several_parts_are_not_confused() -> None:
    assert subject_digest(SECRET, "a", "bc") != subject_digest(SECRET, "ab", "c")


def test_the_settings_choose_the_storage(database: Database) -> None:
    assert isinstance(storage_of(make_runtime(database)), DatabaseStorage)
    other = Database("sqlite://")
    redis = mock.Mock()
    with (
        mock.patch.object(RedisStorage, "__init__", return_value=None) as made,
        mock.patch.dict(sys.modules, redis=redis),
    ):
        storage = storage_of(make_runtime(other, rate_limit_storage="redis://127.0.0.1:6379"))
    assert isinstance(storage, MovingWindowSupport)
    assert made.call_args.args == ("redis://127.0.0.1:6379",)
