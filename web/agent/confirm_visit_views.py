"""Writing, during a call, that somebody comes, or that their appointment is urgent and is not given back."""

from __future__ import annotations

from contextlib import suppress

from flask import request
from flask.typing import ResponseReturnValue

from booking.use_cases.confirm import confirm, mark_urgent
from core.errors import IllegalMove, Stale
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent import blueprint
from web.agent.call_request import read_state
from web.agent.call_views import to_call
from web.agent.change_views import check_owner
from web.page_context import staff_context

PATH = "/residents/<int:resident_id>/appointments/<reference>"


@blueprint.post(f"{PATH}/confirm")
@requires(Action.CHANGE_APPOINTMENT)
def confirm_visit(resident_id: int, reference: str) -> ResponseReturnValue:
    """Write that they come, as they have said, and show the call again, which says how it is now.

    What has another time since the page was shown is not confirmed: nobody has been asked about that.
    """
    with staff_context() as context, suppress(IllegalMove, Stale):
        check_owner(context, resident_id, reference)
        seen = request.args.get("seen")
        confirm(context.runtime, context.authority.id, reference, actor=context.actor, seen=seen)
    return _to_call(resident_id)


@blueprint.post(f"{PATH}/urgent")
@requires(Action.CHANGE_APPOINTMENT)
def urgent_visit(resident_id: int, reference: str) -> ResponseReturnValue:
    """Write that it is not given back, whoever does not confirm it; with "not" in the address, take that back."""
    with staff_context() as context, suppress(IllegalMove):
        check_owner(context, resident_id, reference)
        mark_urgent(
            context.runtime, context.authority.id, reference, actor=context.actor, is_urgent="not" not in request.args
        )
    return _to_call(resident_id)


def _to_call(resident_id: int) -> ResponseReturnValue:
    return to_call(resident_id, read_state(request.args).query)
