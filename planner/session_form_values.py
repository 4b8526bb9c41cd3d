"""The form of a session filled in: with what can be chosen, and with what a session says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from locations.importing.value_checks import WEEKDAYS
from locations.model import modes_of_site
from locations.school_holidays import school_days_off
from locations.session_patterns import Repeats
from locations.session_tables import PlainSession, held_dates
from planner.release_fields import ReleaseExample, example_of, read_lines, release_lines
from planner.resource_choices import resource_choices, resources_here
from planner.session_forms import SessionForm
from web.names_apart import names_apart
from web.page_context import SiteContext
from web.request_language import day_names

EXAMPLE_WITHIN, EXAMPLE_AHEAD = timedelta(days=366), timedelta(days=28)


def new_session_form(context: SiteContext, sent: MultiDict[str, str] | None, shown: Mapping[str, Any]) -> SessionForm:
    """The form of a session that is not there yet, with what was sent, or else with the values `shown`."""
    form = SessionForm(formdata=sent, meta={"csrf": False}, data=shown)
    fill_choices(form, context)
    return form


def fill_choices(form: SessionForm, context: SiteContext, stored: PlainSession | None = None) -> None:
    """Give the form what can be chosen, the site's own resources and the council's people; and a rule that stands already.

    What its shares mean is shown for the next day on which it is held.
    """
    catalogue, site = context.catalogue, context.site
    form.example = _example(form, context, stored)
    form.weekdays.choices = list(zip(WEEKDAYS, day_names(), strict=True))
    form.resources.choices = resource_choices(resources_here(context))
    chosen = {*(form.services.data or ()), *(stored.services if stored else ())}
    form.services.choices = [
        *names_apart(
            one
            for one in catalogue.services
            if one.slug in chosen or not set(modes_of_site(site.kind)).isdisjoint(one.modes)
        ).items()
    ]
    form.school_days_off = school_days_off(catalogue.authority.school_holidays)
    form.lengths = {one.slug: (one.name, one.duration_minutes) for one in catalogue.services}
    if stored is not None and stored.pattern.repeats is Repeats.RULE:
        form.rule = stored.pattern.rule
        words = gettext("By the rule of the council’s file: %(rule)s", rule=form.rule)
        form.repeats.choices = [*form.repeats.choices, (Repeats.RULE.value, words)]


def values_of(session: PlainSession) -> dict[str, Any]:
    """The values of the fields that say exactly this session."""
    pattern, hours = session.pattern, session.hours
    return {
        "repeats": pattern.repeats.value,
        "weekdays": list(pattern.weekdays),
        "weeks": [str(week) for week in pattern.weeks],
        "month_day": str(pattern.month_day) if pattern.month_day else "",
        "first_date": _day(pattern.first_date),
        "last_date": _day(pattern.last_date),
        "starts": f"{hours.starts:%H:%M}",
        "ends": f"{hours.ends:%H:%M}",
        "break_starts": f"{hours.break_starts:%H:%M}" if hours.break_starts else "",
        "break_ends": f"{hours.break_ends:%H:%M}" if hours.break_ends else "",
        "school": session.school,
        "drop_in": hours.drop_in,
        "resources": list(session.resources),
        "services": list(session.services),
        "reserved_percent": str(hours.reserved_percent) if hours.reserved_percent else "",
        "release_hours": str(hours.release_hours) if hours.release_hours else "",
        "releases": release_lines(hours.releases),
    }


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _example(form: SessionForm, context: SiteContext, stored: PlainSession | None) -> ReleaseExample | None:
    """What the shares in the form mean for one day; None where there are none, or they cannot be read."""
    try:
        of_staff = int(form.reserved_percent.data or 0)
        releases = read_lines(form.releases.data or "", of_staff)
    except ValueError:
        return None
    days = held_dates(stored, context.today, context.today + EXAMPLE_WITHIN, 1) if stored is not None else ()
    day = days[0] if days else form.first_date.day or context.today + EXAMPLE_AHEAD
    return example_of(releases, of_staff, day, context.catalogue.authority.zone)
