"""Until when a letter is posted, so that it arrives before the visit, and on which day somebody is rung. Pure.

Second class takes three working days: Monday to Friday, but for bank holidays. Source: Royal Mail, read 2026-11-26.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from booking.events import PlanningFacts
from core.wall_clock import wall_instant
from locations.bank_holidays import bank_holiday
from reminders.after_kinds import AFTER_VISIT
from reminders.contacts import Contacts
from reminders.due_times import CANCELLATION_IS_USEFUL, Owed, Way, owed_reminders
from reminders.recipients import (
    BY_HAND,
    BY_STAFF,
    CANCELLED,
    HANDED_OVER,
    LETTER,
    REMINDER,
    ChannelRules,
    Withheld,
    deliveries_for,
    family_of,
)

POST_DAYS = 3  # working days from the day of posting to the day of arrival
MAKING_DAYS = 5  # working days before the last day of posting, from which staff make what goes out in another form
POSTED = frozenset({LETTER, BY_HAND})  # the channels whose messages arrive with the post
AT_ANY_TIME = (HANDED_OVER, *AFTER_VISIT)  # of use whenever the post brings them
POST_OPENS, POST_GOES = time(9), time(17)
FURTHEST = 60  # days: no year has so many in a row without work


def last_posting_day(visit_day: date, is_holiday: Callable[[date], bool]) -> date:
    """The last day on which a letter is posted that arrives on a working day before the visit."""
    return working_day_before(visit_day, POST_DAYS + 1, is_holiday)


def working_day_before(before: date, number: int, is_holiday: Callable[[date], bool]) -> date:
    """The working day that is so many working days before that one."""
    day, left = before, number
    for _ in range(FURTHEST):
        day -= timedelta(days=1)
        left -= is_working_day(day, is_holiday)
        if not left:
            return day
    raise ValueError(f"no {number} working days in the {FURTHEST} days before {before}")


def last_post(starts_at: datetime, zone: str, division: str) -> tuple[datetime, datetime]:
    """When the last post opens and goes by which a letter arrives on a working day before a visit at `starts_at`."""
    visit_day = starts_at.astimezone(ZoneInfo(zone)).date()
    day = last_posting_day(visit_day, lambda day: bank_holiday(day, division) is not None)
    return wall_instant(day, POST_OPENS, zone), wall_instant(day, POST_GOES, zone)


def is_working_day(day: date, is_holiday: Callable[[date], bool]) -> bool:
    """Whether post is taken and brought on that day, and offices ring people."""
    return day.weekday() < 5 and not is_holiday(day)


def by_call(message: Owed, facts: PlanningFacts, now: datetime) -> Owed:
    """`message` as a call: a reminder is due on the last working day up to its own, at its hour, while that is ahead."""
    if family_of(message.kind) != REMINDER:
        return message
    local = message.due_at.astimezone(ZoneInfo(facts.zone))
    days = (local.date() - timedelta(days=number) for number in range(FURTHEST))
    day = next(one for one in days if is_working_day(one, lambda day: bank_holiday(day, facts.division) is not None))
    due_at = wall_instant(day, local.time(), facts.zone) if day != local.date() else message.due_at
    return replace(message, due_at=due_at) if due_at > now else message


def by_post(message: Owed, facts: PlanningFacts, now: datetime) -> Owed | None:
    """`message` as a letter: due in time for the post, and of no use after it; None where it would arrive too late."""
    opens, goes = last_post(facts.starts_at, facts.zone, facts.division)
    until = min(message.useful_until, goes)
    if until <= now:
        return None
    due_at = min(message.due_at, opens)
    return replace(message, due_at=max(now, due_at), useful_until=until)


def by_hand(message: Owed, facts: PlanningFacts, now: datetime) -> Owed | None:
    """`message` as staff make it: due in time to be made and posted; None where it would arrive too late.

    It is of use until it is by itself: whoever was not sent it in time is told by staff in another way.
    """
    opens, goes = last_post(facts.starts_at, facts.zone, facts.division)
    if goes <= now:
        return None
    last_day = opens.astimezone(ZoneInfo(facts.zone)).date()
    begin = working_day_before(last_day, MAKING_DAYS, lambda day: bank_holiday(day, facts.division) is not None)
    return replace(message, due_at=max(now, min(message.due_at, wall_instant(begin, POST_OPENS, facts.zone))))


def way_of(
    message: Owed, contacts: Contacts, rules: ChannelRules, facts: PlanningFacts, now: datetime, failed: Set[str]
) -> Way | Withheld:
    """How `message` goes from now on, or why it reaches nobody: by letter only what arrives in time."""
    people = contacts.at(max(now, message.due_at), facts.zone) if contacts.told_until else contacts
    found = deliveries_for(people, message.kind, rules, failed)
    if isinstance(found, Withheld):
        return found
    channel = found[0].channel
    if channel not in POSTED or family_of(message.kind) in AT_ANY_TIME:
        return Way(channel, message, frozenset(failed))
    posted = (by_post if channel == LETTER else by_hand)(message, facts, now)
    if posted is None:
        return way_of(message, contacts, rules, facts, now, failed | {channel})
    return Way(channel, posted, frozenset(failed))


def before_the_post(message: Owed, channel: str, facts: PlanningFacts) -> Owed:
    """`message` of a row for `channel` at the times that it has by itself: those of a letter are the post's.

    A call is made on a working day, and what staff make begins days before.
    """
    family = family_of(message.kind)
    if channel not in (LETTER, *BY_STAFF) or family in AT_ANY_TIME or (channel in BY_STAFF and family != REMINDER):
        return message
    if family == REMINDER:
        planned = {one.kind: one for one in owed_reminders(facts, datetime(1970, 1, 1, tzinfo=UTC))}
        return planned.get(message.kind, replace(message, useful_until=facts.starts_at))
    more = CANCELLATION_IS_USEFUL if family == CANCELLED else timedelta()
    return replace(message, useful_until=facts.starts_at + more)
