"""Calendar feeds: which a site has, and what the holder of an address may read.

A feed goes into calendars that the council does not run, so it holds nothing about the resident: the service, the
resource and the reference, by which those who may see the rest find it in the day list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from booking.states import CANCELLED
from booking.tables import Allocation, Appointment, AppointmentService, CalendarFeed
from core.errors import NotFound
from core.tokens import digest
from locations.catalogue_queries import catalogue_by_id
from locations.model import Catalogue, ResourceFacts, ServiceFacts, SiteFacts

WEEKS_BACK, WEEKS_AHEAD = 4, 8


@dataclass(frozen=True)
class Feed:
    """A feed of a site or (with a resource) of one resource there."""

    id: int
    name: str
    site: SiteFacts
    resource: ResourceFacts | None
    created_at: datetime


@dataclass(frozen=True)
class FeedEntry:
    """An appointment without the person, and without what leads to them: neither a video's room nor a number."""

    reference: str
    version: int
    state: str
    changed_at: datetime
    starts_at: datetime
    ends_at: datetime
    mode: str
    site: SiteFacts
    services: tuple[ServiceFacts, ...]
    resources: tuple[ResourceFacts, ...]
    join_url: str = ""
    number_to_ring: str = ""
    is_rung_instead: bool = False


def feeds_of(db: Session, site: SiteFacts) -> list[Feed]:
    """The feeds of the site that have not been revoked, by name."""
    rows = db.scalars(
        select(CalendarFeed)
        .where(CalendarFeed.site_id == site.id, CalendarFeed.revoked_at.is_(None))
        .order_by(CalendarFeed.name, CalendarFeed.id)
    )
    return [_feed(row, site) for row in rows]


def feed_by_token(db: Session, token: str) -> tuple[Catalogue, Feed]:
    """The feed of this address. Raises: NotFound, alike for one that never was and one that was revoked."""
    row = db.scalar(
        select(CalendarFeed).where(CalendarFeed.token_digest == digest(token), CalendarFeed.revoked_at.is_(None))
    )
    if row is None:
        raise NotFound
    catalogue = catalogue_by_id(db, row.authority_id)
    feed = _feed(row, catalogue.site_by_id(row.site_id))
    if row.resource_id is not None and feed.resource is None:  # the resource has been removed from the site
        raise NotFound
    return catalogue, feed


def _feed(row: CalendarFeed, site: SiteFacts) -> Feed:
    resource = site.resource(row.resource_id) if row.resource_id is not None else None
    return Feed(row.id, row.name, site, resource, row.created_at)


def entries_of(db: Session, catalogue: Catalogue, feed: Feed, now: datetime) -> list[FeedEntry]:
    """What the feed shows: from four weeks ago to eight weeks ahead, without what was cancelled. Three statements."""
    today = now.astimezone(ZoneInfo(catalogue.authority.zone)).date()
    where = _in_feed(feed, today - timedelta(weeks=WEEKS_BACK), today + timedelta(weeks=WEEKS_AHEAD))
    rows = db.execute(
        select(
            Appointment.id,
            Appointment.reference,
            Appointment.version,
            Appointment.state,
            Appointment.changed_at,
            Appointment.starts_at,
            Appointment.ends_at,
            Appointment.mode,
            (Appointment.ring_instead_version == Appointment.version).label("is_rung_instead"),
        )
        .where(where)
        .order_by(Appointment.starts_at, Appointment.id)
    ).all()
    services = _by_appointment(db, AppointmentService.appointment_id, AppointmentService.service_id, where)
    resources = _by_appointment(db, Allocation.appointment_id, Allocation.resource_id, where)
    return [
        FeedEntry(
            *row[1:-1],
            is_rung_instead=bool(row.is_rung_instead),
            site=feed.site,
            services=tuple(catalogue.service_by_id(id_) for id_ in services.get(row.id, ())),
            resources=tuple(
                found for id_ in resources.get(row.id, ()) if (found := catalogue.resource_at(feed.site, id_))
            ),
        )
        for row in rows
    ]


def _in_feed(feed: Feed, first: date, last: date) -> ColumnElement[bool]:
    here = (
        (Appointment.site_id == feed.site.id)
        & Appointment.local_date.between(first, last)
        & Appointment.state.not_in(sorted(CANCELLED))
    )
    if feed.resource is None:
        return here
    occupying = select(Allocation.appointment_id).where(
        Allocation.resource_id == feed.resource.id, Allocation.appointment_id.is_not(None)
    )
    return here & Appointment.id.in_(occupying)


def _by_appointment(
    db: Session, owner: InstrumentedAttribute[Any], value: InstrumentedAttribute[int], where: ColumnElement[bool]
) -> dict[int, Sequence[int]]:
    """The values of each appointment, each once, in the order of their rows."""
    its_row = owner.class_.id
    statement = select(owner, value).join(Appointment, Appointment.id == owner).where(where).order_by(owner, its_row)
    found: dict[int, dict[int, None]] = {}
    for appointment_id, one in db.execute(statement):
        found.setdefault(appointment_id, {})[one] = None
    return {appointment_id: tuple(values) for appointment_id, values in found.items()}
