"""Security headers of every response, and how long a page may be kept.

A page is not stored unless its view says otherwise.
"""

from __future__ import annotations

import secrets

from flask import Flask, Response, g, request

HSTS = "max-age=31536000; includeSubDomains"
PERMISSIONS = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()"


def install(app: Flask) -> None:
    """Put the headers on every response of `app`."""
    app.after_request(_set_headers)


def csp_nonce() -> str:
    """This request's nonce for inline scripts; it is in the policy of the pages that use it."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def allow_private_cache(response: Response) -> Response:
    """Let the browser keep a page that holds nothing about anybody; it still checks whether the page has changed."""
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def allow_own_frames(response: Response) -> Response:
    """Let our own pages, and no others, show this one inside them."""
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Content-Security-Policy"] = _policy("'self'")
    return response


def file_answer(content: bytes, media_type: str, name: str) -> Response:
    """A file that somebody has sent: a picture is shown, anything else is saved, and nothing in it can run."""
    answer = Response(content, mimetype=media_type)
    shown = "inline" if media_type.startswith("image/") else "attachment"
    answer.headers["Content-Disposition"] = f'{shown}; filename="{name}"'
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def allow_camera(response: Response) -> Response:
    """Let this page ask for the camera and the microphone; no page of another address gets them."""
    opened = PERMISSIONS.replace("camera=()", "camera=(self)").replace("microphone=()", "microphone=(self)")
    response.headers["Permissions-Policy"] = opened
    return response


def _set_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _policy())
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("X-Frame-Options", "DENY")
    # Not no-referrer: the CSRF check of a form sent over https needs the referrer of our own pages.
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", PERMISSIONS)
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.is_secure:
        headers["Strict-Transport-Security"] = HSTS
    if request.endpoint not in ("static", "assets"):
        headers.setdefault("Cache-Control", "no-store")
    return response


def _policy(framed_by: str = "'none'") -> str:
    nonce = f" 'nonce-{g.csp_nonce}'" if "csp_nonce" in g else ""
    return (
        f"default-src 'self'; script-src 'self'{nonce}; style-src 'self'; img-src 'self' data:; object-src 'none'; "
        f"base-uri 'none'; form-action 'self'; frame-ancestors {framed_by}"
    )
