"""When a message may go: quiet hours, the hours in which somebody wants to be reached, and what was just said. Pure.

Quiet hours are for what rings or buzzes, texts and calls. Hours that somebody has asked for are kept before them: who says
"between 22:00 and 23:00" is reached then. Nobody is left to come to a visit that is cancelled: in the hours before it a
cancellation knows no quiet hours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from core.wall_clock import wall_instant
from reminders.recipients import (
    CALL,
    CANCELLED,
    CONFIRMATION,
    MANAGE_LINK,
    REMINDER,
    RESCHEDULED,
    TEXT,
    TEXT_ANSWER,
    TO_CONFIRM,
    family_of,
)

AUDIBLE = frozenset({TEXT, CALL})
ASKED_FOR = (MANAGE_LINK, TEXT_ANSWER)  # just now, by whoever gets it: at any hour
SAID_FOR = timedelta(hours=3)  # after a confirmation went out, in which no reminder says the same
URGENT = timedelta(hours=4)  # before a cancelled visit, in which it is told at any hour
BEFORE_QUIET = timedelta(minutes=30)  # so long before the quiet hours goes what would be too late after them


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of the wall clock, from `starts` until `ends`, over midnight where that comes first. Equal ones are none."""

    starts: time
    ends: time

    def have(self, at: time) -> bool:
        """Whether this time of day is among them."""
        if self.starts <= self.ends:
            return self.starts <= at < self.ends
        return at >= self.starts or at < self.ends


@dataclass(frozen=True, slots=True)
class SendingRules:
    """When a council sends nothing that is audible."""

    zone: str = "Europe/London"
    quiet: Hours = Hours(time(21), time(8))


class Council(Protocol):
    """What a council's row and its facts have in common here."""

    @property
    def zone(self) -> str: ...
    @property
    def quiet_from(self) -> time: ...
    @property
    def quiet_until(self) -> time: ...


def may_go_at(channel: str, at: datetime, rules: SendingRules, wanted: Hours | None = None) -> datetime:
    """The first instant, `at` or later, at which something may go by this channel to who is reached in `wanted` hours."""
    if channel not in AUDIBLE:
        return at
    if wanted is not None and wanted.starts != wanted.ends:
        return _first(at, wanted.starts, rules.zone, wanted.have)
    return _first(at, rules.quiet.ends, rules.zone, lambda clock: not rules.quiet.have(clock))


def goes_at(
    kind: str, channel: str, safe_hours: str, rules: SendingRules, starts_at: datetime, now: datetime
) -> datetime:
    """When a message that is due goes by this channel: now, or at the hour at which it may.

    `safe_hours` is as in the record, and `starts_at` when whoever gets it thinks that the visit is.
    """
    if channel not in AUDIBLE or family_of(kind) in ASKED_FOR:
        return now
    wanted = hours_of(safe_hours)
    if wanted is None and is_urgent(kind, starts_at, now):
        return now
    return may_go_at(channel, now, rules, wanted)


def _first(at: datetime, clock: time, zone: str, is_allowed: Callable[[time], bool]) -> datetime:
    """`at`, or the first instant after it at which the clock shows this time, or comes past it, and that is allowed.

    Hours that a change of the clocks leaves out are not allowed on that day.
    """
    place = ZoneInfo(zone)
    if is_allowed(at.astimezone(place).time()):
        return at
    today = at.astimezone(place).date()
    days = (today + timedelta(days=number) for number in range(4))
    found = (one for day in days for one in _instants(day, clock, zone) if one > at)
    return next(one for one in found if is_allowed(one.astimezone(place).time()))


def _instants(day: date, clock: time, zone: str) -> list[datetime]:
    """When the clock shows this time on this day: twice where it is set back."""
    again = datetime.combine(day, clock.replace(fold=1), ZoneInfo(zone)).astimezone(UTC)
    first = wall_instant(day, clock, zone)
    return [first, again] if again > first and again.astimezone(ZoneInfo(zone)).time() == clock else [first]


def due_for(
    channel: str, due_at: datetime, useful_until: datetime, rules: SendingRules, wanted: Hours | None
) -> datetime:
    """When a reminder is due by this channel: as it is, or after the quiet hours, or before them where that is too late."""
    later = may_go_at(channel, due_at, rules, wanted)
    if later < useful_until:
        return later
    hours = wanted or rules.quiet
    today = due_at.astimezone(ZoneInfo(rules.zone)).date()
    found = [wall_instant(today - timedelta(days=number), hours.starts, rules.zone) for number in range(2)]
    before = max((at for at in found if at <= due_at), default=due_at)
    return before if wanted else before - BEFORE_QUIET


def hours_of(text: str) -> Hours | None:
    """The hours in a text such as "10:00-12:00"; None for an empty one."""
    starts, _, ends = text.partition("-")
    return Hours(_clock(starts), _clock(ends)) if ends else None


def _clock(text: str) -> time:
    hour, minute = map(int, text.split(":"))
    return time(hour, minute)


def rules_of_council(council: Council) -> SendingRules:
    """The rules of this council."""
    return SendingRules(council.zone, Hours(council.quiet_from, council.quiet_until))


def is_urgent(kind: str, starts_at: datetime, now: datetime) -> bool:
    """Whether it is told at any hour: somebody is about to come to a visit that is cancelled."""
    return kind == CANCELLED and timedelta() < starts_at - now <= URGENT


def says_it_again(kind: str, said: Mapping[str, datetime], apart: timedelta, now: datetime) -> bool:
    """Whether it is a reminder of what was told just before; `said` is when messages of the version went out, by kind."""
    if family_of(kind) != REMINDER:
        return False
    lasts = {CONFIRMATION: SAID_FOR, RESCHEDULED: SAID_FOR, REMINDER: apart, TO_CONFIRM: apart}
    others = ((family_of(other), at) for other, at in said.items() if other != kind)
    return any(now - at < lasts.get(family, timedelta()) for family, at in others)
