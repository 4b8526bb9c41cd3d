"""A brake on guessing: so many tries in a period for one subject, counted for every process that shares the storage."""

from __future__ import annotations

from hashlib import sha256
from typing import cast
from weakref import WeakKeyDictionary

from limits import parse
from limits.storage import Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from core.database import Database
from core.errors import RateLimited
from core.runtime import Runtime

# One for each application of this process; it goes with the application's database.
_storages: WeakKeyDictionary[Database, Storage] = WeakKeyDictionary()


def throttle(runtime: Runtime, limit: str, *subject: str) -> None:
    """Count one try of `subject` against `limit` ("5/hour"). Raises: RateLimited. The subject is kept as a digest."""
    key = sha256("\0".join(subject).encode()).hexdigest()
    if not MovingWindowRateLimiter(_storage(runtime)).hit(parse(limit), key):
        raise RateLimited


def _storage(runtime: Runtime) -> Storage:
    if runtime.database not in _storages:
        _storages[runtime.database] = cast(Storage, storage_from_string(runtime.settings.rate_limit_storage))
    return _storages[runtime.database]
