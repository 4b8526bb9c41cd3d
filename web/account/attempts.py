"""A password that somebody sent, with where it came from, for the limits of signing in."""

from __future__ import annotations

from flask import request

from core.origin import origin_of
from people.staff.known_browsers import COOKIE
from people.staff.sign_in import SignInAttempt
from web.staff_guard import cookie_name


def attempt_of(email: str, password: str) -> SignInAttempt:
    """The email and password of this request."""
    return SignInAttempt(
        email=email,
        password=password,
        origin=origin_of(request.remote_addr),
        browser_cookie=request.cookies.get(cookie_name(COOKIE), ""),
    )
