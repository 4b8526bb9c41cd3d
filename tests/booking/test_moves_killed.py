"""A move that dies at any of its statements: the person holds exactly one time, the old one or the new one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, select

from booking.events import appointment_changed
from booking.slot_tokens import decode
from booking.tables import Allocation, Appointment, Claim, RebookItem
from booking.use_cases.make_closure import NewClosure, closure_progress, make_closure
from booking.use_cases.offers import accept_offer, make_offers, request_offers
from booking.use_cases.reschedule import Move, reschedule
from core.database import Database
from core.runtime import Runtime
from reminders.outbox import plan_notifications
from reminders.reach_queries import can_be_told
from reminders.tables import Notification
from tests.support.factories import (
    AGENT,
    NOW,
    RESIDENT,
    World,
    make_appointment,
    make_authority,
    make_resource,
    make_runtime,
    make_service,
    make_session,
    make_site,
    make_world,
    slot_key_at,
)

TOMORROW = NOW + timedelta(days=1, hours=1)  # 09:00
DAY = NewClosure(TOMORROW - timedelta(hours=1), TOMORROW + timedelta(hours=10), "The boiler is broken")
WRITES = ("INSERT", "UPDATE", "DELETE", "WITH", "COMMIT")
LEAST_STATEMENTS = 5
GROUP = 12


class Killed(BaseException):
    """The process has died: nothing in it catches this."""


@pytest.fixture(autouse=True)
def _planned() -> Iterator[None]:
    """Messages are planned, as in the application: in the same transaction."""
    with appointment_changed.connected_to(plan_notifications):
        yield


@contextmanager
def killed_at(database: Database, number: int) -> Iterator[list[str]]:
    """Die before this statement that writes, or before the COMMIT; the statements that came so far."""
    statements: list[str] = []

    def count(connection: Connection, statement: str) -> None:
        statements.append(statement)
        if len(statements) > number:
            connection.invalidate()  # the connection ends with the process
            raise Killed

    def before(connection: Connection, _cursor: object, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(WRITES):
            count(connection, statement)

    def before_commit(connection: Connection) -> None:
        if statements:  # of a transaction that only reads nothing is lost
            count(connection, "COMMIT")

    event.listen(database.engine, "before_cursor_execute", before)
    event.listen(database.engine, "commit", before_commit)
    try:
        yield statements
    finally:
        event.remove(database.engine, "before_cursor_execute", before)
        event.remove(database.engine, "commit", before_commit)


def held(database: Database) -> tuple[int, bool]:
    """The version of the only appointment, and whether it holds exactly the time that it says, unit by unit."""
    with database.reading() as db:
        row = db.scalars(select(Appointment)).one()
        units = sorted(
            db.scalars(
                select(Claim.unit)
                .join(Allocation, Allocation.id == Claim.allocation_id)
                .where(Allocation.appointment_id == row.id)
            )
        )
    first, last = (int(at.timestamp()) // 300 for at in (row.starts_at, row.ends_at))
    return row.version, units == list(range(first, last)) and decode(row.slot_token).start_unit == first


def moved_by_resident(runtime: Runtime, world: World, reference: str) -> Callable[[], object]:
    move = Move(slot_key=slot_key_at(world, TOMORROW + timedelta(hours=2)))
    return lambda: reschedule(runtime, world.authority_id, reference, move, actor=RESIDENT, enforce_cutoff=True)


def moved_by_offer(runtime: Runtime, world: World, reference: str) -> Callable[[], object]:
    made = make_closure(runtime, world.authority_id, DAY, actor=AGENT)
    assert made.id is not None
    request_offers(runtime, world.authority_id, made.id, actor=AGENT)
    assert make_offers(runtime, can_be_told) == 1
    return lambda: accept_offer(runtime, world.authority_id, reference, actor=RESIDENT)


@pytest.mark.parametrize("prepare", [moved_by_resident, moved_by_offer])
def test_whoever_dies_at_any_statement_of_a_move_leaves_exactly_one_time(
    database: Database, prepare: Callable[[Runtime, World, str], Callable[[], object]]
) -> None:
    world, runtime = make_world(database), make_runtime(database)
    move = prepare(runtime, world, make_appointment(runtime, world, TOMORROW).reference)
    is_moved, statements = False, list[str]()
    while not is_moved:
        with killed_at(database, len(statements)) as statements:
            try:
                move()
                is_moved = True
            except Killed:
                pass
        assert held(database) == (2 if is_moved else 1, True), statements[-1]
    assert len(statements) >= LEAST_STATEMENTS
    assert statements[-1] == "COMMIT"


def test_a_group_of_twelve_that_is_shut_gives_twelve_rows_and_twelve_messages(database: Database) -> None:
    authority_id = make_authority(database)
    site_id = make_site(database, authority_id)
    room = make_resource(database, authority_id, site_id, "hall", kind="room", seats=GROUP)
    need = [{"kind": "room", "skills": []}]
    service = make_service(database, authority_id, "group", requirements=need)
    make_session(database, authority_id, site_id, [room], [service])
    world, runtime = World(authority_id, site_id, (room,), (service,)), make_runtime(database)
    for _number in range(GROUP):
        make_appointment(runtime, world, TOMORROW)
    made = make_closure(runtime, authority_id, DAY, actor=AGENT)
    assert made.id is not None
    request_offers(runtime, authority_id, made.id, actor=AGENT)
    assert make_offers(runtime, can_be_told) == GROUP
    with database.reading() as db:
        listed = db.scalars(select(RebookItem.appointment_id)).all()
        told = db.scalars(select(Notification.appointment_id).where(Notification.kind == "offer_1")).all()
        counts = closure_progress(db, authority_id, made.id)
        assert db.scalar(select(func.count()).select_from(Appointment)) == GROUP
    assert len(set(listed)) == len(listed) == len(set(told)) == len(told) == counts["offered"] == GROUP
