"""The states of a visit, the moves between them, and the state of its appointment that each stands for. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from booking.states import CORRECTION_PERIOD, State


class VisitState(StrEnum):
    """Where somebody is who has come. WITHDRAWN: it was a mistake that they have."""

    WAITING = "waiting"
    CALLED = "called"
    PARKED = "parked"
    MISSED = "missed"
    BEING_SEEN = "being_seen"
    ENDED = "ended"
    NOT_COMPLETED = "not_completed"
    LEFT = "left"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class NewWalkIn:
    """Somebody who came without an appointment: who they are, what they need, and whether a display may show their name.

    `answers` are what they were asked first, by question; `asked_at` is when they asked so for help with homelessness, if
    they did. Somebody whose record is known is `resident_id`. `text_to` gets a text when they are
    called, in `text_language`.
    """

    name: str
    support_needs: tuple[str, ...] = ()
    is_urgent: bool = False
    channel: str = "counter"
    shows_name: bool = False
    answers: Mapping[str, str] = field(default_factory=dict)
    asked_at: datetime | None = None
    resident_id: int | None = None
    text_to: str = ""
    text_language: str = ""


MOST_RECALLS = 2
"""Somebody who does not come is called so many times again; then they are missed."""

MOVES: dict[VisitState, frozenset[VisitState]] = {
    VisitState.WAITING: frozenset({VisitState.CALLED, VisitState.PARKED, VisitState.BEING_SEEN, VisitState.LEFT}),
    VisitState.CALLED: frozenset(
        {
            VisitState.CALLED,
            VisitState.BEING_SEEN,
            VisitState.WAITING,
            VisitState.PARKED,
            VisitState.MISSED,
            VisitState.LEFT,
        }
    ),
    VisitState.PARKED: frozenset({VisitState.WAITING, VisitState.BEING_SEEN, VisitState.LEFT}),
    VisitState.MISSED: frozenset({VisitState.WAITING, VisitState.BEING_SEEN, VisitState.LEFT}),
    VisitState.BEING_SEEN: frozenset({VisitState.ENDED, VisitState.NOT_COMPLETED}),
}
# A wrong click can be put right for as long as one on an appointment.
STEPS_BACK: dict[VisitState, frozenset[VisitState]] = {
    VisitState.WAITING: frozenset({VisitState.WITHDRAWN}),
    VisitState.BEING_SEEN: frozenset({VisitState.WAITING}),
    VisitState.ENDED: frozenset({VisitState.BEING_SEEN}),
    VisitState.NOT_COMPLETED: frozenset({VisitState.BEING_SEEN}),
    VisitState.LEFT: frozenset({VisitState.WAITING}),
}
IN_WAITING_ROOM = (VisitState.WAITING, VisitState.CALLED, VisitState.PARKED, VisitState.MISSED)
AT_DESK = (VisitState.CALLED, VisitState.BEING_SEEN)
HERE = (*IN_WAITING_ROOM, VisitState.BEING_SEEN)
SEEN = (VisitState.ENDED, VisitState.NOT_COMPLETED)

APPOINTMENT_STATES: dict[VisitState, State] = {
    **dict.fromkeys(IN_WAITING_ROOM, State.ARRIVED),
    VisitState.BEING_SEEN: State.IN_PROGRESS,
    VisitState.ENDED: State.ATTENDED,
    VisitState.NOT_COMPLETED: State.NOT_COMPLETED,
    VisitState.LEFT: State.LEFT_BEFORE_SEEN,
    VisitState.WITHDRAWN: State.BOOKED,
}


def can_move_visit(current: VisitState, requested: VisitState) -> bool:
    """Whether `current` may be followed by `requested`."""
    return requested in MOVES.get(current, frozenset())


def can_step_back(current: VisitState, requested: VisitState, *, changed_at: datetime, now: datetime) -> bool:
    """Whether `current`, reached at `changed_at`, may still be put back to `requested`."""
    return requested in STEPS_BACK.get(current, frozenset()) and now - changed_at <= CORRECTION_PERIOD


def can_recall(times_called: int) -> bool:
    """Whether somebody who was called so many times and has not come may be called again."""
    return times_called <= MOST_RECALLS


def state_for(appointment: State, current: VisitState | None) -> VisitState | None:
    """The state of the visit once its appointment is in `appointment`; None where that says nothing of the day.

    Somebody who waits, is called or is parked stays so: the appointment has one state for all of these.
    """
    if appointment is State.ARRIVED:
        return current if current in IN_WAITING_ROOM else VisitState.WAITING
    if appointment is State.BOOKED:
        return VisitState.WITHDRAWN if current else None
    return {State(of): visit for visit, of in APPOINTMENT_STATES.items() if visit not in IN_WAITING_ROOM}.get(
        appointment
    )
