"""Who can be invited how, when they are reminded, and which times an invitation is for. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from core.contact_values import takes_texts
from core.wall_clock import wall_instant
from people.residents.details import HAND_MADE

BY_EMAIL, BY_TEXT, BY_LETTER, BY_VOICE = "email", "text", "letter", "voice"
WAYS = (BY_EMAIL, BY_TEXT, BY_LETTER, BY_VOICE)
LONGEST_WORDS = 500
LONGEST_DONE = 500
LONGEST_WINDOW = timedelta(days=183)
REMIND_DAYS = 3  # before the last day, at REMIND_HOUR
REMIND_DAYS_BY_POST = 7  # a letter takes days
REMIND_HOUR = time(9)
LEAST_BEFORE_REMINDER = timedelta(days=1)  # after the invitation: nobody is reminded of what they have just read
FAMILIES_OF_NONE = "none"  # of contact preferences: they want no messages
INVITED, REMINDER = "invited", "reminder"  # the kinds of messages
# Codes of reminders.reasons: nobody has the link that works now; nothing reaches them; their wave never came.
LINK_RENEWED, NO_ADDRESS, NO_CONTACT_WANTED = "link_renewed", "no_address", "no_contact_wanted"
WAVES_OVER = "waves_over"


class InvitationState(StrEnum):
    """What has become of an invitation."""

    WAITING = "waiting"  # on a list, and not told yet
    OPEN = "open"
    BOOKED = "booked"
    WITHDRAWN = "withdrawn"
    OVER = "over"  # nobody answered in time


@dataclass(frozen=True)
class InvitedPerson:
    """What is known of how somebody can be reached; `postal` is empty where no letter arrives."""

    email: str
    phone: str
    postal: str
    preference: str = "email"
    do_not_text: bool = False
    letter_format: str = ""


def ways_to_invite(person: InvitedPerson) -> tuple[str, ...]:
    """How they can be told, what they prefer first; by voice, or with a page to hand over, everybody can."""
    wants_letters = person.preference == BY_LETTER
    is_possible = {
        BY_EMAIL: bool(person.email) and not wants_letters,
        BY_TEXT: takes_texts(person.phone) and not person.do_not_text and not wants_letters,
        BY_LETTER: bool(person.postal) and person.letter_format not in HAND_MADE,
    }
    if person.preference == FAMILIES_OF_NONE:
        return (BY_VOICE,)
    ways = [way for way in WAYS if is_possible.get(way)]
    return (*sorted(ways, key=lambda way: way != person.preference), BY_VOICE)


def reminder_at(now: datetime, first_date: date, last_date: date, zone: str, told_by: str) -> datetime | None:
    """When somebody is reminded who has not answered; None where no time is left for it, or nothing is sent to them."""
    if told_by == BY_VOICE:
        return None
    days = REMIND_DAYS_BY_POST if told_by == BY_LETTER else REMIND_DAYS
    day = last_date - timedelta(days=days)
    begins = first_date if first_date < last_date else last_date
    soonest = (now + LEAST_BEFORE_REMINDER).astimezone(ZoneInfo(zone)).date()
    day = max(day, min(begins, last_date), soonest) if day < begins else max(day, soonest)
    at = wall_instant(day, REMIND_HOUR, zone)
    if at < now + LEAST_BEFORE_REMINDER:
        at = wall_instant(day + timedelta(days=1), REMIND_HOUR, zone)
        day += timedelta(days=1)
    return at if day < last_date else None


@dataclass(frozen=True)
class InvitedTimes:
    """Which times an invitation is for: of one service, from `first_date` to `last_date`; no sites or mode are any."""

    service_id: int
    first_date: date
    last_date: date
    site_ids: Collection[int] = ()
    mode: str = ""

    def has(self, service_ids: Collection[int], site_id: int, mode: str, day: date) -> bool:
        """Whether this time is one of them."""
        is_there = not self.site_ids or site_id in self.site_ids
        is_so = not self.mode or mode == self.mode
        return (
            tuple(service_ids) == (self.service_id,) and is_there and is_so and self.first_date <= day <= self.last_date
        )


def is_task(state: str, untold: str, done_at: datetime | None, same_number: str = "") -> bool:
    """Whether a colleague has to see to it: nobody answered in time, no message has reached them, or somebody else has an
    appointment with their number.
    """
    is_untold = state == InvitationState.OPEN and bool(untold)
    return done_at is None and (state == InvitationState.OVER or is_untold or bool(same_number))
