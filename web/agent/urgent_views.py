"""Urgent requests: who asked for help that cannot wait, and who of the staff sees to it."""

from __future__ import annotations

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.urgent.urgent_queries import UrgentView, urgent_requests
from booking.urgent.urgent_rules import LONGEST_DONE
from booking.use_cases.urgent_requests import close_urgent, give_back_urgent, take_urgent
from core.errors import Invalid, Stale
from core.runtime import Runtime
from core.text import printable
from people.residents.access_log import log_access
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent.message_views import blueprint
from web.first_contact_lines import HOW_ASKED, URGENT_MEANINGS
from web.labels import labels_of, wishes_of
from web.page_context import StaffContext, staff_context

PATH = "/staff/urgent"


@blueprint.get(PATH)
@requires(Action.SEE_RESIDENT)
def urgent_list() -> ResponseReturnValue:
    """The requests that nobody has taken, the oldest first; then those that are seen to, and what was closed lately."""
    with staff_context() as context:
        return _page(context)


@blueprint.post(f"{PATH}/<int:urgent_request>/take")
@requires(Action.SEE_RESIDENT)
def take_request(urgent_request: int) -> ResponseReturnValue:
    """Put their name on it; not where a colleague was faster."""
    text = request.form.get("seen", "")
    seen = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    return _do(lambda context, whose: take_urgent(*whose, urgent_request, seen, actor=context.actor), urgent_request)


@blueprint.post(f"{PATH}/<int:urgent_request>/back")
@requires(Action.SEE_RESIDENT)
def give_back_request(urgent_request: int) -> ResponseReturnValue:
    """Take their name off it."""
    return _do(lambda context, whose: give_back_urgent(*whose, urgent_request, actor=context.actor), urgent_request)


@blueprint.post(f"{PATH}/<int:urgent_request>/close")
@requires(Action.SEE_RESIDENT)
def close_request(urgent_request: int) -> ResponseReturnValue:
    """Close it with what was done."""
    done = printable(request.form.get("done", "")).strip()
    return _do(
        lambda context, whose: close_urgent(*whose, urgent_request, done, actor=context.actor), urgent_request, done
    )


def _do(
    operation: Callable[[StaffContext, tuple[Runtime, int]], None], urgent_request: int, typed: str = ""
) -> ResponseReturnValue:
    """Do it and go back to the list; the list with what is wrong, and with what was typed, where it cannot be done."""
    with staff_context() as context:
        try:
            operation(context, (context.runtime, context.authority.id))
        except Stale:
            other = _(
                "This request has another name on it by now, or nobody’s, or is closed. Nothing was changed by you."
            )
            return _page(context, urgent_request, other, typed), 409
        except Invalid:
            said = _("Say what was done, in at most %(longest)s characters", longest=LONGEST_DONE)
            return _page(context, urgent_request, said, typed), 400
    return redirect(url_for("messages.urgent_list") + f"#request-{urgent_request}", code=303)


def _page(context: StaffContext, wrong: int = 0, error: str = "", typed: str = "") -> str:
    with context.runtime.database.reading() as db:  # as it is after what was tried
        found = urgent_requests(db, context.catalogue, context.now)
    residents = sorted({one.resident.id for one in found.requests if one.resident})
    with context.runtime.database.writing() as db:
        log_access(db, context.authority.id, None, context.actor, "urgent", context.now, residents=residents)
    return render_template(
        "staff/urgent.html",
        unnamed=[one for one in found.requests if _is_open(one) and not one.is_named],
        taken=[one for one in found.requests if _is_open(one) and one.is_named],
        closed=[one for one in found.requests if not _is_open(one)],
        more=found.more,
        me=context.staff.staff_id,
        wrong=wrong,
        error=error,
        typed=typed,
        longest=LONGEST_DONE,
        meanings=URGENT_MEANINGS,
        channels=HOW_ASKED,
        labels_of=labels_of,
        wishes_of=wishes_of,
    )


def _is_open(one: UrgentView) -> bool:
    return one.row.closed_at is None
