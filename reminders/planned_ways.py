"""By which channel a message of the outbox goes, and when it is due by that. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from booking.events import REPRESENTATIVE
from reminders.costs.kinds_off import is_off
from reminders.due_times import Owed, PlanningInput, Way
from reminders.posting import POSTED, by_call, way_of
from reminders.reasons import SWITCHED_OFF, TOLD_ALREADY, TOLD_BY_STAFF
from reminders.recipients import CALL, CONFIRMATION, REMINDER, RESCHEDULED, Withheld, deliveries_for, family_of
from reminders.sending_times import AUDIBLE, Hours, SendingRules, due_for, hours_of

NO_FAILURE = frozenset[str]()


@dataclass(frozen=True, slots=True)
class Planned:
    """A message with its way, and when it is due; not sent from the start where there is a `reason`."""

    way: Way
    due_at: datetime
    reason: str = ""


def planned_ways(planning: PlanningInput, owed: Iterable[Owed], now: datetime) -> list[Planned]:
    """How each message goes, by the channel by which it does: of reminders that go by one post the last one."""
    found: dict[str, Planned] = {}
    posted: dict[datetime, str] = {}
    for message in owed:
        way = _way(planning, message, now)
        heard = TOLD_BY_STAFF if _has_heard(planning, way) else ""
        found[message.kind] = Planned(way, _due(planning, way, now), heard)
        if way.channel in POSTED and family_of(message.kind) == REMINDER:
            if earlier := posted.get(way.message.due_at):
                found[earlier] = replace(found[earlier], reason=TOLD_ALREADY)
            posted[way.message.due_at] = message.kind
    return [_unless_off(planning, one) for one in found.values()] if planning.off else list(found.values())


def _has_heard(planning: PlanningInput, way: Way) -> bool:
    """Whether the call would say to somebody what they have just heard: staff made the change while they spoke with them."""
    if not planning.spoke_with or way.channel != CALL or way.message.kind not in (CONFIRMATION, RESCHEDULED):
        return False
    found = deliveries_for(planning.contacts, way.message.kind, planning.rules, way.failed)
    is_helper = not isinstance(found, Withheld) and bool(found[0].acts_for)
    return not isinstance(found, Withheld) and is_helper == (planning.spoke_with == REPRESENTATIVE)


def _unless_off(planning: PlanningInput, planned: Planned) -> Planned:
    """The message, not sent from the start where the council has switched its kind off."""
    kind, mode = planned.way.message.kind, planning.contacts.mode
    if planned.reason or not is_off(planning.off, kind, mode, planned.due_at, version=planning.facts.version):
        return planned
    return replace(planned, reason=SWITCHED_OFF)


def _way(planning: PlanningInput, message: Owed, now: datetime) -> Way:
    """How a message goes; one that reaches nobody has a channel too, whose row says so."""
    found = deliveries_for(planning.contacts, message.kind, planning.rules)
    channel = found.channel if isinstance(found, Withheld) else found[0].channel
    if channel not in POSTED:
        return Way(channel, by_call(message, planning.facts, now) if channel == CALL else message)
    way = way_of(message, planning.contacts, planning.rules, planning.facts, now, NO_FAILURE)
    return way if isinstance(way, Way) else Way(way.channel, message, frozenset({channel}))


def _due(planning: PlanningInput, way: Way, now: datetime) -> datetime:
    """When a message is due by this way: a reminder that is audible at its hour.

    One whose last hour is over already is due as planned: the next channel brings it then, and not in the night before.
    """
    due_at = way.message.due_at
    if way.channel not in AUDIBLE or family_of(way.message.kind) != REMINDER:
        return due_at
    wanted = hours_of(planning.contacts.safe_hours)
    at = due_for(way.channel, due_at, way.message.useful_until, sending_rules(planning), wanted)
    return at if at >= now else max(now, due_at)


def sending_rules(planning: PlanningInput) -> SendingRules:
    """When the council of the appointment sends nothing that is audible."""
    zone, *quiet = planning.quiet
    return SendingRules(zone, Hours(*quiet))
