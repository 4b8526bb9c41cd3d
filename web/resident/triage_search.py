"""The search that led to a triage, as it goes on from there: nothing that was chosen before is lost on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace

from booking.slot_tokens import decode
from core.errors import NotFound
from locations.model import Catalogue, ServiceFacts
from locations.triage.in_front import triage_before
from locations.triage.tree import Tree
from web.page_context import PageContext
from web.resident.drafts import find_draft
from web.resident.own_time import OwnTime, query_with_own_time
from web.resident.search_state import MAX_SERVICES, SearchState, modes_of, parse_search_state
from web.resident.triage_due import triage_due


@dataclass(frozen=True)
class SearchOn:
    """A search for what the answers lead to, and the services of the earlier one that need a visit of their own."""

    search: SearchState
    left_out: tuple[ServiceFacts, ...] = ()


def search_on(catalogue: Catalogue, search: SearchState, tree: Tree, chosen: tuple[ServiceFacts, ...]) -> SearchOn:
    """The search for the services `chosen`, beside those of `search` that the triage is not about.

    Place, way and the answers to questions go with it where they still fit.
    """
    services, left_out = chosen, list[ServiceFacts]()
    for one in catalogue.public_services():
        is_other = one.slug in search.services and one not in chosen and triage_before(catalogue, (one,)) is not tree
        if is_other and _fit(catalogue, (*services, one)):
            services = (*services, one)
        elif is_other:
            left_out.append(one)
    on = replace(search, services=tuple(one.slug for one in services))
    if set(on.services) != set(search.services):
        on = replace(on, asked="", numbers=())
    is_at_site = any(one.slug == on.site and one.service_ids >= _ids(services) for one in catalogue.sites)
    on = replace(on, site=on.site if is_at_site else "", mode=on.mode if on.mode in modes_of(services) else "")
    return SearchOn(on, tuple(left_out))


def _fit(catalogue: Catalogue, services: tuple[ServiceFacts, ...]) -> bool:
    """Whether these services can be had in one visit, booked online."""
    is_known = len(services) <= MAX_SERVICES and all(one.bookable_online for one in services)
    is_somewhere = any(_ids(services) <= site.service_ids for site in catalogue.sites)
    return is_known and is_somewhere and bool(modes_of(services))


def _ids(services: tuple[ServiceFacts, ...]) -> frozenset[int]:
    return frozenset(one.id for one in services)


def held_time(context: PageContext, visit: str) -> OwnTime | None:
    """The time that is held for this visit; None where none is."""
    draft = find_draft(context, visit)
    if draft is None or not draft.hold:
        return None
    try:
        return query_with_own_time(context, replace(parse_search_state(draft.search_query), visit=visit))[1]
    except NotFound:  # of a service that is booked online no more
        return None


def held_time_to_book(context: PageContext, visit: str) -> OwnTime | None:
    """The time that is held for this visit, where whoever answered so may book it; None where none is."""
    draft = find_draft(context, visit)
    if draft is None or not draft.hold:
        return None
    search = replace(parse_search_state(draft.search_query), visit=visit)
    return None if triage_due(context, search, decode(draft.slot_token)) else held_time(context, visit)
