"""The blueprint of the resident's pages; the views stand in one module for each part of the journey."""

from __future__ import annotations

from flask import Blueprint
from flask.blueprints import BlueprintSetupState

from web.resident import booking_views, details_views, manage_views, search_views, start_views
from web.resident.page_rendering import AuthoritySlug

blueprint = Blueprint("resident", __name__)


@blueprint.record
def _know_slugs(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["authority"] = AuthoritySlug


start_views.add_routes(blueprint)
search_views.add_routes(blueprint)
booking_views.add_routes(blueprint)
manage_views.add_routes(blueprint)
details_views.add_routes(blueprint)
