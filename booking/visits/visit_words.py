"""What is said of a visit after it: what was done, and what happens next. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from booking.states import MOVES, State

LONGEST_WORDS = 200
SEEN_EARLY = timedelta(minutes=30)
"""So long before their time somebody may have been seen whom nobody marked as here."""
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


def is_too_early(starts_at: datetime, now: datetime) -> bool:
    """Whether nobody was seen yet for an appointment at `starts_at`, unless somebody says that they are here."""
    return now < starts_at - SEEN_EARLY


def has_open_words(state: State, local_date: date, today: date) -> bool:
    """Whether words of an appointment in this state can be written: of who is at the desk, or was seen lately."""
    was_seen = state in (State.ATTENDED, State.NOT_COMPLETED)
    return State.NOT_COMPLETED in MOVES.get(state, ()) or (was_seen and may_write_words(local_date, today))


def may_write_words(local_date: date, today: date) -> bool:
    """Whether words of a visit on that day can still be written."""
    return timedelta() <= today - local_date <= WRITTEN_FOR
