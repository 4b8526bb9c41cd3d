"""Somebody has come without an appointment: they get a ticket and wait, and no time is made up for them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.use_cases.call_next import today_at
from booking.visits.desk_ability import able_desks
from booking.visits.queue_state_queries import services_today, wait_of_walk_in
from booking.visits.visit_repository import add_walk_in
from booking.visits.visit_states import NewWalkIn
from booking.visits.wait_estimate import WaitRange
from core.audit import Actor, record
from core.errors import Invalid, NobodyMoreToday
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from locations.catalogue_queries import catalogue_by_id
from locations.model import ServiceFacts, SiteFacts


@dataclass(frozen=True)
class Ticket:
    """What a walk-in is given: the number to be called by, the reference of the visit, and how long the wait was then."""

    visit_id: int
    number: int
    reference: str
    wait: WaitRange


def take_walk_in(
    runtime: Runtime,
    authority_id: int,
    site: str,
    service: str,
    new: NewWalkIn,
    *,
    actor: Actor,
    idempotency: IdempotencyKey | None = None,
    noted_at: datetime | None = None,
) -> Ticket:
    """The ticket of somebody who waits from now on for the service of this slug, or since `noted_at` today.

    Raises: NotFound for the site, Invalid for a service that nobody here does, IdempotencyMismatch; NobodyMoreToday where
    no member of staff gives the ticket and none who does it is here any more today.
    """

    with runtime.database.reading() as db:  # before anybody waits for the lock of the site's visits
        place, facts = place_and_service(db, authority_id, site, service)
        wait = wait_of_walk_in(db, catalogue_by_id(db, authority_id), place, facts, new, runtime.clock.now())

    def operation(db: Session) -> dict[str, Any]:
        now: datetime = runtime.clock.database_now(db)
        catalogue = catalogue_by_id(db, authority_id)
        place, facts = place_and_service(db, authority_id, site, service)
        if new.channel != "counter" and facts not in services_today(catalogue, place, now):
            raise NobodyMoreToday.because("nobody_more_today")
        today, where = today_at(catalogue, now), {"authority_id": authority_id, "site_id": place.id}
        came_at = noted_at if noted_at and noted_at <= now and today_at(catalogue, noted_at) == today else None
        row = add_walk_in(db, new, came_at or now, **where, service_id=facts.id, local_date=today)
        logged: dict[str, Any] = {"site": place.id, "service": facts.id, "ticket": row.ticket, "channel": new.channel}
        logged |= {"noted_at": came_at.isoformat()} if came_at else {}
        record(db, actor, "walk_in_taken", ("visit", row.id), authority_id=authority_id, now=now, **logged)
        return {"visit_id": row.id, "number": row.ticket, "reference": row.reference, "wait": asdict(wait)}

    made = run_once(runtime.database, idempotency, operation, runtime.clock.now())
    return Ticket(**made | {"wait": WaitRange(**made["wait"])})


def place_and_service(db: Session, authority_id: int, site: str, service: str) -> tuple[SiteFacts, ServiceFacts]:
    """Raises: NotFound for the site, Invalid for a service that nobody there does."""
    catalogue = catalogue_by_id(db, authority_id)
    place = catalogue.site(site)
    facts = next((one for one in catalogue.services if one.slug == service), None)
    if facts is None or not able_desks(place, facts, ()):
        raise Invalid.in_field("service", "service_not_here")
    return place, facts
