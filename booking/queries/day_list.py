"""The day of a site as the front desk sees it: who comes, what is free, what is shut and who must be rebooked.

A constant number of statements, however full the day is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.availability.bits import NOTHING, Bits, spans
from booking.availability.busy import Busy
from booking.availability.free_periods import FreeStretch, free_stretches, runs
from booking.availability.site_days import least_ticks, site_day
from booking.availability.values import SiteDay
from booking.capacity.occupancy import busy_of
from booking.documents.sent_queries import NOT_LOOKED_AT
from booking.documents.tables import DocumentFile
from booking.proposals.tables import Proposal
from booking.queries.appointments import AppointmentView, of_site_day
from booking.rebooking import ProposalState, RebookState
from booking.states import State
from booking.tables import Appointment, RebookItem
from core.audit import AuditEntry
from core.wall_clock import instant_of, local_day, parse_instant, unit_of
from locations.model import Catalogue, SiteFacts
from locations.session_facts import ClosureFacts
from locations.tables import Closure


@dataclass(frozen=True)
class RebookPerson:
    """An appointment of the day that must be rebooked.

    `code` is `closure`, with what the council wrote as the closure's reason, or a reason of
    `booking.availability.bookings_that_fit`. Whoever was offered another time may answer until `answer_by`.
    """

    appointment: AppointmentView
    code: str
    closure_reason: str
    state: RebookState
    answer_by: datetime | None


@dataclass(frozen=True)
class OpeningView:
    """When a site is open between the instants of a local day, and what keeps it or a part of it shut.

    `holiday` is the name of the bank holiday for which the site is shut, or empty; `closures` are those that touch the
    day; `cancelled` has the reasons of the sessions that are cancelled on it.
    """

    starts_at: datetime
    ends_at: datetime
    periods: tuple[tuple[datetime, datetime], ...]
    holiday: str
    closures: tuple[ClosureFacts, ...]
    cancelled: tuple[str, ...]


@dataclass(frozen=True)
class SiteDayView:
    """Everything that the day list shows of one site on one date, read at `now`.

    `sent_papers` is how many papers each of the appointments has to be looked at, by its id; none for those without.
    """

    catalogue: Catalogue
    site: SiteFacts
    date: date
    now: datetime
    appointments: tuple[AppointmentView, ...]
    gaps: tuple[FreeStretch, ...]
    to_rebook: tuple[RebookPerson, ...]
    opening: OpeningView
    sent_papers: Mapping[int, int] = field(default_factory=dict)

    @property
    def zone(self) -> str:
        """The zone of the site's clock."""
        return self.catalogue.authority.zone


def day_of(db: Session, catalogue: Catalogue, site: SiteFacts, local_date: date, now: datetime) -> SiteDayView:
    """The day of the site. Five statements, and a sixth where people work who may be elsewhere."""
    zone = catalogue.authority.zone
    appointments = tuple(of_site_day(db, catalogue, site.id, local_date))
    plan = site_day(site, local_day(local_date, zone), zone)
    to_rebook, sent_papers = _to_do(db, site.id, local_date, appointments)
    return SiteDayView(
        catalogue=catalogue,
        site=site,
        date=local_date,
        now=now,
        appointments=appointments,
        gaps=useful_gaps(catalogue, plan, busy_of(db, catalogue, [plan], now), now),
        to_rebook=to_rebook,
        opening=_opening(site, plan, local_date),
        sent_papers=sent_papers,
    )


def _opening(site: SiteFacts, plan: SiteDay, local_date: date) -> OpeningView:
    base_unit = plan.day.base_unit
    starts_at, ends_at = instant_of(base_unit), instant_of(plan.day.end_unit)
    exceptions = (recurrence.exceptions.get(local_date) for recurrence in site.recurrences)
    return OpeningView(
        starts_at=starts_at,
        ends_at=ends_at,
        periods=tuple(
            (instant_of(base_unit + first), instant_of(base_unit + last)) for first, last in runs(open_ticks(plan))
        ),
        holiday=plan.holiday,
        closures=plan.closures,
        cancelled=tuple(exception.reason for exception in exceptions if exception and exception.reason),
    )


def open_ticks(plan: SiteDay) -> Bits:
    """The ticks at which any resource is open."""
    ticks = NOTHING
    for resource in plan.resources:
        ticks |= spans((window.first, window.last) for window in resource.windows) & ~resource.closed
    return ticks


def useful_gaps(catalogue: Catalogue, plan: SiteDay, busy: Busy, now: datetime) -> tuple[FreeStretch, ...]:
    """The free stretches still to come that are long enough for a service that could be held there."""
    stretches = free_stretches(plan, busy, unit_of(now))
    return tuple(stretch for stretch in stretches if _is_of_use(catalogue, stretch))


def _is_of_use(catalogue: Catalogue, stretch: FreeStretch) -> bool:
    services = (catalogue.service_by_id(service_id) for service_id in stretch.service_ids)
    shortest = min((least_ticks(service) for service in services), default=0)
    return shortest > 0 and stretch.last_unit - stretch.first_unit >= shortest


_PAPERS = (
    select(func.count())
    .where(DocumentFile.appointment_id == Appointment.id, NOT_LOOKED_AT)
    .correlate(Appointment)
    .scalar_subquery()
)
_TO_DO = (
    select(
        Appointment.id, RebookItem, Closure.reason.label("closure_reason"), Proposal.answer_by, _PAPERS.label("papers")
    )
    .outerjoin(
        RebookItem,
        (RebookItem.appointment_id == Appointment.id)
        & RebookItem.closed_at.is_(None)
        & (Appointment.state == State.BOOKED),
    )
    .outerjoin(Closure, Closure.id == RebookItem.closure_id)
    .outerjoin(
        Proposal,
        (Proposal.appointment_id == RebookItem.appointment_id) & (Proposal.state == ProposalState.OPEN.value),
    )
    .order_by(RebookItem.id)
)


def _to_do(
    db: Session, site_id: int, local_date: date, appointments: Sequence[AppointmentView]
) -> tuple[tuple[RebookPerson, ...], dict[int, int]]:
    """Who of these must be rebooked, and how many papers each has sent that nobody looked at: one statement."""
    here_then = (Appointment.site_id == site_id) & (Appointment.local_date == local_date)
    rows = db.execute(_TO_DO.where(here_then)).all()
    items = {row.id: row for row in rows if row.RebookItem}
    people = tuple(_person(view, items[view.id]) for view in appointments if view.id in items)
    return people, {row.id: row.papers for row in rows if row.papers}


def _person(view: AppointmentView, row: Any) -> RebookPerson:
    item: RebookItem = row.RebookItem
    return RebookPerson(view, item.reason, row.closure_reason or "", RebookState(item.state), row.answer_by)


@dataclass(frozen=True)
class LastChange:
    """Who last changed an appointment, and when that was noted. `actor_name` is empty for others than staff."""

    actor_kind: str
    actor_name: str
    at: datetime


def last_change_of(db: Session, authority_id: int, appointment_id: int) -> LastChange | None:
    """The latest change of an appointment on record, or None."""
    row = db.execute(
        select(AuditEntry.actor_kind, AuditEntry.actor_name, AuditEntry.at, AuditEntry.facts)
        .where(
            AuditEntry.authority_id == authority_id,
            AuditEntry.subject_kind == "appointment",
            AuditEntry.subject_id == appointment_id,
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    noted_at = row.facts.get("noted_at")  # of what was noted without network, and sent later
    return LastChange(row.actor_kind, row.actor_name, parse_instant(noted_at) if noted_at else row.at)
