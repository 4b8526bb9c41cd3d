"""What is said of a visit after it: what was done, and what happens next. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST_WORDS = 200
SEEN_EARLY = timedelta(minutes=30)
"""So long before their time somebody may have been seen whom nobody marked as here."""


@dataclass(frozen=True, slots=True)
class VisitWords:
    """A line each; an empty one says nothing."""

    done: str = ""
    next_step: str = ""

    def __bool__(self) -> bool:
        """Whether anything is said."""
        return bool(self.done or self.next_step)


NO_WORDS = VisitWords()


def is_too_early(starts_at: datetime, now: datetime) -> bool:
    """Whether nobody was seen yet for an appointment at `starts_at`, unless somebody says that they are here."""
    return now < starts_at - SEEN_EARLY
