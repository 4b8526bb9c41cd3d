"""Who is asking, and whether they may: a mark on every view, and one guard that reads the marks before any view runs.

`install(app)` puts the guard in. A view without a mark answers as if it did not exist, and so does a forbidden one:
nobody can tell from the answer what there is. Staff are known by a session cookie, programs by a bearer key, and
neither is accepted in the other's place. Every unsafe request to a page needs its CSRF token; the API reads no cookie.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from urllib.parse import urlencode

from flask import (
    Flask,
    Response,
    abort,
    current_app,
    g,
    jsonify,
    make_response,
    redirect,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect

from core.audit import Actor
from core.errors import NotAllowed, NotFound
from core.runtime import runtime
from people.api_keys import SignedInKey, key_of
from people.policy import Action, Scope
from people.sessions import COOKIE, SignedInStaff, is_stale, staff_of, touch

logger = logging.getLogger(__name__)
csrf = CSRFProtect()
UNSAFE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Mark:
    """What a view asks of its visitor. No action and no scope means that anybody may come."""

    action: Action | None = None
    site_arg: str | None = None
    scope: Scope | None = None
    open_when_published: bool = False

    @property
    def is_public(self) -> bool:
        """Whether anybody may come."""
        return self.action is None and self.scope is None


def public(view: View) -> View:
    """`view`, marked as open to anybody."""
    return _marked(view, Mark())


def requires(action: Action, site_arg: str | None = None) -> Callable[[View], View]:
    """A decorator: the view is for staff who may do `action`, at the site whose slug is the URL's `site_arg`."""
    return lambda view: _marked(view, Mark(action=action, site_arg=site_arg))


def api_scope(scope: str, open_when_published: bool = False) -> Callable[[View], View]:
    """A decorator: the view is for API keys with `scope`.

    With `open_when_published` a request without a key comes in too, and the view must call `require_published`.
    """
    return lambda view: _marked(view, Mark(scope=Scope(scope), open_when_published=open_when_published))


def _marked(view: View, mark: Mark) -> View:
    view.access_mark = mark  # type: ignore[attr-defined]
    return view


def mark_of(app: Flask, endpoint: str) -> Mark | None:
    """The mark of an endpoint, or None when it has none. Files of the `static` folder are public."""
    if endpoint == "static":
        return Mark()
    return cast("Mark | None", getattr(app.view_functions.get(endpoint), "access_mark", None))


def install(app: Flask) -> None:
    """Put the guard and the CSRF protection into `app`."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # the guard checks, since only it knows which views are the API's
    csrf.init_app(app)
    app.before_request(guard)
    app.jinja_env.globals["signed_in_staff"] = signed_in_staff


def guard() -> ResponseReturnValue | None:
    """None when the visitor may come in; a redirect to the sign-in page or a 401 when they must say who they are.

    Raises: NotFound for an unmarked endpoint and for what this visitor may not do; NotAllowed for a key without scope.
    """
    if request.endpoint is None:
        return None  # no route: Flask says so itself
    mark = mark_of(current_app, request.endpoint)
    if mark is None:
        logger.error("endpoint %s has no access mark and was refused", request.endpoint)
        raise NotFound
    if mark.scope is not None:
        return _guard_api(mark, mark.scope)
    refused = _guard_staff(mark, mark.action) if mark.action is not None else None
    if refused is None and request.method in UNSAFE_METHODS:
        csrf.protect()
    return refused


def _guard_staff(mark: Mark, action: Action) -> ResponseReturnValue | None:
    staff = signed_in_staff()
    if staff is None:
        return _to_sign_in()
    site_slug = (request.view_args or {})[mark.site_arg] if mark.site_arg else None
    if not staff.may(action, site_slug=site_slug):
        logger.warning("staff %s may not %s", staff.staff_id, action)
        raise NotFound
    return None


def _guard_api(mark: Mark, scope: Scope) -> ResponseReturnValue | None:
    key = _key_of_request()
    if key is None:
        is_open = mark.open_when_published and "Authorization" not in request.headers
        return None if is_open else unauthenticated()
    if scope not in key.scopes:
        raise NotAllowed(f"This key does not have the scope {scope.value}.")
    g.api_key = key
    return None


def require_published(publishes_availability: bool) -> None:
    """Return when this request may see the authority's availability: it has a key, or the authority publishes it.

    Otherwise the request ends with the 401 of `unauthenticated`.
    """
    if current_api_key() is None and not publishes_availability:
        abort(unauthenticated())


def _key_of_request() -> SignedInKey | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return None
    with runtime().store.reading() as session:
        return key_of(session, token.strip())


def _to_sign_in() -> ResponseReturnValue:
    values = {}
    if request.method in ("GET", "HEAD"):
        values["next"] = request.full_path.rstrip("?")
    query = f"?{urlencode(values)}" if values else ""
    return redirect(url_for("staff.sign_in") + query, code=303)


def unauthenticated() -> Response:
    """The API's answer to a request without a key that works: 401, as problem details (RFC 9457)."""
    body = {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": "Send a working API key: Authorization: Bearer KEY.",
        "code": "not_allowed",
    }
    response = make_response(jsonify(body), 401)
    response.headers["Content-Type"] = "application/problem+json"
    response.headers["WWW-Authenticate"] = 'Bearer realm="Front Door"'
    return response


def signed_in_staff() -> SignedInStaff | None:
    """Who is signed in with this request's cookie, or None. Asked of the database once for each request."""
    if "staff" not in g:
        g.staff = _staff_of_cookie(request.cookies.get(cookie_name(), ""))
    return cast("SignedInStaff | None", g.staff)


def _staff_of_cookie(token: str) -> SignedInStaff | None:
    if not token:
        return None
    now = runtime().clock.now()
    with runtime().store.reading() as session:
        staff = staff_of(session, token, now)
    if staff is not None and is_stale(staff, now):
        with runtime().store.writing() as session:
            touch(session, staff.session_id, now)
    return staff


def cookie_name() -> str:
    """The session cookie's name. With https it has the `__Host-` prefix, which ties it to this host (RFC 6265bis)."""
    return f"__Host-{COOKIE}" if is_https() else COOKIE


def is_https() -> bool:
    """Whether the service is reached by https, by its public address."""
    return runtime().settings.public_url.startswith("https://")


def current_staff() -> SignedInStaff:
    """Who is signed in. Raises: NotFound when nobody is."""
    staff = signed_in_staff()
    if staff is None:
        raise NotFound
    return staff


def staff_actor() -> Actor:
    """The member of staff who is signed in, for the audit."""
    staff = current_staff()
    return Actor("staff", staff.staff_id, staff.name)


def current_api_key() -> SignedInKey | None:
    """The key of this request, or None when it came without one to a view that is open when published."""
    return cast("SignedInKey | None", g.get("api_key"))


def api_actor() -> Actor:
    """The program that calls, for the audit."""
    key = current_api_key()
    return Actor("api", key.key_id, key.name) if key else Actor("api", None, "Without a key")
