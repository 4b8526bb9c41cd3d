"""What happens around every request: an id, one timer, one structured log line and one count for Prometheus.

The line names the endpoint rather than the path: a path may hold a reference or a token. `install(app)` comes before
every other hook, so that the timer starts first and the line is written last. Whatever bytes were sent behind the question
mark, they are read as if the sender had encoded them, as browsers do.
"""

from __future__ import annotations

import re
import secrets
from time import perf_counter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_from_bytes

import structlog
from flask import Flask, Request, Response, g, request

from core.screens import set_screen
from web.body_limits import longest_body
from web.monitoring import count_request

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

log = structlog.stdlib.get_logger("front_door")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

PRINTABLE = bytes(range(0x21, 0x7F)).decode()  # all that an address may hold (RFC 3986, 2)


class EncodedRequest(Request):
    """A request whose query is ASCII: raw bytes, which may be no text, stand in it as "%FF"."""

    def __init__(self, environ: WSGIEnvironment, *args: Any, **options: Any) -> None:
        sent = environ.get("QUERY_STRING", "").encode("latin-1")
        environ["QUERY_STRING"] = quote_from_bytes(sent, safe=PRINTABLE)
        super().__init__(environ, *args, **options)
        self.max_content_length = longest_body(self.path)


def install(app: Flask) -> None:
    """Put the hooks into `app`."""
    app.request_class = EncodedRequest
    app.before_request(_begin)
    app.after_request(_finish)
    app.teardown_request(lambda _error: set_screen(""))


def request_id() -> str:
    """The id that log lines and the answer's X-Request-ID share."""
    return str(g.get("request_id", ""))


def _begin() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    g.started = perf_counter()
    set_screen(request.endpoint or "")


def _finish(response: Response) -> Response:
    seconds = perf_counter() - g.get("started", perf_counter())
    endpoint = request.endpoint or "none"
    response.headers["X-Request-ID"] = request_id()
    count_request(endpoint, request.method, response.status_code, seconds)
    log.info(
        "request",
        request_id=request_id(),
        method=request.method,
        endpoint=endpoint,
        status=response.status_code,
        milliseconds=round(seconds * 1000, 1),
    )
    return response
