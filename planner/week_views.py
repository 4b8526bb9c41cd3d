"""The week of a site, and one of its days by half hours: for the screen and for paper."""

from __future__ import annotations

from datetime import date, timedelta

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.queries.week_plan import days_of
from core.wall_clock import dates_between
from people.staff.access_marks import requires
from people.staff.policy import Action
from planner.break_warnings import break_notes
from planner.half_hours import half_hour_page
from planner.planner_blueprint import WEEK_PATH, blueprint
from planner.week_page import week_page
from web.page_context import SiteContext, date_of, site_context

ONE_WEEK = timedelta(days=7)


@blueprint.get(WEEK_PATH)
@requires(Action.MANAGE_SESSIONS, site_arg="site")
def week(site: str) -> ResponseReturnValue:
    """The week in which the date in the query lies; without one, this week."""
    with site_context(site) as context:
        monday = monday_of(_date_asked(context))
        days = tuple(dates_between(monday, monday + timedelta(days=6)))
        plans = days_of(context.db, context.catalogue, context.site, days, context.now)
        return render_template(
            "planner/week.html",
            site=context.site,
            page=week_page(context.catalogue, plans, context.today),
            monday=monday,
            sunday=days[-1],
            previous=monday - ONE_WEEK,
            following=monday + ONE_WEEK,
            is_this_week=monday == monday_of(context.today),
            today=context.today,
            is_saved="saved" in request.args,
            may_shut=context.may(Action.MANAGE_CLOSURES),
        )


@blueprint.get(f"{WEEK_PATH}/<date>")
@requires(Action.MANAGE_SESSIONS, site_arg="site")
def week_day(site: str, date: str) -> ResponseReturnValue:
    """A day by half hours."""
    with site_context(site) as context:
        day = date_of(date)
        (plan,) = days_of(context.db, context.catalogue, context.site, [day], context.now)
        return render_template(
            "planner/half_hours.html",
            site=context.site,
            day=day,
            page=half_hour_page(context.catalogue, plan),
            breaks=list(break_notes(plan)),
            previous=day - timedelta(days=1),
            following=day + timedelta(days=1),
            is_today=day == context.today,
        )


@blueprint.get(f"{WEEK_PATH}/days")
@requires(Action.MANAGE_SESSIONS, site_arg="site")
def pick_week_day(site: str) -> ResponseReturnValue:
    """Go to the day in the query; without one, to today."""
    with site_context(site) as context:
        day = _date_asked(context).isoformat()
    return redirect(url_for("planner.week_day", site=site, date=day))


def monday_of(day: date) -> date:
    """The Monday of the week of a day."""
    return day - timedelta(days=day.weekday())


def _date_asked(context: SiteContext) -> date:
    """The date in the query, or today. Raises: NotFound for what is no date."""
    asked = request.args.get("date", "").strip()
    return date_of(asked) if asked else context.today
