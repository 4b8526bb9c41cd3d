"""What an urgent request is, and when it has waited for too long. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.triage.given_answers import words_of
from core.tokens import digest
from locations.triage.tree import URGENT, Path

NAMED_WITHIN = timedelta(minutes=15)
CLOSED_WITHIN = timedelta(hours=4)  # of the name: whoever took it may have gone home
SAME_WITHIN = timedelta(hours=4)  # what is asked later is a request of its own, though the one before is still open
BOOKED_WITHIN = timedelta(hours=1)  # of the answer, where both are of one call or visit
LONGEST_DONE = 1000


@dataclass(frozen=True)
class UrgentAsk:
    """What somebody answered: in which triage, where and how, and in which words. `key` names the visit or the call."""

    key: str
    triage: str
    channel: str
    meanings: tuple[str, ...]
    words: str
    resident_id: int | None = None


def key_of(*parts: object) -> str:
    """The key of what a request comes from, by which it is found again and from which nothing can be read."""
    return digest(repr(parts))[:32]


def urgent_meanings(path: Path) -> tuple[str, ...]:
    """What is urgent among the answers of a path."""
    return tuple(one for one in path.meanings if one in URGENT)


def urgent_words(path: Path, said: str = "") -> str:
    """The answers as lines, with the question, and what was said besides."""
    return "\n".join([words_of(path.words), *([said] if said else [])])


def is_late(asked_at: datetime, now: datetime) -> bool:
    """Whether somebody's name should have stood on it by now."""
    return now - asked_at >= NAMED_WITHIN
