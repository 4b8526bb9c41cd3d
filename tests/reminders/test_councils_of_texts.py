"""A text is for the council that knows its number, however it does, and is found there by an index."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from alembic import command
from sqlalchemy import event, select, text, update

from booking.events import appointment_changed
from booking.tables import Appointment
from core.database import Database, alembic_config
from core.runtime import Runtime
from locations.tables import Authority
from people.residents.details import Representation, ResidentDetails, phone_key
from reminders.inbound import handle_waiting_texts
from reminders.inbound_queries import appointments_of_numbers, history_of_number
from reminders.inbound_texts import ReceivedText, keep_text
from reminders.outbox import plan_notifications
from reminders.recipients import CHANNELS
from reminders.tables import InboundText, Notification
from tests.reminders.make_bulk_notifications import owe
from tests.support.factories import NOW, World, make_appointment, make_authority, make_runtime, make_world

OURS, THEIRS, AS_SENT = "07700 900982", "07700 900123", "447700900123"
WHEN = NOW + timedelta(days=1, hours=1)
ROBIN = ResidentDetails("Robin Sample", phone="07700 900444", contact_preference="text")
WAYS = ("resident", "helper", "appointment")


@pytest.fixture
def runtime(database: Database, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    monkeypatch.setitem(database.facts, CHANNELS, frozenset({"email", "text"}))
    appointment_changed.disconnect(plan_notifications)
    return make_runtime(database)


def book(runtime: Runtime, world: World, way: str) -> int:
    """The id of an appointment whose texts go to the number: their own, that of who helps, or one given for it alone."""
    who = replace(ROBIN, phone=THEIRS) if way == "resident" else ROBIN
    helper = Representation("Sam Sample", "carer", phone=THEIRS) if way == "helper" else None
    booked = make_appointment(runtime, world, WHEN, resident=who, representative=helper).appointment_id
    if way == "appointment":
        with runtime.database.writing() as db:
            db.get_one(Appointment, booked).contact_phone = "(07700) 900-123"
    return booked


def kept_for(runtime: Runtime, *, to_number: str = "", words: str = "CANCEL") -> tuple[int | None, str]:
    """For which council a text is kept, and what became of it."""
    with runtime.database.writing() as db:
        keep_text(db, ReceivedText("one", AS_SENT, words, NOW, to_number))
    handle_waiting_texts(runtime)
    with runtime.database.reading() as db:
        row = db.scalars(select(InboundText)).one()
        assert row.handled_at
        return row.authority_id, row.outcome


@pytest.mark.parametrize("way", WAYS)
def test_a_text_is_for_the_council_that_knows_the_number(database: Database, runtime: Runtime, way: str) -> None:
    make_authority(database, "another")
    world = make_world(database)
    make_authority(database, "third")
    booked = book(runtime, world, way)
    assert kept_for(runtime) == (world.authority_id, "cancelled")
    with database.reading() as db:
        assert db.get_one(Appointment, booked).state == "cancelled_by_resident"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("last", [0, 1])
def test_of_several_councils_it_is_the_one_that_texted_last(
    database: Database, runtime: Runtime, way: str, last: int
) -> None:
    worlds = [make_world(database, slug=slug) for slug in ("one", "two")]
    ids = [book(runtime, world, way) for world in worlds]
    owe(database, worlds[0], 2, status="sent", channel="text")
    with database.writing() as db:
        rows = db.scalars(select(Notification).order_by(Notification.id)).all()
        for number, (row, world, id_) in enumerate(zip(rows, worlds, ids, strict=True)):
            row.authority_id, row.appointment_id = world.authority_id, id_
            row.closed_at = NOW - timedelta(hours=1 if number == last else 2)
    assert kept_for(runtime) == (worlds[last].authority_id, "cancelled")


@pytest.mark.parametrize("councils", [1, 2])
@pytest.mark.parametrize("has_own_number", [False, True])
def test_from_an_unknown_number_it_is_for_whom_it_was_written_to_or_for_nobody(
    database: Database, runtime: Runtime, councils: int, has_own_number: bool
) -> None:
    ids = [make_authority(database, f"council-{number}") for number in range(councils)]
    if has_own_number:
        with database.writing() as db:
            db.execute(update(Authority).where(Authority.id == ids[-1]).values(text_number=OURS))
    expected = ids[-1] if has_own_number or councils == 1 else None
    assert kept_for(runtime, to_number="447700900982", words="Am I expected?") == (expected, "unknown")


@pytest.mark.databases("sqlite")
def test_whoever_wrote_is_found_by_an_index(database: Database, runtime: Runtime) -> None:
    """However many appointments and representatives a council has had."""
    world = make_world(database)
    book(runtime, world, "resident")
    with database.writing() as db:
        row = keep_text(db, ReceivedText("one", AS_SENT, "CANCEL", NOW))
    assert row is not None
    asked: list[tuple[str, Any]] = []

    def remember(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        asked.append((statement, values))

    event.listen(database.engine, "before_cursor_execute", remember)
    with database.writing() as db:
        keep_text(db, ReceivedText("two", AS_SENT, "CANCEL", NOW))
        history_of_number(db, row, NOW)
        keys = [phone_key(f"07700 900{number}") for number in range(123, 223)]
        before = len(asked)
        assert len(appointments_of_numbers(db, world.authority_id, keys, NOW)) == 1
        assert len(asked) == before + 1
    event.remove(database.engine, "before_cursor_execute", remember)
    with database.engine.connect() as connection:
        for statement, values in asked:
            if statement.startswith("SELECT"):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
                scanned = re.findall(r"SCAN (\w+)", " ".join(step.detail for step in plan))
                assert not {"appointments", "residents", "representatives", "notifications", "inbound_texts"} & set(
                    scanned
                ), plan


def test_numbers_that_were_there_before_are_known(database: Database, runtime: Runtime) -> None:
    world = make_world(database, desks=2)
    ids = [book(runtime, world, "helper"), book(runtime, world, "appointment")]
    config = alembic_config(database.url)
    command.downgrade(config, "0062")
    command.upgrade(config, "head")
    with database.reading() as db:
        found = appointments_of_numbers(db, world.authority_id, [phone_key(THEIRS)], NOW)
        assert found == {phone_key(THEIRS): ids}
        assert db.scalar(text("SELECT count(*) FROM appointments WHERE contact_phone_key IS NULL")) == 1
