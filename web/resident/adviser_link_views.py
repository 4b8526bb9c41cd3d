"""The link of somebody's own adviser: it leads to times with that one, and changes nothing."""

from __future__ import annotations

from flask import Response, redirect
from flask.typing import ResponseReturnValue

from booking.queries.advisers import named_link
from core.errors import NotFound
from core.tokens import mark_of_digest
from people.staff.access_marks import public
from web.page_context import council_context
from web.resident.drafts import open_by_link
from web.resident.own_adviser import OPENED_LINK
from web.resident.page_rendering import show
from web.resident.search_state import LINK, OWN, SearchState
from web.resident.urls import blueprint


@blueprint.get("/<authority:authority>/adviser/<token>")
@public
def open_adviser_link(authority: str, token: str) -> ResponseReturnValue:
    """Exchange the link's token for a cookie and a clean address."""
    with council_context(authority) as context:
        try:
            link = named_link(context.db, token)
        except NotFound:
            return Response(show("adviser_link_over", context), status=404)
        if link.authority_id != context.authority.id or link.until < context.today:
            return Response(show("adviser_link_over", context), status=404)
        open_by_link(context, f"{OPENED_LINK}{link.id}", mark_of_digest(link.link_digest))
        service = context.catalogue.service_by_id(link.service_id)
        search = SearchState(services=(service.slug,), known=f"{LINK}{link.id}", adviser=OWN)
        return redirect(f"{context.base}/needs?{search.query()}", code=303)
