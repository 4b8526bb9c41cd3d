"""Turns of requests, shared out fairly: one origin never has them all, nor all the places to wait in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Condition
from time import monotonic

from core.origin import origin_of

# What a stranger can ask for that costs most: searches over all places and days.
_SEARCHES = re.compile(r"/api/v1/availability|/[^/]+/(?:when|where|times)")
STRANGERS_TURNS = 2
SEARCHES_TURNS = 1


@dataclass(frozen=True)
class Asker:
    """Who asks for a turn, and how many of them they may have at once; None means as many as there are."""

    name: str
    most: int | None


def asker_of(path: str, headers: Mapping[str, str], *, is_known: bool) -> Asker:
    """Who asks, of a WSGI environment. Staff who are signed in and programs with a key have limits of their own.

    Strangers are told apart by their origin. Of one origin one search is worked on at a time, whatever else it does.
    """
    if is_known:
        return Asker("known", None)
    origin = origin_of(headers.get("REMOTE_ADDR"))
    if _SEARCHES.fullmatch(path):
        return Asker(f"search {origin}", SEARCHES_TURNS)
    return Asker(origin, STRANGERS_TURNS)


class Turns:
    """So many turns at once, and so many places to wait for one. A stranger may fill half of the places."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._at_once, self._places = at_once, at_once + waiting
        self._working: Counter[str] = Counter()
        self._present: Counter[str] = Counter()
        self._changed = Condition()

    def acquire(self, asker: Asker, seconds: float) -> bool:
        """Whether `asker` got a turn within `seconds`; at once False when there is no place to wait in."""
        with self._changed:
            if not self._has_place(asker):
                return False
            self._present[asker.name] += 1
            if self._wait(asker, monotonic() + seconds):
                self._working[asker.name] += 1
                return True
            self._leave(asker)
            return False

    def release(self, asker: Asker) -> None:
        """Give the turn back."""
        with self._changed:
            self._working[asker.name] -= 1
            if not self._working[asker.name]:
                del self._working[asker.name]
            self._leave(asker)
            self._changed.notify_all()

    def _wait(self, asker: Asker, until: float) -> bool:
        return self._changed.wait_for(lambda: self._may_work(asker), until - monotonic())

    def _may_work(self, asker: Asker) -> bool:
        is_free = self._working.total() < self._at_once
        return is_free and (asker.most is None or self._working[asker.name] < asker.most)

    def _has_place(self, asker: Asker) -> bool:
        if self._present.total() >= self._places:
            return False
        return asker.most is None or self._present[asker.name] < max(1, self._places // 2)

    def _leave(self, asker: Asker) -> None:
        self._present[asker.name] -= 1
        if not self._present[asker.name]:
            del self._present[asker.name]
