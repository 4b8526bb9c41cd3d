"""A desk calls who is next. Two desks never call the same person: their calls take turns, and the database refuses it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.use_cases.text_when_called import tell_called
from booking.visits.desk_claim_repository import follow_desks
from booking.visits.kept_desk_queries import kept_desks
from booking.visits.tables import DayVisit
from booking.visits.visit_queries import VisitOfDay, for_desk, visits_of_day, waiting_in_order, working_today
from booking.visits.visit_repository import lock_visits
from booking.visits.visit_states import VisitState
from core.audit import Actor, record
from core.errors import CapacityConflict, Invalid
from core.idempotency import IdempotencyKey, run_once
from core.runtime import Runtime
from core.wall_clock import parse_instant
from locations.catalogue_queries import catalogue_by_id
from locations.model import Catalogue, ResourceFacts, SiteFacts


@dataclass(frozen=True)
class Called:
    """A visit that a desk has called, and when."""

    visit_id: int
    at: datetime


def call_next(
    runtime: Runtime,
    authority_id: int,
    site: str,
    resource: str,
    *,
    actor: Actor,
    idempotency: IdempotencyKey | None = None,
) -> Called | None:
    """The visit that the desk (or person) of this slug calls now; None when nobody waits whom it can serve.

    Raises: NotFound for the site, Invalid for the desk, IdempotencyMismatch.
    """

    def operation(db: Session) -> dict[str, Any]:
        now = runtime.clock.database_now(db)
        catalogue = catalogue_by_id(db, authority_id)
        place = catalogue.site(site)
        desk = desk_of(place, resource)
        lock_visits(db, place.id)
        first = next(iter(callable_by(db, catalogue, place, desk, now)), None)
        if first is None:
            return {"visit_id": None}
        call(db, authority_id, first, desk, actor, now)
        return {"visit_id": first.id, "at": now.isoformat()}

    found = run_once(runtime.database, idempotency, operation, runtime.clock.now())
    return Called(found["visit_id"], parse_instant(found["at"])) if found["visit_id"] else None


def desk_of(site: SiteFacts, slug: str) -> ResourceFacts:
    """The resource of this slug at the site. Raises: Invalid."""
    for resource in site.resources:
        if resource.slug == slug:
            return resource
    raise Invalid.in_field("resource", "desk_unknown")


def today_at(catalogue: Catalogue, now: datetime) -> date:
    """The date on the council's wall at `now`."""
    return now.astimezone(ZoneInfo(catalogue.authority.zone)).date()


def callable_by(
    db: Session, catalogue: Catalogue, site: SiteFacts, desk: ResourceFacts, now: datetime
) -> list[VisitOfDay]:
    """Those who wait at the site today and for whom the desk is free, in their order; see `booked_first`."""
    today = today_at(catalogue, now)
    visits = visits_of_day(db, catalogue, site, today)
    theirs = for_desk(desk, waiting_in_order(visits, now), working_today(site, today, catalogue.authority.zone))
    kept = kept_desks(db, catalogue, site, visits, now) if theirs else None
    return [one for one in theirs if kept and kept.kept_for(desk, one) is None]


def call(db: Session, authority_id: int, visit: VisitOfDay, desk: ResourceFacts, actor: Actor, now: datetime) -> None:
    """Call somebody who waits. Raises: CapacityConflict when another desk was quicker, and all is to be read again."""
    waits = (DayVisit.id == visit.id, DayVisit.state == VisitState.WAITING.value)
    values = {"state": VisitState.CALLED.value, "changed_at": now, "called_at": now, "resource_id": desk.id}
    try:
        result = db.execute(update(DayVisit).where(*waits).values(values | {"times_called": DayVisit.times_called + 1}))
    except IntegrityError as error:
        raise CapacityConflict from error
    if result.rowcount != 1:  # type: ignore[attr-defined]
        raise CapacityConflict
    record(db, actor, "visit_called", ("visit", visit.id), authority_id=authority_id, now=now, resource=desk.id)
    follow_desks(db, authority_id, visit.site.id, now)
    tell_called(db, visit.id)
