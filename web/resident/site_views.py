"""The page of a site: where it is and how to get in, or, when it is shut for good, where to go now."""

from __future__ import annotations

from flask import Response
from flask.typing import ResponseReturnValue

from people.staff.access_marks import public
from web.page_context import council_context
from web.resident.drop_in_texts import drop_in_texts
from web.resident.ended_pages import show_ended
from web.resident.page_rendering import show
from web.resident.search_state import has_ended
from web.resident.urls import blueprint
from web.response_headers import allow_private_cache


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
        page = show("site", context, site=public, drop_ins=hours, back=f"{context.base}/")
    return allow_private_cache(Response(page))
