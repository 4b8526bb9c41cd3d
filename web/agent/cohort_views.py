"""Lists of people who are invited wave by wave, as staff see them: how it stands, the people, and pause, go on or stop."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from booking.invitations.cohort_queries import CohortMember, CohortView, cohort_members, cohort_view, cohort_views
from booking.invitations.cohort_rules import MOVES, TASKS, CohortChange, CohortState, Standing, is_given_in
from booking.use_cases.change_cohort import change_cohort
from core.audit import record
from core.errors import NotFound, Stale
from core.spreadsheet_cells import BYTE_ORDER_MARK, safe_cell
from core.text import small_number
from people.residents.access_log import log_access
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent.cohort_labels import CHANGES, STANDINGS, STATES, effect_of
from web.agent.cohort_list_views import PATH
from web.agent.message_views import blueprint
from web.labels import label_of
from web.page_context import StaffContext, staff_context
from web.request_language import format_moment_short

PAGE_SIZE = 100
SAID: dict[str, LazyString] = {
    "taken": _l("The list is taken. The first people are invited within a minute."),
    "pause": _l("The list is paused. Nobody more is invited until you go on."),
    "resume": _l("The list goes on."),
    "stop": _l("The list is stopped. Links that are out go on working."),
    "withdraw": _l("The list is stopped, and its links have ended."),
}


@blueprint.get(PATH)
@requires(Action.INVITE)
def cohorts() -> ResponseReturnValue:
    """The lists of the council, the newest first."""
    with staff_context() as context:
        views = cohort_views(context.db, context.catalogue, context.served_sites)
        return render_template("staff/cohorts.html", views=views, states=STATES, booked=Standing.BOOKED)


@blueprint.get(f"{PATH}/<int:cohort>")
@requires(Action.INVITE)
def one_cohort(cohort: int) -> ResponseReturnValue:
    """One list: how many stand how, and the people who stand so."""
    with staff_context() as context:
        view = cohort_view(context.db, context.catalogue, cohort, context.served_sites)
        standing, page = _standing(), small_number(request.args.get("page", "")) or 1
        found = cohort_members(context.db, cohort, standing, offset=(page - 1) * PAGE_SIZE, most=PAGE_SIZE + 1)
        shown = found[:PAGE_SIZE]
        _log(context, shown)
        return render_template(
            "staff/cohort.html",
            view=view,
            standing=standing,
            standings=STANDINGS,
            tasks=TASKS,
            states=STATES,
            changes=[(one, label_of(CHANGES, one)) for one in MOVES[view.state]],
            members=shown,
            page=page,
            has_more=len(found) > PAGE_SIZE,
            next_wave=_next_wave(context, view),
            is_given=is_given_in(context.catalogue, view.row, context.today),
            said=SAID.get(request.args.get("said", "")),
        )


def _next_wave(context: StaffContext, view: CohortView) -> str:
    """When the next people are invited; empty where nobody is."""
    at = view.row.next_wave_at
    if at is None or view.state is not CohortState.RUNNING or not view.counts[Standing.WAITING]:
        return ""
    moment = format_moment_short(at.astimezone(ZoneInfo(context.zone)))
    if at <= context.now:
        return str(_("Now"))
    return str(_("%(moment)s, or as soon as everybody who is invited has answered", moment=moment))


@blueprint.get(f"{PATH}/<int:cohort>/people.csv")
@requires(Action.INVITE)
def cohort_file(cohort: int) -> ResponseReturnValue:
    """Everybody on the list, as a file."""
    with staff_context() as context:
        view = cohort_view(context.db, context.catalogue, cohort, context.served_sites)
        members = cohort_members(context.db, cohort)
        _log(context, members)
        with context.runtime.database.writing() as db:
            about, council = ("cohort", cohort), context.authority.id
            record(db, context.actor, "list_exported", about, authority_id=council, now=context.now)
        text = _file(members)
    headers = {"Content-Disposition": f'attachment; filename="invited-{view.row.id}.csv"'}
    return Response(text, content_type="text/csv; charset=utf-8", headers=headers)


def _file(members: Sequence[CohortMember]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([_("Name"), _("Case number"), _("Wave"), _("How it stands"), _("Reference")])
    for one in members:
        cells = (one.name, one.case_number, str(one.wave or ""), label_of(STANDINGS, one.standing), one.reference)
        writer.writerow(safe_cell(str(cell)) for cell in cells)
    return BYTE_ORDER_MARK + out.getvalue()


@blueprint.get(f"{PATH}/<int:cohort>/change")
@requires(Action.INVITE)
def cohort_change(cohort: int) -> ResponseReturnValue:
    """What the change would do. Raises: NotFound for none that can be made now."""
    with staff_context() as context:
        return _change_page(context, cohort, _change(request.args.get("to", "")))


@blueprint.post(f"{PATH}/<int:cohort>/change")
@requires(Action.INVITE)
def make_cohort_change(cohort: int) -> ResponseReturnValue:
    """Pause it, go on with it or stop it; not where a colleague has changed it since the page was shown."""
    wanted, seen = _change(request.form.get("to", "")), request.form.get("version", "")
    version = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0
    with staff_context() as context:
        served, council = context.served_sites, context.authority.id
        try:
            change_cohort(context.runtime, council, cohort, wanted, version, actor=context.actor, served=served)
        except Stale:
            with staff_context() as now:
                return Response(_change_page(now, cohort, wanted, has_changed=True), status=409)
    return redirect(url_for("messages.one_cohort", cohort=cohort, said=wanted.value), code=303)


def _change_page(context: StaffContext, number: int, change: CohortChange, *, has_changed: bool = False) -> str:
    view = cohort_view(context.db, context.catalogue, number, context.served_sites)
    return render_template(
        "staff/cohort_change.html",
        view=view,
        change=change,
        title=label_of(CHANGES, change),
        effect=effect_of(view, change),
        may=change in MOVES[view.state],
        states=STATES,
        has_changed=has_changed,
    )


def _change(text: str) -> CohortChange:
    try:
        return CohortChange(text)
    except ValueError as error:
        raise NotFound from error


def _standing() -> Standing | None:
    text = request.args.get("standing", "")
    return Standing(text) if text in set(Standing) else None


def _log(context: StaffContext, shown: Sequence[CohortMember]) -> None:
    ids = sorted({one.resident_id for one in shown})
    if ids:
        with context.runtime.database.writing() as db:
            log_access(db, context.authority.id, None, context.actor, "invitations", context.now, residents=ids)
