"""Small worlds for tests: every default is valid and fixed, and anything can be given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

from booking.queries.slots import FreeSlot, SlotQuery, all_slots
from booking.slot_tokens import SlotKey
from booking.use_cases.book import Booked, Booking, book
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from core.runtime import Runtime
from core.settings import Settings
from core.tokens import new_token
from locations.catalogue_queries import catalogue_by_id
from locations.model import Catalogue
from locations.tables import (
    Authority,
    Resource,
    Service,
    SessionResource,
    SessionService,
    SessionTemplate,
    Site,
)
from people.residents.details import ResidentDetails
from tests.support.loading import made_once

# A Monday, an hour before the default session opens.
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
RESIDENT = Actor.resident()
AGENT = Actor("staff", 1, "Agnes Agent")
REMINDERS: list[dict[str, Any]] = [
    {"kind": "reminder_7d", "days_before": 7, "at": "09:00"},
    {"kind": "reminder_1d", "days_before": 1, "at": "09:00"},
    {"kind": "reminder_2h", "minutes_before": 120},
]


@dataclass(frozen=True)
class World:
    """An authority `testshire` with one library, desks, and services that each takes a desk for."""

    authority_id: int
    site_id: int
    resource_ids: tuple[int, ...]
    service_ids: tuple[int, ...]


def make_runtime(database: Database, now: datetime = NOW, **settings: Any) -> Runtime:
    """Surroundings with a clock that stands still."""
    defaults = Settings(database_url=database.url, secret_key="for-tests-only", is_test=True)
    return Runtime(replace(defaults, **settings), database, FixedClock(now))


def make_authority(database: Database, slug: str = "testshire", **values: Any) -> int:
    """The id of a new authority."""
    defaults: dict[str, Any] = {"name": "Testshire Council", "phone": "01632 960000", "reminder_plan": REMINDERS}
    defaults |= {"lead_minutes": 0, "open_limit": 2, "cancel_cutoff_minutes": 120, "horizon_days": 56}
    defaults |= {"interpreter_lead_days": 0, "is_demo": True}  # any part of the service may be started on it
    with database.writing() as db:
        row = Authority(slug=slug, **(defaults | values))
        db.add(row)
        db.flush()
        return row.id


def make_site(database: Database, authority_id: int, slug: str = "high-street", **values: Any) -> int:
    """The id of a new site."""
    defaults: dict[str, Any] = {"name": "High Street Library", "kind": "library", "features": ["step-free"]}
    defaults |= {"address": "1 High Street, Testshire", "postcode": "NW11 9QS", "easting": 525_000, "northing": 187_000}
    with database.writing() as db:
        row = Site(authority_id=authority_id, slug=slug, **(defaults | values))
        db.add(row)
        db.flush()
        return row.id


def make_resource(database: Database, authority_id: int, site_id: int | None, slug: str, **values: Any) -> int:
    """The id of a new resource, a desk with one seat. Without a site it is a person, whose kind must say so."""
    defaults: dict[str, Any] = {"name": slug.replace("-", " ").capitalize(), "kind": "desk", "seats": 1, "skills": []}
    with database.writing() as db:
        row = Resource(authority_id=authority_id, site_id=site_id, slug=slug, **(defaults | values))
        db.add(row)
        db.flush()
        return row.id


def make_service(database: Database, authority_id: int, slug: str = "certify", **values: Any) -> int:
    """The id of a new service of 30 minutes that takes a desk."""
    defaults: dict[str, Any] = {"name": "Certify documents", "duration_minutes": 30, "grid_minutes": 30}
    defaults |= {"modes": ["in_person"], "documents": ["Passport"], "triage_questions": []}
    defaults |= {"requirements": [{"kind": "desk", "skills": []}]}
    with database.writing() as db:
        row = Service(authority_id=authority_id, slug=slug, **(defaults | values))
        db.add(row)
        db.flush()
        return row.id


def make_session(
    database: Database,
    authority_id: int,
    site_id: int,
    resource_ids: Sequence[int],
    service_ids: Sequence[int],
    slug: str = "weekdays",
    **values: Any,
) -> int:
    """The id of a new session template: Monday to Friday from 09:00 to 17:00."""
    defaults: dict[str, Any] = {"rrule": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "first_date": date(2026, 1, 1)}
    defaults |= {"starts": time(9), "ends": time(17)}
    with database.writing() as db:
        row = SessionTemplate(authority_id=authority_id, site_id=site_id, slug=slug, **(defaults | values))
        db.add(row)
        db.flush()
        db.add_all(SessionResource(template_id=row.id, resource_id=id_) for id_ in resource_ids)
        db.add_all(SessionService(template_id=row.id, service_id=id_) for id_ in service_ids)
        return row.id


@made_once
def make_world(database: Database, /, *, desks: int = 1, slug: str = "testshire", **session_values: Any) -> World:
    """An authority that can be booked at once."""
    authority_id = make_authority(database, slug)
    site_id = make_site(database, authority_id)
    resources = tuple(make_resource(database, authority_id, site_id, f"desk-{n + 1}") for n in range(desks))
    services = (
        make_service(database, authority_id),
        make_service(
            database, authority_id, "advice", name="Housing advice", documents=["Tenancy agreement", "Passport"]
        ),
    )
    make_session(database, authority_id, site_id, resources, services, **session_values)
    return World(authority_id, site_id, resources, services)


def catalogue(database: Database, world: World) -> Catalogue:
    """The world's catalogue."""
    with database.reading() as db:
        return catalogue_by_id(db, world.authority_id)


def slot_key_at(world: World, starts_at: datetime, *, service: int = 0, mode: str = "in_person") -> SlotKey:
    """The offer of one service at an instant."""
    unit = int(starts_at.timestamp()) // 300
    return SlotKey(world.authority_id, world.site_id, (world.service_ids[service],), mode, unit)


def slots_of(database: Database, world: World, now: datetime = NOW, **changes: Any) -> list[FreeSlot]:
    """The free slots of the world's first service, unless `changes` say otherwise."""
    with database.reading() as db:
        query = SlotQuery(**({"service_ids": world.service_ids[:1]} | changes))
        return all_slots(db, catalogue_by_id(db, world.authority_id), query, now)


def make_appointment(runtime: Runtime, world: World, starts_at: datetime, **values: Any) -> Booked:
    """An appointment at an instant, booked in the ordinary way for somebody new."""
    actor = values.pop("actor", RESIDENT)
    defaults: dict[str, Any] = {
        "channel": "online",
        "despite_same_time": True,
        "slot_key": slot_key_at(world, starts_at, service=values.pop("service", 0)),
        "resident": ResidentDetails("Robin Sample", email=f"robin.{new_token()[:8].lower()}@example.org"),
    }
    return book(runtime, Booking(world.authority_id, **(defaults | values)), actor=actor)
