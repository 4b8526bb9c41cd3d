"""The forms of the day list's rows: record an outcome or correct it, and go back to the same row."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.queries.appointments import AppointmentView, by_reference
from booking.queries.day_list import last_change_of
from booking.states import CANCELLED, State
from booking.use_cases import outcomes
from core.error_texts import text_of
from core.errors import IdempotencyMismatch, IllegalMove, Invalid, InvalidValue, NotFound, Stale
from core.problems import joined_texts
from core.text import clean_line
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.page_context import SiteContext, date_of, site_context
from web.request_language import current_language
from web.site.day_page import DayFilter, read_filter
from web.site.day_views import show_day
from web.site.noted import is_from_script, noted_at
from web.site.outcome_errors import RowError, conflict_text, moved_text
from web.site.site_blueprint import DAY_PATH, blueprint

ROW_PATH = f"{DAY_PATH}/appointments/<reference>"
LONGEST_REASON = 200


@dataclass(frozen=True)
class OutcomeRequest:
    """A form of the list as it was sent: the state to record, and the version and state that the row showed."""

    site: str
    date: str
    reference: str
    state: State
    version: str
    shown: str | None
    reason: str


@blueprint.post(ROW_PATH, endpoint="record")
@requires(Action.RECORD_OUTCOME, site_arg="site")
def record_outcome(site: str, date: str, reference: str) -> ResponseReturnValue:
    """Record an outcome, and go back to the row."""
    return _respond(_read_form(site, date, reference), is_undo=False)


@blueprint.post(f"{ROW_PATH}/undo", endpoint="undo")
@requires(Action.RECORD_OUTCOME, site_arg="site")
def correct_outcome(site: str, date: str, reference: str) -> ResponseReturnValue:
    """Go back to an earlier state, and to the row."""
    return _respond(_read_form(site, date, reference), is_undo=True)


def _read_form(site: str, date: str, reference: str) -> OutcomeRequest:
    """The form as it was sent. Raises: NotFound for a state that is not recorded here."""
    form = request.form
    try:
        state = State(form.get("to", ""))
    except ValueError as error:
        raise NotFound from error
    if state in CANCELLED:  # has a use case of its own, for those who may change appointments
        raise NotFound
    date_of(date)
    # The typed reason goes first where a form sends both: it says more than a quick one.
    reason = form.get("other", "").strip() or form.get("reason", "")
    return OutcomeRequest(site, date, reference, state, form.get("version", ""), form.get("state"), reason)


def _respond(outcome: OutcomeRequest, *, is_undo: bool) -> ResponseReturnValue:
    with site_context(outcome.site) as context:
        view = appointment_here(context, outcome.reference)
        row_error = _too_early(context, view, outcome) or _record(context, view, outcome, is_undo=is_undo)
        day_filter = read_filter(request.args, context.catalogue, context.site)
    if row_error is None:
        return row_recorded(outcome.site, outcome.date, view.reference, day_filter)
    with site_context(outcome.site) as context:  # a new one, which reads the list as it is after the click
        return show_day(context, outcome.date, row_error, 400 if row_error.field else 409)


def row_recorded(site: str, date: str, reference: str, day_filter: DayFilter) -> ResponseReturnValue:
    """The answer to a form of a row after its change was recorded: nothing for the script, else back to the row."""
    if is_from_script():
        return "", 204
    address = url_for("site.day", site=site, date=date)
    return redirect(f"{address}{replace(day_filter, keep=reference).query}#a-{reference}", code=303)


def appointment_here(context: SiteContext, reference: str) -> AppointmentView:
    """The appointment, which must be at this site. Raises: NotFound."""
    try:
        view = by_reference(context.db, context.catalogue, reference)
    except NotFound as error:
        raise NotFound from error  # with the same text as for another site's
    if view.site.id != context.site.id:
        raise NotFound
    return view


def _too_early(context: SiteContext, view: AppointmentView, outcome: OutcomeRequest) -> RowError | None:
    """The error when the appointment is on another day than the list's, or that day has not begun; or None.

    Whether it is as the list showed it, is decided by the use case, which has locked it.
    """
    if view.state not in CANCELLED and (view.local_date.isoformat(), str(view.version)) != (
        outcome.date,
        outcome.version,
    ):
        return RowError(view.reference, moved_text(view))
    is_to_come = view.local_date > context.today
    return RowError(view.reference, _("That day has not begun. Nothing was changed.")) if is_to_come else None


def _record(context: SiteContext, view: AppointmentView, outcome: OutcomeRequest, *, is_undo: bool) -> RowError | None:
    """Record the outcome or the correction. The error when that is refused, or None."""
    field = "undo" if is_undo else "why"
    try:
        reason = clean_line(outcome.reason, LONGEST_REASON)
    except InvalidValue as error:
        return RowError(view.reference, text_of(error.reason, current_language()), field, outcome.reason)
    operation = f"{view.reference}:{field}:{outcome.state}"
    use_case = outcomes.correct if is_undo else outcomes.record_outcome
    try:
        use_case(
            context.runtime,
            context.authority.id,
            view.reference,
            outcome.state,
            actor=context.actor,
            reason=reason,
            shown=outcomes.Shown(outcome.shown, outcome.version, noted_at(context.now)),
            idempotency=context.form_key(operation, operation),
        )
    except Invalid as error:
        return RowError(view.reference, joined_texts(error, current_language()), field, outcome.reason)
    except Stale:
        with context.runtime.database.reading() as db:
            return RowError(view.reference, moved_text(by_reference(db, context.catalogue, view.reference)))
    except (IllegalMove, IdempotencyMismatch):
        return conflict_here(context, view.reference)
    return None


def conflict_here(context: SiteContext, reference: str) -> RowError:
    """The error of a row that shows an older state."""
    with context.runtime.database.reading() as db:
        view = by_reference(db, context.catalogue, reference)
        last_change = last_change_of(db, view.authority_id, view.id)
    return RowError(view.reference, conflict_text(view, last_change))
