"""The count of API requests: in this process's memory first, added to the database in batches of a fifth of the limit.

A write to the database for every request would cost more than most requests do. A caller who sends less than a fifth of
the limit in one period costs none. docs/decisions/0017 has the measurement.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from limits.storage import MovingWindowSupport, Storage

from core.clock import epoch_seconds
from core.database import Database
from core.rate_limits import add_to_window

SCHEME = "batches"
STRATEGY = "moving-window"  # the library's only calls that name the limit; the windows here are fixed
BATCHES_PER_LIMIT = 5
MAX_WINDOWS = 10_000
"""Windows kept before those that are over are deleted; each is one caller's."""


@dataclass
class Window:
    """The requests of one caller until `ends` (seconds since 1970).

    `shared` is the count of all processes when the last batch was added, `pending` are this process's requests since.
    """

    ends: float
    shared: int = 0
    pending: int = 0
    lock: Lock = field(default_factory=Lock)

    @property
    def count(self) -> int:
        """The requests in the window, as far as this process knows."""
        return self.shared + self.pending


class BatchedCounts(Storage, MovingWindowSupport):
    """Fixed windows by key that begin at whole multiples of their length, so that all processes have the same ones.

    Without a `database` each process counts for itself.
    """

    STORAGE_SCHEME = [SCHEME]

    def __init__(
        self, uri: str | None = None, wrap_exceptions: bool = False, *, database: Database | None = None, **options: Any
    ) -> None:
        super().__init__(uri, wrap_exceptions, **options)
        self._database = database
        self._lock = Lock()
        self._windows: dict[str, Window] = {}

    @property
    def base_exceptions(self) -> type[Exception]:
        """What the library would turn into its own errors: nothing, a failing database is answered as everywhere."""
        return ValueError

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` requests of `key`, and say whether they are within the limit."""
        window = self._open_window(key, expiry)
        with window.lock:
            window.pending += amount
            self._add_batch(key, limit, window)
            return window.count <= limit

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """The start of the window of `key`, in seconds since 1970, and its requests within the limit."""
        window = self._open_window(key, expiry)
        return window.ends - expiry, min(window.count, limit)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count `amount` requests of `key` in this process alone; its count."""
        window = self._open_window(key, expiry)
        with window.lock:
            window.pending += amount
            return window.count

    def get(self, key: str) -> int:
        """The requests in the window of `key`."""
        window = self._windows.get(key)
        return window.count if window and window.ends > epoch_seconds() else 0

    def get_expiry(self, key: str) -> float:
        """When the window of `key` is over, in seconds since 1970."""
        window = self._windows.get(key)
        return window.ends if window else epoch_seconds()

    def check(self) -> bool:
        """Memory is always there."""
        return True

    def reset(self) -> int:
        """Delete all windows of this process; how many there were."""
        with self._lock:
            count = len(self._windows)
            self._windows.clear()
        return count

    def clear(self, key: str) -> None:
        """Delete the window of `key` in this process."""
        with self._lock:
            self._windows.pop(key, None)

    def _open_window(self, key: str, expiry: int) -> Window:
        now = epoch_seconds()
        with self._lock:
            window = self._windows.get(key)
            if window is None or not now < window.ends <= now + expiry:  # over, or the clock was set back
                if len(self._windows) >= MAX_WINDOWS:
                    self._windows = {other: kept for other, kept in self._windows.items() if kept.ends > now}
                window = self._windows[key] = Window(ends=(now // expiry + 1) * expiry)
            return window

    def _add_batch(self, key: str, limit: int, window: Window) -> None:
        """Add what is pending to the count of all processes when it is a batch; not once the limit is reached."""
        is_batch = window.pending >= max(1, limit // BATCHES_PER_LIMIT)
        if self._database is not None and is_batch and window.shared < limit:
            window.shared = add_to_window(self._database, key, window.pending, ends=window.ends)
            window.pending = 0
