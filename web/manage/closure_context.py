"""What the pages of closures start from: the places that whoever is signed in may shut, and a closure of these."""

from __future__ import annotations

from collections.abc import Iterable

from booking.queries.appointments import AppointmentView
from booking.queries.closure_lists import ClosureView, closure_of
from core.errors import NotFound
from locations.model import SiteFacts
from people.residents.access_log import log_access
from people.staff.policy import Action, sites_for
from web.page_context import StaffContext

WHOLE_COUNCIL = ""  # in place of a site's slug


def managed_sites(context: StaffContext) -> frozenset[int] | None:
    """The ids of the sites that they may shut; None means all, and the council as a whole."""
    return sites_for(context.staff.roles, Action.MANAGE_CLOSURES)


def sites_to_shut(context: StaffContext) -> tuple[SiteFacts, ...]:
    """The sites that they may shut."""
    managed = managed_sites(context)
    return tuple(site for site in context.catalogue.sites if managed is None or site.id in managed)


def place_of(context: StaffContext, slug: str) -> SiteFacts | None:
    """The site of this slug, or None for the whole council. Raises: NotFound for what they may not shut."""
    managed = managed_sites(context)
    if slug == WHOLE_COUNCIL:
        if managed is not None:
            raise NotFound
        return None
    site = next((one for one in sites_to_shut(context) if one.slug == slug), None)
    if site is None:
        raise NotFound
    return site


def managed_closure(context: StaffContext, closure_id: int) -> ClosureView:
    """The closure, which must be of what they may shut. Raises: NotFound."""
    try:
        closure = closure_of(context.db, context.catalogue, closure_id)
    except NotFound as error:
        raise NotFound from error  # with the same text as for another site's
    managed = managed_sites(context)
    if managed is not None and (closure.site is None or closure.site.id not in managed):
        raise NotFound
    return closure


def log_people(context: StaffContext, purpose: str, views: Iterable[AppointmentView], **facts: object) -> None:
    """Write who looked at whose appointments, why and when."""
    facts |= {"residents": list(dict.fromkeys(view.resident.id for view in views))}
    with context.runtime.database.writing() as db:
        log_access(db, context.authority.id, None, context.actor, purpose, context.now, **facts)
