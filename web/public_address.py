"""Who we are is what PUBLIC_URL says, whatever host a request names: links and redirects lead nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Response, request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class PublicAddress:
    """`app`, to which every request seems to come to `public_url`."""

    def __init__(self, app: WSGIApplication, public_url: str) -> None:
        parts = urlsplit(public_url)
        self._app, self._scheme, self._host = app, parts.scheme, parts.netloc

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The application's answer."""
        environ["wsgi.url_scheme"], environ["HTTP_HOST"] = self._scheme, self._host
        return self._app(environ, start_response)


def install(app: Flask) -> None:
    """Make the redirects of `app` relative."""
    app.after_request(_without_host)


def _without_host(response: Response) -> Response:
    """`response`, whose redirect to an address of this service is a path: werkzeug puts the request's host before it."""
    location = response.headers.get("Location", "")
    if location and location.startswith(request.host_url):
        # Two slashes at the beginning would be another host again.
        response.headers["Location"] = "/" + location.removeprefix(request.host_url).lstrip("/\\")
        response.set_data("")  # the host stands there, too
    return response
