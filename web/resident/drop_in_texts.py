"""When people can come to a site without an appointment, in words."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

from flask_babel import gettext as _

from booking.queries.slots import candidate_sites
from locations.drop_in_hours import drop_ins
from locations.model import SiteFacts
from web.page_context import PageContext
from web.request_language import all_of, format_day, format_time
from web.resident.search_state import SearchState, slot_query_of

MOST_PLACES, MOST_HOURS = 3, 3


def drop_in_texts(
    context: PageContext, site: SiteFacts, service_ids: Collection[int], *, names_services: bool = False
) -> tuple[str, ...]:
    """ "Tuesday 1 December 2026, 9am to 1pm" for each of the days ahead, for all of these services."""
    texts = []
    for one in drop_ins(site, service_ids, context.now, context.zone):
        text = _(
            "%(day)s, %(start)s to %(end)s",
            day=format_day(one.starts_at.date()),
            start=format_time(one.starts_at),
            end=format_time(one.ends_at),
        )
        if names_services:
            names = all_of([service.name for service in context.catalogue.services if service.id in one.service_ids])
            text = _("%(hours)s: %(services)s", hours=text, services=names)
        texts.append(str(text))
    return tuple(texts)


def drop_ins_of_search(context: PageContext, search: SearchState) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The name of each of the first places of a search that have some, with its next hours; none for who moves."""
    if search.moving:
        return ()
    query = slot_query_of(context.catalogue, search)
    sites = candidate_sites(context.catalogue, query)
    found = ((site.name, drop_in_texts(context, site, query.service_ids)[:MOST_HOURS]) for site in sites)
    return tuple(islice((one for one in found if one[1]), MOST_PLACES))
