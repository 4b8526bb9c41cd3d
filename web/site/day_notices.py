"""When a site is open on a day, and what shuts it or a part of it: the sentences above the day list."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext

from booking.queries.day_list import SiteDayView
from locations.opening_hours import shuts_every_mode
from locations.session_facts import ClosureFacts
from web.labels import MODES, label_of
from web.request_language import all_of, format_time

MOST_NAMED = 3  # services in one sentence


def notices(day: SiteDayView) -> Iterator[str]:
    """A sentence for the bank holiday, each closure and each cancelled session of the day."""
    if day.opening.holiday:
        yield _("Bank holiday: %(name)s. The site is shut all day.", name=day.opening.holiday)
    for closure in day.opening.closures:
        yield _closure_text(closure, day)
    yield from day.opening.cancelled


def opening_text(day: SiteDayView) -> str:
    """When the site is open on the day; on the day itself before that, when it will be."""
    if not day.opening.periods:
        return str(_("No sessions are open on this day."))
    periods = (tuple(format_time(at.astimezone(ZoneInfo(day.zone))) for at in period) for period in day.opening.periods)
    hours = ", ".join(_("%(first)s to %(last)s", first=first, last=last) for first, last in periods)
    if day.opening.starts_at <= day.now < day.opening.periods[0][0]:
        return str(_("Not open yet. Sessions today: %(hours)s.", hours=hours))
    return str(_("Sessions: %(hours)s.", hours=hours))


def _closure_text(closure: ClosureFacts, day: SiteDayView) -> str:
    zone, starts_at, ends_at = ZoneInfo(day.zone), day.opening.starts_at, day.opening.ends_at
    resource = day.site.resource(closure.resource_id) if closure.resource_id else None
    part = _part_shut(closure, day)
    reason = _("busy elsewhere") if closure.is_busy_elsewhere else closure.reason
    facts = {
        "what": resource.name if resource else _("Site"),
        "reason": reason,
        "first": format_time(max(closure.starts_at, starts_at).astimezone(zone)),
        "last": format_time(min(closure.ends_at, ends_at).astimezone(zone)),
    }
    if part:
        facts["what"] = _("%(what)s (%(part)s)", what=facts["what"], part=part)
    is_away = resource is not None and resource.is_council_wide and not part
    is_all_day = closure.starts_at <= starts_at and closure.ends_at >= ends_at
    return _closure_sentence(is_away, is_all_day, bool(reason)) % facts


def _part_shut(closure: ClosureFacts, day: SiteDayView) -> str:
    """Which services and way to meet are shut alone, such as "Debt advice, Video"; empty when everything is."""
    mode = "" if shuts_every_mode(day.site, closure) else label_of(MODES, closure.mode)
    if closure.service_ids is None:
        return mode
    ids = closure.service_ids & day.site.service_ids
    names = [service.name for service in day.catalogue.services if service.id in ids]
    services = (
        all_of(names) if len(names) <= MOST_NAMED else ngettext("%(num)d service", "%(num)d services", len(names))
    )
    return ", ".join(part for part in (services, mode) if part)


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
