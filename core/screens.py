"""From which page, or by which call of a program, something is done in this thread: its endpoint, empty for commands."""

from __future__ import annotations

from contextvars import ContextVar

_screen: ContextVar[str] = ContextVar("screen", default="")


def set_screen(endpoint: str) -> None:
    """From now on things are done from this page, or (empty) from none."""
    _screen.set(endpoint)


def with_screen(facts: dict[str, object]) -> dict[str, object]:
    """`facts` of an entry of a record, and from which page, if from any."""
    screen = _screen.get()
    return {**facts, "screen": screen} if screen else facts
