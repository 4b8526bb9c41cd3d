"""The OpenAPI document, and a page that shows it."""

from __future__ import annotations

import json

from flask import Blueprint, Response, current_app, render_template

from booking.api.openapi import document
from people.access import public

blueprint = Blueprint("api_pages", __name__, url_prefix="/api")
DOCUMENT = "front_door_openapi"
# Swagger UI draws its controls with style attributes; nothing else on this page may do more than on any other.
STYLES = "'self' 'unsafe-inline'"


@blueprint.get("/v1/openapi.json")
@public
def openapi() -> Response:
    """The OpenAPI document."""
    text = current_app.extensions.get(DOCUMENT)
    if text is None:
        text = current_app.extensions[DOCUMENT] = json.dumps(document(current_app), indent=1)
    return Response(text, mimetype="application/json")


@blueprint.get("/docs")
@public
def docs() -> Response:
    """The document, to read and to try."""
    return Response(render_template("api/docs.html"))
