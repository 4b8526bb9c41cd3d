"""A session in plain words: "Every Tuesday and Thursday, 9am to 1pm, from 1 September 2026, not on bank holidays"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from locations.importing.value_checks import WEEKDAYS
from locations.school_holidays import IN_HOLIDAYS, IN_TERM
from locations.session_facts import SessionHours
from locations.session_patterns import LAST, Pattern, Repeats
from locations.session_tables import PlainSession
from web.request_language import all_of, day_names, format_day, format_month, format_time

WEEKS: Mapping[int, LazyString] = {
    1: _l("first"),
    2: _l("second"),
    3: _l("third"),
    4: _l("fourth"),
    LAST: _l("last"),
}

SCHOOL: Mapping[str, LazyString] = {
    IN_TERM: _l("not in school holidays"),
    IN_HOLIDAYS: _l("only in school holidays"),
}


def session_text(session: PlainSession, *, closes_on_holidays: bool) -> str:
    """The whole of a session: when, from when until when, and whether bank holidays are left out."""
    parts = [*_parts(session.pattern, session.hours, closes_on_holidays=closes_on_holidays)]
    if session.hours.drop_in:
        parts.append(str(_("drop in, no appointment")))
    if session.school:
        parts.append(str(SCHOOL[session.school]))
    return ", ".join(parts)


def pattern_text(pattern: Pattern) -> str:
    """On which days it is held, without its first and last."""
    names = dict(zip(WEEKDAYS, day_names(), strict=True))
    days = all_of([names[word] for word in pattern.weekdays])
    match pattern.repeats:
        case Repeats.WEEKLY:
            return str(_("Every %(days)s", days=days))
        case Repeats.FORTNIGHTLY:
            return str(_("Every second week on %(days)s", days=days))
        case Repeats.MONTHLY:
            weeks = all_of([str(WEEKS[week]) for week in pattern.weeks])
            return str(_("On the %(weeks)s %(days)s of every month", weeks=weeks, days=days))
        case Repeats.DAY_OF_MONTH if pattern.month_day == LAST:
            return str(_("On the last day of every month"))
        case Repeats.DAY_OF_MONTH:
            return str(_("On day %(day)s of every month", day=pattern.month_day))
        case Repeats.ONCE:
            return str(_("On %(day)s", day=format_day(pattern.first_date or date.min)))
    return str(_("By the rule %(rule)s", rule=pattern.rule))


def _parts(pattern: Pattern, hours: SessionHours, *, closes_on_holidays: bool) -> Iterator[str]:
    yield pattern_text(pattern)
    yield _("%(start)s to %(end)s", start=format_time(hours.starts), end=format_time(hours.ends))
    if hours.break_starts is not None and hours.break_ends is not None:
        start, end = format_time(hours.break_starts), format_time(hours.break_ends)
        yield _("with a break from %(start)s to %(end)s", start=start, end=end)
    if pattern.repeats is Repeats.ONCE:
        return
    if pattern.first_date is not None:
        yield _("from %(day)s", day=_date_text(pattern.first_date))
    if pattern.last_date is not None:
        yield _("until %(day)s", day=_date_text(pattern.last_date))
    if closes_on_holidays:
        yield _("not on bank holidays")


def _date_text(day: date) -> str:
    return f"{day.day} {format_month(day)}"
