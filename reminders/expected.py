"""Who would be told of a change before it is made: by which channel, in which languages and when, or why not. Pure.

No rule of its own: the outbox asks the same `planned_way`, and the worker the same `deliveries_for` and `goes_at`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from booking.events import REPRESENTATIVE, What
from locations.model import AuthorityFacts
from locations.own_words import languages_for
from reminders.due_times import NOTICES, Owed, PlanningInput, Way, owed_after, told_later
from reminders.pauses import MessagePause
from reminders.planned_ways import Planned, planned_ways, sending_rules
from reminders.posting import way_of
from reminders.reasons import NEEDS_FORMAT, NO_ADDRESS, PREFERS_LETTERS, QUIET_HOURS, TOLD_BY_STAFF
from reminders.recipients import (
    ABOUT_THE_VISIT,
    BOOKED,
    BY_STAFF,
    CALL,
    CANCELLED,
    CANCELLED_STATES,
    REMINDER,
    Delivery,
    Withheld,
    deliveries_for,
    family_of,
)
from reminders.sending_times import goes_at

# Who wants no contact is not contacted; what is no news of the visit itself is nobody's task.
SOON = timedelta(minutes=10)  # longer than a change can be taken back
LISTED = frozenset({NEEDS_FORMAT, NO_ADDRESS, PREFERS_LETTERS})


@dataclass(frozen=True, slots=True)
class Expected:
    """One message that a change would owe. Without a `delivery` nobody gets it, and `code` is why (`reminders.reasons`).

    It goes `at` that instant, which is later than now for hours of rest and for the post. Staff are asked to tell whoever
    `is_to_ring`. `resident` is whom the visit is for, or who has just heard it. `paused_by` holds it back.
    """

    kind: str
    channel: str
    delivery: Delivery | None
    at: datetime
    resident: str
    code: str = ""
    languages: tuple[str, ...] = ()
    is_to_ring: bool = False
    is_at_once: bool = True
    safe_hours: str = ""  # in which they want to be rung and texted
    is_soon: bool = False  # as soon as it cannot be taken back any more
    paused_by: str = ""
    is_undated: bool = False  # a trial decides on which day it goes

    @property
    def is_reminder(self) -> bool:
        """Whether it only says again what was said."""
        return family_of(self.kind) == REMINDER


def expected_after(
    planning: PlanningInput,
    what: What,
    council: AuthorityFacts,
    now: datetime,
    *,
    starts_at: datetime | None = None,
    silence: str = "",
    wait: timedelta = timedelta(),
    pauses: Sequence[MessagePause] = (),
) -> tuple[Expected, ...]:
    """The messages that the appointment would be owed after `what`, at `starts_at` where that gives it another time.

    A notice of a change goes out after this `wait`, in which it can be taken back.
    """
    facts = replace(planning.facts, starts_at=starts_at or planning.facts.starts_at)
    if NOTICES.get(what) == CANCELLED:
        facts = replace(facts, state=min(CANCELLED_STATES))
    elif what in NOTICES:
        facts = replace(facts, state=BOOKED)
    planning = replace(planning, facts=facts)
    owed = told_later(owed_after(facts, what, now), wait)
    return expected(planning, owed, council, now, silence=silence, pauses=pauses)


def expected(
    planning: PlanningInput,
    owed: Iterable[Owed],
    council: AuthorityFacts,
    now: datetime,
    *,
    silence: str = "",
    pauses: Sequence[MessagePause] = (),
) -> tuple[Expected, ...]:
    """Who would get these messages; with `silence`, a reason for which nothing about the appointment is sent, nobody.

    `pauses` are those that last.
    """
    found = [_expected(planning, one, council, now) for one in planned_ways(planning, owed, now)]
    if silence:
        found = [replace(one, delivery=None, code=silence, languages=(), is_to_ring=False) for one in found]
    return tuple(_held(one, council, pauses) for one in found)


def with_either_plan(first: Iterable[Expected], second: Iterable[Expected]) -> tuple[Expected, ...]:
    """What is owed whichever plan of a trial the appointment is given: of reminders no day, and none where one has none."""
    also = {(one.channel, one.delivery) for one in second if one.is_reminder}
    return tuple(
        replace(one, is_undated=True) if one.is_reminder else one
        for one in first
        if not one.is_reminder or (one.channel, one.delivery) in also
    )


def _held(one: Expected, council: AuthorityFacts, pauses: Sequence[MessagePause]) -> Expected:
    """With who holds it back, if anybody does; a reminder that is due after the end of the pause is not held."""
    holding = (pause for pause in pauses if pause.holds(council.id, one.kind, one.channel))
    lasting = (pause.paused_by for pause in holding if pause.until is None or one.at < pause.until)
    return replace(one, paused_by=next(lasting, "")) if one.delivery else one


def _expected(planning: PlanningInput, planned: Planned, council: AuthorityFacts, now: datetime) -> Expected:
    resident, kind = planning.contacts.resident.name, planned.way.message.kind
    helper = planning.contacts.representative
    if planned.reason == TOLD_BY_STAFF and helper and planning.spoke_with == REPRESENTATIVE:
        resident = helper.name
    nobody = Expected(kind, planned.way.channel, None, planned.due_at, resident, planned.reason)
    if planned.reason:
        return nobody
    way, at = _in_time(planning, planned)
    contacts = planning.contacts.at(at, planning.facts.zone)
    found = deliveries_for(contacts, kind, planning.rules, way.failed)
    if isinstance(found, Withheld):
        is_listed = found.code in LISTED and family_of(kind) in ABOUT_THE_VISIT
        return replace(nobody, code=found.code, is_to_ring=is_listed)
    if way.channel not in BY_STAFF and at >= way.message.useful_until:
        return replace(nobody, channel=way.channel, code=QUIET_HOURS)
    languages = languages_for(council, found[0].language)
    is_call, hours = way.channel == CALL, planning.contacts.safe_hours
    is_soon = at == planned.due_at and at - now <= SOON
    return Expected(kind, way.channel, found[0], at, resident, "", languages, is_call, at <= now, hours, is_soon)


def _in_time(planning: PlanningInput, planned: Planned) -> tuple[Way, datetime]:
    """How the message goes, and when: by the next channel where this one has no hour for it before it is of no use."""
    way, at = planned.way, _goes_at(planning, planned.way, planned.due_at)
    while way.channel not in BY_STAFF and at >= way.message.useful_until:
        failed = way.failed | {way.channel}
        message = replace(way.message, due_at=planned.due_at)  # as its row has it
        other = way_of(message, planning.contacts, planning.rules, planning.facts, planned.due_at, failed)
        if isinstance(other, Withheld):
            break
        way, at = other, _goes_at(planning, other, max(planned.due_at, other.message.due_at))
    return way, at


def _goes_at(planning: PlanningInput, way: Way, due_at: datetime) -> datetime:
    rules, hours = sending_rules(planning), planning.contacts.safe_hours
    return goes_at(way.message.kind, way.channel, hours, rules, planning.facts.starts_at, due_at)
