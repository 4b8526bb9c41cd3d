"""What programs are told of appointments: which event a change is, and how the appointment stood after it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from booking.states import BY_RESIDENT, State
from booking.webhooks.signed_message import BOOKED, CANCELLED, OUTCOME, RESCHEDULED

_EVENTS = {
    "booked": BOOKED,
    "imported": BOOKED,
    "rescheduled": RESCHEDULED,
    "cancelled": CANCELLED,
    "moved": OUTCOME,
    "corrected": OUTCOME,
}
_PUT_BACK = "put_back"  # a cancellation or a move was taken back
ACTIONS = (*_EVENTS, _PUT_BACK)


@dataclass(frozen=True)
class RecordedChange:
    """A change of an appointment as the audit has it; its place is a number in one of the council's lanes."""

    id: int
    lane: int
    number: int
    appointment_id: int
    at: datetime
    action: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class AppointmentEvent:
    """What a change was, and what it left: the state, and the slot; empty where the audit has none."""

    change: RecordedChange
    type: str
    state: State
    slot_token: str


def events_of(history: Sequence[RecordedChange], *, is_walk_in: bool) -> Iterator[AppointmentEvent]:
    """The event of each change of one appointment, from its booking on, in their order."""
    slot_token, undoable = "", ""
    for change in history:
        slot_token = change.facts.get("slot_token") or slot_token
        event, state = _EVENTS.get(change.action, BOOKED), State.BOOKED
        if change.action == _PUT_BACK:
            event = RESCHEDULED if undoable == RESCHEDULED else BOOKED
        elif event == OUTCOME:
            state = State(change.facts["state"])
        elif event == CANCELLED:
            is_by_resident = change.facts.get("by") == BY_RESIDENT
            state = State.CANCELLED_BY_RESIDENT if is_by_resident else State.CANCELLED_BY_AUTHORITY
        elif event == BOOKED and is_walk_in:
            state = State.ARRIVED
        undoable = event if event in (RESCHEDULED, CANCELLED) else undoable
        yield AppointmentEvent(change, event, state, slot_token)
