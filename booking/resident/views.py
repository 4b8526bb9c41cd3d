"""The blueprint of the resident's pages; the views stand in one module for each part of the journey."""

from __future__ import annotations

from flask import Blueprint
from flask.blueprints import BlueprintSetupState

from booking.resident import book, front, manage, own_details, search
from booking.resident.context import AuthoritySlug

blueprint = Blueprint("resident", __name__)


@blueprint.record
def _know_slugs(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["authority"] = AuthoritySlug


front.add_routes(blueprint)
search.add_routes(blueprint)
book.add_routes(blueprint)
manage.add_routes(blueprint)
own_details.add_routes(blueprint)
