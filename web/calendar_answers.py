"""What a calendar program gets at a secret address, and how often."""

from __future__ import annotations

from flask import Response, request

from core.origin import origin_of
from core.rate_limits import SlowingLimit, check_slowing_limit
from core.runtime import Runtime
from core.tokens import digest

FRESH_SECONDS = 300  # calendar programs load a feed every few hours at most; a faulty one must not load the database
# Of one address, by all the devices that have it; and of all addresses, by whoever tries them.
READINGS = SlowingLimit("60/hour", beyond="1/minute")
READINGS_OF_ORIGIN = SlowingLimit("600/hour", beyond="1/second")


def count_reading(runtime: Runtime, token: str) -> None:
    """Count that somebody reads this address. Raises: RateLimited."""
    # The origin first: of one that is refused no row is written for each address that it tries.
    check_slowing_limit(runtime, READINGS_OF_ORIGIN, "feeds", origin_of(request.remote_addr))
    check_slowing_limit(runtime, READINGS, "feed", digest(token))


def calendar_answer(text: str, filename: str) -> Response:
    """The file, or that it has not changed. A program may keep it, nobody between."""
    response = Response(text, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = f'inline; filename="{filename}"'
    response.headers["Cache-Control"] = f"private, max-age={FRESH_SECONDS}"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.add_etag()
    response.make_conditional(request)
    return response
