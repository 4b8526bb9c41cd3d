"""The button of the day list by which it is noted that somebody was rung and did not answer."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from booking.queries.appointments import by_reference
from booking.use_cases.unanswered_calls import note_unanswered
from core.errors import IdempotencyMismatch, IllegalMove, Stale
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.page_context import SiteContext, date_of, site_context
from web.site.day_page import read_filter
from web.site.day_views import show_day
from web.site.outcome_errors import RowError, moved_text
from web.site.outcome_views import ROW_PATH, appointment_here, conflict_here, row_recorded
from web.site.site_blueprint import blueprint


@blueprint.post(f"{ROW_PATH}/unanswered", endpoint="unanswered")
@requires(Action.RECORD_OUTCOME, site_arg="site")
def unanswered(site: str, date: str, reference: str) -> ResponseReturnValue:
    """Note that nobody answered, and go back to the row."""
    date_of(date)
    with site_context(site) as context:
        row_error = _note(context, reference)
        day_filter = read_filter(request.args, context.catalogue, context.site)
    if row_error is None:
        return row_recorded(site, date, reference, day_filter)
    with site_context(site) as context:  # a new one, which reads the list as it is after the click
        return show_day(context, date, row_error, 409)


def _note(context: SiteContext, reference: str) -> RowError | None:
    """Note it. The error when that is refused, or None."""
    view = appointment_here(context, reference)
    operation = f"{view.reference}:unanswered"
    try:
        note_unanswered(
            context.runtime,
            context.authority.id,
            view.reference,
            actor=context.actor,
            version=request.form.get("version", ""),
            idempotency=context.form_key(operation, operation),
        )
    except Stale:
        with context.runtime.database.reading() as db:
            return RowError(view.reference, moved_text(by_reference(db, context.catalogue, view.reference)))
    except (IllegalMove, IdempotencyMismatch):
        return conflict_here(context, view.reference)
    return None
