"""The sessions of the days to come that lack the people or the things that they need, at all sites of who plans them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import groupby

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from booking.availability.unstaffed import UnstaffedSession, days_looked_at, unstaffed_sessions
from people.staff.access_marks import requires
from people.staff.policy import Action
from planner.planner_blueprint import blueprint
from planner.week_page import hours_text
from web.account.home import managed_sites_of_staff
from web.manage.lacking_sessions import lacks_of
from web.page_context import staff_context

MOST_SHOWN = 200


@dataclass(frozen=True)
class UnstaffedLine:
    """A session as the page shows it: where and when, what it lacks, and where that is put right."""

    site_name: str
    hours: str
    lacks: tuple[str, ...]
    session_href: str
    day_href: str


@blueprint.get("/staff/unstaffed")
@requires(Action.MANAGE_SESSIONS)
def unstaffed() -> ResponseReturnValue:
    """The sessions of a week that have nobody, or lack what their services need, by day."""
    with staff_context() as context:
        sites = managed_sites_of_staff(context.staff, context.catalogue.sites)
        days = days_looked_at(context.today)
        found = unstaffed_sessions(context.catalogue, sites, days, context.now)
        return render_template(
            "planner/unstaffed.html", days=_by_day(found[:MOST_SHOWN]), last_day=days[-1], more=len(found) - MOST_SHOWN
        )


def _by_day(found: list[UnstaffedSession]) -> list[tuple[date, list[UnstaffedLine]]]:
    return [(day, [_line(one) for one in of_day]) for day, of_day in groupby(found, key=lambda one: one.date)]


def _line(one: UnstaffedSession) -> UnstaffedLine:
    site, on = one.site.slug, str(one.date)
    return UnstaffedLine(
        one.site.name,
        hours_text(one.hours),
        tuple(lacks_of(one)),
        url_for("planner.session", site=site, session=one.slug, date=on),
        url_for("planner.week_day", site=site, date=on),
    )
