"""Another language for a page with a form that is half filled in: nothing that was typed is lost.

A page without a form is switched by a link to itself with `lang=` behind it. A form that only searches is sent to its own
page with `lang=` among its fields. The fields of a form that writes come here, and wait on the server for the page.
"""

from __future__ import annotations

from flask import redirect, request
from flask.typing import ResponseReturnValue

from core.language import LANGUAGES
from core.redirects import safe_next
from people.staff.access_marks import public
from web.language_switch import with_arguments
from web.page_context import council_context
from web.request_language import CHOICE, choose_language
from web.resident.urls import blueprint
from web.typed_before import TYPED, keep_typed


@blueprint.post("/<authority:authority>/language")
@public
def change_language(authority: str) -> ResponseReturnValue:
    """Back to the page `page` in the language `lang`, with what was typed there."""
    with council_context(authority) as context:
        page = safe_next(request.args.get("page", ""), start="/") or f"{context.base}/"
    code = request.form.get(CHOICE, "")
    if code not in LANGUAGES:
        return redirect(page, code=303)
    choose_language(code)
    return redirect(with_arguments(page, **{CHOICE: code, TYPED: keep_typed(dict(request.form.lists()))}), code=303)
