"""What stands where a site or a service was that is shut for good: since when, and where to go now."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from core.errors import NotFound
from locations.model import Catalogue, ServiceFacts, SiteFacts
from locations.shut_for_good import Ending
from web.page_context import PageContext
from web.resident.page_rendering import show
from web.resident.search_state import SearchState


def has_ended(context: PageContext, ending: Ending) -> bool:
    """Whether it is shut for good by today."""
    return ending.is_over(context.now.astimezone(ZoneInfo(context.zone)).date())


def site_or_none(catalogue: Catalogue, slug: str) -> SiteFacts | None:
    """The site of this slug, open or not."""
    try:
        return catalogue.site(slug)
    except NotFound:
        return None


def service_or_none(catalogue: Catalogue, slug: str) -> ServiceFacts | None:
    """The service of this slug, given or not."""
    try:
        return catalogue.service(slug)
    except NotFound:
        return None


def show_ended_service(context: PageContext, ended: ServiceFacts) -> str:
    """The page of a service that is given no more."""
    successor = service_or_none(context.catalogue, ended.ending.successor)
    where = f"{context.base}/services/{successor.slug}" if successor else ""
    return _show(context, ended, successor.name if successor else "", where)


def show_ended_site(context: PageContext, ended: SiteFacts, search: SearchState | None = None) -> str:
    """The page of a site that is shut for good; with a search, the link goes on with it at the site that takes over."""
    successor = site_or_none(context.catalogue, ended.ending.successor)
    where = ""
    if successor is not None:
        going_on = search is not None and bool(search.services)
        where = f"{context.base}/sites/{successor.slug}"
        if going_on and search is not None:
            where = f"{context.base}/when?{search.query(site=successor.slug, month='', day='')}"
    return _show(context, ended, successor.name if successor else "", where)


def ended_page(context: PageContext, search: SearchState) -> str:
    """The page of what a search names that is shut for good, or nothing.

    Whoever moves an appointment goes on searching from it.
    """
    if search.moving:
        return ""
    services = (service_or_none(context.catalogue, slug) for slug in search.services)
    for service in services:
        if service is not None and has_ended(context, service.ending):
            return show_ended_service(context, service)
    site = site_or_none(context.catalogue, search.site) if search.site else None
    return show_ended_site(context, site, search) if site is not None and has_ended(context, site.ending) else ""


def _show(context: PageContext, ended: SiteFacts | ServiceFacts, successor: str, where: str) -> str:
    return show("ended", context, ended=ended, successor=successor, where=where, back=f"{context.base}/")
