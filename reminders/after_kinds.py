"""The kinds of messages after a visit, and what they say. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from booking.states import State

SUMMARY = (
    "summary"  # and a number: what was done, and what happens next; `CORRECTED` where they were told something else
)
WITHDRAWN_SUMMARY = "no_summary"  # and a number of the same count: what they were told is not so
AFTER_VISIT = (SUMMARY, WITHDRAWN_SUMMARY)
CORRECTED = f"{SUMMARY}_corrected"
ENDED_STATES = (State.ATTENDED.value, State.NOT_COMPLETED.value)


@dataclass(frozen=True, slots=True)
class AfterVisit:
    """A line of what was done and one of what happens next; where it `is_hidden`, no message may have them."""

    done: str = ""
    next_step: str = ""
    is_hidden: bool = False

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


def is_true_after(kind: str, state: str) -> bool:
    """Whether a message of `AFTER_VISIT` is true of an appointment in this state."""
    return not kind.startswith(SUMMARY) or state in ENDED_STATES
