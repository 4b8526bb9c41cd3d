"""What stands where a site or a service was that is shut for good: since when, and where to go now."""

from __future__ import annotations

from collections.abc import Sequence

from locations.model import ServiceFacts, SiteFacts
from web.page_context import PageContext
from web.resident.page_rendering import show
from web.resident.search_state import SearchState


def show_ended(context: PageContext, ended: ServiceFacts | SiteFacts, search: SearchState | None = None) -> str:
    """The page of what is shut for good; with a search, the link goes on with it at the site that takes over."""
    slug, catalogue = ended.ending.successor if ended.ending else "", context.catalogue
    others: Sequence[ServiceFacts | SiteFacts] = catalogue.sites
    where = f"sites/{slug}"
    if isinstance(ended, ServiceFacts):
        others, where = catalogue.services, f"services/{slug}"
    takes_over = next((other for other in others if other.slug == slug), None)
    goes_on = isinstance(ended, SiteFacts) and search is not None and bool(search.services)
    if search is not None and goes_on:
        where = f"when?{search.query(site=slug if takes_over else '', month='', day='')}"
    return show(
        "ended",
        context,
        ended=ended,
        successor=takes_over.name if takes_over else "",
        where=f"{context.base}/{where}" if takes_over or goes_on else "",
        back=f"{context.base}/",
    )
