"""Dates and times as people say them: "Tuesday 24 November", "10:30am". Quick enough for a page of hundreds."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import lru_cache

from flask_babel import gettext as _
from flask_babel import ngettext


def format_time(at: datetime | time) -> str:
    """ "10:30am", "9am", "midday", "midnight". Source: GOV.UK style guide, Times, read 2026-11-23."""
    if at.minute == 0 and at.hour in (0, 12):
        return str(_("midday") if at.hour else _("midnight"))
    hour = at.hour % 12 or 12
    return f"{hour}{f':{at.minute:02d}' if at.minute else ''}{'am' if at.hour < 12 else 'pm'}"


def format_day(day: date) -> str:
    """ "Tuesday 24 November 2026"."""
    return f"{day_name(day.weekday())} {day.day} {month_name(day.month)} {day.year}"


def format_day_short(day: date) -> str:
    """ "Tue 24 Nov"."""
    return f"{day_name(day.weekday())[:3]} {day.day} {month_name(day.month)[:3]}"


def format_moment(at: datetime) -> str:
    """ "Tuesday 24 November 2026 at 10:30am"; `at` is in the zone of the place."""
    return str(_("%(day)s at %(time)s", day=format_day(at), time=format_time(at)))


def format_moment_short(at: datetime) -> str:
    """ "Tue 24 Nov 10:30am"; `at` is in the zone of the place."""
    return f"{format_day_short(at)} {format_time(at)}"


def format_month(day: date) -> str:
    """ "November 2026"."""
    return f"{month_name(day.month)} {day.year}"


def format_minutes(minutes: int) -> str:
    """ "45 minutes", "1 hour", "1 hour 30 minutes"."""
    hours, rest = divmod(minutes, 60)
    parts = [ngettext("%(num)s hour", "%(num)s hours", hours)] if hours else []
    if rest or not hours:
        parts.append(ngettext("%(num)s minute", "%(num)s minutes", rest))
    return " ".join(parts)


def format_miles(miles: float | None) -> str:
    """ "1.4 miles", "less than a mile"; nothing when the distance is not known."""
    if miles is None:
        return ""
    if miles < 1:
        return str(_("less than 1 mile"))
    return str(_("%(miles)s miles", miles=f"{miles:.1f}"))


def day_name(weekday: int) -> str:
    """The name of a day of the week; Monday is 0."""
    return day_names()[weekday]


def month_name(month: int) -> str:
    """The name of a month, 1 to 12."""
    return _months()[month - 1]


def day_names() -> tuple[str, ...]:
    """Monday to Sunday, in the reader's language."""
    from flask_babel import get_locale

    return _names(str(get_locale() or "en"), "days")


def _months() -> tuple[str, ...]:
    from flask_babel import get_locale

    return _names(str(get_locale() or "en"), "months")


@lru_cache(maxsize=16)
def _names(locale: str, kind: str) -> tuple[str, ...]:
    from babel import Locale

    names = getattr(Locale.parse(locale), kind)["format"]["wide"]
    return tuple(str(names[key]) for key in sorted(names))
