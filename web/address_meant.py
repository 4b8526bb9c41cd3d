"""The page that somebody means whose address is none: typed from a poster in capital letters, or where a form was sent."""

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


def page_of_form() -> str | None:
    """The page nearest above this address, which only takes forms: where the form stands, as a rule.

    A browser opens such an address again when it restores its tabs, or when somebody presses Enter in the address bar.
    None when this is no request for a page.
    """
    if request.method not in ("GET", "HEAD"):
        return None
    return next((quote(path) for path in _above(request.path) if _is_page(path)), None)


def page_of(path: str) -> str:
    """The path itself where a page can be opened there, else that of the page nearest above it."""
    return quote(path) if _is_page(path) else next((quote(above) for above in _above(path) if _is_page(above)), "/")


def _above(path: str) -> Iterator[str]:
    parts = path.strip("/").split("/")
    for length in range(len(parts) - 1, -1, -1):
        bare = "/" + "/".join(parts[:length])
        yield from (bare, f"{bare}/") if length else (bare,)


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
