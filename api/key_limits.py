"""Counting requests in this process's memory, for the limit of each key.

The library's own memory starts a thread for every ten milliseconds of traffic to forget what is over; a request of two
milliseconds waited for one as long as it worked. This one forgets as it counts.
"""

from __future__ import annotations

from threading import Lock
from typing import Any

from limits.storage import Storage

from core.clock import epoch_seconds

SCHEME = "counting"
MANY = 10_000
"""Windows kept before those that are over are forgotten; each is one caller's."""


class CountingMemory(Storage):
    """Windows of time by key: how many requests, and when (seconds since 1970) the window is over."""

    STORAGE_SCHEME = [SCHEME]

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: Any) -> None:
        super().__init__(uri, wrap_exceptions, **options)
        self._lock = Lock()
        self._windows: dict[str, tuple[int, float]] = {}

    @property
    def base_exceptions(self) -> type[Exception]:
        """What the library would turn into its own errors; nothing here fails."""
        return ValueError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """The requests in the window of `key`, with these; the first one opens it for `expiry` seconds."""
        now = epoch_seconds()
        with self._lock:
            if len(self._windows) >= MANY:
                self._windows = {other: window for other, window in self._windows.items() if window[1] > now}
            count, ends = self._windows.get(key, (0, 0.0))
            count, ends = (count + amount, ends) if ends > now else (amount, now + expiry)
            self._windows[key] = count, ends
            return count

    def get(self, key: str) -> int:
        """The requests in the window of `key`."""
        count, ends = self._windows.get(key, (0, 0.0))
        return count if ends > epoch_seconds() else 0

    def get_expiry(self, key: str) -> float:
        """When the window of `key` is over."""
        return self._windows.get(key, (0, epoch_seconds()))[1]

    def check(self) -> bool:
        """Memory is always there."""
        return True

    def reset(self) -> int:
        """Forget everything; how many windows there were."""
        with self._lock:
            count = len(self._windows)
            self._windows.clear()
        return count

    def clear(self, key: str) -> None:
        """Forget `key`."""
        with self._lock:
            self._windows.pop(key, None)
