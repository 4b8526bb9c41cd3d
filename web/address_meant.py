"""The address that somebody means who types one from a poster: in capital letters, or with a slash at the end."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect


def address_meant() -> str | None:
    """Where a page is that this request, which no route matches, is likely to mean; None when there is none.

    References and tokens are not touched before all else has failed, for their letters count.
    """
    if request.routing_exception is None or request.method not in ("GET", "HEAD"):
        return None
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    return next((f"{quote(path)}{query}" for path in _candidates(request.path) if _is_page(path)), None)


def _candidates(path: str) -> Iterator[str]:
    bare = "/" + path.strip("/")
    first, slash, rest = bare[1:].partition("/")
    for candidate in (bare, f"/{first.lower()}{slash}{rest}", bare.lower()):
        for spelling in (candidate, f"{candidate}/"):
            if spelling != path:
                yield spelling


def _is_page(path: str) -> bool:
    adapter = current_app.create_url_adapter(request)
    try:
        return adapter is not None and adapter.match(path, method="GET")[0] != "static"
    except (HTTPException, RequestRedirect):
        return False
