"""Whether a certified copy is what the council has certified: for whoever was given one, by its code.

The file is compared in the browser; without script it is sent, compared and forgotten. Nothing here says whose it is.
"""

from __future__ import annotations

from hashlib import sha256

from flask import redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from booking.documents.document_queries import CopyView, copy_by_code
from core.error_texts import text_of
from core.errors import NotFound, Reason
from core.origin import origin_of
from core.rate_limits import SlowingLimit, check_slowing_limit
from core.tokens import parse_certificate_code
from people.staff.access_marks import public
from web.body_limits import FILES, LONGEST_WITH_FILE
from web.components.form_fields import FieldError
from web.error_pages import http_error
from web.page_context import PageContext, council_context
from web.request_language import current_language
from web.resident.page_rendering import show
from web.resident.sent_views import file_too_large
from web.resident.urls import blueprint
from web.uploads import uploaded

CODE_LIMIT = SlowingLimit("60/hour", beyond="10/minute")  # of one origin: an office checks many copies
CERTIFIED_PATH = "/<authority:authority>/certified"


@blueprint.get(CERTIFIED_PATH, endpoint="certified")
@public
def enter_code(authority: str) -> ResponseReturnValue:
    """The form for a code; one that is sent leads to its copy."""
    typed = request.args.get("code", "")
    with council_context(authority) as context:
        code = parse_certificate_code(typed)
        if code is None:
            return _form_page(context, typed, 400 if typed else 200)
        return redirect(f"{context.base}/certified/{code}", code=303)


@blueprint.get(f"{CERTIFIED_PATH}/<code>", endpoint="certified_copy")
@public
def copy_page(authority: str, code: str) -> ResponseReturnValue:
    """What was certified, by which council and when, and whether it was revoked."""
    with council_context(authority) as context:
        copy = _copy(context, code)
        if copy is None:
            return _form_page(context, code, 404)
        return _page(context, copy, code)


@blueprint.post(f"{CERTIFIED_PATH}/<code>{FILES}", endpoint="compare_copy")
@public
def compare(authority: str, code: str) -> ResponseReturnValue:
    """Whether the file that was sent is the one that was certified. It is not kept."""
    with council_context(authority) as context:
        copy = _copy(context, code)
        if copy is None:
            return _form_page(context, code, 404)
        sent = uploaded()
        if not sent:
            return _page(context, copy, code, Reason("document_missing")), 400
        return _page(context, copy, code, is_same=sha256(sent).hexdigest() == copy.sha256)


@blueprint.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
    """A file that is larger than any that was certified is not the one; nor can a paper that is sent be so large."""
    arguments: dict[str, str] = dict(request.view_args or {})
    if request.endpoint == "resident.send_file":
        return file_too_large()
    if request.endpoint != "resident.compare_copy":
        return http_error(error)
    with council_context(arguments["authority"]) as context:
        copy = _copy(context, arguments["code"])
        if copy is None:
            return http_error(error)
        return _page(
            context, copy, arguments["code"], Reason("file_too_large", {"most": LONGEST_WITH_FILE // 10**6})
        ), 413


def _copy(context: PageContext, code: str) -> CopyView | None:
    check_slowing_limit(context.runtime, CODE_LIMIT, "certified", origin_of(request.remote_addr))
    parsed = parse_certificate_code(code)
    try:
        return copy_by_code(context.db, context.authority.id, parsed) if parsed else None
    except NotFound:
        return None


def _form_page(context: PageContext, typed: str, status: int) -> ResponseReturnValue:
    errors = [FieldError(text_of(Reason("copy_unknown"), current_language()), "code")] if typed else []
    return show("certified_code", context, typed=typed, errors=errors, has_errors=bool(errors)), status


def _page(
    context: PageContext, copy: CopyView, code: str, problem: Reason | None = None, *, is_same: bool | None = None
) -> str:
    errors = [FieldError(text_of(problem, current_language()), "file")] if problem else []
    return show(
        "certified",
        context,
        copy=copy,
        site=context.catalogue.site_by_id(copy.site_id),
        code=code,
        is_same=is_same,
        errors=errors,
        has_errors=bool(errors),
    )
