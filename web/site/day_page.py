"""The day list as the template shows it: rows and gaps in their order, counts, notices, and where one can go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from booking.availability.plan_changes import Reason
from booking.queries.appointments import AppointmentView
from booking.queries.day_list import RebookPerson, SiteDayView
from booking.states import CANCELLED, State
from locations.catalogue import Catalogue
from locations.model import ServiceFacts, SiteFacts
from web.labels import STATES_COUNTED
from web.request_language import format_time
from web.site.day_filter import DayFilter
from web.site.day_rows import Row, counts_of, mark_of, row_of
from web.site.gap_rows import GapRow, gap_rows
from web.site.notices import notices_of, opening_text

LONG_LIST = 8  # about what a screen shows: from here on a link to the present is worth its line
REASON_LABELS = {
    "closure": _l("closure"),
    Reason.CLOSED: _l("closed then"),
    Reason.HOURS: _l("no longer open then"),
    Reason.MODE: _l("no longer held like this"),
    Reason.SKILLS: _l("nobody there can do it then"),
    Reason.RESOURCE: _l("the desk, room or adviser cannot do it then"),
    Reason.TRAVEL: _l("the adviser cannot get there in time"),
}


@dataclass(frozen=True)
class DayPage:
    """One page of the day list."""

    local_date: date
    today: date
    as_at: str
    items: tuple[Row | GapRow, ...]
    residents: tuple[int, ...]
    total: int
    summary: str
    opening: str
    notices: tuple[str, ...]
    to_rebook: tuple[Row, ...]
    now_id: str

    @property
    def is_today(self) -> bool:
        """Whether this is the site's present day."""
        return self.local_date == self.today

    @property
    def rows(self) -> tuple[Row, ...]:
        """The appointments, without the gaps."""
        return tuple(item for item in self.items if isinstance(item, Row))

    @property
    def top_mark(self) -> str:
        """Changes when anything just above the rows does."""
        return mark_of((self.summary, self.opening, self.notices, self.to_rebook, bool(self.items)))

    @property
    def mark(self) -> str:
        """Changes when anything at all does, but for the time of reading."""
        return mark_of((self.top_mark, self.now_id, [item.mark for item in self.items]))


def _reason_text(person: RebookPerson) -> str:
    """Why somebody must be rebooked: what the council wrote about its closure, or what the code means."""
    return person.closure_reason or str(REASON_LABELS[person.code])


def page_of(day: SiteDayView, wanted: DayFilter, *, may_record: bool) -> DayPage:
    """The page of the day, narrowed to what is wanted. Nobody can have arrived on a day that has not begun."""
    today = day.now.astimezone(ZoneInfo(day.zone)).date()
    may_record = may_record and day.date <= today
    here = [view for view in day.appointments if wanted.has_place_for(view)]
    shown = [view for view in here if wanted.shows(view)]
    reasons = {person.appointment.id: _reason_text(person) for person in day.to_rebook}
    rows = [row_of(view, day.now, may_record=may_record, to_rebook=reasons.get(view.id, "")) for view in shown]
    stretches = [stretch for stretch in day.gaps if wanted.shows_gap(stretch, day.site, day.catalogue)]
    gaps = gap_rows(stretches, day.site, day.zone, day.now)
    rebooking = (person.appointment for person in day.to_rebook)
    return DayPage(
        local_date=day.date,
        today=today,
        as_at=format_time(day.now.astimezone(ZoneInfo(day.zone))),
        items=tuple(sorted([*rows, *gaps], key=lambda item: (item.starts_at, item.kind != "row"))),
        residents=tuple(dict.fromkeys(view.resident.id for view in (*shown, *rebooking))),
        total=len(day.appointments),
        summary=summary_of(here, len(stretches), may_have_gaps=day.date >= today),
        opening=opening_text(day),
        notices=tuple(notices_of(day)),
        to_rebook=tuple(
            row_of(person.appointment, day.now, may_record=False, to_rebook=reasons[person.appointment.id])
            for person in day.to_rebook
        ),
        now_id=_now_id(rows, day) if day.date == today else "",
    )


def summary_of(views: Sequence[AppointmentView], gaps: int, *, may_have_gaps: bool) -> str:
    """ "14 appointments: 10 booked, 3 arrived, 1 attended. 1 cancelled. 2 free gaps." """
    counts = counts_of(views)
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


def services_of(catalogue: Catalogue, site: SiteFacts) -> tuple[ServiceFacts, ...]:
    """The services by which the list can be narrowed: those of the site's sessions."""
    return tuple(service for service in catalogue.services if service.id in site.service_ids)


def neighbours(day: date) -> tuple[date, date]:
    """The day before and the day after."""
    return day - timedelta(days=1), day + timedelta(days=1)


def _now_id(rows: Sequence[Row], day: SiteDayView) -> str:
    """The id of the first who has arrived and waits, or else of the next booked, when it is far enough down for a link."""
    waiting = [number for number, row in enumerate(rows) if row.state == State.ARRIVED]
    booked = [number for number, row in enumerate(rows) if row.state == State.BOOKED and row.ends_at > day.now]
    first = next(iter([*waiting, *booked]), 0)
    return rows[first].id if first >= LONG_LIST else ""
