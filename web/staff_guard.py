"""The guard, which reads the access mark of every view before it runs: who is signed in, and whether they may.

`install(app, check_key)` puts the guard in; views marked for programs are left to `check_key`. A view without a mark
answers as if it did not exist, and so does a forbidden one: the answer does not tell what exists. Staff are
known by a session cookie, programs by a bearer key, and neither is accepted in the other's place. Every unsafe request
to a page needs its CSRF token; the API reads no cookie.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import cast
from urllib.parse import urlencode, urlsplit

from flask import Flask, current_app, g, redirect, request, url_for
from flask import session as flask_session
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect

from core.audit import Actor
from core.errors import NotFound
from core.flask_context import current_runtime
from core.origin import CREDENTIAL_WORKS
from core.redirects import safe_next
from people.staff.access_marks import AccessMark, mark_of
from people.staff.policy import Action, contact_channel
from people.staff.sign_in_sessions import COOKIE, SignedInStaff, is_stale, staff_of, touch

logger = logging.getLogger(__name__)
csrf = CSRFProtect()
COUNCIL = "council"  # in the browser's session: whose staff sign in here
ASK_WHY = "ask_why"  # of the application's extensions: the question before a page about a resident
UNSAFE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
KeyCheck = Callable[[AccessMark], ResponseReturnValue | None]


def install(app: Flask, check_key: KeyCheck) -> None:
    """Put the guard and the CSRF protection into `app`; `check_key` decides about the views of programs."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # the guard checks, since only it knows which views are the API's
    csrf.init_app(app)
    app.before_request(partial(guard, check_key))
    app.jinja_env.globals.update(signed_in_staff=signed_in_staff, is_at_counter=is_at_counter)


def guard(check_key: KeyCheck) -> ResponseReturnValue | None:
    """None when the visitor may open the view; a redirect to the sign-in page, or a 401, when they must sign in first.

    Raises: NotFound for an unmarked endpoint and for what this visitor may not do; NotAllowed for a key without scope.
    """
    if request.endpoint is None:
        request.environ[CREDENTIAL_WORKS] = False  # whatever it carries, it proves nothing by this
        return None  # no route: Flask says so itself
    mark = mark_of_endpoint(current_app, request.endpoint)
    if mark is None:
        logger.error("endpoint %s has no access mark and was refused", request.endpoint)
        raise NotFound
    if mark.scope is not None or mark.is_callback:
        return check_key(mark)
    refused = _guard_staff(mark, mark.action) if mark.action is not None else None
    if refused is None and request.method in UNSAFE_METHODS:
        csrf.protect()
    return refused


def mark_of_endpoint(app: Flask, endpoint: str) -> AccessMark | None:
    """The mark of an endpoint's view, or None when it has none. Files of the `static` folder are public."""
    return AccessMark() if endpoint == "static" else mark_of(app.view_functions.get(endpoint))


def _guard_staff(mark: AccessMark, action: Action) -> ResponseReturnValue | None:
    staff = signed_in_staff()
    if staff is None:
        return _to_sign_in()
    site_slug = (request.view_args or {})[mark.site_arg] if mark.site_arg else None
    g.authority = staff.authority
    if flask_session.get(COUNCIL) != staff.authority.slug:
        flask_session[COUNCIL] = staff.authority.slug
    if not staff.may(action, site_slug=site_slug):
        logger.warning("staff %s may not %s", staff.staff_id, action)
        raise NotFound
    if staff.lacks_second_step and action is not Action.MANAGE_OWN_ACCOUNT:
        return redirect(url_for("staff.second_step"), code=303)
    if staff.must_say_why:
        asked: ResponseReturnValue | None = current_app.extensions[ASK_WHY]()
        return asked
    return None


def _to_sign_in() -> ResponseReturnValue:
    """To the sign-in page, and from there to the page that was asked for, or that the lost form stood on.

    Nobody reads the sign-in page as a stream of events: who follows one is told that there is none.
    """
    if "text/event-stream" in request.accept_mimetypes.values() and not request.accept_mimetypes.accept_html:
        return "", 204
    if request.method in UNSAFE_METHODS:
        values = {"next": _page_of_form(), "not_sent": "1"}
    else:
        values = {"next": request.full_path.rstrip("?")}
    query = urlencode({name: value for name, value in values.items() if value})
    return redirect(f"{url_for('staff.sign_in')}?{query}", code=303)


def _page_of_form() -> str:
    try:
        page = urlsplit(request.referrer or "")
    except ValueError:
        return ""
    if page.netloc != request.host:
        return ""
    return safe_next(page.path + (f"?{page.query}" if page.query else ""))


def is_at_counter() -> bool:
    """Whether residents stand before whoever is signed in, rather than ring."""
    staff = signed_in_staff()
    return staff is not None and contact_channel(staff.roles) == "counter"


def signed_in_staff() -> SignedInStaff | None:
    """Who is signed in with this request's cookie, or None. Read from the database once for each request."""
    if "staff" not in g:
        g.staff = _staff_of_cookie(request.cookies.get(cookie_name(), ""))
        request.environ[CREDENTIAL_WORKS] = g.staff is not None
    return cast("SignedInStaff | None", g.staff)


def _staff_of_cookie(token: str) -> SignedInStaff | None:
    if not token:
        return None
    now = current_runtime().clock.now()
    with current_runtime().database.reading() as db:
        staff = staff_of(db, token, now)
    if staff is not None and is_stale(staff, now):
        with current_runtime().database.writing() as db:
            touch(db, staff.session_id, now)
    return staff


def cookie_name(name: str = COOKIE) -> str:
    """A cookie's whole name. With https it has the `__Host-` prefix, which ties it to this host (RFC 6265bis)."""
    return f"__Host-{name}" if is_https() else name


def is_https() -> bool:
    """Whether the service is reached by https, by its public address."""
    return current_runtime().settings.public_url.startswith("https://")


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
