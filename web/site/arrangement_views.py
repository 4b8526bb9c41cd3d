"""The form of the day list that records whether an interpreter was found."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.arrangements import DECIDED, ArrangementState
from booking.queries.appointments import AppointmentView
from booking.use_cases.arrange_need import Decision, arrange_need
from core.errors import IdempotencyMismatch, IllegalMove, NotFound, Stale
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.page_context import SiteContext, date_of, site_context
from web.site.day_page import read_filter
from web.site.day_views import show_day
from web.site.outcome_errors import RowError
from web.site.outcome_views import ROW_PATH, appointment_here, conflict_here, row_recorded
from web.site.site_blueprint import blueprint

LONGEST_VERSION = 9  # figures that are looked at; no appointment is moved so often


@blueprint.post(f"{ROW_PATH}/arrangement", endpoint="arrange")
@requires(Action.ARRANGE_NEED, site_arg="site")
def arrange(site: str, date: str, reference: str) -> ResponseReturnValue:
    """Record whether an interpreter was found, and go back to the row."""
    date_of(date)
    decision = _decision()
    with site_context(site) as context:
        row_error = _record(context, reference, decision)
        day_filter = read_filter(request.args, context.catalogue, context.site)
    if row_error is None:
        return row_recorded(site, date, reference, day_filter)
    with site_context(site) as context:  # a new one, which reads the list as it is after the click
        return show_day(context, date, row_error, 409)


def _decision() -> Decision:
    """The form as it was sent. Raises: NotFound for a state that is not recorded here."""
    form = request.form
    state = next((state for state in DECIDED if state.value == form.get("arrangement")), None)
    if state is None:
        raise NotFound
    version = form.get("version", "")[:LONGEST_VERSION]
    shown = next((one for one in ArrangementState if one.value == form.get("shown")), None)
    return Decision(form.get("need", ""), state, int(version) if version.isdecimal() else 0, shown)


def _record(context: SiteContext, reference: str, decision: Decision) -> RowError | None:
    """Record the decision. The error when that is refused, or None."""
    view = appointment_here(context, reference)
    operation = f"{view.reference}:{decision}"
    try:
        arrange_need(
            context.runtime,
            context.authority.id,
            view.reference,
            decision,
            actor=context.actor,
            idempotency=context.form_key(operation, operation),
        )
    except Stale:
        return RowError(view.reference, _stale_text(view, decision))
    except (IllegalMove, IdempotencyMismatch):
        return conflict_here(context, view.reference)
    return None


def _stale_text(view: AppointmentView, decision: Decision) -> str:
    """What has changed since the page was opened."""
    name = view.resident.name
    if view.version == decision.version and decision.need in view.arrangements:
        return str(_("Somebody else has recorded this for %(name)s meanwhile. Nothing was changed.", name=name))
    return str(_("%(name)s has another time or other needs now. Nothing was changed.", name=name))
