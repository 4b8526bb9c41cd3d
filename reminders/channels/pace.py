"""How many requests a minute one key of a provider may make: each is given the instant at which it may begin. Pure."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol


class KeyTurns(Protocol):
    """When requests under a key may begin, in seconds of a clock that only goes on."""

    def reserve(self, now: float) -> float:
        """The instant, `now` or later, at which the next request may begin."""

    def pause(self, seconds: float) -> None:
        """Begin no request for so long: the provider has asked for it."""


@dataclass
class Pace:
    """At most `per_minute` requests in any minute, `burst` of them at once. Any number of threads may share it."""

    per_minute: int
    burst: int = 50
    full_at: float = float("-inf")  # when the whole burst is there again
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def interval(self) -> float:
        """Seconds between two requests: of a minute's worth the burst may come on top at its beginning."""
        return 60 / (self.per_minute - self.burst)

    def pause(self, seconds: float) -> None:
        """Begin no request for so long."""
        with self.lock:
            self.full_at = max(self.full_at, monotonic() + seconds + self.burst * self.interval)

    def reserve(self, now: float) -> float:
        """The instant, `now` or later, at which the next request may begin, in seconds of a clock that only goes on."""
        with self.lock:
            begins_at = max(now, self.full_at - (self.burst - 1) * self.interval)
            self.full_at = max(self.full_at, begins_at) + self.interval
            return begins_at
