"""What a message says that tells several appointments of a day, besides what it says of each. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from core.language import Language
from reminders.delivery_decisions import MessageFacts


def by_time(facts: MessageFacts) -> tuple[MessageFacts, ...]:
    """The appointments that the message tells, its own and others of the day, the first of them first."""
    told = (replace(facts, same_day=()), *facts.same_day)
    return tuple(sorted(told, key=lambda one: (one.starts_at, one.appointment_id)))


def words_of_day(facts: MessageFacts, visits: Sequence[Any], language: Language) -> dict[str, Any]:
    """The day, and what is said of each of its appointments (a `MessageContext`, by time) with the time alone."""
    zone = ZoneInfo(facts.authority.zone)
    starts = [one.starts_at.astimezone(zone) for one in by_time(facts)]
    said = (
        replace(visit, time=language.time(at), direction=language.direction)
        for at, visit in zip(starts, visits, strict=True)
    )
    return {"day": language.day(starts[0]), "visits": tuple(said)}
