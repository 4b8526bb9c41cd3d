"""What matters today and tomorrow at several sites: who is due, who waits, how full it is, who is away.

A constant number of statements, however many sites there are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, case, func, select
from sqlalchemy.orm import Session

from booking.availability.busy import Busy
from booking.availability.free_periods import SeatTicks, is_open, seat_ticks
from booking.availability.site_days import site_day
from booking.availability.values import SiteDay
from booking.capacity.occupancy import busy_of
from booking.queries.appointments import AppointmentView, of_ids
from booking.queries.day_list import useful_gaps
from booking.states import State
from booking.tables import Appointment
from core.database import connection_of, table_of
from core.wall_clock import TICK_MINUTES, instant_of, local_day
from locations.model import Catalogue, ResourceFacts, SiteFacts
from locations.opening_hours import closures_between, shuts_every_mode

DUE, LATE, OVER = "due", "late", "over"
NEWS = frozenset({State.ARRIVED.value, LATE, OVER})  # worth a look before anything else
PEOPLE = frozenset({"adviser", "interpreter"})
Counts = Mapping[tuple[int, date, str], int]

_appointments = table_of(Appointment)
# Of those who are booked: their time is still to come, it has begun without them, or it has ended and nothing is recorded.
_PHASE = case(
    (_appointments.c.state != State.BOOKED.value, _appointments.c.state),
    (_appointments.c.starts_at >= bindparam("now"), DUE),
    (_appointments.c.ends_at > bindparam("now"), LATE),
    else_=OVER,
)
_COUNTS = (
    select(_appointments.c.site_id, _appointments.c.local_date, _PHASE.label("phase"), func.count().label("number"))
    .where(
        _appointments.c.site_id.in_(bindparam("sites", expanding=True)),
        _appointments.c.local_date.in_(bindparam("dates", expanding=True)),
    )
    .group_by(_appointments.c.site_id, _appointments.c.local_date, "phase")
)


@dataclass(frozen=True)
class DayFigures:
    """One date at one site, as it stands now.

    `due` have their time still before them, `late` were to come and are not here, `unrecorded` had their time and nothing is
    written of it. `ticks` are the seats' open and occupied five minutes, `gaps` the free periods that the day list shows, of
    the first date alone: None where nobody asked. `away` cannot be there.
    """

    site: SiteFacts
    date: date
    due: int
    late: int
    unrecorded: int
    waiting: int
    being_seen: int
    ticks: SeatTicks | None
    gaps: int | None
    away: tuple[ResourceFacts, ...]
    is_shut: bool

    @property
    def open_hours(self) -> int:
        """How many hours all seats are open, added up and rounded; 0 when nobody asked."""
        return round((self.ticks.opened if self.ticks else 0) * TICK_MINUTES / 60)

    @property
    def fill_percent(self) -> int | None:
        """How much of the open time is booked or held, rounded; None when nothing is open, or nobody asked."""
        if self.ticks is None or not self.ticks.opened:
            return None
        return round(100 * self.ticks.occupied / self.ticks.opened)


def figures_of(
    db: Session,
    catalogue: Catalogue,
    sites: Sequence[SiteFacts],
    dates: Sequence[date],
    now: datetime,
    *,
    most: int,
) -> list[tuple[DayFigures, ...]]:
    """The figures on each of these dates of `most` of the sites: those with news on the first date come first.

    One statement; a second one, which reads every allocation of these days, where no site is left out.
    """
    counts = _counts(db, [site.id for site in sites], dates, now)
    zone = catalogue.authority.zone
    busy_ids = {site_id for site_id, on, phase in counts if on == dates[0] and phase in NEWS}
    first_day = local_day(dates[0], zone)
    in_order = sorted(
        sites, key=lambda site: site.id not in busy_ids and not _away(site, site_day(site, first_day, zone))
    )
    shown = in_order[:most]
    days = {(site.id, on): site_day(site, local_day(on, zone), zone) for site in shown for on in dates}
    busy = busy_of(db, catalogue, list(days.values()), now) if len(shown) == len(sites) else None
    ticks = {key: seat_ticks(day, busy) for key, day in days.items()} if busy is not None else {}
    gaps = {site.id: _gaps(catalogue, days[site.id, dates[0]], busy, now) for site in shown if busy is not None}
    return [
        tuple(
            _figures(
                site, days[site.id, on], counts, ticks.get((site.id, on)), gaps.get(site.id) if on == dates[0] else None
            )
            for on in dates
        )
        for site in shown
    ]


def _gaps(catalogue: Catalogue, plan: SiteDay, busy: Busy, now: datetime) -> int:
    """How many free periods the day list shows; resources that are free at exactly the same time share one."""
    return len({(gap.first_unit, gap.last_unit) for gap in useful_gaps(catalogue, plan, busy, now)})


def _counts(db: Session, site_ids: Sequence[int], dates: Sequence[date], now: datetime) -> Counts:
    rows = connection_of(db).execute(_COUNTS, {"sites": list(site_ids), "dates": list(dates), "now": now})
    return {(row.site_id, row.local_date, row.phase): row.number for row in rows}


def _figures(site: SiteFacts, plan: SiteDay, counts: Counts, ticks: SeatTicks | None, gaps: int | None) -> DayFigures:
    on = plan.day.date

    def count(phase: str) -> int:
        return counts.get((site.id, on, phase), 0)

    return DayFigures(
        site=site,
        date=on,
        due=count(DUE),
        late=count(LATE),
        unrecorded=count(OVER),
        waiting=count(State.ARRIVED.value),
        being_seen=count(State.IN_PROGRESS.value),
        ticks=ticks,
        gaps=gaps,
        away=_away(site, plan),
        is_shut=not any(is_open(day) for day in plan.resources),
    )


def _away(site: SiteFacts, plan: SiteDay) -> tuple[ResourceFacts, ...]:
    """Who was to work there on that day, and is away for a part of it or all of it."""
    if not site.closures:
        return ()
    starts_at, ends_at = instant_of(plan.day.base_unit), instant_of(plan.day.end_unit)
    that_day = closures_between(site, starts_at, ends_at)
    closed_ids = {one.resource_id for one in that_day if one.service_ids is None and shuts_every_mode(site, one)}
    planned = [site.resource(resource_id) for resource_id in plan.resource_ids if resource_id in closed_ids]
    return tuple(resource for resource in planned if resource is not None and resource.kind in PEOPLE)


def next_visits(
    db: Session, catalogue: Catalogue, site_ids: Collection[int], today: date, now: datetime, most: int
) -> list[AppointmentView]:
    """The `most` next visits of today at these sites, together."""
    ids = db.scalars(
        select(Appointment.id)
        .where(
            Appointment.site_id.in_(site_ids),
            Appointment.local_date == today,
            Appointment.state == State.BOOKED.value,
            Appointment.starts_at >= now,
        )
        .order_by(Appointment.starts_at, Appointment.id)
        .limit(most)
    ).all()
    return sorted(of_ids(db, catalogue, ids).values(), key=lambda view: (view.starts_at, view.id))
