"""A library with its staff, and browsers that are signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from booking.queries.appointments import by_reference
from booking.states import State
from booking.use_cases.closures import list_touched
from booking.use_cases.outcomes import record_outcome
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from core.flask_context import EXTENSION
from core.runtime import Runtime
from locations.catalogue_queries import bump_plan
from locations.tables import Closure
from people.staff.policy import Role
from people.staff.sign_in_sessions import start
from people.staff.tables import StaffMember, StaffRole
from tests.support.factories import World, catalogue, make_appointment, make_site, make_world
from web.staff_guard import cookie_name

TODAY = "2026-11-23"
NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SITE = "/staff/sites/high-street"
DAY = f"{SITE}/days/{TODAY}"
STAFF = Actor("staff", 1, "Sam Staff")


@dataclass
class Library:
    """One library of two desks, open from nine to five."""

    app: Flask
    database: Database
    clock: FixedClock
    world: World
    other_site_id: int

    @property
    def runtime(self) -> Runtime:
        """The application's runtime."""
        found: Runtime = self.app.extensions[EXTENSION]
        return found

    def book(self, minutes: int = 0, **values: object) -> str:
        """The reference of an appointment that begins so many minutes after nine today."""
        return make_appointment(self.runtime, self.world, NINE + timedelta(minutes=minutes), **values).reference

    def desk_of(self, reference: str) -> str:
        """The number of the desk that was allocated, as "1"."""
        with self.database.reading() as db:
            view = by_reference(db, catalogue(self.database, self.world), reference)
        return view.resources[0].name.removeprefix("Desk ")

    def record(self, reference: str, *states: State, reason: str = "No passport") -> None:
        """Record these states, one after the other."""
        for state in states:
            record_outcome(self.runtime, self.world.authority_id, reference, state, actor=STAFF, reason=reason)

    def close(self, first: datetime, last: datetime, reason: str = "Boiler", resource_id: int | None = None) -> None:
        """Shut the library, or one desk of it."""
        with self.database.writing() as db:
            bump_plan(db, self.world.authority_id, [self.world.site_id])
            row = Closure(
                authority_id=self.world.authority_id,
                site_id=self.world.site_id,
                resource_id=resource_id,
                slug=f"closure-{first:%j%H%M}",
                starts_at=first,
                ends_at=last,
                reason=reason,
            )
            db.add(row)
            db.flush()
            list_touched(db, row.id, self.clock.now())

    def sign_in(self, role: Role, site_id: int | None = None, authority_id: int | None = None) -> FlaskClient:
        """A browser in which somebody with this role has signed in."""
        with self.database.writing() as db:
            owner = authority_id or self.world.authority_id
            member = StaffMember(
                authority_id=owner,
                email=f"{role.value}.{owner}.{site_id}@example.org",
                name=role.value.replace("_", " ").capitalize(),
                created_at=self.clock.now(),
            )
            db.add(member)
            db.flush()
            db.add(StaffRole(staff_id=member.id, role=role.value, site_id=site_id))
            token = start(db, member.id, self.clock.now())
        client = self.app.test_client()
        with self.app.app_context():
            client.set_cookie(cookie_name(), token)
        return client


@pytest.fixture
def library(app: Flask, database: Database, clock: FixedClock) -> Library:
    """Testshire's High Street Library at nine on a Monday, and a second site."""
    world = make_world(database, desks=2)
    other = make_site(database, world.authority_id, "mill-lane", name="Mill Lane Library")
    return Library(app, database, clock, world, other)


@pytest.fixture
def site_staff(library: Library) -> FlaskClient:
    """Site staff of the library, signed in."""
    return library.sign_in(Role.SITE_STAFF, library.world.site_id)


@pytest.fixture
def manager(library: Library) -> FlaskClient:
    """The library's manager, signed in."""
    return library.sign_in(Role.SITE_MANAGER, library.world.site_id)
