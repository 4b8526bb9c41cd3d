"""Somebody says that they sit at a desk, or that nobody does."""

from __future__ import annotations

from sqlalchemy.orm import Session

from booking.use_cases.call_next import desk_of
from booking.visits.tables import DeskSitting
from booking.visits.visit_repository import lock_visits
from core.audit import Actor, record
from core.runtime import Runtime
from core.transactions import run_with_retries
from locations.catalogue_queries import catalogue_by_id


def sit_at_desk(
    runtime: Runtime, authority_id: int, site: str, *, actor: Actor, taken: str = "", left: str = ""
) -> None:
    """Keep that somebody sits at the desk of the slug `taken`, and nobody any more at `left`; an empty one is none.

    Raises: NotFound for the site, Invalid for a desk.
    """

    def operation(db: Session) -> None:
        now = runtime.clock.database_now(db)
        place = catalogue_by_id(db, authority_id).site(site)
        lock_visits(db, place.id)
        for slug, is_taken in ((left, False), (taken, True)):
            if slug:
                desk = desk_of(place, slug).id
                values = {"authority_id": authority_id, "is_taken": is_taken, "said_at": now}
                db.merge(DeskSitting(site_id=place.id, resource_id=desk, **values))
                record(
                    db,
                    actor,
                    "desk_taken" if is_taken else "desk_left",
                    ("resource", desk),
                    authority_id=authority_id,
                    now=now,
                    site=place.id,
                )

    run_with_retries(runtime.database, operation)
