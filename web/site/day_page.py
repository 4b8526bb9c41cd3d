"""The day list as the template shows it: its filter, rows and free periods in their order, counts and notices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from booking.availability.free_periods import FreeStretch
from booking.queries.appointments import AppointmentView
from booking.queries.day_list import SiteDayView
from booking.states import CANCELLED, State
from core.text import printable
from core.tokens import parse_reference
from locations.model import Catalogue, SiteFacts
from web.labels import STATES_COUNTED
from web.missing_papers import sent_papers
from web.request_language import format_time
from web.site.day_rows import DayRow, RowRights, day_row, mark_of
from web.site.day_sections import (
    DayTime,
    GapRow,
    Section,
    gap_rows,
    is_meant,
    is_nearly_meant,
    notices,
    opening_text,
    sections_of,
)
from web.site.rebook_reasons import reason_text
from web.site.told_of_day import DayTold, with_told

ALL, TO_DO, WAITING, DONE, GAPS = "", "to-do", "waiting", "done", "free"
STATES_SHOWN: dict[str, frozenset[State]] = {
    ALL: frozenset(State),
    TO_DO: frozenset({State.BOOKED, State.ARRIVED, State.IN_PROGRESS}),
    WAITING: frozenset({State.ARRIVED}),
    DONE: frozenset({State.ATTENDED, State.NOT_COMPLETED, State.DID_NOT_ATTEND, State.LEFT_BEFORE_SEEN}) | CANCELLED,
    GAPS: frozenset(),
}
LONGEST_SEARCH = 100
SHOW_LABELS = {
    ALL: _l("Everything"),
    TO_DO: _l("Still to do, and free gaps"),
    WAITING: _l("Waiting now"),
    DONE: _l("Done or cancelled"),
    GAPS: _l("Free gaps"),
}


@dataclass(frozen=True)
class DayFilter:
    """The resource, the service, the states and the name or reference that are shown; empty means all.

    `keep` is an appointment that is shown whatever its state: nobody loses the row that they have just clicked.
    """

    resource: str = ""
    service: str = ""
    show: str = ALL
    keep: str = ""
    search: str = ""
    is_meant: Callable[[AppointmentView, str], bool] = is_meant

    @property
    def is_on(self) -> bool:
        """Whether anything is left out."""
        return bool(self.has_lists or self.search)

    @property
    def has_lists(self) -> bool:
        """Whether one of the lists leaves anything out."""
        return bool(self.resource or self.service or self.show)

    @property
    def query(self) -> str:
        """The query string that `read_filter` reads back, with its question mark; empty when nothing is left out."""
        facts = {"resource": self.resource, "service": self.service, "show": self.show, "q": self.search}
        query = urlencode({name: value for name, value in (facts | {"keep": self.keep}).items() if value})
        return f"?{query}" if query else ""

    def matches(self, view: AppointmentView) -> bool:
        """Whether the appointment is for the service, at the resource and of whom is searched, whatever its state."""
        at_resource = not self.resource or any(one.slug == self.resource for one in view.resources)
        for_service = not self.service or any(one.slug == self.service for one in view.services)
        return at_resource and for_service and (not self.search or self.is_meant(view, self.search))

    def shows(self, view: AppointmentView) -> bool:
        """Whether the appointment is shown."""
        return self.matches(view) and (view.state in STATES_SHOWN[self.show] or view.reference == self.keep)

    def shows_gap(self, period: FreeStretch, site: SiteFacts, catalogue: Catalogue) -> bool:
        """Whether the free period is shown."""
        resource = site.resource(period.resource_id)
        at_resource = not self.resource or (resource is not None and resource.slug == self.resource)
        for_service = not self.service or catalogue.service(self.service).id in period.service_ids
        return at_resource and for_service and self.show in (ALL, TO_DO, GAPS) and not self.search


def read_filter(arguments: Mapping[str, str], catalogue: Catalogue, site: SiteFacts) -> DayFilter:
    """The filter in `arguments`. Unknown values are ignored."""
    resource, service, show = (str(arguments.get(name, "")) for name in ("resource", "service", "show"))
    resources = {one.slug for one in site.resources}
    services = {one.slug for one in catalogue.services}
    return DayFilter(
        resource=resource if resource in resources else "",
        service=service if service in services else "",
        show=show if show in STATES_SHOWN else ALL,
        keep=parse_reference(str(arguments.get("keep", ""))[:20]) or "",
        search=" ".join(printable(str(arguments.get("q", ""))).split())[:LONGEST_SEARCH],
    )


@dataclass(frozen=True)
class FilterField:
    """A list of the filter: its name in the address, its choices as (code, label), and the code that is selected."""

    name: str
    label: str
    choices: tuple[tuple[str, str], ...]
    selected: str


@dataclass(frozen=True)
class DayPage:
    """One page of the day list."""

    local_date: date
    today: date
    now: datetime
    as_at: str
    items: tuple[DayRow | GapRow, ...]
    sections: tuple[Section, ...]
    residents: tuple[int, ...]
    total: int
    summary: str
    opening: str
    notices: tuple[str, ...]
    to_rebook: tuple[DayRow, ...]
    day_filter: DayFilter

    @property
    def is_today(self) -> bool:
        """Whether this is the site's present day."""
        return self.local_date == self.today

    @property
    def previous_date(self) -> date:
        """The day before."""
        return self.local_date - timedelta(days=1)

    @property
    def next_date(self) -> date:
        """The day after."""
        return self.local_date + timedelta(days=1)

    @property
    def rows(self) -> tuple[DayRow, ...]:
        """The appointments, without the free periods."""
        return tuple(item for item in self.items if isinstance(item, DayRow))

    @property
    def top_mark(self) -> str:
        """A digest of what is shown just above the rows."""
        return mark_of((self.summary, self.opening, self.notices, self.to_rebook, bool(self.items)))

    @property
    def mark(self) -> str:
        """A digest of everything on the page but the time at which it was read."""
        return mark_of((self.top_mark, [section.marks for section in self.sections]))


def day_page(day: SiteDayView, day_filter: DayFilter, rights: RowRights, told: DayTold) -> DayPage:
    """The page of the day, as far as the filter shows it. Nobody can have arrived on a day that has not begun."""
    now_here = day.now.astimezone(ZoneInfo(day.zone))
    today = now_here.date()
    has_begun = day.date <= today
    matching = [view for view in day.appointments if day_filter.matches(view)]
    if not matching and day_filter.search:  # misspelt, or heard wrongly
        day_filter = replace(day_filter, is_meant=is_nearly_meant)
        matching = [view for view in day.appointments if day_filter.matches(view)]
    shown = [view for view in matching if day_filter.shows(view)]
    reasons = {person.appointment.id: reason_text(person) for person in day.to_rebook}
    in_list = rights if has_begun else replace(rights, may_record=False)
    rows = [_row(day, view, in_list, told, to_rebook=reasons.get(view.id, "")) for view in shown]
    gaps = [gap for gap in day.gaps if day_filter.shows_gap(gap, day.site, day.catalogue)]
    gap_lines = gap_rows(gaps, day.site, day.zone, day.now)
    time = DayTime(day.now, is_today=day.date == today, is_to_come=day.date > today)
    to_be_rung = RowRights(may_change_resources=rights.may_change_resources)
    rebooking = [person.appointment for person in day.to_rebook]
    return DayPage(
        local_date=day.date,
        today=today,
        now=day.now,
        as_at=format_time(now_here),
        items=_in_order(rows, gap_lines),
        sections=sections_of(rows, gap_lines, time, kept=day_filter.keep, is_part=day_filter.is_on),
        residents=tuple(dict.fromkeys(view.resident.id for view in (*shown, *rebooking))),
        total=len(day.appointments),
        summary=_summary(matching, len(gaps), may_have_gaps=day.date >= today),
        opening=opening_text(day),
        notices=tuple(notices(day)),
        to_rebook=tuple(
            with_told(day_row(view, day.now, to_be_rung, to_rebook=reasons[view.id]), view.id, told)
            for view in rebooking
        ),
        day_filter=day_filter,
    )


def _row(day: SiteDayView, view: AppointmentView, rights: RowRights, told: DayTold, *, to_rebook: str) -> DayRow:
    row = with_told(day_row(view, day.now, rights, to_rebook=to_rebook), view.id, told)
    sent = day.sent_papers.get(view.id)
    return replace(row, sent_papers=sent_papers(sent)) if sent else row


def filter_fields(day_filter: DayFilter, catalogue: Catalogue, site: SiteFacts) -> tuple[FilterField, ...]:
    """The lists of the filter: the site's resources, the services of its sessions, and what can be shown."""
    every = ("", _("All"))
    resources = ((resource.slug, resource.name) for resource in site.resources)
    services = ((service.slug, service.name) for service in catalogue.services if service.id in site.service_ids)
    shows = ((code, str(label)) for code, label in SHOW_LABELS.items())
    return (
        FilterField("resource", _("Resource"), (every, *resources), day_filter.resource),
        FilterField("service", _("Service"), (every, *services), day_filter.service),
        FilterField("show", _("Show"), tuple(shows), day_filter.show),
    )


def _in_order(rows: Sequence[DayRow], gaps: Sequence[GapRow]) -> tuple[DayRow | GapRow, ...]:
    """By start; appointments before the free periods that start at the same time."""
    return tuple(sorted([*rows, *gaps], key=lambda item: (item.starts_at, item.kind != "row")))


def _summary(views: Sequence[AppointmentView], gaps: int, *, may_have_gaps: bool) -> str:
    """ "14 appointments: 10 booked, 3 arrived, 1 attended. 1 cancelled. 2 free gaps." """
    counts = Counter(view.state for view in views)
    cancelled = sum(counts[state] for state in CANCELLED)
    number = len(views) - cancelled
    parts = [STATES_COUNTED[state](counts[state]) for state in State if counts[state] and state not in CANCELLED]
    if number:
        states = ", ".join(parts)
        sentences = [
            ngettext("%(num)d appointment: %(states)s.", "%(num)d appointments: %(states)s.", number, states=states)
        ]
    else:
        sentences = [_("No appointments.")]
    if cancelled:
        sentences.append(ngettext("%(num)d cancelled.", "%(num)d cancelled.", cancelled))
    if may_have_gaps:
        sentences.append(ngettext("%(num)d free gap.", "%(num)d free gaps.", gaps) if gaps else _("No free gaps."))
    return " ".join(sentences)
