"""Somebody has arrived: their appointments of this visit are checked in, and they wait to be called."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.appointment_repository import check_seen
from booking.states import CANCELLED, State
from booking.tables import Appointment
from booking.use_cases.book import Booked, run_operation
from booking.use_cases.changed_result import result_of
from booking.use_cases.outcomes import appointment_of_day, set_state
from booking.visits.visit_repository import follow_appointment
from core.audit import Actor
from core.errors import IllegalMove, NotHereToday
from core.idempotency import IdempotencyKey
from core.runtime import Runtime
from locations.catalogue_queries import catalogue_by_id
from locations.model import Catalogue

ONE_VISIT = timedelta(minutes=60)
"""Who has so much time at most between two appointments stays for both, and arrives once."""


def check_in(
    runtime: Runtime,
    authority_id: int,
    reference: str,
    *,
    actor: Actor,
    site: str | None = None,
    seen: str | None = None,
    idempotency: IdempotencyKey | None = None,
) -> Booked:
    """The appointment, arrived, with those that the person has here directly before or after it.

    Doing it twice changes nothing. `site` is the slug of where they are, if that is known, `seen` the stamp of the page.
    Raises: NotHereToday with where and when it is, IllegalMove when it is cancelled or over, Stale, NotFound,
    IdempotencyMismatch.
    """

    def operation(db: Session, now: datetime) -> dict[str, Any]:
        row = appointment_of_day(db, authority_id, reference)
        check_seen(row, seen)
        if State(row.state) in CANCELLED:
            raise IllegalMove(row.state, State.ARRIVED)
        _check_here(catalogue_by_id(db, authority_id), row, site, now)
        if row.state not in (State.BOOKED, State.ARRIVED, State.IN_PROGRESS):
            raise IllegalMove(row.state, State.ARRIVED)
        for one in (row, *_others_of_visit(db, row)):
            if one.state == State.BOOKED:
                set_state(db, one, State.ARRIVED, actor, now, "", "moved")
        follow_appointment(db, row, now)
        return result_of(row)

    return run_operation(runtime, idempotency, operation)


def _check_here(catalogue: Catalogue, row: Appointment, site: str | None, now: datetime) -> None:
    """Raises: NotHereToday."""
    facts, zone = catalogue.site_by_id(row.site_id), ZoneInfo(catalogue.authority.zone)
    if row.local_date != now.astimezone(zone).date() or site not in (None, facts.slug):
        raise NotHereToday.because("appointment_elsewhere", site=facts.name, at=row.starts_at.astimezone(zone))


def _others_of_visit(db: Session, row: Appointment) -> list[Appointment]:
    """The resident's other booked appointments here today that go before or follow, one after another; locked."""
    others = list(
        db.scalars(
            select(Appointment)
            .where(
                Appointment.resident_id == row.resident_id,
                Appointment.site_id == row.site_id,
                Appointment.local_date == row.local_date,
                Appointment.state == State.BOOKED.value,
                Appointment.id != row.id,
            )
            .order_by(Appointment.id)
            .with_for_update(key_share=True)
        )
    )
    visit = [row]
    while near := [one for one in others if one not in visit and any(_is_near(one, other) for other in visit)]:
        visit += near
    return sorted(visit[1:], key=lambda one: one.starts_at)


def _is_near(one: Appointment, other: Appointment) -> bool:
    first, second = sorted((one, other), key=lambda appointment: appointment.starts_at)
    return second.starts_at - first.ends_at <= ONE_VISIT
