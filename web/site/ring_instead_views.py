"""The button of the day list by which somebody is rung instead of joining a video."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.use_cases.ring_instead import ring_instead
from core.errors import IllegalMove, Invalid
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.page_context import SiteContext, date_of, site_context
from web.site.day_page import read_filter
from web.site.day_views import show_day
from web.site.outcome_errors import RowError, moved_text
from web.site.outcome_views import ROW_PATH, appointment_here, conflict_here, row_recorded
from web.site.site_blueprint import blueprint


@blueprint.post(f"{ROW_PATH}/ring-instead", endpoint="ring_instead")
@requires(Action.RECORD_OUTCOME, site_arg="site")
def ring(site: str, date: str, reference: str) -> ResponseReturnValue:
    """Have somebody rung, or use the video after all, and go back to the row."""
    date_of(date)
    with site_context(site) as context:
        row_error = _record(context, reference)
        day_filter = read_filter(request.args, context.catalogue, context.site)
    if row_error is None:
        return row_recorded(site, date, reference, day_filter)
    with site_context(site) as context:  # a new one, which reads the list as it is after the click
        return show_day(context, date, row_error, 409)


def _record(context: SiteContext, reference: str) -> RowError | None:
    """Record it. The error when that is refused, or None."""
    view = appointment_here(context, reference)
    if str(view.version) != request.form.get("version"):
        return RowError(view.reference, moved_text(view))
    is_rung = request.form.get("instead", "1") == "1"
    try:
        ring_instead(context.runtime, context.authority.id, view.reference, actor=context.actor, is_rung=is_rung)
    except Invalid:
        return RowError(view.reference, _("We have no phone number of theirs. Nothing was changed."))
    except IllegalMove:
        return conflict_here(context, view.reference)
    return None
