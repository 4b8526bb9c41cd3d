"""What a day list says above the rows: when the site is open, what is shut and why."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from booking.availability.bits import NOTHING, Bits, spans
from booking.availability.free_periods import runs
from booking.queries.day_list import SiteDayView
from core.wall_clock import instant_of, unit_after, unit_of
from locations.bank_holidays import bank_holiday
from locations.model import ClosureFacts
from web.request_language import format_time


def notices_of(day: SiteDayView) -> Iterator[str]:
    """A sentence for the bank holiday, each closure and each cancelled session of the day."""
    holiday = bank_holiday(day.date, day.site.holidays.division)
    if holiday and day.site.holidays.closes:
        yield _("Bank holiday: %(name)s. The site is shut all day.", name=holiday)
    for closure in day.site.closures:
        if _touches(closure, day):
            yield _closure_text(closure, day)
    for recurrence in day.site.recurrences:
        exception = recurrence.exceptions.get(day.date)
        if exception is not None and exception.reason:
            yield exception.reason


def opening_text(day: SiteDayView) -> str:
    """When the site is open on the day, and on the day itself before that, when it will be."""
    opened = _open_bits(day)
    if not opened:
        return str(_("No sessions are open on this day."))
    hours = [(_time(day, first), _time(day, last)) for first, last in runs(opened)]
    text = ", ".join(_("%(first)s to %(last)s", first=first, last=last) for first, last in hours)
    first_unit = day.plan.day.base_unit + next(runs(opened))[0]
    if day.plan.day.base_unit <= unit_of(day.now) < first_unit:
        return str(_("Not open yet. Sessions today: %(hours)s.", hours=text))
    return str(_("Sessions: %(hours)s.", hours=text))


def _open_bits(day: SiteDayView) -> Bits:
    opened = NOTHING
    for resource in day.plan.resources:
        opened |= spans((window.first, window.last) for window in resource.windows) & ~resource.closed
    return opened


def _touches(closure: ClosureFacts, day: SiteDayView) -> bool:
    plan = day.plan.day
    return unit_of(closure.starts_at) < plan.end_unit and unit_after(closure.ends_at) > plan.base_unit


def _closure_text(closure: ClosureFacts, day: SiteDayView) -> str:
    plan, zone = day.plan.day, ZoneInfo(day.zone)
    starts, ends = instant_of(plan.base_unit), instant_of(plan.end_unit)
    resource = day.site.resource(closure.resource_id) if closure.resource_id else None
    facts = {
        "what": resource.name if resource else _("Site"),
        "reason": closure.reason,
        "first": format_time(max(closure.starts_at, starts).astimezone(zone)),
        "last": format_time(min(closure.ends_at, ends).astimezone(zone)),
    }
    is_away = resource is not None and resource.is_council_wide
    is_all_day = closure.starts_at <= starts and closure.ends_at >= ends
    return str(_closure_sentence(is_away, is_all_day, bool(closure.reason)) % facts)


def _closure_sentence(is_away: bool, is_all_day: bool, has_reason: bool) -> str:
    sentences = {
        (True, True, True): _("%(what)s away all day: %(reason)s."),
        (True, True, False): _("%(what)s away all day."),
        (True, False, True): _("%(what)s away from %(first)s to %(last)s: %(reason)s."),
        (True, False, False): _("%(what)s away from %(first)s to %(last)s."),
        (False, True, True): _("%(what)s shut all day: %(reason)s."),
        (False, True, False): _("%(what)s shut all day."),
        (False, False, True): _("%(what)s shut from %(first)s to %(last)s: %(reason)s."),
        (False, False, False): _("%(what)s shut from %(first)s to %(last)s."),
    }
    return str(sentences[is_away, is_all_day, has_reason])


def _time(day: SiteDayView, tick: int) -> str:
    return format_time(instant_of(day.plan.day.base_unit + tick).astimezone(ZoneInfo(day.zone)))
