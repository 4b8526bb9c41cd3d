"""The front desk's clicks: arrived, started, attended, and a wrong click put right. Plain forms, back to the same row."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.queries.appointments import AppointmentView, by_reference
from booking.queries.day_list import last_change_of
from booking.states import CANCELLED, State
from booking.use_cases.outcomes import correct, move
from core.error_texts import text_of
from core.errors import IdempotencyMismatch, IllegalMove, Invalid, InvalidValue, NotFound
from core.problems import joined_texts
from core.text import clean_line
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.page_context import SiteContext, date_of, site_context
from web.request_language import current_language
from web.site.day_filter import read_filter
from web.site.day_views import show_day
from web.site.outcome_errors import RowError, conflict_text, moved_text

LONGEST_REASON = 200


@dataclass(frozen=True)
class Click:
    """What a form of the list asks for."""

    site: str
    date: str
    reference: str
    wanted: State
    version: str
    shown: str | None
    reason: str


def add_routes(blueprint: Blueprint) -> None:
    """Where the rows' forms go."""
    at = "/staff/sites/<site>/days/<date>/appointments/<reference>"
    blueprint.add_url_rule(at, "record", record_outcome, methods=["POST"])
    blueprint.add_url_rule(f"{at}/undo", "undo", undo, methods=["POST"])


@requires(Action.RECORD_OUTCOME, site_arg="site")
def record_outcome(site: str, date: str, reference: str) -> ResponseReturnValue:
    """Move the appointment on, and go back to its row."""
    return _answer(_read_click(site, date, reference), is_undo=False)


@requires(Action.RECORD_OUTCOME, site_arg="site")
def undo(site: str, date: str, reference: str) -> ResponseReturnValue:
    """Put a wrong click right, and go back to its row."""
    return _answer(_read_click(site, date, reference), is_undo=True)


def _read_click(site: str, date: str, reference: str) -> Click:
    form = request.form
    try:
        wanted = State(form.get("to", ""))
    except ValueError as error:
        raise NotFound from error
    if wanted in CANCELLED:  # has a use case of its own, for those who may change appointments
        raise NotFound
    date_of(date)
    # What was typed goes first, where a form sends both: it says more than a ready-made reason.
    reason = form.get("other", "").strip() or form.get("reason", "")
    return Click(site, date, reference, wanted, form.get("version", ""), form.get("state"), reason)


def _answer(click: Click, *, is_undo: bool) -> ResponseReturnValue:
    with site_context(click.site) as desk:
        view = _view(desk, click)
        row_error = _out_of_time(desk, view, click) or _do(desk, view, click, is_undo=is_undo)
        narrowed = read_filter(request.args, desk.catalogue, desk.site)
    if row_error is None:
        if narrowed.show:
            narrowed = replace(narrowed, keep=view.reference)
        back = url_for("site.day", site=click.site, date=click.date)
        return redirect(f"{back}{narrowed.query}#a-{view.reference}", code=303)
    with site_context(click.site) as desk:  # afresh: the list as it is now, not as it was before the click
        return show_day(desk, click.date, row_error, 400 if row_error.field else 409)


def _view(desk: SiteContext, click: Click) -> AppointmentView:
    """The appointment, which must be at this site. Raises: NotFound."""
    try:
        view = by_reference(desk.db, desk.catalogue, click.reference)
    except NotFound as error:
        raise NotFound from error  # in the same words as for another site's
    if view.site.id != desk.site.id:
        raise NotFound
    return view


def _out_of_time(desk: SiteContext, view: AppointmentView, click: Click) -> RowError | None:
    """What is wrong when the appointment has been moved to another time since the list was drawn, or is not today's yet."""
    is_same = click.version == str(view.version) and view.local_date.isoformat() == click.date
    if is_same or view.state in CANCELLED:  # a cancelled one is refused, and explained, by the table of moves
        is_to_come = view.local_date > desk.today
        return RowError(view.reference, _("That day has not begun. Nothing was changed.")) if is_to_come else None
    return RowError(view.reference, moved_text(view))


def _do(desk: SiteContext, view: AppointmentView, click: Click, *, is_undo: bool) -> RowError | None:
    field = "undo" if is_undo else "why"
    try:
        reason = clean_line(click.reason, LONGEST_REASON)
    except InvalidValue as error:
        return RowError(view.reference, text_of(error.reason, current_language()), field, click.reason)
    key = desk.form_key(f"{view.reference}:{field}:{click.wanted}", f"{view.reference}:{field}:{click.wanted}")
    act = correct if is_undo else move
    authority_id = desk.catalogue.authority.id
    try:
        act(
            desk.runtime,
            authority_id,
            view.reference,
            click.wanted,
            actor=desk.actor,
            reason=reason,
            shown=click.shown,
            idempotency=key,
        )
    except Invalid as error:
        return RowError(view.reference, joined_texts(error, current_language()), field, click.reason)
    except (IllegalMove, IdempotencyMismatch):
        return _conflict(desk, click)
    return None


def _conflict(desk: SiteContext, click: Click) -> RowError:
    with desk.runtime.database.reading() as db:
        view = by_reference(db, desk.catalogue, click.reference)
        last = last_change_of(db, view.authority_id, view.id)
    return RowError(view.reference, conflict_text(view, last))
