"""What search engines may show: the pages that describe what a council offers, and nothing about anybody."""

from __future__ import annotations

from flask import Flask, Response, request

from people.staff.access_marks import public

# The pages with which somebody begins. Everything else is somebody's own, staff's, or another view of these.
INDEXED = frozenset(
    {
        "resident.front",
        "resident.start",
        "resident.service",
        "resident.find",
        "resident.privacy",
        "resident.accessibility",
    }
)
ASSETS = frozenset({"static", "assets", "health.robots_txt"})
# The first are nobody's business; the searches would be crawled without end. RFC 9309, read 2026-11-26.
NOT_CRAWLED = (
    *("/staff/", "/manage/", "/s/", "/feeds/", "/demo/", "/api/v1/", "/*/book/", "/*/appointment/", "/*/find/sent"),
    *("/*/where", "/*/needs", "/*/when", "/*/times", "/*/services/*/together", "/*?"),
)


def install(app: Flask) -> None:
    """Tell search engines, with every response of `app`, whether they may show it."""
    app.after_request(_mark)


@public
def robots_txt() -> Response:
    """Where crawlers may go. A page that they may not show says so itself, too, for they learn of addresses elsewhere."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in NOT_CRAWLED)]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


def is_indexed(response: Response) -> bool:
    """Whether a search engine may show the page: one of those to begin with, as it stands, without a search."""
    return request.endpoint in INDEXED and response.status_code == 200 and not request.query_string


def _mark(response: Response) -> Response:
    if request.endpoint not in ASSETS and not is_indexed(response):
        response.headers["X-Robots-Tag"] = "noindex"
    return response
