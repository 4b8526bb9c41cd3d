"""One change of several sessions: their hours, their last day, what they open and for which services. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from enum import StrEnum

from locations.session_tables import PlainSession, changed_from


@dataclass(frozen=True)
class CommonChange:
    """What becomes of each session; what is None or empty stays as each has it. Resources and services are slugs."""

    starts: time | None = None
    ends: time | None = None
    last_date: date | None = None
    resource_out: str = ""
    resource_in: str = ""
    service_out: str = ""
    service_in: str = ""


class WhyNot(StrEnum):
    """Why a session cannot be changed so."""

    HOURS = "hours"
    """It would end before it begins."""
    BREAK = "break"
    """Its break would lie outside its hours."""
    NO_RESOURCE = "no_resource"
    NO_SERVICE = "no_service"
    NEVER = "never"
    """It would be held on no day."""


@dataclass(frozen=True)
class ChangedSession:
    """A session with those that come in its place."""

    before: PlainSession
    after: tuple[PlainSession, ...]


@dataclass(frozen=True)
class Changed:
    """The sessions that change, and those that cannot, each with why."""

    sessions: tuple[ChangedSession, ...]
    refused: tuple[tuple[PlainSession, WhyNot], ...]


def changed_together(
    sessions: Iterable[PlainSession], change: CommonChange, day: date | None, taken: Iterable[str]
) -> Changed:
    """The sessions as the change makes them, on all their days or from `day` on; `taken` are the slugs of the site."""
    slugs = set(taken)
    found: list[ChangedSession] = []
    refused: list[tuple[PlainSession, WhyNot]] = []
    for before in sessions:
        wanted = _changed(before, change)
        if wanted == before:
            continue
        is_over = before.is_dated and day is not None and (before.pattern.first_date or day) < day
        why = WhyNot.NEVER if is_over else _why_not(wanted)
        after = changed_from(before, wanted, day, slugs) if why is None else None
        if why is not None or after is None:
            refused.append((before, why or WhyNot.NEVER))
            continue
        slugs |= {one.slug for one in after}
        found.append(ChangedSession(before, after))
    return Changed(tuple(found), tuple(refused))


def _changed(session: PlainSession, change: CommonChange) -> PlainSession:
    hours = replace(session.hours, starts=change.starts or session.hours.starts, ends=change.ends or session.hours.ends)
    pattern = session.pattern
    if change.last_date is not None and not session.is_dated:
        pattern = replace(pattern, last_date=change.last_date)
    return replace(
        session,
        hours=hours,
        pattern=pattern,
        exceptions=tuple(one for one in session.exceptions if not pattern.last_date or one[0] <= pattern.last_date),
        resources=_exchanged(session.resources, change.resource_out, change.resource_in),
        services=_exchanged(session.services, change.service_out, change.service_in),
    )


def _exchanged(slugs: Sequence[str], out: str, added: str) -> tuple[str, ...]:
    """The slugs with `added`: in the place of `out` where both are asked for, and then only where that stood."""
    if out and added:
        return tuple(dict.fromkeys(added if slug == out else slug for slug in slugs))
    left = [slug for slug in slugs if slug != out]
    return tuple(dict.fromkeys([*left, added] if added else left))


def _why_not(session: PlainSession) -> WhyNot | None:
    hours, pattern = session.hours, session.pattern
    if hours.ends <= hours.starts:
        return WhyNot.HOURS
    if (
        hours.break_starts
        and hours.break_ends
        and not hours.starts < hours.break_starts < hours.break_ends < hours.ends
    ):
        return WhyNot.BREAK
    if not session.resources:
        return WhyNot.NO_RESOURCE
    if not session.services:
        return WhyNot.NO_SERVICE
    if pattern.first_date and pattern.last_date and pattern.last_date < pattern.first_date:
        return WhyNot.NEVER
    return None
