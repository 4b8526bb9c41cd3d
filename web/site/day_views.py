"""The day list: the page, the part of it that refreshes itself, the print view and the CSV file."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.audit import record
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.account.home import url_or_none
from web.page_context import SiteContext, date_of, site_context
from web.site.day_csv import day_csv
from web.site.day_filter import DayFilter, read_filter
from web.site.day_page import DayPage, neighbours, page_of, services_of
from web.site.outcome_errors import NO_ERROR, RowError

AS_AT = "Fd-As-At"  # when the rows were read, in the site's own time; on an unchanged answer (304) too


def add_routes(blueprint: Blueprint) -> None:
    """The pages of a site's day."""
    at = "/staff/sites/<site>"
    blueprint.add_url_rule(f"{at}/today", "today", today)
    blueprint.add_url_rule(f"{at}/days", "pick", pick)
    blueprint.add_url_rule(f"{at}/days/<date>", "day", day)
    blueprint.add_url_rule(f"{at}/days/<date>/rows", "rows", rows)
    blueprint.add_url_rule(f"{at}/days/<date>/print", "printed", printed)
    blueprint.add_url_rule(f"{at}/days/<date>/list.csv", "export", export)


@requires(Action.SEE_DAY_LIST, site_arg="site")
def today(site: str) -> ResponseReturnValue:
    """Go to the site's present day."""
    with site_context(site) as desk:
        return redirect(url_for("site.day", site=site, date=desk.today.isoformat()))


@requires(Action.SEE_DAY_LIST, site_arg="site")
def pick(site: str) -> ResponseReturnValue:
    """Go to the date that was picked; without one, to today."""
    wanted = request.args.get("date", "").strip()
    with site_context(site) as desk:
        chosen = date_of(wanted) if wanted else desk.today
        narrowed = read_filter(request.args, desk.catalogue, desk.site)
    return redirect(url_for("site.day", site=site, date=chosen.isoformat()) + narrowed.query)


@requires(Action.SEE_DAY_LIST, site_arg="site")
def day(site: str, date: str) -> ResponseReturnValue:
    """The day list."""
    with site_context(site) as desk:
        return show_day(desk, date)


@requires(Action.SEE_DAY_LIST, site_arg="site")
def rows(site: str, date: str) -> ResponseReturnValue:
    """The part of the page that changes; 304 when nothing has. Only what is shown anew counts as a look."""
    with site_context(site) as desk:
        page = _page(desk, date)
        if request.if_none_match.contains_weak(page.mark):
            answer = Response(status=304)
        else:
            desk.log_view("day_list_refresh", page.residents, date=date)
            answer = Response(render_template("site/rows.html", **_page_values(desk, page)), mimetype="text/html")
        answer.set_etag(page.mark)
        answer.headers[AS_AT] = page.as_at
        return answer


@requires(Action.SEE_DAY_LIST, site_arg="site")
def printed(site: str, date: str) -> ResponseReturnValue:
    """The day for paper."""
    with site_context(site) as desk:
        page = _page(desk, date)
        desk.log_view("day_list_print", page.residents, date=date)
        at = desk.now.astimezone(ZoneInfo(desk.catalogue.authority.zone))
        return render_template("site/print.html", printed_at=at, **_page_values(desk, page))


@requires(Action.EXPORT_DAY_LIST, site_arg="site")
def export(site: str, date: str) -> ResponseReturnValue:
    """The day as a CSV file."""
    with site_context(site) as desk:
        page = _page(desk, date)
        desk.log_view("day_list_export", page.residents, date=date)
        with desk.runtime.database.writing() as db:
            record(
                db,
                desk.actor,
                "day_list_exported",
                ("site", desk.site.id),
                authority_id=desk.catalogue.authority.id,
                now=desk.now,
                date=date,
                appointments=len(page.rows),
            )
        name = f"{desk.site.slug}-{date}.csv"
        disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
        text = day_csv(page.local_date, page.rows, ZoneInfo(desk.catalogue.authority.zone))
        return Response(text, content_type="text/csv; charset=utf-8", headers=disposition)


def show_day(desk: SiteContext, wanted: str, row_error: RowError = NO_ERROR, status: int = 200) -> ResponseReturnValue:
    """The day list, with what went wrong when something did; that it was looked at is put on record."""
    narrowed = _narrowed(desk)
    if row_error.reference and narrowed.show:
        narrowed = replace(narrowed, keep=row_error.reference)
    page = page_of(desk.day(wanted), narrowed, may_record=desk.may(Action.RECORD_OUTCOME))
    desk.log_view("day_list", page.residents, date=wanted)
    before, after = neighbours(page.local_date)
    errors = row_error.errors({row.reference for row in page.rows})
    values = _page_values(desk, page) | {"narrowed": narrowed}
    return render_template(
        "site/day.html", row_error=row_error, errors=errors, before=before, after=after, **values
    ), status


def _page(desk: SiteContext, wanted: str) -> DayPage:
    return page_of(desk.day(wanted), _narrowed(desk), may_record=desk.may(Action.RECORD_OUTCOME))


def _narrowed(desk: SiteContext) -> DayFilter:
    return read_filter(request.args, desk.catalogue, desk.site)


def _page_values(desk: SiteContext, page: DayPage) -> dict[str, object]:
    return {
        "page": page,
        "site": desk.site,
        "zone": desk.catalogue.authority.zone,
        "narrowed": _narrowed(desk),
        "address": url_for("site.day", site=desk.site.slug, date=page.local_date.isoformat()),
        "resources": desk.site.resources,
        "services": services_of(desk.catalogue, desk.site),
        "rebook_at": url_or_none("agent.start") if desk.may(Action.CHANGE_APPOINTMENT) else None,
        "may_export": desk.may(Action.EXPORT_DAY_LIST),
        "may_manage_feeds": desk.may(Action.MANAGE_FEEDS),
    }
