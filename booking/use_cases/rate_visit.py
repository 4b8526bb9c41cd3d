"""Somebody says how their visit was: once by the link of a message, or at the kiosk."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from booking.ratings.rating_repository import asked_visit, keep_rating, took_place
from booking.ratings.rating_rules import Rating
from booking.visits.tables import DayVisit
from booking.visits.visit_repository import lock_visits
from core.errors import NotFound
from core.runtime import Runtime
from core.transactions import run_with_retries
from core.wall_clock import local_date_of, unit_of
from locations.catalogue_queries import catalogue_by_id
from locations.model import Catalogue


def rate_by_link(runtime: Runtime, token: str, rating: Rating) -> None:
    """Keep the answer, apart from the visit, which knows only that somebody has answered. A second one is not kept.

    Raises: NotFound for a link that is not known, or too old, and for a visit that did not take place.
    """

    def operation(db: Session) -> None:
        now = runtime.clock.database_now(db)
        asked = asked_visit(db, runtime.settings.secret_keys, token, now)
        row = db.get_one(DayVisit, asked.id)
        lock_visits(db, row.site_id)
        db.refresh(row, with_for_update=True)
        if asked.is_late or not took_place(db, row):
            raise NotFound.because("visit_unknown")
        if row.is_rated:
            return
        row.is_rated = True
        catalogue = catalogue_by_id(db, row.authority_id)
        site, service = catalogue.site_by_id(row.site_id).slug, catalogue.service_by_id(row.service_id).slug
        keep_rating(db, row.authority_id, site, service, _today(catalogue, now), rating)

    run_with_retries(runtime.database, operation)


def rate_at_kiosk(runtime: Runtime, authority_id: int, site: str, service: str, rating: Rating) -> None:
    """Keep the answer of somebody who stands at the kiosk of the site. Raises: NotFound."""

    def operation(db: Session) -> None:
        catalogue = catalogue_by_id(db, authority_id)
        place, what = catalogue.site(site), catalogue.service(service)
        today = _today(catalogue, runtime.clock.database_now(db))
        keep_rating(db, authority_id, place.slug, what.slug, today, rating)

    run_with_retries(runtime.database, operation)


def _today(catalogue: Catalogue, now: datetime) -> date:
    return local_date_of(unit_of(now), catalogue.authority.zone)
