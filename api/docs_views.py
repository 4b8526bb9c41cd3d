"""The OpenAPI document, and a page that shows it."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Blueprint, Response, current_app, render_template
from markupsafe import Markup, escape

from api.docs_model import entries_of, shapes_of
from api.openapi import ABOUT, document
from people.staff.access_marks import public

blueprint = Blueprint("api_pages", __name__, url_prefix="/api")
DOCUMENT = "front_door_openapi"
_CODE = re.compile(r"`([^`]+)`")


@blueprint.get("/v1/openapi.json")
@public
def openapi() -> Response:
    """The OpenAPI document."""
    return Response(json.dumps(_document(), indent=1), mimetype="application/json")


@blueprint.get("/docs")
@public
def docs() -> Response:
    """The document as a page to read, within the same content policy as every other and without a script."""
    known = _document()
    page = render_template("api/docs.html", about=ABOUT, entries=entries_of(known), shapes=shapes_of(known))
    return Response(page)


def _document() -> dict[str, Any]:
    """The document, made once for each application."""
    if DOCUMENT not in current_app.extensions:
        current_app.extensions[DOCUMENT] = document(current_app)
    known: dict[str, Any] = current_app.extensions[DOCUMENT]
    return known


@blueprint.app_template_filter("code_spans")
def code_spans(text: str) -> Markup:
    """`text` as markup, with what is between backticks as code; all else is escaped first."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped on this very line
