"""The residents' page of a service or a site as it would be with what somebody has typed: the real one, not a copy."""

from __future__ import annotations

from flask import Response
from flask.typing import ResponseReturnValue

from booking.use_cases.change_set_up import ChangedMeanwhile, InvalidEdits, preview_edits
from core.errors import NotFound
from council.council_blueprint import SET_UP_PATH, blueprint
from locations.importing.difference import Key
from locations.model import modes_of_site
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.manage.set_up_kept import kept
from web.manage.set_up_proposals import proposal_of
from web.page_context import PageContext, staff_context
from web.resident.page_rendering import show
from web.resident.search_state import SearchState
from web.resident.start_views import service_page
from web.response_headers import allow_own_frames


@blueprint.get(f"{SET_UP_PATH}/look/<key>")
@requires(Action.MANAGE_SET_UP)
def residents_page(key: str) -> ResponseReturnValue:
    """The page that is kept under this key. Raises: NotFound when nothing is, or it can no longer be."""
    with staff_context() as context:
        found = kept(context, key)
        if found is None or "look" not in found:
            raise NotFound
        proposal = proposal_of(context, found["look"])
        try:
            preview = preview_edits(context.runtime, context.authority.id, proposal.edits, proposal.seen)
        except (InvalidEdits, ChangedMeanwhile) as error:
            raise NotFound from error
        as_resident = PageContext(context.runtime, context.db, preview.after, context.actor, context.now)
        return allow_own_frames(Response(_page(as_resident, proposal.edits[0].key)))


def _page(context: PageContext, key: Key) -> str:
    if key.kind == "service":
        slug = key.slugs[0]
        search = SearchState(services=(slug,))
        return service_page(context, context.catalogue.service(slug), search, is_example=True)
    site = context.catalogue.site(key.slugs[0])
    return show("place_example", context, site=site, modes=modes_of_site(site.kind), is_example=True)
