"""How many requests are worked on at once, and how long each may take: a WSGI layer round the application.

gunicorn has many more threads than are worked on at once. The others wait here for their turn (`web.turns` says whose it
is), with their time running, so that a database that is silent takes no thread for ever, and some are always free for
`/healthz`. A body is read before the turn begins: a slow sender keeps nobody waiting but itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING

from flask import Flask, request

from core.deadlines import seconds_left, time_limit
from core.errors import Unavailable
from core.origin import CREDENTIAL_WORKS, origin_of
from web.body_limits import longest_body
from web.credentials_seen import CredentialsSeen, credential_of
from web.turns import Turns, asker_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# With 8 at once they spent a fifth of their time taking turns (python -m bench.http).
AT_ONCE = 4
WAITING = 44
THREADS = 64  # 16 are left for what does not wait, and for slow senders
REQUEST_SECONDS = 9.0  # with the grace for giving back what is held, and the page itself, less than 12
PROBE_SECONDS = 3.0
OPEN_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
NO_TURN = "front_door.no_turn"


class Admission:
    """`app` with a limited number of requests at once. One that gets no turn is marked, and `refuse` answers it."""

    def __init__(
        self, app: WSGIApplication, *, longest_body: int, at_once: int = AT_ONCE, waiting: int = WAITING
    ) -> None:
        self._app = app
        self._longest_body = longest_body
        self._turns = Turns(at_once, waiting)
        self._credentials = CredentialsSeen()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The application's answer."""
        path = environ.get("PATH_INFO", "")
        if path in OPEN_PATHS or path.startswith("/static/"):
            with time_limit(PROBE_SECONDS):
                return self._app(environ, start_response)
        self._read_body(environ)
        with time_limit(REQUEST_SECONDS):
            return self._in_turn(environ, start_response)

    def _in_turn(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path, origin = environ.get("PATH_INFO", ""), origin_of(environ.get("REMOTE_ADDR"))
        credential = credential_of(path, environ)
        asker = asker_of(path, environ, is_known=self._credentials.is_believed(credential, origin))
        if not self._turns.acquire(asker, seconds_left(REQUEST_SECONDS)):
            environ[NO_TURN] = True
            return self._app(environ, start_response)
        try:
            return self._app(environ, start_response)
        finally:
            self._turns.release(asker)
            if CREDENTIAL_WORKS in environ:
                self._credentials.record(credential, origin, works=environ[CREDENTIAL_WORKS])

    def _read_body(self, environ: WSGIEnvironment) -> None:
        """Read the body now, as far as the application would; one that is too long is refused by its length, unread."""
        length = environ.get("CONTENT_LENGTH") or ""
        longest = max(self._longest_body, longest_body(environ.get("PATH_INFO", "")))
        if length.isdecimal() and int(length) <= longest:
            environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(int(length)))
        elif not length and environ.get("wsgi.input_terminated"):
            environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(longest + 1))


def install(app: Flask) -> None:
    """Put the layer round `app`, and refuse what gets no turn before anything else looks at it."""
    longest_body = app.config["MAX_CONTENT_LENGTH"] or 0
    app.wsgi_app = Admission(app.wsgi_app, longest_body=longest_body)  # type: ignore[method-assign]
    app.before_request(refuse)


def refuse() -> None:
    """Raises: Unavailable when the request got no turn in its time."""
    if request.environ.get(NO_TURN):
        raise Unavailable
