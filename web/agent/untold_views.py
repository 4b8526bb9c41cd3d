"""The list of those whom no message has reached, and the click that says that they were told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.queries.appointments import AppointmentView, by_reference, of_ids
from core.errors import NotFound
from people.residents.access_log import log_access
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.untold import Untold, mark_told, untold
from web.agent.message_views import blueprint
from web.labels import ContactLine, labels_of, phone_of
from web.message_labels import MESSAGE_KINDS, message_reason
from web.page_context import StaffContext, staff_context

MOST_SHOWN = 200


@dataclass(frozen=True)
class UntoldLine:
    """Somebody to tell: their appointment, what, why it was not sent, until when it matters, and whom to ring."""

    view: AppointmentView
    kinds: str
    reason: str
    until: datetime
    phone: ContactLine


@blueprint.get("/staff/untold")
@requires(Action.SEE_RESIDENT)
def untold_list() -> ResponseReturnValue:
    """Whom somebody has to ring or write to, the soonest first; site staff see their sites."""
    with staff_context() as context:
        found = untold(
            context.db, context.authority.id, context.now, site_ids=context.served_sites, limit=MOST_SHOWN + 1
        )
        lines = _lines(context, found[:MOST_SHOWN])
        residents = [line.view.resident.id for line in lines]
        with context.runtime.database.writing() as db:
            log_access(db, context.authority.id, None, context.actor, "untold", context.now, residents=residents)
        is_cut = len(found) > MOST_SHOWN
        return render_template("staff/untold.html", lines=lines, is_cut=is_cut, told=_just_told(context))


def _just_told(context: StaffContext) -> AppointmentView | None:
    """Whose appointment the address says that somebody has just been told about."""
    try:
        view = by_reference(context.db, context.catalogue, request.args.get("told", ""))
    except NotFound:
        return None
    return view if context.serves(view.site.id) else None


@blueprint.post("/staff/untold/<reference>")
@requires(Action.SEE_RESIDENT)
def told(reference: str) -> ResponseReturnValue:
    """Record that they were told, and go back to the list."""
    with staff_context() as context:
        view = by_reference(context.db, context.catalogue, reference)
        mark_told(context.runtime, context.authority.id, view.id, actor=context.actor, site_ids=context.served_sites)
    return redirect(url_for("messages.untold_list", told=view.reference), code=303)


def _lines(context: StaffContext, found: list[Untold]) -> list[UntoldLine]:
    views = of_ids(context.db, context.catalogue, [one.appointment_id for one in found])
    return [
        UntoldLine(
            view=views[one.appointment_id],
            kinds=labels_of(MESSAGE_KINDS, one.kinds),
            reason=message_reason(one.reason),
            until=one.useful_until,
            phone=phone_of(views[one.appointment_id]),
        )
        for one in found
    ]
