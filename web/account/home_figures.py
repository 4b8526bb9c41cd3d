"""What the home page of staff says needs doing, and the figures of their sites; each one leads to the list behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import url_for

from booking.queries.appointments import AppointmentView
from booking.queries.site_figures import DayFigures, figures_of, next_visits
from locations.model import SiteFacts
from people.residents.access_log import log_access
from people.staff.policy import Action, sites_for
from web.account.home import MOST_SITES, sites_of_staff, url_or_none
from web.account.home_to_do import ToDo, to_do
from web.page_context import StaffContext
from web.request_language import format_time

MOST_WITH_NEXT = 3  # sites: who serves more works no single desk
NEXT_VISITS = 3


@dataclass(frozen=True)
class SiteLine:
    """A site today and tomorrow."""

    site: SiteFacts
    today: DayFigures
    tomorrow: DayFigures

    may_plan: bool = False

    @property
    def href(self) -> str:
        """The address of today's list."""
        return self._list_of(self.today)

    @property
    def tomorrow_href(self) -> str:
        """The address of tomorrow's list."""
        return self._list_of(self.tomorrow)

    @property
    def plan_href(self) -> str:
        """Where it stands what each resource does today: by half hours for who plans, or on today's list."""
        return self._plan_of(self.today)

    @property
    def tomorrow_plan_href(self) -> str:
        """The same of tomorrow."""
        return self._plan_of(self.tomorrow)

    def _list_of(self, day: DayFigures) -> str:
        return url_for("site.day", site=self.site.slug, date=str(day.date))

    def _plan_of(self, day: DayFigures) -> str:
        href = url_or_none("planner.week_day", site=self.site.slug, date=str(day.date)) if self.may_plan else None
        return href or self._list_of(day)

    @property
    def away_today(self) -> str:
        """The names of the people who are away today, of those who were to work there."""
        return ", ".join(resource.name for resource in self.today.away)


@dataclass(frozen=True)
class NextVisit:
    """A visit that comes next: when, who, for what, and where on its day list it stands."""

    view: AppointmentView
    time: str
    href: str


@dataclass(frozen=True)
class HomeFigures:
    """All that the home page says of the present. `more_sites` are on the list of all sites alone."""

    to_do: tuple[ToDo, ...]
    sites: tuple[SiteLine, ...]
    more_sites: int
    next_visits: tuple[NextVisit, ...]


def home_figures(context: StaffContext) -> HomeFigures:
    """The figures for whoever is signed in. Whose names are shown is written into the access log."""
    sites = sites_of_staff(context.staff, context.catalogue.sites)
    lines = _site_lines(context, sites)
    coming = tuple(_next_visits(context, sites)) if len(sites) <= MOST_WITH_NEXT else ()
    more = len(sites) - len(lines) if lines else 0
    return HomeFigures(tuple(to_do(context)), tuple(lines), more, coming)


def _site_lines(context: StaffContext, sites: list[SiteFacts]) -> list[SiteLine]:
    if not sites or url_or_none("site.today", site=sites[0].slug) is None:
        return []
    dates = (context.today, context.today + timedelta(days=1))
    figures = figures_of(context.db, context.catalogue, sites, dates, context.now, most=MOST_SITES)
    planned = sites_for(context.staff.roles, Action.MANAGE_SESSIONS)
    return [
        SiteLine(today.site, today, tomorrow, planned is None or today.site.id in planned)
        for today, tomorrow in figures
    ]


def _next_visits(context: StaffContext, sites: list[SiteFacts]) -> list[NextVisit]:
    ids = [site.id for site in sites]
    views = next_visits(context.db, context.catalogue, ids, context.today, context.now, NEXT_VISITS) if ids else []
    if views:
        facts = {"residents": [view.resident.id for view in views]}
        with context.runtime.database.writing() as db:
            log_access(db, context.authority.id, None, context.actor, "staff_home", context.now, **facts)
    return [NextVisit(view, _time(view.starts_at, view.zone), _row_of(view)) for view in views]


def _time(at: datetime, zone: str) -> str:
    return format_time(at.astimezone(ZoneInfo(zone)))


def _row_of(view: AppointmentView) -> str:
    day_list = url_for("site.day", site=view.site.slug, date=str(view.local_date))
    return f"{day_list}#{view.reference}"
