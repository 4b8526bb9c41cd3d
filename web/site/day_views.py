"""The day list: the page, the part of it that refreshes itself, the print view and the CSV file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.states import CANCELLED, MOVES, NEEDS_REASON
from booking.visits.day_change_queries import SiteDate
from core.audit import record
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.change_streams import change_stream
from web.labels import ROW_ACTIONS as ROW_ACTION_LABELS
from web.page_context import SiteContext, date_of, site_context
from web.site.day_csv import day_csv
from web.site.day_page import DayFilter, DayPage, day_page, filter_fields, read_filter
from web.site.day_rows import RowRights
from web.site.outcome_errors import RowError
from web.site.outcome_words import ROW_ACTIONS
from web.site.site_blueprint import DAY_PATH, SITE_PATH, blueprint
from web.site.told_of_day import told_of_day

# When the rows were read, in the site's own time and in UTC; on an unchanged answer (304) too.
AS_AT, NOW = "Fd-As-At", "Fd-Now"


@blueprint.get(f"{SITE_PATH}/today")
@requires(Action.SEE_DAY_LIST, site_arg="site")
def today(site: str) -> ResponseReturnValue:
    """Go to the site's present day."""
    with site_context(site) as context:
        return redirect(url_for("site.day", site=site, date=context.today.isoformat()))


@blueprint.get(f"{SITE_PATH}/days", endpoint="pick")
@requires(Action.SEE_DAY_LIST, site_arg="site")
def pick_date(site: str) -> ResponseReturnValue:
    """Go to the date in the query; without one, to today."""
    requested_date = request.args.get("date", "").strip()
    with site_context(site) as context:
        local_date = date_of(requested_date) if requested_date else context.today
        query = _read_filter(context).query
    return redirect(url_for("site.day", site=site, date=local_date.isoformat()) + query)


@blueprint.get(DAY_PATH)
@requires(Action.SEE_DAY_LIST, site_arg="site")
def day(site: str, date: str) -> ResponseReturnValue:
    """The day list."""
    with site_context(site) as context:
        return show_day(context, date)


@blueprint.get(f"{DAY_PATH}/rows")
@requires(Action.SEE_DAY_LIST, site_arg="site")
def rows(site: str, date: str) -> ResponseReturnValue:
    """The part of the page that changes; 304 and no entry in the access log when nothing has changed."""
    with site_context(site) as context:
        page = _read_page(context, date, _read_filter(context))
        if request.if_none_match.contains_weak(page.mark):
            response = Response(status=304)
        else:
            context.log_view("day_list_refresh", page.residents, date=date)
            response = Response(render_template("site/rows.html", **_values(context, page)), mimetype="text/html")
        response.set_etag(page.mark)
        response.headers[AS_AT], response.headers[NOW] = page.as_at, page.now.isoformat()
        return response


@blueprint.get(f"{DAY_PATH}/changes")
@requires(Action.SEE_DAY_LIST, site_arg="site")
def changes(site: str, date: str) -> ResponseReturnValue:
    """A stream that says when the day has changed, for as long as the page is open; it says nothing else."""
    with site_context(site) as context:
        day = SiteDate(context.site.id, date_of(date))
        asker = f"staff {context.staff.staff_id}"
    return change_stream(day, asker)


@blueprint.get(f"{DAY_PATH}/print", endpoint="printed")
@requires(Action.SEE_DAY_LIST, site_arg="site")
def print_day(site: str, date: str) -> ResponseReturnValue:
    """The day for paper."""
    with site_context(site) as context:
        page = _read_page(context, date, _read_filter(context))
        context.log_view("day_list_print", page.residents, date=date)
        printed_at = context.now.astimezone(ZoneInfo(context.zone))
        return render_template("site/print.html", printed_at=printed_at, **_values(context, page))


@blueprint.get(f"{DAY_PATH}/list.csv")
@requires(Action.EXPORT_DAY_LIST, site_arg="site")
def export(site: str, date: str) -> ResponseReturnValue:
    """The day as a CSV file."""
    with site_context(site) as context:
        page = _read_page(context, date, _read_filter(context))
        context.log_view("day_list_export", page.residents, date=date)
        _record_export(context, date, len(page.rows))
        name = f"{context.site.slug}-{date}.csv"
        disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
        text = day_csv(page.local_date, page.rows, ZoneInfo(context.zone))
        return Response(text, content_type="text/csv; charset=utf-8", headers=disposition)


@dataclass(frozen=True)
class LinkRights:
    """What whoever looks at the list may open from it: the resident's page, and the forms there that change something.

    `site` is the slug of the list's site.
    """

    site: str
    may_find: bool
    may_change: bool


def show_day(
    context: SiteContext, date: str, row_error: RowError | None = None, status: int = 200
) -> ResponseReturnValue:
    """The day list, with the error of a row where there is one; the view is put into the access log."""
    day_filter = _read_filter(context)
    if row_error and row_error.reference:
        day_filter = replace(day_filter, keep=row_error.reference)
    page = _read_page(context, date, day_filter)
    context.log_view("day_list", page.residents, date=date)
    errors = row_error.errors({row.reference for row in page.rows}) if row_error else []
    return render_template("site/day.html", row_error=row_error, errors=errors, **_values(context, page)), status


def _read_page(context: SiteContext, date: str, day_filter: DayFilter) -> DayPage:
    rights = RowRights(
        may_record=context.may(Action.RECORD_OUTCOME),
        may_ring_instead=context.may(Action.RECORD_OUTCOME),
        may_arrange=context.may(Action.ARRANGE_NEED),
        may_change_resources=context.may(Action.CHANGE_RESOURCES),
    )
    day = context.day(date)
    return day_page(day, day_filter, rights, told_of_day(context, day))


def _read_filter(context: SiteContext) -> DayFilter:
    return read_filter(request.args, context.catalogue, context.site)


def _record_export(context: SiteContext, date: str, appointments: int) -> None:
    with context.runtime.database.writing() as db:
        record(
            db,
            context.actor,
            "day_list_exported",
            ("site", context.site.id),
            authority_id=context.authority.id,
            now=context.now,
            date=date,
            appointments=appointments,
        )


def _walk_in_services(context: SiteContext) -> list[tuple[str, str]]:
    """For what somebody can be given a ticket here without network. Whether a desk can serve it is seen when it is sent."""
    offered = (one for one in context.catalogue.services if one.id in context.site.service_ids)
    return [(service.slug, service.name) for service in offered if "in_person" in service.modes]


def _next_steps() -> dict[str, list[dict[str, object]]]:
    """What can be noted after each state without network, in the order of the row's buttons."""
    order = [*ROW_ACTIONS, *(state for state in NEEDS_REASON if state not in ROW_ACTIONS)]
    return {
        state.value: [
            {"to": after.value, "label": str(ROW_ACTION_LABELS[after]), "needsReason": after in NEEDS_REASON}
            for after in order
            if after in possible - CANCELLED
        ]
        for state, possible in MOVES.items()
    }


def _values(context: SiteContext, page: DayPage) -> dict[str, object]:
    return {
        "page": page,
        "site": context.site,
        "day_filter": page.day_filter,
        "filter_fields": filter_fields(page.day_filter, context.catalogue, context.site),
        "address": url_for("site.day", site=context.site.slug, date=page.local_date.isoformat()),
        "may_rebook": context.may(Action.CHANGE_APPOINTMENT),
        "rights": LinkRights(
            context.site.slug, context.may(Action.FIND_RESIDENT), context.may(Action.CHANGE_APPOINTMENT)
        ),
        "may_change_resources": any(row.may_change_resources for row in page.to_rebook),
        "may_take_walk_in": page.is_today and context.may(Action.TAKE_WALK_IN),
        "walk_in_services": _walk_in_services(context) if page.is_today and context.may(Action.TAKE_WALK_IN) else [],
        "next_steps": _next_steps() if context.may(Action.RECORD_OUTCOME) else {},
        "may_export": context.may(Action.EXPORT_DAY_LIST),
        "may_manage_feeds": context.may(Action.MANAGE_FEEDS),
    }
