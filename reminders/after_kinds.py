"""The kinds of messages after a visit, and what they say. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from booking.documents.progress_steps import ProgressStep, steps_from
from booking.states import State

SUMMARY = (
    "summary"  # and a number: what was done, and what happens next; `CORRECTED` where they were told something else
)
WITHDRAWN_SUMMARY = "no_summary"  # and a number of the same count: what they were told is not so
PROGRESS = "progress"  # and a number: how far it has come since, for who asked for it; `PROGRESS_CORRECTED` likewise
OF_WORDS = (SUMMARY, WITHDRAWN_SUMMARY)
AFTER_VISIT = (*OF_WORDS, PROGRESS)
PROGRESS_CORRECTED = f"{PROGRESS}_corrected"
CORRECTED = f"{SUMMARY}_corrected"
LOST_STATES = (State.CANCELLED_BY_RESIDENT.value, State.DID_NOT_ATTEND.value, State.LEFT_BEFORE_SEEN.value)
ENDED_STATES = (State.ATTENDED.value, State.NOT_COMPLETED.value)


@dataclass(frozen=True, slots=True)
class AfterVisit:
    """A line of what was done and one of what happens next; where it `is_hidden`, no message may have them."""

    done: str = ""
    next_step: str = ""
    is_hidden: bool = False
    visit_id: int = 0
    rating_nonce: str = ""  # where they are asked how it was

    def __bool__(self) -> bool:
        """Whether there is anything to be told."""
        return bool(self.done or self.next_step)

    @property
    def tells(self) -> str:
        """What it tells: what was `done`, what happens `next`, or `both`."""
        return "both" if self.done and self.next_step else "done" if self.done else "next" if self.next_step else ""

    @property
    def digest(self) -> str:
        """What differs when the words do."""
        return sha256(f"{self.done}\n{self.next_step}".encode()).hexdigest()


NOTHING_SAID = AfterVisit()


@dataclass(frozen=True, slots=True)
class ProgressNews:
    """The newest step after a visit, if any, with the paper that is needed, for whoever `is_wanted` by."""

    step: str = ""
    paper: str = ""
    at: str = ""
    is_hidden: bool = False
    is_wanted: bool = False

    @classmethod
    def of(cls, step: ProgressStep) -> ProgressNews:
        """The news of that step."""
        return cls(step.step.value, step.paper, step.at.isoformat())

    @property
    def digest(self) -> str:
        """What differs when the step does."""
        return sha256(f"{self.step}\n{self.paper}\n{self.at}".encode()).hexdigest()


NO_NEWS = ProgressNews()


def newest_step(stored: Sequence[Mapping[str, Any]], *, is_hidden: bool, is_wanted: bool) -> ProgressNews:
    """The newest of the stored steps."""
    news = [ProgressNews.of(step) for step in steps_from(stored[-1:])] or [NO_NEWS]
    return replace(news[0], is_hidden=is_hidden, is_wanted=is_wanted)


def is_true_after(kind: str, state: str) -> bool:
    """Whether a message of `AFTER_VISIT` is true of an appointment in this state."""
    if kind.startswith(PROGRESS):
        return state not in LOST_STATES
    return not kind.startswith(SUMMARY) or state in ENDED_STATES


def tells_nothing(kind: str, after: AfterVisit, progress: ProgressNews) -> bool:
    """Whether a message of `AFTER_VISIT` has nothing to tell any more, or nobody wants to be told."""
    if kind.startswith(PROGRESS):
        return not progress.is_wanted or not (progress.step or kind.startswith(PROGRESS_CORRECTED))
    return kind.startswith(SUMMARY) and not after
