"""What a browser gets when somebody has signed in with it: the cookie of the session, and the proof that they did."""

from __future__ import annotations

from flask import Response, make_response, redirect, request, url_for
from flask import session as flask_session

from core.flask_context import current_runtime
from people.staff.known_browsers import COOKIE as BROWSER_COOKIE
from people.staff.known_browsers import KEPT_SECONDS, with_email
from people.staff.sign_in import StaffIdentity, begin_session
from web.staff_guard import cookie_name, is_https


def signed_in_answer(identity: StaffIdentity, email: str, next_url: str) -> Response:
    """Begin a session and go on. Raises: WrongPassword when the account has another password by now."""
    old_token, agent = request.cookies.get(cookie_name(), ""), request.headers.get("User-Agent", "")
    token = begin_session(current_runtime(), identity, old_token=old_token, agent=agent)
    flask_session.clear()  # the CSRF token of before the sign-in does not outlive it
    response = make_response(redirect(next_url or url_for("staff.home"), code=303))
    # No max-age: the browser deletes it when it closes; the session ends by the times in the database.
    response.set_cookie(cookie_name(), token, path="/", secure=is_https(), httponly=True, samesite="Lax")
    name = cookie_name(BROWSER_COOKIE)
    value = with_email(request.cookies.get(name, ""), current_runtime().settings.secret_key, email)
    response.set_cookie(name, value, KEPT_SECONDS, path="/", secure=is_https(), httponly=True, samesite="Lax")
    return response
