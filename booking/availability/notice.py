"""How soon something may be booked: the lead time of services, and that of what a council has to arrange. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.wall_clock import wall_instant
from locations.model import AuthorityFacts, ServiceFacts
from people.residents.details import arranged_needs, interpreted_needs


def earliest_at(
    authority: AuthorityFacts,
    services: Sequence[ServiceFacts],
    now: datetime,
    *,
    for_public: bool,
    needs: Iterable[str] = (),
) -> datetime:
    """The first instant that may be booked. The lead times bind the public; staff may book from now on."""
    if not for_public:
        return now
    earliest = now + timedelta(minutes=max(service.lead_minutes for service in services))
    return max(earliest, arranged_from(authority, now)) if arranged_needs(needs) else earliest


def arranged_from(authority: AuthorityFacts, now: datetime) -> datetime:
    """The first instant for which an interpreter can be found if they are asked for at `now`.

    Counted in whole local days, as the horizon is: with 3 days, who asks on Monday can come from Thursday on.
    """
    today = now.astimezone(ZoneInfo(authority.zone)).date()
    days = timedelta(days=authority.interpreter_lead_days)
    return max(now, wall_instant(today + days, time.min, authority.zone))


def is_short_notice(authority: AuthorityFacts, needs: Iterable[str], starts_at: datetime, now: datetime) -> bool:
    """Whether what `needs` ask to be arranged may not be found in time for `starts_at`, if it is asked for at `now`.

    A language among `needs` is one that no adviser of the visit speaks.
    """
    return bool(interpreted_needs(needs)) and starts_at < arranged_from(authority, now)
