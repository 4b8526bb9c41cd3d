"""A file that is too large to be read at all: the page of its form says so, as it says what else is wrong with a file."""

from __future__ import annotations

from collections.abc import Callable

from flask import request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from core.error_texts import text_of
from core.errors import Reason
from council.colleague_import_views import import_page
from council.council_blueprint import blueprint
from council.logo_views import logo_page
from council.set_up_file_views import upload_page
from council.ward_views import wards_page
from locations.importing.toml_file import MOST_BYTES
from locations.logos import LARGEST_UPLOAD
from web.error_pages import http_error
from web.page_context import StaffContext, staff_context
from web.request_language import current_language

# By endpoint: the page of the form, and what it says.
PAGES: dict[str, tuple[Callable[[StaffContext, list[str]], str], Reason]] = {
    "council.send_logo": (logo_page, Reason("logo_too_large", {"most": LARGEST_UPLOAD // 1_000_000})),
    "council.send_set_up_file": (upload_page, Reason("file_too_large", {"most": MOST_BYTES // 1_000_000})),
    "council.send_wards": (wards_page, Reason("file_too_large", {"most": MOST_BYTES // 1_000_000})),
    "council.send_colleagues": (import_page, Reason("file_too_large", {"most": MOST_BYTES // 1_000_000})),
}


@blueprint.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
    """The page with its form; the guard has let its sender in before it looked at what was sent."""
    if request.endpoint not in PAGES:
        return http_error(error)
    page, reason = PAGES[request.endpoint]
    with staff_context() as context:
        return page(context, [text_of(reason, current_language())]), 413
