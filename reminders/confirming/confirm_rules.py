"""Who is asked to confirm, by when, and whose time is given back because they did not. Pure.

A time is given back only where each of these is true when it is decided, and in doubt it is kept:

- every service of the visit asks, it is still booked at the same time, and nobody has said that they come;
- no rule of `Spared` holds: they never lose it, and are not asked;
- two channels were tried, and one of the questions had arrived half a day before the answer was due;
- nothing that they wrote meanwhile waits for a person to read it, and the visit is not about to begin.

That a mail server took an email is no proof that it arrived, and reports of mail that comes back come days later: only what
a provider says has arrived counts (`arrived_at`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from booking.arrangements import ArrangementState
from core.wall_clock import wall_instant
from locations.model import ServiceFacts
from reminders.confirming.confirm_facts import asks
from reminders.contacts import Contacts
from reminders.recipients import ASKED_AGAIN, TEXT, TO_CONFIRM, ChannelRules, Withheld, deliveries_for
from reminders.sending_times import SendingRules, hours_of, may_go_at

FIRST, SECOND = f"{TO_CONFIRM}_1", ASKED_AGAIN
ASKED_AT = time(8, 30)  # of the day on which they are asked first: before reminders, which then say nothing new
SETTLED = timedelta(days=1)  # after it was booked or changed: nobody is asked what they have just said
TIME_TO_ANSWER = timedelta(hours=12)  # that somebody has at least, from the arrival of a question on
GRACE = timedelta(hours=1)  # after the answer was due: what was sent in time may come late
LEAST_LEFT = timedelta(days=1)  # from the answer to the visit: who else is to have the time?
LATEST = timedelta(hours=12)  # before the visit, after which nothing is given back: they may be on their way


class Spared(StrEnum):
    """Why somebody never loses their time, and is not asked to confirm it."""

    REPRESENTATIVE = "representative"  # somebody acts for them
    INTERPRETER = "interpreter"
    URGENT = "urgent"  # as staff have said
    TO_REBOOK = "to_rebook"  # it cannot take place as booked: the council is to act
    CALLED = "called"  # staff are to ring them, or have tried
    ONE_WAY = "one_way"  # they cannot be written to by two channels


class Kept(StrEnum):
    """Why a time is not given back though somebody was asked."""

    CHANGED = "changed"  # not booked any more, at another time, or its services do not ask any more
    CONFIRMED = "confirmed"
    WRITTEN = "written"  # they wrote something that a person has to read
    TOUCHED = "touched"  # something of it or of them was changed since: a question may have gone to another address
    NOT_YET = "not_yet"
    TOO_LATE = "too_late"
    ONE_TRIED = "one_tried"  # of two channels
    NOT_ARRIVED = "not_arrived"


@dataclass(frozen=True, slots=True)
class AskedVisit:
    """What decides whether somebody is asked, and whether they may lose their time."""

    contacts: Contacts
    rules: ChannelRules
    services: Sequence[ServiceFacts]
    starts_at: datetime
    changed_at: datetime
    arrangements: Mapping[str, ArrangementState]
    is_booked: bool = True
    is_confirmed: bool = False
    is_urgent: bool = False
    awaits_rebooking: bool = False
    speaks_another: bool = False
    is_called: bool = False
    has_written: bool = False
    was_touched: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A question as one channel had it: tried or not, and when it arrived, as far as anybody knows."""

    channel: str
    was_tried: bool
    arrived_at: datetime | None


@dataclass(frozen=True, slots=True)
class ToConfirm:
    """A visit whose services ask, with what was asked about it as it is; until when is None where nothing was."""

    visit: AskedVisit
    questions: Sequence[Question] = ()
    answer_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class QuestionTimes:
    """When somebody is asked first and again, and until when they can answer. Instants are aware, in UTC."""

    first_at: datetime
    second_at: datetime
    answer_by: datetime


def spared(visit: AskedVisit) -> Spared | None:
    """Why they never lose their time; None where they may."""
    arranged = any(state is not ArrangementState.SPOKEN for state in visit.arrangements.values())
    reasons = {
        Spared.URGENT: visit.is_urgent,
        Spared.REPRESENTATIVE: visit.contacts.representative is not None,
        Spared.INTERPRETER: arranged or visit.speaks_another,
        Spared.TO_REBOOK: visit.awaits_rebooking,
        Spared.CALLED: visit.is_called,
        Spared.ONE_WAY: len(_ways(visit)) < 2,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _ways(visit: AskedVisit) -> Set[str]:
    """The channels by which the two questions go."""
    found = (deliveries_for(visit.contacts, kind, visit.rules) for kind in (FIRST, SECOND))
    return {one.channel for found_one in found if not isinstance(found_one, Withheld) for one in found_one}


def question_times(visit: AskedVisit, council: SendingRules, now: datetime) -> QuestionTimes | None:
    """When they are asked, from now on; None where too little time is left to answer, or to give the time to another.

    The second question goes after a third of the time to answer. Both go at an hour at which texts may, by whatever channel.
    """
    service = visit.services[0]
    on = visit.starts_at.astimezone(ZoneInfo(council.zone)).date() - timedelta(days=service.confirm_days_before or 0)
    wanted, lasts = hours_of(visit.contacts.safe_hours), timedelta(hours=service.confirm_within_hours)
    first_at = may_go_at(TEXT, max(wall_instant(on, ASKED_AT, council.zone), now), council, wanted)
    second_at, answer_by = may_go_at(TEXT, first_at + lasts / 3, council, wanted), first_at + lasts
    if answer_by > visit.starts_at - LEAST_LEFT or second_at > answer_by - TIME_TO_ANSWER:
        return None
    return QuestionTimes(first_at, second_at, answer_by)


def is_to_be_asked(visit: AskedVisit, now: datetime) -> bool:
    """Whether somebody is asked to confirm, when it is time."""
    is_settled = now >= visit.changed_at + SETTLED
    is_open = visit.is_booked and not (visit.is_confirmed or visit.has_written or visit.was_touched)
    return asks(visit.services) and is_open and is_settled and spared(visit) is None


def why_kept(
    visit: AskedVisit, questions: Iterable[Question], answer_by: datetime, now: datetime
) -> Kept | Spared | None:
    """Why the time is not given back at this moment; None where it is."""
    asked = list(questions)
    tried = {one.channel for one in asked if one.was_tried}
    in_time = [one for one in asked if one.arrived_at and one.arrived_at <= answer_by - TIME_TO_ANSWER]
    reasons = {
        Kept.CHANGED: not visit.is_booked or not asks(visit.services),
        Kept.CONFIRMED: visit.is_confirmed,
        Kept.WRITTEN: visit.has_written,
        Kept.TOUCHED: visit.was_touched,
        Kept.NOT_YET: now < answer_by + GRACE,
        Kept.TOO_LATE: now > visit.starts_at - LATEST,
        Kept.ONE_TRIED: len(tried) < 2,
        Kept.NOT_ARRIVED: not in_time,
    }
    return spared(visit) or next((reason for reason, holds in reasons.items() if holds), None)


def arrived_at(
    channel: str, sent_at: datetime | None, delivered_at: datetime | None, believed: Set[str]
) -> datetime | None:
    """When a question that was sent arrived: as its provider says, or when it was sent by a channel that is `believed`."""
    return delivered_at or (sent_at if channel in believed else None)
