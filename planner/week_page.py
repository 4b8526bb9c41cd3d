"""The week of a site as its manager sees it: resources by day, each session a block that says hours and services."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext

from booking.queries.week_plan import DayPlan, ResourcePlan
from core.wall_clock import instant_of
from locations.model import Catalogue
from locations.session_facts import ClosureFacts, ExceptionFacts, SessionHours
from locations.session_openings import HeldSession
from planner.resource_choices import resource_choices
from web.labels import MODES, label_of
from web.request_language import all_of, format_minutes, format_time

SERVICES_NAMED = 2  # in a block; the others are counted


@dataclass(frozen=True)
class SessionBlock:
    """A session of a resource on a day: hours, what it opens, and what is unusual about it."""

    slug: str
    hours: str
    services: str
    note: str
    is_off: bool


@dataclass(frozen=True)
class WeekCell:
    """A resource (its slug) on a day: what is booked, held, free and shut. `fill` is None when nothing is open."""

    resource: str
    blocks: tuple[SessionBlock, ...]
    notes: tuple[str, ...]
    figures: tuple[str, ...]
    fill: int | None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say."""
        return not (self.blocks or self.notes or self.figures)


@dataclass(frozen=True)
class WeekDay:
    """A day at the head of its column. `notes` say what shuts the whole site."""

    date: date
    is_today: bool
    notes: tuple[str, ...]


@dataclass(frozen=True)
class WeekRow:
    """A resource with a cell for each day."""

    name: str
    cells: tuple[WeekCell, ...]

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing in it."""
        return all(cell.is_empty for cell in self.cells)


@dataclass(frozen=True)
class WeekPage:
    """The week. `idle` are the names of resources without anything in it."""

    days: tuple[WeekDay, ...]
    rows: tuple[WeekRow, ...]
    idle: tuple[str, ...]

    @property
    def by_day(self) -> Iterator[tuple[WeekDay, list[tuple[str, WeekCell]]]]:
        """Each day with the resources that have something on it."""
        for number, day in enumerate(self.days):
            cells = ((row.name, row.cells[number]) for row in self.rows)
            yield day, [(name, cell) for name, cell in cells if not cell.is_empty]


def week_page(catalogue: Catalogue, plans: tuple[DayPlan, ...], today: date) -> WeekPage:
    """The page of these days."""
    zone = ZoneInfo(catalogue.authority.zone)
    names = {service.id: service.name for service in catalogue.services}
    days = tuple(WeekDay(plan.date, plan.date == today, tuple(site_notes(plan, zone))) for plan in plans)
    by_resource = list(zip(*(plan.resources for plan in plans), strict=True))
    labels = dict(resource_choices(of_days[0].resource for of_days in by_resource))
    rows = [
        WeekRow(
            labels[of_days[0].resource.slug],
            tuple(_cell(plan, of_day, names, zone) for plan, of_day in zip(plans, of_days, strict=True)),
        )
        for of_days in by_resource
    ]
    return WeekPage(days, tuple(row for row in rows if not row.is_idle), tuple(row.name for row in rows if row.is_idle))


def site_notes(plan: DayPlan, zone: ZoneInfo) -> Iterator[str]:
    """What shuts the site, or a part of it, on a day."""
    if plan.holiday:
        yield _("Bank holiday: %(name)s", name=plan.holiday)
    for closure in plan.closures:
        if closure.resource_id is None:
            yield _closure_text(closure, plan, zone)


def hours_text(hours: SessionHours | ExceptionFacts) -> str:
    """ "9am to 1pm"."""
    if hours.starts is None or hours.ends is None:
        return ""
    parts = hours.parts if isinstance(hours, SessionHours) else ((hours.starts, hours.ends),)
    texts = [_("%(start)s to %(end)s", start=format_time(start), end=format_time(end)) for start, end in parts]
    return all_of([str(text) for text in texts])


def figures_of(plan: ResourcePlan) -> Iterator[str]:
    """How much of a resource is booked, held, free and shut on a day, where there is anything."""
    if plan.booked:
        yield ngettext("%(num)d booked", "%(num)d booked", plan.booked)
    if plan.held:
        yield ngettext("%(num)d held", "%(num)d held", plan.held)
    if plan.open_minutes:
        yield _free_text(plan)
    if plan.shut_minutes:
        yield _("%(time)s shut", time=format_minutes(plan.shut_minutes))


def _free_text(plan: ResourcePlan) -> str:
    """How much is free from now on, or was where it is over."""
    free, left = format_minutes(plan.free_minutes), format_minutes(plan.left_minutes)
    if not plan.free_minutes:
        return str(_("nothing free"))
    if not plan.left_minutes:
        return str(_("%(time)s stayed free", time=free))
    if plan.left_minutes < plan.free_minutes:
        return str(_("%(time)s still free", time=left))
    return str(_("%(time)s free", time=free))


def _cell(day: DayPlan, plan: ResourcePlan, names: Mapping[int, str], zone: ZoneInfo) -> WeekCell:
    closures = (one for one in day.closures if one.resource_id == plan.resource.id)
    return WeekCell(
        resource=plan.resource.slug,
        blocks=tuple(_block(session, names, is_holiday=bool(day.holiday)) for session in plan.sessions),
        notes=tuple(_closure_text(one, day, zone) for one in closures),
        figures=tuple(figures_of(plan)),
        fill=plan.fill_percent,
    )


def _block(session: HeldSession, names: Mapping[int, str], *, is_holiday: bool) -> SessionBlock:
    return SessionBlock(
        slug=session.slug,
        hours=hours_text(session.hours) if session.hours else "",
        services=services_text(names[service_id] for service_id in sorted(session.service_ids)),
        note=_note(session, is_holiday=is_holiday) or _drop_in_note(session),
        is_off=session.hours is None or is_holiday,
    )


def _drop_in_note(session: HeldSession) -> str:
    return str(_("Drop in, no appointment")) if session.hours is not None and session.hours.drop_in else ""


def _note(session: HeldSession, *, is_holiday: bool) -> str:
    if session.is_dated:
        return str(_("This date only"))
    if session.hours is None and session.exception is None:
        return str(_("Not held: bank holiday"))
    if session.exception is None:
        return ""
    if session.hours is None:
        reason = session.exception.reason
        return str(_("Not held: %(reason)s", reason=reason)) if reason else str(_("Not held on this date"))
    return str(_("Other hours on this date"))


def services_text(names: Iterable[str]) -> str:
    """The names of services; of many, the first ones and how many more."""
    known = sorted(names)
    more = len(known) - SERVICES_NAMED
    if more <= 1:
        return all_of(known)
    shown = ", ".join(known[:SERVICES_NAMED])
    return str(_("%(names)s and %(count)s more", names=shown, count=more))


def _closure_text(closure: ClosureFacts, day: DayPlan, zone: ZoneInfo) -> str:
    """ "Shut 9am to 1pm: training"; of a part of the services or ways to meet, "Partly shut ..."."""
    starts_at, ends_at = (at.astimezone(zone) for at in (closure.starts_at, closure.ends_at))
    is_partial = closure.service_ids is not None or bool(closure.mode)
    text = _("Partly shut") if is_partial else _("Shut")
    if closure.mode:
        text = _("Shut for %(mode)s", mode=label_of(MODES, closure.mode))
    if closure.is_busy_elsewhere:
        text = _("Busy elsewhere")
    hours = _hours_within(starts_at, ends_at, day, zone)
    if hours:
        text = _("%(shut)s %(hours)s", shut=text, hours=hours)
    return str(_("%(shut)s: %(reason)s", shut=text, reason=closure.reason) if closure.reason else text)


def _hours_within(starts_at: datetime, ends_at: datetime, day: DayPlan, zone: ZoneInfo) -> str:
    """The part of a day that a closure takes; empty for the whole day."""
    midnight = instant_of(day.base_unit).astimezone(zone)
    begins_before, ends_after = starts_at <= midnight, ends_at.date() > day.date
    if begins_before and ends_after:
        return ""
    if begins_before:
        return str(_("until %(time)s", time=format_time(ends_at)))
    if ends_after:
        return str(_("from %(time)s", time=format_time(starts_at)))
    return str(_("%(start)s to %(end)s", start=format_time(starts_at), end=format_time(ends_at)))
