"""Keeps what is typed on the screen of a call, with every form of it that is sent, before anything else happens."""

from __future__ import annotations

from contextlib import suppress

from flask import request
from flask.typing import ResponseReturnValue

from booking.use_cases.calls import keep_typed
from core.errors import NotFound
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent import blueprint
from web.agent.call_request import LONGEST_ID, typed_fields
from web.agent.kept_forms import keep_record, record_values
from web.page_context import staff_context


@blueprint.before_request
def keep_what_is_typed() -> None:
    """Keep it for the call of the resident whom the form is about, or as the record that is being written."""
    if request.method != "POST":
        return
    if "draft" in request.form:
        with staff_context() as context:
            keep_record(context, request.form["draft"], record_values(request.form))
    resident_id = (request.view_args or {}).get("resident_id", resident_of_form())
    typed = typed_fields(request.form) if resident_id is not None else {}
    if resident_id is not None and typed:
        with staff_context() as context, suppress(NotFound):
            keep_typed(context.runtime, context.call_with(resident_id), typed)


def resident_of_form() -> int | None:
    """The resident whom the form of a call is about, by the field that every such form carries; None for other forms."""
    number = request.form.get("resident", "")
    is_id = number.isascii() and number.isdecimal() and len(number) <= LONGEST_ID
    return int(number) if is_id else None


@blueprint.post("/keep")
@requires(Action.FIND_RESIDENT)
def keep() -> ResponseReturnValue:
    """Nothing more than to keep what is typed, which a script asks for while one types and before every click is sent."""
    return "", 204
