"""A brake on guessing: so many tries in a period for one subject, shared by every process of the service."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

from limits import parse
from limits.storage import Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from core.errors import RateLimited


def throttle(storage_url: str, limit: str, *subject: str) -> None:
    """Count one try of `subject` against `limit` ("5/hour"). Raises: RateLimited. The subject is kept as a digest."""
    key = sha256("\0".join(subject).encode()).hexdigest()
    if not MovingWindowRateLimiter(_storage(storage_url)).hit(parse(limit), key):
        raise RateLimited


@lru_cache(maxsize=8)
def _storage(url: str) -> Storage:
    return storage_from_string(url)
