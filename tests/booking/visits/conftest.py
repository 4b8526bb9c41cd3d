"""A library with a few desks, of which only the visits matter."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from booking.tables import Allocation, Claim
from booking.use_cases.call_next import call_next
from booking.use_cases.cancel import cancel
from booking.use_cases.check_in import check_in
from booking.use_cases.move_visit import VisitStep, move_visit
from booking.use_cases.sit_at_desk import sit_at_desk
from booking.use_cases.take_walk_in import take_walk_in
from booking.visits.idle_desk_queries import IdleDesk, idle_desks_at
from booking.visits.kept_desk_queries import kept_desks
from booking.visits.long_wait_queries import long_waits
from booking.visits.tables import DayVisit
from booking.visits.visit_queries import visits_of_day
from booking.visits.visit_states import NewWalkIn, VisitState
from core.clock import FixedClock
from core.database import Database
from core.runtime import Runtime
from core.wall_clock import unit_of
from locations.catalogue_queries import catalogue_by_id
from tests.support.factories import AGENT, NOW, World, make_appointment, make_runtime, make_world

NINE = NOW + timedelta(hours=1)
HERE = "high-street"


class Counter:
    """A library of which only the visits matter."""

    def __init__(self, database: Database, desks: int = 1) -> None:
        self.runtime: Runtime = make_runtime(database, NINE)
        self.world: World = make_world(database, desks=desks)
        self.database = database
        self.taken: set[int] = set()

    def advance(self, minutes: int) -> None:
        """Let time pass."""
        clock = self.runtime.clock
        assert isinstance(clock, FixedClock)
        clock.advance(timedelta(minutes=minutes))

    def walk_in(self, name: str = "Wendy Walker", *, is_urgent: bool = False) -> int:
        """The visit of somebody who has come without an appointment."""
        new = NewWalkIn(name, is_urgent=is_urgent)
        return take_walk_in(self.runtime, self.world.authority_id, HERE, "certify", new, actor=AGENT).visit_id

    def call(self, desk: int = 1) -> int | None:
        """The visit that the desk calls."""
        called = call_next(self.runtime, self.world.authority_id, HERE, f"desk-{desk}", actor=AGENT)
        return called.visit_id if called else None

    def step(self, visit: int, state: VisitState, desk: int | None = None) -> None:
        """Move the visit on."""
        step = VisitStep(state, f"desk-{desk}" if desk else "", "A slip")
        move_visit(self.runtime, self.world.authority_id, HERE, visit, step, actor=AGENT)

    def book(self, minutes: int) -> str:
        """The reference of an appointment so many minutes after nine."""
        return make_appointment(self.runtime, self.world, NINE + timedelta(minutes=minutes), actor=AGENT).reference

    def cancel(self, reference: str) -> None:
        """Somebody who is booked does not come."""
        council = self.world.authority_id
        cancel(self.runtime, council, reference, actor=AGENT, by="resident", enforce_cutoff=False)

    def arrive(self, reference: str) -> None:
        """Somebody who is booked has come."""
        check_in(self.runtime, self.world.authority_id, reference, actor=AGENT)

    def waiting(self) -> int:
        """How many wait."""
        with self.database.reading() as db:
            return db.scalar(select(func.count()).where(DayVisit.state == VisitState.WAITING.value)) or 0

    def idle(self) -> list[IdleDesk]:
        """The desks that should have called somebody."""
        with self.database.reading() as db:
            catalogue = catalogue_by_id(db, self.world.authority_id)
            return idle_desks_at(db, catalogue, [self.world.site_id], self.runtime.clock.now())

    def sit(self, desk: int = 1, *, is_left: bool = False) -> None:
        """Somebody says that they sit at the desk, or that nobody does."""
        which = {"left" if is_left else "taken": f"desk-{desk}"}
        sit_at_desk(self.runtime, self.world.authority_id, HERE, actor=AGENT, **which)

    def long_waits(self) -> list[tuple[int, int | None]]:
        """The visits whose wait is an alarm, each with the minutes until they are called."""
        with self.database.reading() as db:
            found = catalogue_by_id(db, self.world.authority_id)
            site, now = found.site(HERE), self.runtime.clock.now()
            visits = visits_of_day(db, found, site, now.date(), (*VisitState,))
            kept = kept_desks(db, found, site, visits, now)
            return [(one.visit.id, one.called_in_minutes) for one in long_waits(db, site, kept, visits, self.taken)]

    def claimed(self, desk: int = 1) -> list[tuple[int, int]]:
        """What visits occupy at the desk, in minutes after nine, adjoining stretches as one."""
        columns = (Allocation.first_unit, Allocation.last_unit)
        of_desk = (Allocation.visit_id.is_not(None), Allocation.resource_id == self.world.resource_ids[desk - 1])
        with self.database.reading() as db:
            rows = db.execute(select(*columns).where(*of_desk).order_by(Allocation.first_unit)).all()
            units = sum(last - first for first, last in db.execute(select(*columns)))
            assert db.scalar(select(func.count()).select_from(Claim)) == units
        found: list[tuple[int, int]] = []
        for first, last in (tuple((unit - unit_of(NINE)) * 5 for unit in row) for row in rows):
            found = [*found[:-1], (found[-1][0], last)] if found and found[-1][1] == first else [*found, (first, last)]
        return found


@pytest.fixture
def counter(database: Database) -> Counter:
    """A library with one desk, at nine."""
    return Counter(database)
