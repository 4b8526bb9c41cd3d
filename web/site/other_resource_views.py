"""Other resources at the same time: for one visit from its row, and for all that fit, which are shown first."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.queries.appointments import AppointmentView, by_reference
from booking.queries.other_resources import other_resources
from booking.use_cases.change_resources import change_resources
from core.errors import IdempotencyMismatch, IllegalMove, Refused, SlotTaken, Stale
from core.problems import text_of_error
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.expected_queries import expected_of_keeping
from web.page_context import SiteContext, date_of, site_context
from web.request_language import all_of, current_language, format_time
from web.site.day_page import read_filter
from web.site.day_views import show_day
from web.site.other_resource_page import ResultLine, other_resources_page
from web.site.outcome_errors import RowError
from web.site.outcome_views import ROW_PATH, appointment_here, conflict_here, row_recorded
from web.site.site_blueprint import DAY_PATH, blueprint
from web.told import told_counts

PATH = f"{DAY_PATH}/other-resources"
MOST_VISITS = 200  # of one day of one site
LONGEST_VERSION = 9  # figures that are looked at; no appointment is moved so often


@blueprint.get(PATH)
@requires(Action.CHANGE_RESOURCES, site_arg="site")
def other_resources_of_day(site: str, date: str) -> ResponseReturnValue:
    """Who could be served by something else at the same time, and who not."""
    with site_context(site) as context:
        return _page(context, date)


@blueprint.post(PATH)
@requires(Action.CHANGE_RESOURCES, site_arg="site")
def change_all(site: str, date: str) -> ResponseReturnValue:
    """Put all that were shown as fitting on other resources, each by itself, and say what came of each."""
    date_of(date)
    done: list[ResultLine] = []
    refused: list[ResultLine] = []
    with site_context(site) as context:
        for code in request.form.getlist("visit")[:MOST_VISITS]:
            reference, _colon, version = code.partition(":")
            view = appointment_here(context, reference)
            error = _change(context, view, version)
            (refused if error else done).append(_result(context, view, error))
    with site_context(site) as context:  # a new one, which reads the list as it is after the clicks
        return _page(context, date, done, refused)


@blueprint.post(f"{ROW_PATH}/other-resources")
@requires(Action.CHANGE_RESOURCES, site_arg="site")
def change_one(site: str, date: str, reference: str) -> ResponseReturnValue:
    """Put one visit on other resources, and go back to its row."""
    date_of(date)
    with site_context(site) as context:
        view = appointment_here(context, reference)
        error = _change(context, view, request.form.get("version", ""))
        day_filter = read_filter(request.args, context.catalogue, context.site)
    if error is None:
        return row_recorded(site, date, view.reference, day_filter)
    with site_context(site) as context:
        return show_day(context, date, error, 409)


def _change(context: SiteContext, view: AppointmentView, version: str) -> RowError | None:
    """Change what serves the visit. The error when that is refused, or None."""
    operation = f"{view.reference}:other-resources"
    try:
        change_resources(
            context.runtime,
            context.authority.id,
            view.reference,
            actor=context.actor,
            version=int(version) if version.isdecimal() and len(version) <= LONGEST_VERSION else 0,
            idempotency=context.form_key(operation, operation),
        )
    except (SlotTaken, Stale) as error:
        return RowError(view.reference, _refusal_text(view, error))
    except (IllegalMove, IdempotencyMismatch):
        return conflict_here(context, view.reference)
    return None


def _refusal_text(view: AppointmentView, error: Refused) -> str:
    text = text_of_error(error, current_language())
    return str(_("%(name)s: %(text)s", name=view.resident.name, text=text))


def _result(context: SiteContext, view: AppointmentView, error: RowError | None) -> ResultLine:
    starts = format_time(view.starts_at.astimezone(ZoneInfo(view.zone)))
    if error is not None:
        return ResultLine(starts, error.text)
    with context.runtime.database.reading() as db:
        changed = by_reference(db, context.catalogue, view.reference)
    resources = all_of([resource.name for resource in changed.resources])
    return ResultLine(starts, str(_("%(name)s: %(resources)s", name=view.resident.name, resources=resources)))


def _page(
    context: SiteContext, date: str, done: Sequence[ResultLine] = (), refused: Sequence[ResultLine] = ()
) -> ResponseReturnValue:
    """The visits that are still to be rebooked, and what was just done; the view is put into the access log."""
    day = context.day(date)
    views = [person.appointment for person in day.to_rebook if person.appointment.ends_at > day.now]
    found = other_resources(context.db, context.catalogue, views, day.now)
    fitting = {one.appointment.id for one in found if one.resources}
    offered = [
        person.appointment.id for person in day.to_rebook if person.answer_by and person.appointment.id in fitting
    ]
    told = told_counts(expected_of_keeping(context.db, context.authority, offered, day.now).values() if offered else ())
    page = other_resources_page(day, found, done, refused, told)
    context.log_view("other_resources", page.residents, date=date)
    html = render_template(
        "site/other_resources.html",
        page=page,
        site=context.site,
        address=url_for("site.day", site=context.site.slug, date=date),
        may_rebook=context.may(Action.CHANGE_APPOINTMENT),
    )
    return html, 409 if refused else 200
