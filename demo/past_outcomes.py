"""The states of demo appointments: outcomes of past ones, today's progress, and a few cancellations. Pure."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from booking.states import State

# Of 100 visits that are over.
OUTCOMES = {
    State.ATTENDED: 79,
    State.DID_NOT_ATTEND: 9,
    State.NOT_COMPLETED: 4,
    State.LEFT_BEFORE_SEEN: 2,
    State.CANCELLED_BY_RESIDENT: 5,
    State.CANCELLED_BY_AUTHORITY: 1,
}
REASONS = {
    State.NOT_COMPLETED: ("Bank statements were missing", "The tenancy agreement was not signed", "The scanner failed"),
    State.CANCELLED_BY_AUTHORITY: ("The adviser is unwell", "The library closes early"),
    State.CANCELLED_BY_RESIDENT: ("", "Sent the documents online", "Unwell"),
}
NOTES = (
    "Prefers to be called in the afternoon.",
    "Will bring their daughter to help.",
    "Has a pushchair.",
    "Ask about the missing payslip.",
    "Came last month; documents were incomplete.",
)
EARLY = timedelta(minutes=15)


def state_of(starts_at: datetime, ends_at: datetime, now: datetime, rng: random.Random) -> State:
    """The state of a visit at `now`."""
    if ends_at <= now:
        return rng.choices(list(OUTCOMES), weights=list(OUTCOMES.values()))[0]
    if starts_at <= now:
        return rng.choices([State.IN_PROGRESS, State.ARRIVED, State.BOOKED], weights=[80, 14, 6])[0]
    if starts_at - EARLY <= now:
        return rng.choices([State.ARRIVED, State.BOOKED], weights=[45, 55])[0]
    return rng.choices([State.BOOKED, State.CANCELLED_BY_RESIDENT], weights=[97, 3])[0]


def reason_for(state: State, rng: random.Random) -> str:
    """The reason, where the state has one."""
    return rng.choice(REASONS.get(state, ("",)))


def created_at(starts_at: datetime, now: datetime, rng: random.Random) -> datetime:
    """When it was booked: up to three weeks before, and not after `now`."""
    return min(starts_at, now) - timedelta(minutes=rng.randrange(30, 21 * 24 * 60))


def changed_at(state: State, created: datetime, times: tuple[datetime, datetime], now: datetime) -> datetime:
    """When it came into its state."""
    starts_at, ends_at = times
    if state is State.BOOKED:
        return created
    if state in (State.CANCELLED_BY_RESIDENT, State.CANCELLED_BY_AUTHORITY):
        return min(created + timedelta(minutes=20), now)
    if state in (State.ARRIVED, State.LEFT_BEFORE_SEEN):
        return min(starts_at - timedelta(minutes=5), now)
    return min(starts_at if state is State.IN_PROGRESS else ends_at, now)


def note(rng: random.Random) -> str:
    """A note for one visit in eight."""
    return rng.choice(NOTES) if rng.random() < 0.125 else ""


def channel(rng: random.Random) -> str:
    """How it was booked."""
    return rng.choices(["online", "phone", "counter"], weights=[55, 38, 7])[0]
