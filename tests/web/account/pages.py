"""What a browser does on the staff's pages: load a form, take its token, send it."""

from __future__ import annotations

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.council import PASSWORD

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def token_on(client: FlaskClient, path: str = "/staff/sign-in") -> str:
    """The CSRF token of the first form of the page at `path`."""
    found = _TOKEN.search(client.get(path).get_data(as_text=True))
    assert found, f"no form with a token at {path}"
    return found.group(1)


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD, **fields: str) -> TestResponse:
    """The answer to the sign-in form, filled in and sent."""
    data = {"csrf_token": token_on(client), "email": email, "password": password, **fields}
    return client.post("/staff/sign-in", data=data)
