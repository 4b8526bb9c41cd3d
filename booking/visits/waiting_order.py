"""Who is next: the order in which people who wait are called. Pure; the same rule calls them and estimates their wait.

1. Who is booked, from five minutes before their time, by their time.
2. Who is booked and came more than five minutes late: in the next gap, which is as soon as nobody of 1 waits.
3. Who has no appointment: the urgent first, then by ticket.
4. Who is booked and came early: not before 1, unless nobody else waits for the desk.

Times are minutes on any one scale, so that a simulation can ask thousands of times.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

CALLED_BEFORE_MINUTES = 5
LATE_AFTER_MINUTES = 5


class Precedence(IntEnum):
    """The group in which somebody waits; the lower one is called first."""

    ON_TIME = 1
    LATE = 2
    WITHOUT_APPOINTMENT = 3
    EARLY = 4


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who waits. `booked_at` is None without an appointment; `key` is whatever the caller knows them by."""

    key: int
    ticket: int
    arrived_at: float
    booked_at: float | None = None
    is_urgent: bool = False


def precedence_of(person: Waiting, now: float) -> Precedence:
    """The group of `person` at `now`."""
    if person.booked_at is None:
        return Precedence.WITHOUT_APPOINTMENT
    if now < person.booked_at - CALLED_BEFORE_MINUTES:
        return Precedence.EARLY
    if person.arrived_at > person.booked_at + LATE_AFTER_MINUTES:
        return Precedence.LATE
    return Precedence.ON_TIME


def place_of(person: Waiting, now: float) -> tuple[Precedence, float, int]:
    """By what people who wait are sorted at `now`."""
    precedence = precedence_of(person, now)
    if precedence is Precedence.WITHOUT_APPOINTMENT:
        return precedence, 0.0 if person.is_urgent else 1.0, person.ticket
    if precedence is Precedence.LATE:
        return precedence, person.arrived_at, person.ticket
    return precedence, person.booked_at or 0.0, person.ticket


def in_order(people: Iterable[Waiting], now: float) -> list[Waiting]:
    """`people` in the order in which they are called, as it is at `now`."""
    return sorted(people, key=lambda person: place_of(person, now))


def next_of(people: Iterable[Waiting], now: float) -> Waiting | None:
    """Who of `people`, whom the desk can all serve, is called at `now`; None when nobody waits."""
    return min(people, key=lambda person: place_of(person, now), default=None)
