"""One message for several reminders of the same day to the same person. Pure.

Reminders of one person's appointments on one day go as one message, where they go by the same channel to the same address.
So does one that would follow within the hours by which the council wants reminders apart. Each keeps its own row, and has
a try and an end of its own: see docs/decisions/0067-one-message-for-the-reminders-of-a-day.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from reminders.delivery_decisions import EarlierTries, ReadyMessage
from reminders.recipients import REMINDER, family_of


def joined(ready: Iterable[ReadyMessage], beside: Iterable[ReadyMessage], now: datetime) -> list[ReadyMessage]:
    """`ready`, each with what is told in the same message: others of them, and of those `beside` what is due soon.

    What may have arrived before goes only with what was in the same message then: else nobody could say what it was.
    """
    groups: dict[object, list[ReadyMessage]] = {}
    for message in sorted(ready, key=_by_time):
        key = _key(message)
        groups.setdefault(message.claimed.id if _has(groups.get(key, ()), message) else key, []).append(message)
    for message in sorted(beside, key=_by_time):
        group = groups.get(_key(message))
        apart = timedelta(hours=message.facts.authority.reminders_apart_hours)
        if group and message.claimed.due_at <= now + apart and not _has(group, message):
            group.append(message)
    return [_as_one(group) if len(group) > 1 else group[0] for group in groups.values()]


def _by_time(message: ReadyMessage) -> tuple[datetime, int]:
    return message.claimed.due_at, message.claimed.id


def _key(message: ReadyMessage) -> object:
    """The same of messages that are told in one."""
    facts, row = message.facts, message.claimed
    if family_of(row.kind) != REMINDER or not facts.resident_id or message.earlier.goes_alone:
        return row.id
    day = facts.starts_at.astimezone(ZoneInfo(facts.authority.zone)).date()
    return facts.resident_id, day, message.delivery, message.earlier.references[-1:]


def _has(group: Sequence[ReadyMessage], message: ReadyMessage) -> bool:
    """Whether a message about the same appointment is in the group."""
    return any(one.claimed.appointment_id == message.claimed.appointment_id for one in group)


def _as_one(group: Sequence[ReadyMessage]) -> ReadyMessage:
    """The message of the row that was written first, with the others joined to it."""
    first, *others = sorted(group, key=lambda one: one.claimed.id)
    references = dict.fromkeys(reference for one in group for reference in one.earlier.references)
    return replace(
        first,
        claimed=replace(first.claimed, joined=tuple(one.claimed for one in others)),
        facts=replace(first.facts, same_day=tuple(one.facts for one in others)),
        earlier=EarlierTries(
            tries=max(one.earlier.tries for one in group),
            doubts=max(one.earlier.doubts for one in group),
            references=tuple(references),
        ),
    )
