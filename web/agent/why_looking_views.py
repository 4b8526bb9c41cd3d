"""Why somebody looks at a resident: asked before a page about one opens, where the council wants it."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response, redirect, render_template, request, url_for
from flask.sansio.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from core.flask_context import current_runtime
from core.redirects import safe_next
from people.residents.access_log import REASONS, has_said_why, say_why
from people.residents.resident_repository import resident_of
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent import blueprint
from web.page_context import StaffContext, staff_context
from web.record_labels import WHY_LOOKING
from web.staff_guard import ASK_WHY

PATH = "/residents/<int:resident_id>/why"
RESIDENTS = ("resident_id", "other_id")  # what the addresses of pages about residents name them by


def ask_why() -> ResponseReturnValue | None:
    """To the question, when a page about a resident is opened and it was not answered; what is sent goes through.

    The guard calls it, in a council that asks.
    """
    named = [number for name, number in (request.view_args or {}).items() if name in RESIDENTS]
    if not named or request.method != "GET" or request.endpoint == "agent.why":
        return None
    with staff_context() as context:
        resident_id = _unanswered(context, named)
    if resident_id is None:
        return None
    return redirect(url_for("agent.why", resident_id=resident_id, next=request.full_path.rstrip("?")), code=303)


@blueprint.record_once
def _have_it_asked(state: BlueprintSetupState) -> None:
    state.app.extensions[ASK_WHY] = ask_why


def _unanswered(context: StaffContext, residents: Iterable[int]) -> int | None:
    """The first of them of whom it was not said why they are looked at."""
    council, actor, now = context.authority.id, context.actor, context.now
    return next((number for number in residents if not has_said_why(context.db, council, number, actor, now)), None)


@blueprint.get(PATH)
@requires(Action.SEE_RESIDENT)
def why(resident_id: int) -> ResponseReturnValue:
    """The question."""
    with staff_context() as context:
        return _page(context, resident_id)


@blueprint.post(PATH)
@requires(Action.SEE_RESIDENT)
def answer_why(resident_id: int) -> ResponseReturnValue:
    """Keep the answer, and open what was to be opened; the question again for what is no answer to it."""
    reason = request.form.get("why", "")
    with staff_context() as context:
        if reason not in REASONS:
            return _page(context, resident_id, 400)
        resident_of(context.db, context.authority.id, resident_id)
        with current_runtime().database.writing() as db:
            say_why(db, context.authority.id, resident_id, context.actor, reason, context.now)
    return redirect(_next(resident_id), code=303)


def _next(resident_id: int) -> str:
    """Where it goes on: a page for staff, the call of this resident where none is said."""
    asked = safe_next(request.values.get("next", ""))
    return asked if asked.startswith("/staff/") else url_for("agent.call", resident_id=resident_id)


def _page(context: StaffContext, resident_id: int, status: int = 200) -> Response:
    resident = resident_of(context.db, context.authority.id, resident_id)
    html = render_template(
        "agent/why.html",
        name=resident.name,
        resident_id=resident_id,
        reasons=WHY_LOOKING,
        next_url=_next(resident_id),
    )
    return Response(html, status=status, mimetype="text/html")
