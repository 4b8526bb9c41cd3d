"""What the page of an outcome shows: services to book, places to come to today with their free times."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from booking.availability.free_periods import runs
from booking.availability.site_days import site_day
from booking.queries.day_list import open_ticks
from booking.queries.slots import FreeSlot, SlotQuery, all_slots
from core.wall_clock import instant_of, local_day
from locations.model import ServiceFacts, SiteFacts
from locations.triage.tree import BOOK, COME_TODAY, Outcome, Tree
from web.page_context import PageContext
from web.resident.search_state import SearchState, has_ended, modes_of
from web.resident.triage_search import search_on

MOST_TIMES = 6


@dataclass(frozen=True)
class OutcomeServices:
    """The services of an outcome that can be had, and the search for them: None where nobody books them online.

    `left_out` are those that were chosen before and need a visit of their own.
    """

    services: tuple[ServiceFacts, ...]
    search: SearchState | None
    left_out: tuple[ServiceFacts, ...] = ()


@dataclass(frozen=True)
class OpenSite:
    """A place, and until when it is open today, in its own zone."""

    site: SiteFacts
    until: datetime


def outcome_values(context: PageContext, tree: Tree, outcome: Outcome, search: SearchState) -> dict[str, Any]:
    """The values of the page beside the outcome; `search` led to the triage."""
    booked = _services(context, tree, outcome, search)
    values: dict[str, Any] = {"booked": booked, "sites": (), "times": ()}
    if outcome.kind == COME_TODAY:
        sites = open_sites(context, outcome)
        values |= {"sites": sites, "times": _times_today(context, booked, tuple(one.site for one in sites))}
    return values


def open_sites(context: PageContext, outcome: Outcome) -> tuple[OpenSite, ...]:
    """The places of an outcome that are open today, now or later, in its order."""
    known = {site.slug: site for site in context.catalogue.sites}
    found = (OpenSite(known[slug], _open_until(context, known[slug])) for slug in outcome.sites if slug in known)
    return tuple(one for one in found if one.until > context.now)


def _open_until(context: PageContext, site: SiteFacts) -> datetime:
    """When the place shuts today; the beginning of the day where it does not open."""
    day = local_day(context.today, context.zone)
    ends = [last for _, last in runs(open_ticks(site_day(site, day, context.zone)))]
    return instant_of(day.base_unit + max(ends, default=0)).astimezone(ZoneInfo(context.zone))


def _services(context: PageContext, tree: Tree, outcome: Outcome, search: SearchState) -> OutcomeServices:
    """What of an outcome can be had. Whoever comes today comes for that alone: what they wanted besides is another visit."""
    public = {one.slug: one for one in context.catalogue.public_services() if not has_ended(one, context.today)}
    services = tuple(public[slug] for slug in outcome.services if slug in public)
    if outcome.kind not in (BOOK, COME_TODAY) or not services:
        return OutcomeServices(services, None)
    can_book = all(one.bookable_online for one in services) and bool(modes_of(services))
    on = search_on(context.catalogue, search, tree, services)
    if outcome.kind == COME_TODAY or not can_book:
        beside = tuple(public[slug] for slug in on.search.services if slug in public and public[slug] not in services)
        alone = replace(on.search, services=tuple(one.slug for one in services), day="", month="")
        return OutcomeServices(services, alone if can_book else None, (*beside, *on.left_out))
    return OutcomeServices(tuple(public[slug] for slug in on.search.services if slug in public), on.search, on.left_out)


def _times_today(context: PageContext, booked: OutcomeServices, sites: tuple[SiteFacts, ...]) -> tuple[FreeSlot, ...]:
    """The first free times of today at these places: those that residents can book, with what is kept for the day itself."""
    if booked.search is None or any(one.counting_question for one in booked.services):
        return ()
    query = SlotQuery(
        service_ids=tuple(one.id for one in booked.services),
        site_ids=tuple(site.id for site in sites),
        needs=frozenset(booked.search.needs),
        first_date=context.today,
        last_date=context.today,
    )
    return tuple(all_slots(context.db, context.catalogue, query, context.now, limit=MOST_TIMES))
