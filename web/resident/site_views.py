"""The page of a site: where it is and how to get in, or, when it is shut for good, where to go now."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Response
from flask.typing import ResponseReturnValue

from booking.visits.queue_state_queries import waits_while_open
from booking.visits.shown_call_queries import shown_calls
from booking.visits.visit_queries import visits_of_day
from people.staff.access_marks import public
from web.page_context import council_context
from web.request_language import format_time
from web.resident.drop_in_texts import drop_in_texts
from web.resident.ended_pages import show_ended
from web.resident.page_rendering import show
from web.resident.search_state import has_ended
from web.resident.urls import blueprint
from web.response_headers import allow_private_cache

DISPLAY_SECONDS, SCRIPT_SECONDS = (
    5,
    2,
)  # between one reading of the display and the next: of the whole page, and by script


@blueprint.get("/<authority:authority>/sites/<slug>", endpoint="site")
@public
def site_page(authority: str, slug: str) -> ResponseReturnValue:
    """Where it is, how to get in, and what it has; a site that is shut for good says where to go now."""
    with council_context(authority) as context:
        site = context.catalogue.site(slug)
        if has_ended(site, context.today):
            return allow_private_cache(Response(show_ended(context, site)))
        public = context.catalogue.public_site(slug)
        hours = drop_in_texts(context, public, (), names_services=True)
        is_told = context.authority.publishes_availability
        waits = waits_while_open(context.db, context.catalogue, public, context.now) if is_told else None
        as_of = format_time(context.now.astimezone(ZoneInfo(context.zone)))
        page = show("site", context, site=public, drop_ins=hours, waits=waits, as_of=as_of, back=f"{context.base}/")
    return allow_private_cache(Response(page))


@blueprint.get("/<authority:authority>/sites/<slug>/display", endpoint="display")
@public
def display(authority: str, slug: str) -> ResponseReturnValue:
    """Who is called to which desk, for a screen in the waiting room. It refreshes itself, without script too."""
    with council_context(authority) as context:
        site = context.catalogue.public_site(slug)
        visits = visits_of_day(context.db, context.catalogue, site, context.today)
        as_of = format_time(context.now.astimezone(ZoneInfo(context.zone)))
        calls = shown_calls(visits, context.now)
        often = {"seconds": DISPLAY_SECONDS, "script_seconds": SCRIPT_SECONDS}
        return show("display", context, site=site, calls=calls, as_of=as_of, **often)
