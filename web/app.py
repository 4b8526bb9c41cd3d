"""What every page shares: names for templates, addresses of assets, security headers and error pages.

`install(app)` is called once, by `wsgi.create_app`, before the blueprints are registered. The CSRF check itself is part
of the guard in `web.staff_guard`, which alone knows which views are pages.
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, Response, current_app, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, generate_csrf
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from core.errors import ServiceError
from core.problems import (
    UNKNOWN,
    Problem,
    details,
    details_of_problem,
    problem_of,
    problem_of_status,
    text_of_error,
)
from people.staff.access_marks import public
from web import request_hooks, request_language
from web.components.form_fields import errors_of
from web.labels import label_of, labels_of
from web.request_hooks import request_id

_PERMISSIONS = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()"
DIGEST_LENGTH = 12
HSTS = "max-age=31536000; includeSubDomains"


def install(app: Flask) -> None:
    """Give `app` the names for templates, headers, scripts and error pages."""
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)  # as long as the session: a slow typist loses nothing
    app.config.update(SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_NAME="front_door")
    libraries = ("govuk_frontend_jinja", "govuk_frontend_wtf")
    ours = app.jinja_env.loader or app.create_global_jinja_loader()
    app.jinja_env.loader = ChoiceLoader([ours, PrefixLoader({name: PackageLoader(name) for name in libraries})])
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    request_language.install(app)
    request_hooks.install(app)
    app.after_request(_finish)
    app.add_url_rule("/static/scripts/<digest>/<path:filename>", "scripts", _send_script)
    _install_template_helpers(app)
    app.register_error_handler(ServiceError, _service_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unhandled_error)


def csp_nonce() -> str:
    """This request's nonce for inline scripts; asked for only by the pages that have one."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def is_api() -> bool:
    """Whether a program asks, so that errors are problem+json."""
    return request.path.startswith("/api/")


def allow_private_cache(response: Response) -> Response:
    """Mark a page that holds nothing about anybody: the browser may show it again without asking."""
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _finish(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _policy())
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    # Not no-referrer: the CSRF check of a form sent over https needs the referrer of our own pages.
    headers.setdefault("Referrer-Policy", "same-origin")
    headers["Permissions-Policy"] = _PERMISSIONS
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.is_secure:
        headers["Strict-Transport-Security"] = HSTS
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    return response


def _policy() -> str:
    nonce = f" 'nonce-{g.csp_nonce}'" if "csp_nonce" in g else ""
    return (
        f"default-src 'self'; script-src 'self'{nonce}; style-src 'self'; img-src 'self' data:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def _install_template_helpers(app: Flask) -> None:
    # Globals rather than a context processor: macros see them too, and a page pays for what it uses.
    app.jinja_env.globals.update(
        csp_nonce=csp_nonce,
        request_id=request_id,
        asset_url=asset_url,
        csrf_field=csrf_field,
        errors_of=errors_of,
        page_language=lambda: request_language.current_language().code,
        new_key=lambda: secrets.token_urlsafe(18),
        day_names=request_language.day_names,
        day_names_short=request_language.day_names_short,
    )
    app.jinja_env.filters.update(
        time=request_language.format_time,
        day=request_language.format_day,
        short_day=request_language.format_day_short,
        moment=request_language.format_moment,
        short_moment=request_language.format_moment_short,
        month=request_language.format_month,
        minutes=request_language.format_minutes,
        miles=request_language.format_miles,
        all_of=request_language.all_of,
        label=lambda code, labels: label_of(labels, code),
        labels=lambda codes, labels: labels_of(labels, codes),
        in_zone=lambda at, zone: at.astimezone(ZoneInfo(zone)),
        instant=lambda at: at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        tel=lambda phone: re.sub(r"[^0-9+]", "", phone or ""),
    )


def csrf_field() -> Markup:
    """The hidden field that every form which writes must have."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


def asset_url(name: str) -> str:
    """The address of a file in static/, which changes with its content, so that a browser may keep it for ever.

    Scripts import one another by relative addresses: one digest of them all is a folder of their addresses, and so of
    the addresses of what they import. Raises: FileNotFoundError.
    """
    static = _static_folder()
    digest = _digest_of(static / name)
    if name.endswith(".js"):
        return url_for("scripts", digest=_digest_of_scripts(static), filename=name)
    return f"{url_for('static', filename=name)}?v={digest}"


def _static_folder() -> Path:
    return Path(current_app.static_folder or "")


@lru_cache(maxsize=64)
def _digest_of(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:DIGEST_LENGTH]


@lru_cache(maxsize=4)
def _digest_of_scripts(static: Path) -> str:
    scripts = sorted((*static.glob("js/*.js"), *static.glob("built/*.js")))
    lines = "".join(f"{_digest_of(script)} {script.relative_to(static)}\n" for script in scripts)
    return sha256(lines.encode()).hexdigest()[:DIGEST_LENGTH]


@public
def _send_script(digest: str, filename: str) -> Response:
    response = current_app.send_static_file(filename)
    if digest != _digest_of_scripts(_static_folder()):
        # A page from before or after a new version: it gets what there is, but must not keep it at that address.
        response.headers["Cache-Control"] = "no-cache"
    return response


def _service_error(error: ServiceError) -> ResponseReturnValue:
    language = request_language.current_language()
    if is_api():
        return _as_json(details(error, language))
    return _page(problem_of(error), text_of_error(error, language))


def _csrf_error(error: CSRFError) -> ResponseReturnValue:
    detail = _(
        "The page was open for a long time, or cookies are turned off in your browser. "
        "We need one cookie to keep your answers safe. Go back, load the page again and send it once more."
    )
    return answer(Problem("validation", 400, _("We could not use that form"), detail))


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error
    status = error.code or 500
    if status < 400:
        return error
    status_answer = answer(problem_of_status(status))
    kept = ("Allow", "Retry-After")
    status_answer.headers.extend([pair for pair in error.get_headers() if pair[0] in kept])
    return status_answer


def _unhandled_error(error: Exception) -> ResponseReturnValue:
    propagates = current_app.config["PROPAGATE_EXCEPTIONS"]
    if current_app.testing if propagates is None else propagates:
        raise error
    current_app.logger.error("unforeseen error", exc_info=error, extra={"request_id": request_id()})
    return answer(UNKNOWN)


def answer(problem: Problem) -> Response:
    """The problem as a page, or as problem+json for a program."""
    language = request_language.current_language()
    if is_api():
        return _as_json(details_of_problem(problem, language))
    return _page(problem, language.gettext(problem.detail))


def _page(problem: Problem, detail: str) -> Response:
    # On pages, unknown and forbidden answer alike, so that nobody can find out what exists.
    status = 404 if problem.status == 403 else problem.status
    status = 400 if problem.code == "validation" else status
    title = request_language.current_language().gettext(problem.title)
    page = render_template(_template_for(status), problem=problem, title=title, detail=detail)
    return Response(page, status=status, mimetype="text/html")


def _template_for(status: int) -> str:
    known = {400, 404, 409, 410, 429}
    if status in known:
        return f"errors/{status}.html"
    return "errors/500.html" if status >= 500 else "errors/400.html"


def _as_json(body: dict[str, Any]) -> Response:
    from flask import json

    return Response(json.dumps(body), status=body["status"], mimetype="application/problem+json")
