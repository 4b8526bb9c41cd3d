"""Whoever may not act for a resident any more is told nothing of visits that were booked before: the resident is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from booking.events import appointment_changed, readers_asked
from booking.tables import Appointment
from booking.use_cases.mandates import change_mandate, end_mandate, note_mandate
from core.clock import FixedClock
from core.database import Database
from core.runtime import Runtime
from people.residents.details import Representation, ResidentDetails
from people.residents.mandate_queries import mandates_of, representation_by
from people.residents.mandate_rules import BOOK, NEVER, POWERS, Mandated, last_day_told
from people.residents.resident_repository import create_resident
from people.residents.tables import Resident
from reminders.outbox import plan_notifications
from reminders.reach_queries import readers_of
from reminders.tables import Notification
from tests.reminders.channels import RecordingChannel, worker_on
from tests.support.callers import add_agent
from tests.support.factories import AGENT, NOW, World, make_appointment, make_runtime, make_world

START = datetime(2026, 12, 8, 10, 30, tzinfo=UTC)
TODAY = NOW.date()
CARER = Mandated("Carla Carer", "carer", "letter", POWERS, None, "", "carla@example.org")
ROBIN, CARLA = "robin@example.org", "carla@example.org"


@pytest.fixture(autouse=True)
def _planned() -> Iterator[None]:
    with appointment_changed.connected_to(plan_notifications), readers_asked.connected_to(readers_of):
        yield


@pytest.fixture
def world(database: Database) -> World:
    """A council, and who answers the telephone."""
    made = make_world(database)
    add_agent(database, made.authority_id, NOW)
    return made


@pytest.fixture
def runtime(database: Database) -> Runtime:
    """At eight on a Monday."""
    return make_runtime(database)


@pytest.fixture
def robin(database: Database, world: World) -> int:
    """Somebody with an email address."""
    with database.writing() as db:
        return create_resident(db, world.authority_id, ResidentDetails("Robin Sample", email=ROBIN), NOW)


def booked_by(runtime: Runtime, world: World, robin: int, who: Mandated = CARER) -> int:
    """The id of the entry by which Carla has booked for Robin."""
    mandate = note_mandate(runtime, world.authority_id, robin, who, today=TODAY, seen=0, actor=AGENT)
    with runtime.database.reading() as db:
        (one,) = mandates_of(db, world.authority_id, robin)
    book_for(runtime, world, robin, representation_by(one))
    return mandate


def book_for(runtime: Runtime, world: World, robin: int, acting: Representation) -> None:
    """A visit in two weeks."""
    make_appointment(runtime, world, START, resident=robin, channel="phone", actor=AGENT, representative=acting)


def sent_from(database: Database, *moments: datetime) -> list[str]:
    """To whom the worker wrote at these moments, in turn."""
    sent = RecordingChannel()
    for at in moments:
        worker_on(database, FixedClock(at), sent).send_due()
    return [one.recipient.address for one in sent.sent]


def link_of(database: Database) -> str:
    """The digest of the link that changes the visit."""
    with database.reading() as db:
        return db.scalars(select(Appointment)).one().manage_digest


AT_ONCE, A_DAY_BEFORE = NOW + timedelta(minutes=20), START - timedelta(days=1)


def test_whoever_may_be_told_is_told(database: Database, world: World, runtime: Runtime, robin: int) -> None:
    booked_by(runtime, world, robin)
    assert sent_from(database, AT_ONCE, A_DAY_BEFORE) == [CARLA, CARLA]


def test_whoever_is_ended_gets_nothing_more(database: Database, world: World, runtime: Runtime, robin: int) -> None:
    """Nor a word of it; the resident gets the confirmation with a link of their own, which the old one is not any more."""
    mandate, link = booked_by(runtime, world, robin), link_of(database)
    assert sent_from(database, AT_ONCE) == [CARLA]
    end_mandate(make_runtime(database, AT_ONCE), world.authority_id, robin, mandate, "Fear", seen=1, actor=AGENT)
    assert link_of(database) != link
    assert sent_from(database, AT_ONCE, A_DAY_BEFORE) == [ROBIN, ROBIN]


def test_whoever_may_only_book_gets_nothing_more(
    database: Database, world: World, runtime: Runtime, robin: int
) -> None:
    mandate, link = booked_by(runtime, world, robin), link_of(database)
    assert sent_from(database, AT_ONCE) == [CARLA]
    where = (make_runtime(database, AT_ONCE), world.authority_id, robin, mandate)
    change_mandate(*where, replace(CARER, powers=(BOOK,)), today=TODAY, seen=1, actor=AGENT)
    assert link_of(database) != link
    assert sent_from(database, AT_ONCE, A_DAY_BEFORE) == [ROBIN, ROBIN]


def test_after_the_last_day_the_resident_is_told(
    database: Database, world: World, runtime: Runtime, robin: int
) -> None:
    """The last day counts; no page was opened and nothing was pressed."""
    day = A_DAY_BEFORE.date()
    booked_by(runtime, world, robin, replace(CARER, valid_until=day - timedelta(days=1)))
    assert sent_from(database, AT_ONCE, A_DAY_BEFORE) == [CARLA, ROBIN]


def test_on_the_last_day_they_are_told(database: Database, world: World, runtime: Runtime, robin: int) -> None:
    booked_by(runtime, world, robin, replace(CARER, valid_until=A_DAY_BEFORE.date()))
    assert sent_from(database, AT_ONCE, A_DAY_BEFORE) == [CARLA, CARLA]


def test_where_the_resident_cannot_be_reached_it_is_a_task(
    database: Database, world: World, runtime: Runtime, robin: int
) -> None:
    mandate = booked_by(runtime, world, robin)
    assert sent_from(database, AT_ONCE) == [CARLA]
    with database.writing() as db:
        db.get_one(Resident, robin).email = ""
    end_mandate(make_runtime(database, AT_ONCE), world.authority_id, robin, mandate, "Fear", seen=1, actor=AGENT)
    assert sent_from(database, AT_ONCE, A_DAY_BEFORE) == []
    with database.reading() as db:
        assert ("withheld", "no_address") in db.execute(select(Notification.status, Notification.reason)).all()


def test_whoever_is_named_anew_is_not_written_to(
    database: Database, world: World, runtime: Runtime, robin: int
) -> None:
    """An entry that ended speaks of whoever has the name, however they come to a visit: typed, or copied from another."""
    mandate = note_mandate(runtime, world.authority_id, robin, CARER, today=TODAY, seen=0, actor=AGENT)
    end_mandate(runtime, world.authority_id, robin, mandate, "Fear", seen=1, actor=AGENT)
    book_for(runtime, world, robin, Representation("carla  CARER", "carer", CARLA))
    assert sent_from(database, AT_ONCE, A_DAY_BEFORE) == [ROBIN, ROBIN]


def test_somebody_else_goes_on_being_told(database: Database, world: World, runtime: Runtime, robin: int) -> None:
    mandate = note_mandate(runtime, world.authority_id, robin, CARER, today=TODAY, seen=0, actor=AGENT)
    book_for(runtime, world, robin, Representation("Hodan Yusuf", "family", "hodan@example.org"))
    link = link_of(database)
    end_mandate(runtime, world.authority_id, robin, mandate, "Fear", seen=1, actor=AGENT)
    assert link_of(database) == link
    assert sent_from(database, AT_ONCE, A_DAY_BEFORE) == ["hodan@example.org"] * 2


def test_another_entry_that_they_are_told_counts(
    database: Database, world: World, runtime: Runtime, robin: int
) -> None:
    mandate = booked_by(runtime, world, robin)
    note_mandate(runtime, world.authority_id, robin, CARER, today=TODAY, seen=mandate, actor=AGENT)
    end_mandate(runtime, world.authority_id, robin, mandate, "A new letter", seen=1, actor=AGENT)
    assert sent_from(database, AT_ONCE, A_DAY_BEFORE) == [CARLA, CARLA]


def test_the_latest_day_of_their_entries_counts() -> None:
    day = TODAY.isoformat()
    assert last_day_told("1;;Carla Carer", "Hodan Yusuf") is None
    assert last_day_told(f"0;;Carla Carer\n0;{day};Carla Carer", "carla carer") == NEVER
    assert last_day_told(f"0;;Carla Carer\n1;2026-01-31;Carla Carer\n1;{day};Carla Carer", "Carla Carer") == TODAY
    assert last_day_told(f"1;;Carla Carer\n1;{day};Carla Carer", "Carla Carer") is None
    assert last_day_told(f"1;{day};Carla; Carer", "Carla; Carer") == TODAY
