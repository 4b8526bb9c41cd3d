"""What the sessions of a site lack: people who are not away, or what their services need; as text for managers."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta

from flask_babel import gettext as _

from booking.availability.unstaffed import DAYS_LOOKED_AT, UnstaffedSession, unstaffed_sessions
from core.wall_clock import dates_between
from locations.model import Catalogue, SiteFacts
from web.request_language import all_of, format_day_short


def lacks_of(one: UnstaffedSession) -> Iterator[str]:
    """What a session lacks."""
    if one.away:
        yield _("Away: %(names)s", names=all_of([person.name for person in one.away]))
    if one.lacking:
        names = all_of([service.name for service in one.lacking])
        yield _("Not everything is there that it takes for: %(services)s", services=names)
    if not one.away and not one.lacking:
        yield _("No desk, room or person is in it.")


def newly_lacking(
    before: Catalogue, after: Catalogue, site_ids: Collection[int], first: date, now: datetime
) -> list[str]:
    """What sessions of these sites would lack in the week from `first` on that they do not lack now; each text once."""
    dates = list(dates_between(first, first + timedelta(days=DAYS_LOOKED_AT - 1)))
    was = {_what(one) for one in unstaffed_sessions(before, _sites(before, site_ids), dates, now)}
    found = unstaffed_sessions(after, _sites(after, site_ids), dates, now)
    return list(dict.fromkeys(text for one in found if _what(one) not in was for text in _texts(one)))


def _sites(catalogue: Catalogue, site_ids: Collection[int]) -> list[SiteFacts]:
    return [site for site in catalogue.sites if site.id in site_ids]


def _what(one: UnstaffedSession) -> tuple[object, ...]:
    people, services = (frozenset(thing.id for thing in things) for things in (one.away, one.lacking))
    return one.site.id, one.slug, one.date, people, services


def _texts(one: UnstaffedSession) -> Iterator[str]:
    for lack in lacks_of(one):
        yield _("%(site)s, %(day)s: %(lack)s", site=one.site.name, day=format_day_short(one.date), lack=lack)
