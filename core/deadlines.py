"""How long the current request or command may still wait, by a clock that cannot be set back.

Whatever waits (for the database, for a lock, for its turn) asks `seconds_left` how long it may. The limit belongs to the
current thread, or task.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

# After its end a request may still give back what it holds: a rollback is such a wait.
GRACE_SECONDS = 1.0
_ends: ContextVar[float | None] = ContextVar("ends", default=None)
_answer_seconds: ContextVar[float | None] = ContextVar("answer_seconds", default=None)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Let everything in the block together wait for `seconds` at most. An earlier end that is set already stays."""
    end = monotonic() + seconds
    known = _ends.get()
    token = _ends.set(end if known is None else min(known, end))
    try:
        yield
    finally:
        _ends.reset(token)


@contextmanager
def answers_within(seconds: float | None) -> Iterator[None]:
    """Let each wait in the block last up to `seconds` instead of its usual time; None changes nothing."""
    token = _answer_seconds.set(_answer_seconds.get() if seconds is None else seconds)
    try:
        yield
    finally:
        _answer_seconds.reset(token)


def seconds_left(usual: float) -> float:
    """How long one wait may last that usually lasts `usual` at most; nought when the time is up."""
    longest = _answer_seconds.get() or usual
    end = _ends.get()
    return longest if end is None else max(0.0, min(longest, end - monotonic()))


def seconds_left_with_grace(usual: float) -> float:
    """The same, with the grace in which what is held can be given back."""
    end = _ends.get()
    longest = _answer_seconds.get() or usual
    return longest if end is None else max(0.0, min(longest, end + GRACE_SECONDS - monotonic()))


def is_time_up() -> bool:
    """Whether the current request has used up its time."""
    return seconds_left(1.0) <= 0
