"""Errors as pages, or as problem+json for a program (RFC 9457)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, json, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from core.errors import RateLimited, ServiceError, Unavailable
from core.flask_context import current_runtime
from core.outages import outage_of, summary_of
from core.problems import (
    PROBLEMS,
    TOO_LARGE,
    UNKNOWN,
    Problem,
    details,
    details_of_problem,
    problem_of,
    problem_of_status,
    text_of_error,
)
from web.address_meant import address_meant, page_of_form
from web.outage_page import outage_page, with_retry_after
from web.page_brand import is_staff_page, set_brand
from web.request_hooks import request_id
from web.request_language import current_language
from web.staff_guard import signed_in_staff

HEADERS_KEPT = ("Allow", "Retry-After")  # of the response that werkzeug makes


def install(app: Flask) -> None:
    """Handle the errors of `app`."""
    app.register_error_handler(ServiceError, _unless_out(page_of_error))
    app.register_error_handler(CSRFError, _unless_out(_csrf_error))
    app.register_error_handler(HTTPException, _unless_out(http_error))
    app.register_error_handler(Exception, _unhandled_error)


def _unless_out(handler: Callable[[Any], ResponseReturnValue]) -> Callable[[Any], ResponseReturnValue]:
    """`handler`, whose page reads the database, too: when that does not answer, the page says so."""

    def handle(error: Exception) -> ResponseReturnValue:
        try:
            return handler(error)
        except Exception as raised:
            outage = outage_of(raised)
            if outage is None:
                raise
            return _unavailable(outage, raised)

    return handle


def page_of_error(error: ServiceError) -> ResponseReturnValue:
    """What the service refuses, as a page or for a program."""
    language = current_language()
    if isinstance(error, Unavailable):
        return _unavailable(error, error)
    if _is_api():
        return _as_json(details(error, language))
    if isinstance(error, RateLimited) and error.until is not None:
        return _wait_page(error, error.until)
    return _page(problem_of(error), text_of_error(error, language))


def _wait_page(error: RateLimited, until: datetime) -> Response:
    seconds = max(1, math.ceil((until - current_runtime().clock.now()).total_seconds()))
    detail = f"{text_of_error(error, current_language())} {wait_text(seconds)}"
    page = _page(problem_of(error), detail)
    page.headers["Retry-After"] = str(seconds)
    return page


def wait_text(seconds: int) -> str:
    """When somebody who waits `seconds` can try again, as a sentence."""
    language = current_language()
    if seconds < 60:
        return language.ngettext(
            "You can try again in %(num)d second.", "You can try again in %(num)d seconds.", seconds
        )
    minutes = math.ceil(seconds / 60)
    return language.ngettext("You can try again in %(num)d minute.", "You can try again in %(num)d minutes.", minutes)


def _csrf_error(error: CSRFError) -> ResponseReturnValue:
    detail = _(
        "The page was open for a long time, or cookies are turned off in your browser. "
        "We need one cookie to keep your answers safe. Nothing was sent. Start again, or contact us."
    )
    return _response(Problem("validation", 400, _("We could not use that form"), detail))


def http_error(error: HTTPException) -> ResponseReturnValue:
    """What HTTP refuses, as a page or for a program."""
    if error.response is not None:
        return error
    status = error.code or 500
    if status < 400:
        return error
    meant = address_meant() if status == 404 else None
    if meant is not None:
        return redirect(meant, code=301)
    page = page_of_form() if status == 405 and not _is_api() else None
    if page is not None:
        return redirect(page, code=303)
    response = _response(problem_of_status(status))
    response.headers.extend([pair for pair in error.get_headers() if pair[0] in HEADERS_KEPT])
    return response


def _unavailable(outage: Unavailable, cause: Exception) -> ResponseReturnValue:
    """Say that it does not work at the moment. One line for the log: there will be many such requests."""
    current_app.logger.error("unavailable: %s", summary_of(cause), extra={"request_id": request_id()})
    if _is_api():
        return with_retry_after(_as_json(details(outage, current_language())))
    return outage_page(outage)


def _unhandled_error(error: Exception) -> ResponseReturnValue:
    outage = outage_of(error)
    if outage is not None:
        return _unavailable(outage, error)
    propagates = current_app.config["PROPAGATE_EXCEPTIONS"]
    if current_app.testing if propagates is None else propagates:
        raise error
    current_app.logger.error("unforeseen error", exc_info=error, extra={"request_id": request_id()})
    return _response(UNKNOWN)


def _response(problem: Problem) -> Response:
    """The problem as a page, or as problem+json for a program."""
    language = current_language()
    if _is_api():
        return _as_json(details_of_problem(problem, language))
    if problem.title == HTTPStatus(problem.status).phrase and problem.code not in PROBLEMS:
        words = PROBLEMS["bad_request"]  # HTTP's own words are for programs
        problem = replace(problem, title=words.title, detail=TOO_LARGE if problem.status == 413 else words.detail)
    return _page(problem, language.gettext(problem.detail))


def _page(problem: Problem, detail: str) -> Response:
    # On pages, forbidden looks like unknown, so that nobody can find out what exists.
    problem = PROBLEMS["not_found"] if problem.status == 403 else problem
    status = 400 if problem.code == "validation" else problem.status
    title = current_language().gettext(problem.title)
    is_staff = _know_visitor() if status < 500 else False
    page = render_template(_template_for(status), problem=problem, title=title, detail=detail, is_staff=is_staff)
    return Response(page, status=status, mimetype="text/html")


def _know_visitor() -> bool:
    """Set the council of the page; whether it is a page for somebody of its staff who is signed in."""
    set_brand()
    return is_staff_page() and signed_in_staff() is not None


def _template_for(status: int) -> str:
    known = {400, 404, 409, 410, 429}
    if status in known:
        return f"errors/{status}.html"
    return "errors/500.html" if status >= 500 else "errors/400.html"


def _as_json(body: dict[str, Any]) -> Response:
    return Response(json.dumps(body), status=body["status"], mimetype="application/problem+json")


def _is_api() -> bool:
    """Whether the request is a program's."""
    return request.path.startswith(("/api/", "/webhooks/"))
