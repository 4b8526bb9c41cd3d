"""Give a closure another period: the form, what it would do, and then it is done."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.queries.closure_changes import change_of_closure
from booking.queries.closure_lists import MOST_SHOWN, ClosureView, by_start, first_due
from booking.queries.previewed_times import previewed_times
from booking.use_cases.closures import touched_by
from booking.use_cases.make_closure import change_closure, check_period, shut_in
from booking.use_cases.offers import make_offers
from core.errors import Invalid, NotFound
from locations.model import Catalogue
from locations.session_facts import FROM_FILE
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.reach_queries import can_be_told
from web.manage.closure_context import log_people, managed_closure
from web.manage.closure_forms import PeriodForm, period_form
from web.manage.closure_pages import PersonRow, closure_line, period_text, preview_rows
from web.manage.manage_blueprint import CLOSURE_PATH, blueprint
from web.manage.new_closure_views import PREVIEW_SECONDS, SECONDS
from web.manage.told_of_offers import told_of_keeping, told_of_offers
from web.page_context import StaffContext, staff_context

CHANGE_PATH = f"{CLOSURE_PATH}/change"


@blueprint.get(CHANGE_PATH)
@requires(Action.MANAGE_CLOSURES)
def change_form(closure: int) -> ResponseReturnValue:
    """The form with the period as it is, or with what the query says."""
    with staff_context() as context:
        shut = managed_closure(context, closure)
        if shut.is_lifted:
            return _lifted(shut)
        sent = request.args if "until_day" in request.args else None
        return _form_page(context, shut, period_form(sent, shut.starts_at, shut.ends_at, context.zone))


@blueprint.get(f"{CHANGE_PATH}/preview")
@requires(Action.MANAGE_CLOSURES)
def preview_change(closure: int) -> ResponseReturnValue:
    """Who would be affected in addition, and who would keep their time. Nothing is written but that somebody looked."""
    with staff_context() as context:
        shut = managed_closure(context, closure)
        if shut.is_lifted:
            return _lifted(shut)
        form = period_form(request.args, shut.starts_at, shut.ends_at, context.zone)
        if not _is_possible(form, context):
            return _form_page(context, shut, form), 400
        return _preview_page(context, shut, form)


@blueprint.post(CHANGE_PATH)
@requires(Action.MANAGE_CLOSURES)
def change(closure: int) -> ResponseReturnValue:
    """Change it, go on offering other times where that was wanted, and go to the closure's page."""
    with staff_context() as context:
        shut = managed_closure(context, closure)
        if shut.is_lifted:
            return _lifted(shut)
        form = period_form(request.form, shut.starts_at, shut.ends_at, context.zone)
        if not _is_possible(form, context):
            return _form_page(context, shut, form), 400
        period = form.period(context.zone)
        if period != (shut.starts_at, shut.ends_at):
            try:
                change_closure(context.runtime, context.authority.id, shut.id, *period, actor=context.actor)
            except NotFound:  # lifted at this moment
                return _lifted(shut)
            if shut.wants_offers:
                make_offers(context.runtime, can_be_told, closure_id=shut.id, seconds=SECONDS)
    return redirect(url_for("manage.closure", closure=closure, done="changed"), code=303)


def _lifted(shut: ClosureView) -> ResponseReturnValue:
    """On to the page of a closure that a colleague has lifted meanwhile: its period cannot be changed any more."""
    return redirect(url_for("manage.closure", closure=shut.id, done="lifted_before"), code=303)


def _is_possible(form: PeriodForm, context: StaffContext) -> bool:
    """Whether the form says a period that can be; what cannot stands at its fields."""
    if not form.validate():
        return False
    try:
        check_period(*form.period(context.zone))
    except Invalid as error:
        form.refuse_all(error)
        return False
    return True


def _form_page(context: StaffContext, shut: ClosureView, form: PeriodForm) -> str:
    return render_template(
        "manage/change.html",
        closure=shut,
        line=closure_line(shut, context.authority.name, context.zone),
        form=form,
        has_errors=bool(form.errors),
        is_of_file=shut.source == FROM_FILE,
    )


def _preview_page(context: StaffContext, shut: ClosureView, form: PeriodForm) -> str:
    period = form.period(context.zone)
    found = change_of_closure(context.db, shut.id, period, context.now, touched_by)
    return render_template(
        "manage/change_preview.html",
        closure=shut,
        line=closure_line(shut, context.authority.name, context.zone),
        when=period_text(*period, context.zone),
        found=found,
        told=told_of_keeping(context, found.keeping),
        told_too=told_of_offers(context, found.added) if found.added and shut.wants_offers else (),
        added=_rows(context, shut, found.added, then=_shut_then(context, shut, period)),
        keeping=_rows(context, shut, found.keeping),
        fields={name: request.args.get(name, "") for name in ("from_day", "from_time", "until_day", "until_time")},
        back=f"{url_for('manage.change_form', closure=shut.id)}?{urlencode(request.args.to_dict())}",
        read_at=context.now.astimezone(ZoneInfo(context.zone)),
    )


def _shut_then(context: StaffContext, shut: ClosureView, period: tuple[datetime, datetime]) -> Catalogue:
    """The set-up with the closure as it would be."""
    site_id, service_id = shut.site.id if shut.site else None, shut.service.id if shut.service else None
    what = (site_id, shut.resource_id, service_id)
    return shut_in(context.catalogue, period, *what, topic=shut.topic, mode=shut.mode)


def _rows(
    context: StaffContext, shut: ClosureView, ids: Collection[int], then: Catalogue | None = None
) -> list[PersonRow]:
    """The people of these appointments; with the time that each would be offered if it were `then` as shut as that."""
    views = by_start(context.db, context.catalogue, first_due(context.db, ids, MOST_SHOWN))
    log_people(context, "closure_change", views, closure=shut.id)
    if then is None:
        return preview_rows(context, views)
    times = previewed_times(context.db, then, [view.id for view in views], context.now, PREVIEW_SECONDS)
    return preview_rows(context, views, times)
