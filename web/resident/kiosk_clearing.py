"""What a kiosk says is gone after a while, without a script too, and the next person finds the first page."""

from __future__ import annotations

from flask import Response, g, request

from web.resident.urls import blueprint

CLEARED_AFTER_SECONDS = 20
HAS_FORM = "kiosk_form"  # of a request: a script clears the page, and no header while somebody types


@blueprint.after_request
def _make_way(answer: Response) -> Response:
    """Lead from every answer of a kiosk that says something, an error too, back to the first page."""
    is_said = answer.status_code == 200 or answer.status_code >= 400
    if (request.endpoint or "").startswith("resident.kiosk_") and is_said and not g.get(HAS_FORM):
        home = request.path.partition("/kiosk")[0] + "/kiosk"
        answer.headers.setdefault("Refresh", f"{CLEARED_AFTER_SECONDS}; url={home}")
    return answer
