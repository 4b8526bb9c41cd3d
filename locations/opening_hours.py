"""What is open on one day: sessions and closures of a site, from wall clock to ticks. Pure.

A request asks for some weeks at a time, so answers are stored in the site's own `memory`: dates of a recurrence by
year, openings and closed stretches by day. They live exactly as long as the facts that they follow from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from itertools import islice
from typing import Any

from dateutil.rrule import rrulestr

from core.wall_clock import LocalDay, unit_after, unit_of
from locations.bank_holidays import bank_holiday
from locations.model import SiteFacts
from locations.release_shares import Stretches
from locations.school_holidays import suits_school
from locations.session_facts import ClosureFacts, DatedSessionFacts, RecurrenceFacts, SessionHours
from locations.session_openings import HeldSession, Opening, opened_by

LAST_DAY = "99991231"
MEMORY_LIMIT = 2000
"""Answers stored for one site: openings and closures of about two and a half years of days."""


def openings_on(site: SiteFacts, day: LocalDay, zone: str, mode: str = "") -> tuple[Opening, ...]:
    """What sessions open at the site on the day, in the order of the plan; with a mode, to whoever comes in that one.

    Closures of everything are not taken off; what is shut for some services alone is not open for these.
    """
    known: tuple[Opening, ...] | None = site.memory.get(("openings", day.date, zone, mode))
    if known is None:
        openings = tuple(_openings(site, day, zone))
        for closure in site.closures:
            if closure.service_ids is not None and _shuts_mode(site, closure, mode):
                openings = tuple(part for opening in openings for part in _without(opening, closure, day))
        known = _remember(site, ("openings", day.date, zone, mode), openings)
    return known


def differs_by_mode(site: SiteFacts, day: LocalDay) -> bool:
    """Whether something is shut at the site on the day for one mode and open for another."""
    stretches = (
        _stretch(closure, day)
        for closure in site.closures
        if closure.mode in site.modes and not shuts_every_mode(site, closure)
    )
    return any(first < last for first, last in stretches)


def _shuts_mode(site: SiteFacts, closure: ClosureFacts, mode: str) -> bool:
    """Whether it counts for whoever comes in `mode`; without one, whether it counts for everybody."""
    return shuts_every_mode(site, closure) or closure.mode == mode


def shuts_every_mode(site: SiteFacts, closure: ClosureFacts) -> bool:
    """Whether it leaves people no other way to come to this site."""
    return not closure.mode or site.modes == (closure.mode,)


def _without(opening: Opening, closure: ClosureFacts, day: LocalDay) -> Iterator[Opening]:
    """The opening in up to three parts, the middle one without the services that are shut in it."""
    first, last = _stretch(closure, day)
    first, last = max(first, opening.first_tick), min(last, opening.last_tick)
    shut = closure.service_ids or frozenset()
    if first >= last or closure.resource_id not in (None, opening.resource_id) or not shut & opening.service_ids:
        yield opening
        return
    parts = (
        (opening.first_tick, first, opening.service_ids),
        (first, last, opening.service_ids - shut),
        (last, opening.last_tick, opening.service_ids),
    )
    for begin, end, service_ids in parts:
        if begin < end and service_ids:
            reserved_from = min(max(opening.reserved_from, begin), end)
            yield opening._replace(
                service_ids=service_ids, first_tick=begin, last_tick=end, reserved_from=reserved_from
            )


def closed_on(site: SiteFacts, day: LocalDay, zone: str, mode: str = "") -> Mapping[int | None, Stretches]:
    """The stretches of the day in which a resource, or under None the whole site, is shut for everything.

    With a mode, what is shut for that one alone as well. Not to be changed. What is shut for some services alone is left
    out of `openings_on`.
    """
    known: Mapping[int | None, Stretches] | None = site.memory.get(("closed", day.date, zone, mode))
    if known is None:
        known = _remember(site, ("closed", day.date, zone, mode), _closed(site, day, mode))
    return known


def is_session_date(recurrence: RecurrenceFacts, day: date) -> bool:
    """Whether the recurrence's own rule and period hold on `day`, exceptions left aside."""
    if day < recurrence.first_date or (recurrence.last_date is not None and day > recurrence.last_date):
        return False
    return day in dates_in_year(recurrence, day.year)


def dates_in_year(recurrence: RecurrenceFacts, year: int) -> frozenset[date]:
    """The dates of the year on which the recurrence's rule falls, counted from its first date.

    Raises: ValueError for a rule that cannot be read.
    """
    return frozenset(day for day in dates_until(recurrence, date(year, 12, 31)) if day.year == year)


def dates_until(recurrence: RecurrenceFacts, last: date) -> Iterator[date]:
    """The dates on which the recurrence's rule falls, in order, from its first date to `last` (included).

    Raises: ValueError for a rule that cannot be read. Source: RFC 5545 3.3.10.
    """
    # Dates are what recurs, so the rule runs at midnight: UNTIL=20261231 then includes that day.
    parts = dict(part.partition("=")[::2] for part in recurrence.rrule.split(";"))
    count, until = parts.pop("COUNT", None), parts.pop("UNTIL", LAST_DAY)
    parts = {"UNTIL": min(until, f"{last:%Y%m%d}"), **parts}
    start = datetime.combine(recurrence.first_date, time.min)
    rule = rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=start)
    return (shown.date() for shown in islice(rule, None if count is None else int(count)))


def closures_between(site: SiteFacts, starts_at: datetime, ends_at: datetime) -> tuple[ClosureFacts, ...]:
    """The closures that shut something of what there is at the site in a part of this time."""
    return tuple(
        one
        for one in site.closures
        if one.starts_at < ends_at
        and one.ends_at > starts_at
        and one.mode in ("", *site.modes)
        and (one.service_ids is None or one.service_ids & site.service_ids)
    )


def holiday_on(site: SiteFacts, day: date) -> str:
    """The name of the bank holiday for which the site is shut on `day`, or nothing.

    A session of that very date, or an exception with hours, opens on purpose: then it is open, and nothing else is.
    """
    holiday = bank_holiday(day, site.holidays.division) if site.holidays.closes else None
    return "" if holiday is None or _opens_on_purpose(site, day) else holiday


def _opens_on_purpose(site: SiteFacts, day: date) -> bool:
    if any(session.date == day for session in site.dated_sessions):
        return True
    return any(_has_own_hours(one, day) and _hours_on(site, one, day) is not None for one in site.recurrences)


def _has_own_hours(recurrence: RecurrenceFacts, day: date) -> bool:
    changed = recurrence.exceptions.get(day)
    return changed is not None and changed.starts is not None


def sessions_on(site: SiteFacts, day: date) -> Iterator[HeldSession]:
    """The sessions of which `day` is a date, in the order of the plan, those among them that are off then too."""
    is_holiday = site.holidays.closes and bank_holiday(day, site.holidays.division) is not None
    on_purpose_only = is_holiday and _opens_on_purpose(site, day)
    for one in site.recurrences:
        if _falls_on(site, one, day):
            is_off = on_purpose_only and not _has_own_hours(one, day)
            hours = None if is_off else _hours_on(site, one, day)
            yield _held(one, hours)._replace(exception=one.exceptions.get(day))
    for dated in site.dated_sessions:
        if dated.date == day:
            yield _held(dated, dated.hours)._replace(is_dated=True)


def _held(one: RecurrenceFacts | DatedSessionFacts, hours: SessionHours | None) -> HeldSession:
    new_until = unit_after(one.public_from) if one.public_from else 0
    held = HeldSession(one.slug, hours, one.resource_ids, one.service_ids)
    return held._replace(longest_ticks=one.longest_ticks, new_until=new_until)


def _openings(site: SiteFacts, day: LocalDay, zone: str) -> Iterator[Opening]:
    for session in sessions_on(site, day.date):
        yield from opened_by(site, session, day, zone)


def _falls_on(site: SiteFacts, recurrence: RecurrenceFacts, day: date) -> bool:
    if day < recurrence.first_date or (recurrence.last_date is not None and day > recurrence.last_date):
        return False
    if not suits_school(recurrence.school, day, site.holidays.school_days_off):
        return False
    return day in _known_dates(site, recurrence, day.year)


def _hours_on(site: SiteFacts, recurrence: RecurrenceFacts, day: date) -> SessionHours | None:
    """The hours of the recurrence on `day`; None when it does not hold then."""
    if not _falls_on(site, recurrence, day):
        return None
    changed = recurrence.exceptions.get(day)
    if changed is None:
        return recurrence.hours
    if changed.starts is None or changed.ends is None:
        return None
    return recurrence.hours.at(changed.starts, changed.ends)


def _known_dates(site: SiteFacts, recurrence: RecurrenceFacts, year: int) -> frozenset[date]:
    key = ("dates", recurrence, year)
    known: frozenset[date] | None = site.memory.get(key)
    if known is None:
        known = _remember(site, key, dates_in_year(recurrence, year))
    return known


def _closed(site: SiteFacts, day: LocalDay, mode: str) -> Mapping[int | None, Stretches]:
    closed: dict[int | None, Stretches] = {}
    if holiday_on(site, day.date):
        closed[None] = ((0, day.ticks),)
    for closure in site.closures:
        stretch = _stretch(closure, day)
        is_of_everything = closure.service_ids is None and _shuts_mode(site, closure, mode)
        if is_of_everything and stretch[0] < stretch[1]:
            closed[closure.resource_id] = (*closed.get(closure.resource_id, ()), stretch)
    return closed


def _stretch(closure: ClosureFacts, day: LocalDay) -> tuple[int, int]:
    """The closure's part of the day, in whole ticks: shut for a minute is shut. Empty when first >= last."""
    first = max(unit_of(closure.starts_at) - day.base_unit, 0)
    last = min(unit_after(closure.ends_at) - day.base_unit, day.ticks)
    return first, last


def _remember(site: SiteFacts, key: tuple[Any, ...], answer: Any) -> Any:
    if len(site.memory) >= MEMORY_LIMIT:
        site.memory.clear()
    site.memory[key] = answer
    return answer
