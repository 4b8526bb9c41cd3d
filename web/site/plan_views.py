"""The day as a plan: resources across, time down, for paper and for the wall."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from people.staff.access_marks import requires
from people.staff.policy import Action
from web.page_context import site_context
from web.site.day_plan import day_plan
from web.site.site_blueprint import DAY_PATH, blueprint


@blueprint.get(f"{DAY_PATH}/plan")
@requires(Action.SEE_DAY_LIST, site_arg="site")
def plan(site: str, date: str) -> ResponseReturnValue:
    """The plan of the day; the view is put into the access log."""
    with site_context(site) as context:
        day = context.day(date)
        residents = tuple(dict.fromkeys(view.resident.id for view in day.appointments))
        context.log_view("day_plan", residents, date=date)
        return render_template(
            "site/plan.html",
            site=context.site,
            local_date=day.date,
            tables=day_plan(day),
            address=url_for("site.day", site=site, date=date),
            printed_at=context.now.astimezone(ZoneInfo(context.zone)),
        )
