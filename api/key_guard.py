"""Which program calls, and whether it may: the check of keys and of providers' tokens, and the 401 of those without."""

from __future__ import annotations

import hmac
from typing import cast

from flask import Response, abort, g, request
from flask.typing import ResponseReturnValue

from api.error_handlers import problem_answer
from core.audit import Actor
from core.errors import NotAllowed, NotAuthenticated
from core.flask_context import current_runtime
from core.origin import CREDENTIAL_WORKS
from people.staff.access_marks import AccessMark
from people.staff.api_keys import SignedInKey, is_unwritten, key_of, touch_key
from people.staff.policy import Scope


def check_key(mark: AccessMark) -> ResponseReturnValue | None:
    """None when this request's key has the scope of `mark`, or needs none; else a 401. Raises: NotAllowed."""
    if mark.is_callback:
        return _check_callback_token()
    key = _key_of_request()
    if key is None:
        is_open = mark.open_when_published and "Authorization" not in request.headers
        return None if is_open else unauthenticated()
    if mark.scope is not None and mark.scope not in key.scopes:
        raise NotAllowed.because("key_without_scope", scope=mark.scope.value)
    g.api_key = key
    return None


def require_published(publishes_availability: bool) -> None:
    """Return when this request may see the authority's availability: it has a key, or the authority publishes it.

    Otherwise the request ends with the 401 of `unauthenticated`.
    """
    if current_api_key() is None and not publishes_availability:
        abort(unauthenticated())


def require_book_key() -> None:
    """Return when the request has a key that may book; without a key it ends with a 401. Raises: NotAllowed."""
    key = current_api_key()
    if key is None:
        abort(unauthenticated())
    if Scope.BOOK not in key.scopes:
        raise NotAllowed.because("key_without_scope", scope=Scope.BOOK.value)


def _check_callback_token() -> Response | None:
    """None for the provider with which a token was agreed; without one in the settings nobody is."""
    expected = current_runtime().settings.notify_callback_token
    token = _bearer_token()
    is_right = bool(expected) and hmac.compare_digest(token.encode("utf-8", "surrogatepass"), expected.encode())
    request.environ[CREDENTIAL_WORKS] = is_right
    if not token:
        return unauthenticated()
    if not is_right:
        raise NotAllowed
    return None


def _bearer_token() -> str:
    """What the request carries as a bearer token; empty for none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _key_of_request() -> SignedInKey | None:
    token = _bearer_token()
    if not token:
        request.environ[CREDENTIAL_WORKS] = False
        return None
    runtime = current_runtime()
    now = runtime.clock.now()
    with runtime.database.reading() as db:
        key = key_of(db, token, now)
    request.environ[CREDENTIAL_WORKS] = key is not None
    if key is not None and is_unwritten(key, now):
        with runtime.database.writing() as db:
            touch_key(db, key.key_id, now)
    return key


def unauthenticated() -> Response:
    """The API's answer to a request without a key that works: 401, as problem details (RFC 9457)."""
    response = problem_answer(NotAuthenticated())
    response.headers["WWW-Authenticate"] = 'Bearer realm="Front Door"'
    return response


def current_api_key() -> SignedInKey | None:
    """The key of this request, or None when it came without one to a view that is open when published."""
    return cast("SignedInKey | None", g.get("api_key"))


def api_actor() -> Actor:
    """The program that calls, for the audit."""
    key = current_api_key()
    return Actor("api", key.key_id, key.name) if key else Actor("api", None, "Without a key")
