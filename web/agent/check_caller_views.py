"""The record that the caller was asked who they are, or why they were not."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from booking.use_cases.caller_checks import record_check
from core.errors import Invalid
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent import blueprint
from web.agent.call_page import show_call
from web.agent.call_request import cleaned, field_errors, read_state, read_typed
from web.agent.form_result import FormResult
from web.agent.resident_page import CALLER_FACTS, QUICK_REASONS
from web.labels import label_of
from web.page_context import staff_context


@blueprint.post("/residents/<int:resident_id>/check")
@requires(Action.SEE_RESIDENT)
def check(resident_id: int) -> ResponseReturnValue:
    """Record which facts the caller got right, or why they were not asked, and go on with the call."""
    state = read_state(request.args)
    facts = [code for code in CALLER_FACTS if code in request.form.getlist("fact")]
    with staff_context() as context:
        try:
            why_not = _quick_reason() or cleaned(read_typed({"why_not": request.form.get("why_not", "")})).why_not
            record_check(context.runtime, context.call_with(resident_id), facts, why_not, actor=context.actor)
        except Invalid as error:
            return show_call(context, resident_id, state, FormResult(errors=field_errors(error), status=400))
    address = url_for("agent.call", resident_id=resident_id)
    return redirect(f"{address}?{state.query}" if state.query else address, code=303)


def _quick_reason() -> str:
    """The reason whose button was pressed; empty for another button."""
    code = request.form.get("quick_reason", "")
    return label_of(QUICK_REASONS, code) if code in QUICK_REASONS else ""
