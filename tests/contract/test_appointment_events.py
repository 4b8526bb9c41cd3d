"""A program is told of every change of an appointment: signed, in order, at least once, and without a word about anybody."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from booking.events import UNDO_FOR
from booking.states import State
from booking.use_cases import tell_of_changes as use_case
from booking.use_cases.cancel import cancel
from booking.use_cases.make_closure import NewClosure, make_closure
from booking.use_cases.offers import accept_offer, make_offers, request_offers
from booking.use_cases.outcomes import correct, record_outcome
from booking.use_cases.reschedule import Move, reschedule
from booking.use_cases.tell_of_changes import ALARM_AFTER, LEASE, are_changes_told, tell_of_changes
from booking.use_cases.undo_change import undo_change
from booking.use_cases.webhooks import add_webhook
from booking.webhooks.signed_message import APPOINTMENT_EVENTS
from booking.webhooks.tables import Webhook
from core.audit import Actor, AuditEntry, record
from core.clock import FixedClock
from core.database import Database
from core.flask_context import EXTENSION
from core.runtime import Runtime
from reminders.reach_queries import can_be_told
from tests.contract.conftest import Program, assert_problem, key_for, program_with
from tests.support.factories import AGENT, RESIDENT, World, make_world, slot_key_at
from tests.support.receivers import Receiver, is_signed
from tests.support.town import make_town
from tests.web.resident.browser import Visitor, fill_in, go_to_times

BOOKED, RESCHEDULED, CANCELLED, OUTCOME = APPOINTMENT_EVENTS


@pytest.fixture
def runtime(app: Flask) -> Runtime:
    """Programs of this host may be told, too."""
    found: Runtime = app.extensions[EXTENSION]
    app.extensions[EXTENSION] = replace(found, settings=replace(found.settings, webhook_hosts=("127.0.0.1",)))
    return app.extensions[EXTENSION]


@pytest.fixture
def manager(app: Flask, database: Database, world: World, clock: FixedClock, runtime: Runtime) -> Program:
    """A program that may do all of this."""
    del runtime
    return program_with(app, key_for(database, world.authority_id, clock, "read", "book", "manage"))


def add(program: Program, receiver: Receiver, **body: Any) -> str:
    """The secret with which it is told."""
    answer = program.post("/webhooks", {"url": receiver.address} | body)
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["secret"])


def told(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(body) for _headers, body in receiver.seen]


def types(receiver: Receiver) -> list[tuple[str, str]]:
    return [(one["type"], one["data"]["status"]) for one in told(receiver)]


def ids(receiver: Receiver) -> list[str]:
    return [headers["webhook-id"] for headers, _body in receiver.seen]


def row_of(runtime: Runtime) -> Webhook:
    with runtime.database.reading() as db:
        return db.scalars(select(Webhook)).one()


def test_a_program_is_told_of_all_that_happens_to_an_appointment(
    runtime: Runtime, clock: FixedClock, manager: Program, receiver: Receiver
) -> None:
    early = manager.book(manager.slots()[0]["slot"])["reference"]  # before anybody wanted to know
    secret = add(manager, receiver)
    slots = manager.slots()
    reference = manager.book(slots[3]["slot"], name="Robin Sample", notes="Comes with a dog")["reference"]
    path = f"/appointments/{reference}"
    assert manager.post(f"{path}/reschedule", {"slot": slots[8]["slot"]}).status_code == 200
    assert manager.post(f"{path}/outcome", {"outcome": "arrived"}).status_code == 200
    assert manager.post(f"{path}/outcome", {"outcome": "booked", "reason": "Wrong row"}).status_code == 200
    assert manager.post(f"{path}/cancel", {"by": "resident"}).status_code == 200
    assert tell_of_changes(runtime) == {"told": 5}
    states = ("booked", "booked", "arrived", "booked", "cancelled_by_resident")
    assert types(receiver) == list(zip((BOOKED, RESCHEDULED, OUTCOME, OUTCOME, CANCELLED), states, strict=True))
    assert all(is_signed(one, secret) for one in receiver.seen)
    assert len(set(ids(receiver))) == 5
    first, second = told(receiver)[:2]
    assert first["timestamp"] == clock.now().isoformat(timespec="seconds")
    where = {"council": "testshire", "site": "high-street", "services": ["certify"], "mode": "in_person"}
    url = first["data"].pop("url")
    assert first["data"] == where | {"reference": reference, "status": "booked", "starts_at": slots[3]["starts_at"]}
    assert second["data"]["starts_at"] == slots[8]["starts_at"]
    assert manager.get(url.partition("/api/v1")[2]).get_json()["reference"] == reference
    everything = b"".join(body for _headers, body in receiver.seen)
    assert b"Robin" not in everything
    assert b"dog" not in everything
    assert early.encode() not in everything
    assert tell_of_changes(runtime) == {}


def test_a_booking_on_the_pages_is_told_once_somebody_wants_to_know(
    app: Flask, database: Database, runtime: Runtime, receiver: Receiver
) -> None:
    council = make_town(database).authority_id
    for day, listens in (("2026-11-24", False), ("2026-11-25", True)):
        if listens:
            add_webhook(runtime, council, receiver.address, [BOOKED], actor=Actor.system())
        visitor = Visitor(app.test_client())
        go_to_times(visitor, day=day)
        visitor.take_first_time()
        fill_in(visitor)
        assert visitor.post(visitor.page.form_to("/check"), {}).status_code == 303
        assert tell_of_changes(runtime) == ({"told": 1} if listens else {})
    assert types(receiver) == [(BOOKED, "booked")]


def test_what_the_council_does_is_told_and_what_staff_take_back(
    database: Database, runtime: Runtime, clock: FixedClock, manager: Program, receiver: Receiver, world: World
) -> None:
    database.facts[UNDO_FOR] = timedelta(seconds=60)
    add(manager, receiver)
    person = {"name": "Robin Sample", "email": "robin@example.org"}
    reference = manager.book(manager.slots()[3]["slot"], resident=person)["reference"]
    later = slot_key_at(world, clock.now() + timedelta(days=1, hours=5))
    where = (runtime, world.authority_id, reference)
    reschedule(*where, Move(later), actor=AGENT, enforce_cutoff=False)
    undo_change(*where, lambda *_: None, actor=AGENT)
    cancel(*where, actor=AGENT, by="authority", reason="Ill", enforce_cutoff=False)
    undo_change(*where, lambda *_: None, actor=AGENT)
    shut = NewClosure(clock.now(), clock.now() + timedelta(hours=12), "The boiler is broken")
    closure = make_closure(runtime, world.authority_id, shut, actor=AGENT).id
    assert closure is not None
    request_offers(runtime, world.authority_id, closure, actor=AGENT)
    make_offers(runtime, can_be_told)
    accept_offer(*where, actor=RESIDENT)
    assert tell_of_changes(runtime) == {"told": 6}
    by_council = (CANCELLED, "cancelled_by_authority")
    moved, booked = (RESCHEDULED, "booked"), (BOOKED, "booked")
    assert types(receiver) == [booked, moved, moved, by_council, booked, moved]
    starts = [one["data"]["starts_at"] for one in told(receiver)]
    assert starts[0] == starts[2] == starts[3] == starts[4] not in (starts[1], starts[5])
    assert b"Ill" not in receiver.seen[3][1]


def test_outcomes_are_told_with_their_corrections(
    runtime: Runtime, clock: FixedClock, manager: Program, receiver: Receiver, world: World
) -> None:
    add(manager, receiver, events=[OUTCOME])
    reference = manager.book(manager.slots()[3]["slot"])["reference"]
    where = (runtime, world.authority_id, reference)
    for state in (State.ARRIVED, State.IN_PROGRESS, State.ATTENDED):
        record_outcome(*where, state, actor=AGENT)
    correct(*where, State.IN_PROGRESS, actor=AGENT, reason="Wrong row")
    record_outcome(*where, State.NOT_COMPLETED, actor=AGENT, reason="No passport")
    tell_of_changes(runtime)
    states = ["arrived", "in_progress", "attended", "in_progress", "not_completed"]
    assert types(receiver) == [(OUTCOME, state) for state in states]
    assert b"passport" not in receiver.seen[-1][1]


def test_who_answers_with_an_error_is_told_the_same_again_in_order(
    runtime: Runtime, clock: FixedClock, manager: Program, receiver: Receiver
) -> None:
    secret, receiver.status = add(manager, receiver), 500
    for number in (3, 8):
        manager.book(manager.slots()[number]["slot"])
    for minutes in (0, 1, 2, 4):  # and no sooner
        clock.advance(timedelta(minutes=minutes) - timedelta(seconds=1 if minutes else 0))
        assert tell_of_changes(runtime) == ({} if minutes else {"failed": 1})
        clock.advance(timedelta(seconds=1 if minutes else 0))
        assert tell_of_changes(runtime) == ({"failed": 1} if minutes else {})
    (item,) = manager.get("/webhooks").get_json()["items"]
    assert (item["failure"], item["failing_since"]) == ("refused", "2026-11-23T09:00:00+00:00")
    assert len(set(ids(receiver))) == 1
    receiver.status = 200
    clock.advance(timedelta(minutes=8))
    assert tell_of_changes(runtime) == {"told": 2}
    assert ids(receiver)[-2] == ids(receiver)[0] != ids(receiver)[-1]
    assert {body for _headers, body in receiver.seen[:-1]} == {receiver.seen[0][1]}
    assert is_signed(receiver.seen[-2], secret)
    (item,) = manager.get("/webhooks").get_json()["items"]
    assert (item["failure"], item["failing_since"]) == ("", None)


def test_who_fails_for_long_holds_up_nobody_and_is_an_alarm(
    runtime: Runtime, clock: FixedClock, manager: Program, receiver: Receiver
) -> None:
    with Receiver() as gone:
        add(manager, gone)
    secret = add(manager, receiver)  # and the one before it listens no more
    manager.book(manager.slots()[3]["slot"])
    assert tell_of_changes(runtime) == {"failed": 1, "told": 1}
    assert is_signed(receiver.seen[0], secret)
    assert are_changes_told(runtime)
    clock.advance(ALARM_AFTER)
    manager.book(manager.slots()[8]["slot"])
    assert tell_of_changes(runtime) == {"failed": 1, "told": 1}
    assert not are_changes_told(runtime)
    first = manager.get("/webhooks").get_json()["items"][0]
    assert first["failure"] == "silent"
    assert manager.delete(f"/webhooks/{first['id']}").status_code == 204
    assert are_changes_told(runtime)


@pytest.mark.parametrize("dies_at", ["send_signed", "_keep_told"])
def test_a_pass_that_is_killed_loses_nothing_and_tells_it_again_with_the_same_id(
    runtime: Runtime,
    clock: FixedClock,
    manager: Program,
    receiver: Receiver,
    dies_at: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add(manager, receiver)
    for number in (3, 8, 12):
        manager.book(manager.slots()[number]["slot"])
    real, calls = getattr(use_case, dies_at), []

    def die_at_the_second(*values: Any) -> Any:
        calls.append(values)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*values)

    with monkeypatch.context() as patch:
        patch.setattr(use_case, dies_at, die_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            tell_of_changes(runtime)
    before = ids(receiver)
    assert tell_of_changes(runtime) == {}  # it may be alive still
    clock.advance(LEASE)
    assert tell_of_changes(runtime) == {"told": 2}
    again = before[1:]  # told, and killed before that was kept
    assert ids(receiver)[len(before) :][: len(again)] == again
    assert len(set(ids(receiver))) == 3
    assert tell_of_changes(runtime) == {}


def test_whoever_is_slow_does_not_write_over_who_took_over(
    runtime: Runtime, clock: FixedClock, manager: Program, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(manager, receiver)
    for number in (3, 8):
        manager.book(manager.slots()[number]["slot"])
    sending = "send_signed"
    real = getattr(use_case, sending)

    def slow(*values: Any) -> Any:
        monkeypatch.setattr(use_case, sending, real)
        clock.advance(LEASE)
        assert tell_of_changes(runtime) == {"told": 2}
        return real(*values)

    monkeypatch.setattr(use_case, sending, slow)
    assert tell_of_changes(runtime) == {"told": 1}
    assert len(set(ids(receiver))) == 2
    assert tell_of_changes(runtime) == {}


def test_what_cannot_be_made_is_tried_again_and_no_other_programs_fault(
    runtime: Runtime, clock: FixedClock, manager: Program, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(manager, receiver)
    manager.book(manager.slots()[3]["slot"])
    with monkeypatch.context() as patch:
        patch.setattr(use_case, "untold_changes", lambda *_: [].pop())
        assert tell_of_changes(runtime) == {"failed": 1}
    assert row_of(runtime).failure == "broken"
    clock.advance(timedelta(minutes=1))
    assert tell_of_changes(runtime) == {"told": 1}


def test_the_other_council_is_told_nothing(
    app: Flask, database: Database, runtime: Runtime, clock: FixedClock, manager: Program, receiver: Receiver
) -> None:
    other = make_world(database, slug="elsewhere")
    stranger = program_with(app, key_for(database, other.authority_id, clock, "read", "manage", "book"))
    add(stranger, receiver)
    manager.book(manager.slots()[3]["slot"])
    assert tell_of_changes(runtime) == {}
    stranger.book(stranger.slots()[3]["slot"])
    assert tell_of_changes(runtime) == {"told": 1}
    assert [one["data"]["council"] for one in told(receiver)] == ["elsewhere"]


def test_nothing_is_kept_of_what_was_told_but_how_far(
    database: Database, runtime: Runtime, manager: Program, receiver: Receiver
) -> None:
    """The audit is the queue: it stays for as long as it stays, and the program's row has a number for each lane."""
    add(manager, receiver)
    manager.book(manager.slots()[3]["slot"])
    tell_of_changes(runtime)
    with database.reading() as db:
        entries = db.scalar(select(func.count()).select_from(AuditEntry))
    row = row_of(runtime)
    assert sum(row.read_up_to.values()) == entries
    assert (row.failing_since, row.next_try_at, row.turn_ends_at, row.tries) == (None, None, None, 0)


def test_many_changes_are_told_page_by_page(
    runtime: Runtime, manager: Program, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(use_case, "MOST_AT_ONCE", 2)
    add(manager, receiver, events=[CANCELLED])
    for number in (8, 12, 16):
        reference = manager.book(manager.slots()[number]["slot"])["reference"]
        manager.post(f"/appointments/{reference}/cancel", {"by": "resident"})
    assert tell_of_changes(runtime) == {"told": 3}
    assert len(set(ids(receiver))) == 3
    assert tell_of_changes(runtime) == {}


def test_a_turn_ends_when_it_lasts_too_long_and_goes_on_with_the_next_pass(
    runtime: Runtime, manager: Program, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(manager, receiver)
    for number in (3, 8):
        manager.book(manager.slots()[number]["slot"])
    times = iter([0.0, 0.0, 0.0, use_case.TURN_SECONDS])
    with monkeypatch.context() as patch:
        patch.setattr(use_case, "monotonic", lambda: next(times))
        assert tell_of_changes(runtime) == {"told": 1}
    assert tell_of_changes(runtime) == {"told": 1}
    assert len(set(ids(receiver))) == 2


def test_what_is_committed_late_is_told_though_others_were_told_before(
    database: Database, runtime: Runtime, clock: FixedClock, manager: Program, receiver: Receiver, world: World
) -> None:
    """On PostgreSQL a change with a smaller id can be seen after one with a greater: a place by ids alone would miss it."""
    if database.is_sqlite:
        return  # it has one writer at a time
    first = manager.book(manager.slots()[3]["slot"])
    with database.reading() as db:
        subject = db.scalars(select(AuditEntry.subject_id).where(AuditEntry.action == "booked")).one()
    add(manager, receiver)
    with database.writing() as db:
        where: dict[str, Any] = {"authority_id": world.authority_id, "now": clock.now()}
        record(db, AGENT, "cancelled", ("appointment", subject), **where, by="resident")
        second = manager.book(manager.slots()[8]["slot"])
        assert tell_of_changes(runtime) == {"told": 1}
    assert tell_of_changes(runtime) == {"told": 1}
    assert [one["data"]["reference"] for one in told(receiver)] == [second["reference"], first["reference"]]


def test_a_lane_has_its_numbers_in_the_order_of_ids_however_many_write(
    database: Database, world: World, clock: FixedClock
) -> None:
    def write(number: int) -> None:
        for _ in range(20):
            with database.writing() as db:
                record(db, AGENT, "moved", ("x", number), authority_id=world.authority_id, now=clock.now())

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    with database.reading() as db:
        columns = (AuditEntry.lane, AuditEntry.number, AuditEntry.subject_id)
        rows = db.execute(select(*columns).order_by(AuditEntry.id)).all()
    for _lane, entries in groupby(sorted(rows, key=lambda one: one.lane), key=lambda one: one.lane):
        numbers = [one.number for one in entries]
        assert numbers == sorted(numbers)


def test_a_program_chooses_its_events_and_gets_all_that_its_key_may_look_up_by_itself(
    app: Flask, database: Database, clock: FixedClock, manager: Program, receiver: Receiver, world: World
) -> None:
    add(manager, receiver)
    add(manager, receiver, events=[CANCELLED, OUTCOME])
    everything = program_with(app, key_for(database, world.authority_id, clock, "manage", "read", "receipts"))
    add(everything, receiver)
    nothing = program_with(app, key_for(database, world.authority_id, clock, "manage"))
    assert_problem(nothing.post("/webhooks", {"url": receiver.address}), 422, "validation", "events")
    add(nothing, receiver, events=[BOOKED])
    events = [set(one["events"]) for one in manager.get("/webhooks").get_json()["items"]]
    known = set(APPOINTMENT_EVENTS)
    assert events == [known, {CANCELLED, OUTCOME}, known | {"receipts.handed_over"}, {BOOKED}]
    for wrong in ([], ["appointment.eaten"], "appointment.booked", [None]):
        answer = manager.post("/webhooks", {"url": receiver.address, "events": wrong})
        assert_problem(answer, 422, "validation")


def test_an_address_that_no_key_opens_is_an_alarm(runtime: Runtime, manager: Program, receiver: Receiver) -> None:
    add(manager, receiver)
    with runtime.database.writing() as db:
        db.execute(update(Webhook).values(sealed_secret="lost"))
    manager.book(manager.slots()[3]["slot"])
    assert tell_of_changes(runtime) == {"failed": 1}
    assert (row_of(runtime).failure, receiver.seen) == ("sealed", [])
