"""What is said of a visit after it: what was done, and what happens next. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

LONGEST_WORDS = 200
WRITTEN_FOR = timedelta(days=7)
"""How long after the day of a visit its words can be written or changed: a message about them is of use so long."""


@dataclass(frozen=True, slots=True)
class VisitWords:
    """A line each; an empty one says nothing."""

    done: str = ""
    next_step: str = ""

    def __bool__(self) -> bool:
        """Whether anything is said."""
        return bool(self.done or self.next_step)


NO_WORDS = VisitWords()


def may_write_words(local_date: date, today: date) -> bool:
    """Whether words of a visit on that day can still be written."""
    return timedelta() <= today - local_date <= WRITTEN_FOR
