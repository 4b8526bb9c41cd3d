"""The blueprint of the residents' pages, on which each view declares its address, and the council's part of an address."""

from __future__ import annotations

import re

from flask import Blueprint
from flask.blueprints import BlueprintSetupState
from werkzeug.routing import BaseConverter

from locations.reserved_slugs import RESERVED_SLUGS

blueprint = Blueprint("resident", __name__)


class AuthoritySlug(BaseConverter):
    """A council's slug in an address: never a word that another part of the service answers to."""

    regex = rf"(?!(?:{'|'.join(map(re.escape, RESERVED_SLUGS))})(?:/|$))[a-z0-9][a-z0-9-]*"


@blueprint.record
def _register_converter(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["authority"] = AuthoritySlug
