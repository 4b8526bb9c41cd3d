"""How far somebody's matter has come after their visit, as staff or the back office note it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from booking.states import LINK_OUTLIVES, State, has_link_ended
from core.wall_clock import parse_instant

MOST_STEPS = 40  # of one visit; the oldest are forgotten first
PAGE_OUTLIVES = timedelta(days=60)
"""So long after the last step somebody can read on their page how far it has come."""


class Step(StrEnum):
    """What has happened."""

    PAPERS_ARRIVED = "papers_arrived"
    WITH_TEAM = "with_team"
    PAPERS_ACCEPTED = "papers_accepted"
    PAPER_NEEDED = "paper_needed"
    DECIDED = "decided"


@dataclass(frozen=True)
class ProgressStep:
    """A step, when it was noted, and of one more paper that is needed which."""

    step: Step
    at: datetime
    paper: str = ""


def steps_from(stored: Sequence[Mapping[str, Any]]) -> tuple[ProgressStep, ...]:
    """The steps that are stored, the oldest first."""
    return tuple(ProgressStep(Step(one["step"]), parse_instant(one["at"]), one["paper"]) for one in stored)


def stored_steps(steps: Sequence[ProgressStep]) -> list[dict[str, str]]:
    """Steps as values that JSON can keep, no more than are kept."""
    return [{"step": one.step.value, "at": one.at.isoformat(), "paper": one.paper} for one in steps[-MOST_STEPS:]]


def may_be_noted(state: State, *, is_not_needed: bool) -> bool:
    """Whether something can come of it: they are to come, or came, or need not come."""
    lost = (State.CANCELLED_BY_RESIDENT, State.DID_NOT_ATTEND, State.LEFT_BEFORE_SEEN)
    return state not in lost and (state is not State.CANCELLED_BY_AUTHORITY or is_not_needed)


def has_page_ended(ends_at: datetime, stored: Sequence[Mapping[str, Any]], now: datetime) -> bool:
    """Whether nobody can read the page of an appointment any more by its link: later where something was noted after it."""
    last = steps_from(stored[-1:])
    return has_link_ended(max(ends_at, last[0].at + PAGE_OUTLIVES - LINK_OUTLIVES) if last else ends_at, now)
