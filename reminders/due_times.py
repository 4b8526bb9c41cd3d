"""Which messages an appointment is owed, and when. Pure: no database, no clock.

A message is due when `due_at <= now < useful_until`:

| kind | due | useful until | why |
|---|---|---|---|
| confirmation, rescheduled | at once | the appointment starts | after that it confirms nothing |
| a reminder | the time in the plan | the next reminder is due, or the start | two at once would repeat each other |
| manage link | at once | a day later | by then it was requested again, or somebody rang |
| arrangement | at once | the appointment starts | after that nobody needs the interpreter |
| contact changed | at once | three days later | the old address learns of it even after a weekend without mail |
| handed over | at once | three days later | whoever it was not meant for learns of it even after a weekend without mail |
| missed | hours after it was recorded, not in the quiet hours | a week later | by then they have booked again |
| several bookings | at once | the appointment starts | after that there is nothing left to cancel |
| offer | at once | the answer is due | after that the time is held no longer |
| going ahead | at once | the appointment starts | after that it says nothing new |
| earlier time | at once | the answer is due | after that the time is held no longer |
| earlier gone | at once | the appointment starts | after that no time is earlier |
| wish paused | at once | the appointment starts | after that no time is earlier |
| cancelled | at once | a day after the time that was given up | somebody who came all the same learns why |

Nothing is owed for a visit without an appointment, no reminder whose time has passed when it is planned, none within
`TOLD_FOR` of a confirmation or a notice of a new time, which says the same, none sooner after another than the
council wants them apart, and no notice that an appointment in the past is cancelled.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from booking.events import PlanningFacts
from booking.states import ContactChange
from core.wall_clock import wall_instant
from reminders.contacts import Contacts
from reminders.costs.kinds_off import KindOff
from reminders.recipients import (
    ARRANGEMENT,
    BOOKED,
    CANCELLED,
    CANCELLED_STATES,
    CONFIRMATION,
    CONTACT_CHANGED,
    DID_NOT_ATTEND,
    EARLIER_GONE,
    GOING_AHEAD,
    HANDED_OVER,
    MANAGE_LINK,
    MISSED,
    RESCHEDULED,
    SEVERAL_BOOKINGS,
    TEXT,
    WISH_PAUSED,
    ChannelRules,
    email_address,
)
from reminders.sending_times import SendingRules, may_go_at

# What is sent at once about a change; imports, moves and changed details send nothing by themselves.
NOTICES = {"booked": CONFIRMATION, "rescheduled": RESCHEDULED, "cancelled": CANCELLED, "handed_over": CONFIRMATION}
TOLD_FOR = timedelta(hours=4)  # how long nobody needs reminding of a time that they were told
CANCELLATION_IS_USEFUL = timedelta(days=1)
MANAGE_LINK_IS_USEFUL = timedelta(days=1)
CONTACT_CHANGED_IS_USEFUL = timedelta(days=3)
HANDED_OVER_IS_USEFUL = timedelta(days=3)
MISSED_IS_USEFUL = timedelta(days=7)


@dataclass(frozen=True)
class Owed:
    """One message that is owed, whatever the channel. Instants are aware, in UTC."""

    kind: str
    due_at: datetime
    useful_until: datetime


@dataclass(frozen=True, slots=True)
class Way:
    """By which channel a message goes, and when; the channels `failed`, or would be too late."""

    channel: str
    message: Owed
    failed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PlanningInput:
    """What decides which messages an appointment is owed, and by which channels."""

    facts: PlanningFacts
    contacts: Contacts
    rules: ChannelRules
    quiet: tuple[str, time, time]  # the council's zone, and its quiet hours by that
    off: tuple[KindOff, ...] = ()  # the kinds that the council has switched off
    spoke_with: str = ""  # while the change was made: the resident or their representative, if it is known

    @property
    def mail_address(self) -> str:
        """The address to which email about the appointment goes, or nothing."""
        return email_address(self.contacts, self.rules)


def owed_after(appointment: PlanningFacts, what: str, now: datetime, told_at: datetime | None = None) -> list[Owed]:
    """All messages owed from `now` on, after `what` (booked, imported, rescheduled, cancelled, handed_over, ...).

    `told_at` is when an earlier notice told the time that the appointment still has.
    """
    if appointment.is_walk_in or appointment.starts_at <= now:
        return []
    notice = NOTICES.get(what)
    if appointment.state in CANCELLED_STATES:
        until = appointment.starts_at + CANCELLATION_IS_USEFUL
        return [Owed(CANCELLED, now, until)] if notice == CANCELLED else []
    if appointment.state != BOOKED:
        return []
    at_once = [Owed(notice, now, appointment.starts_at)] if notice else []
    return at_once + owed_reminders(appointment, now, now if notice else told_at)


def told_later(owed: list[Owed], wait: timedelta) -> list[Owed]:
    """The same messages, a notice of a change after this `wait`, unless it is of no use by then."""

    def is_notice(one: Owed) -> bool:
        return one.kind in (RESCHEDULED, CANCELLED) and one.due_at + wait < one.useful_until

    return [replace(one, due_at=one.due_at + wait) if is_notice(one) else one for one in owed] if wait else owed


def owed_reminders(appointment: PlanningFacts, now: datetime, told_at: datetime | None = None) -> list[Owed]:
    """The reminders that are still ahead, by the time they are due; none soon after the time was told at `told_at`."""
    after = now if told_at is None else max(now, told_at + TOLD_FOR)
    due = {
        kind: due_at
        for kind, due_at in reminder_times(appointment.reminder_plan, appointment.starts_at, appointment.zone)
        if after < due_at < appointment.starts_at
    }
    in_order = _apart(sorted(due.items(), key=lambda item: (item[1], item[0])), appointment.reminders_apart)
    times = [*sorted({due_at for _, due_at in in_order}), appointment.starts_at]
    next_time = dict(itertools.pairwise(times))
    return [Owed(kind, due_at, next_time[due_at]) for kind, due_at in in_order]


def _apart(due: list[tuple[str, datetime]], apart: timedelta) -> list[tuple[str, datetime]]:
    """Those of the reminders, in their order, that do not come so soon after the one before."""
    kept: list[tuple[str, datetime]] = []
    for kind, due_at in due:
        if not kept or due_at - kept[-1][1] >= apart:
            kept.append((kind, due_at))
    return kept


def reminder_times(plan: Iterable[Mapping[str, Any]], starts_at: datetime, zone: str) -> Iterable[tuple[str, datetime]]:
    """Each kind of the plan with the instant at which it is due.

    `days_before` and `at` are wall-clock time at the site: 7 days before at 09:00 is 09:00 there, whatever the clocks
    did meanwhile. `minutes_before` is elapsed time. Raises: ValueError for an entry with neither.
    """
    for entry in plan:
        if "minutes_before" in entry:
            yield entry["kind"], starts_at - timedelta(minutes=entry["minutes_before"])
        elif "days_before" in entry and "at" in entry:
            on = starts_at.astimezone(ZoneInfo(zone)).date() - timedelta(days=entry["days_before"])
            yield entry["kind"], wall_instant(on, time.fromisoformat(entry["at"]), zone)
        else:
            raise ValueError(f"The reminder {entry!r} needs minutes_before, or days_before and at.")


def owed_link(number: int, now: datetime) -> Owed:
    """The message with the manage link that somebody requested; `number` counts such messages of one appointment."""
    return Owed(f"{MANAGE_LINK}_{number}", now, now + MANAGE_LINK_IS_USEFUL)


def owed_question(appointment: PlanningFacts, now: datetime) -> Owed:
    """The message that asks whether it was they who booked so much."""
    return Owed(SEVERAL_BOOKINGS, now, appointment.starts_at)


def owed_contact_change(contact: ContactChange, appointment: PlanningFacts, now: datetime) -> list[Owed]:
    """What is owed about another contact: a notice to the earlier address, and a confirmation to the new one."""
    notice = Owed(f"{CONTACT_CHANGED}_{contact.number}", now, now + CONTACT_CHANGED_IS_USEFUL)
    confirmed = Owed(f"{CONFIRMATION}_{contact.number}", now, appointment.starts_at)
    is_ahead = appointment.state == BOOKED and appointment.starts_at > now
    return [notice] * contact.had_address + [confirmed] * (contact.is_new_address and is_ahead)


def owed_arrangement(number: int, appointment: PlanningFacts, now: datetime) -> list[Owed]:
    """What is owed about a decision on an interpreter: `number` counts those of one appointment. Nothing for 0."""
    is_ahead = appointment.state == BOOKED and appointment.starts_at > now
    return [Owed(f"{ARRANGEMENT}_{number}", now, appointment.starts_at)] if number and is_ahead else []


def owed_hand_over(version: int, now: datetime) -> Owed:
    """The message to whom the appointment was not meant for; `version` is that of the hand-over."""
    return Owed(f"{HANDED_OVER}_{version}", now, now + HANDED_OVER_IS_USEFUL)


def owed_word_to_missing(number: int, appointment: PlanningFacts, rules: SendingRules, now: datetime) -> list[Owed]:
    """What is owed to somebody who did not come, if the council writes to them; whatever the channel, at a decent hour."""
    if appointment.missed_after is None or appointment.state != DID_NOT_ATTEND or appointment.is_walk_in:
        return []
    due_at = may_go_at(TEXT, now + appointment.missed_after, rules)
    useful_until = appointment.starts_at + MISSED_IS_USEFUL  # also where a site catches up with the lists of past weeks
    return [Owed(f"{MISSED}_{number}", due_at, useful_until)] if due_at < useful_until else []


def owed_offer(family: str, number: int, answer_by: datetime, now: datetime) -> Owed:
    """The message of one of `OFFERS` about another time, which is held until `answer_by`."""
    return Owed(f"{family}_{number}", now, answer_by)


def owed_pause(number: int, appointment: PlanningFacts, now: datetime) -> Owed:
    """The message that no more earlier times are offered, because none up to the offer of this number was answered."""
    return Owed(f"{WISH_PAUSED}_{number}", now, appointment.starts_at)


def owed_gone(number: int, appointment: PlanningFacts, now: datetime) -> Owed:
    """The message that another person was quicker to take the time of the offer of this number."""
    return Owed(f"{EARLIER_GONE}_{number}", now, appointment.starts_at)


def owed_going_ahead(number: int, appointment: PlanningFacts, now: datetime) -> list[Owed]:
    """What is owed when the offer of this number is taken back, because the appointment takes place as booked."""
    is_ahead = appointment.state == BOOKED and appointment.starts_at > now
    return [Owed(f"{GOING_AHEAD}_{number}", now, appointment.starts_at)] if number and is_ahead else []
