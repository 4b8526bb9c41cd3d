"""The audit shows whatever was done to it behind the service's back, and never what was not."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Column, delete, func, insert, select, update

from core.audit import Actor, AuditEntry, AuditLane, record
from core.audit_marks import entry_mark, head_mark
from core.audit_verification import AuditFault, Fault, renew_marks, verify_audit
from core.database import Database, alembic_config, table_of
from core.runtime import Runtime
from reminders.privacy.retention import empty_expired
from tests.support.factories import NOW, make_runtime, make_world
from wsgi import create_app

ENTRIES, LANES = table_of(AuditEntry), table_of(AuditLane)
COUNT = 6
CHANGES: dict[str, Any] = {
    "id": 99_000,
    "at": NOW - timedelta(seconds=1),
    "actor_kind": "system",
    "actor_id": 77,
    "actor_name": "Somebody else",
    "action": "cancelled",
    "subject_kind": "resident",
    "subject_id": 12_345,
    "reason": "Another reason",
    "facts": {"channel": "phone"},
    "lane": 1,
    "number": 900,
    "mark": "0" * 64,
    "reason_digest": "0" * 64,
    "removal_mark": "0" * 64,
}


@pytest.fixture
def runtime(database: Database) -> Runtime:
    return make_runtime(database)


@pytest.fixture
def authority_id(runtime: Runtime) -> int:
    """A council with six entries in its audit, one for each transaction; beside it another one with one."""
    world, other = make_world(runtime.database), make_world(runtime.database, slug="othershire")
    for number in range(1, COUNT + 1):
        write(runtime, world.authority_id, number)
    write(runtime, other.authority_id, 1)
    return world.authority_id


def write(runtime: Runtime, authority_id: int, number: int) -> None:
    actor, subject = Actor("staff", 7, "Agnes Agent"), ("appointment", number)
    with runtime.database.writing() as db:
        facts = {"channel": "counter", "ids": (1, 2), "by": {2: "b", 10: "a"}, "word": "Łódź"}
        record(db, actor, "booked", subject, authority_id=authority_id, now=NOW, reason=f"Rang {number}", **facts)


def tamper(runtime: Runtime, *statements: Any) -> None:
    with runtime.database.engine.begin() as connection:
        for statement in statements:
            connection.execute(statement)


def ids_of(runtime: Runtime, authority_id: int) -> list[int]:
    with runtime.database.reading() as db:
        return list(db.scalars(select(AuditEntry.id).where(AuditEntry.authority_id == authority_id).order_by("id")))


def entry_of(runtime: Runtime, entry_id: int) -> dict[str, Any]:
    with runtime.database.reading() as db:
        return dict(db.execute(select(ENTRIES).where(ENTRIES.c.id == entry_id)).mappings().one())


def first_fault(runtime: Runtime, authority_id: int) -> AuditFault:
    fault = verify_audit(runtime.database, authority_id).first_fault
    assert fault is not None
    return fault


def test_an_audit_that_nobody_touched_is_whole(runtime: Runtime, authority_id: int) -> None:
    report = verify_audit(runtime.database, authority_id)
    assert (report.entries, report.first_fault) == (COUNT, None)


def test_a_change_of_every_column_is_known_to_this_test() -> None:
    assert CHANGES.keys() | {"authority_id"} == set(ENTRIES.c.keys())


@pytest.mark.parametrize("place", [0, 2, COUNT - 1])
def test_any_column_of_any_entry_that_is_changed_is_found(runtime: Runtime, authority_id: int, place: int) -> None:
    entry_id = ids_of(runtime, authority_id)[place]
    before = entry_of(runtime, entry_id)
    with runtime.database.reading() as db:
        other = db.scalars(select(LANES.c.authority_id).where(LANES.c.authority_id != authority_id)).first()
    for name, value in (CHANGES | {"authority_id": other, "reason ": ""}).items():
        column: Column[Any] = ENTRIES.c[name.strip()]
        values = {column.name: value} | ({"number": 2} if name == "authority_id" else {})
        tamper(runtime, update(ENTRIES).where(ENTRIES.c.id == entry_id).values(values))
        fault = first_fault(runtime, authority_id)
        expected = {"id": 99_000, "authority_id": None}.get(name, entry_id)
        if expected is not None:
            assert (name, fault.entry_id) == (name, expected)
            expected_fault = Fault.REASON_CHANGED if name.strip() in ("reason", "removal_mark") else Fault.CHANGED
            assert (name, fault.fault) == (name, expected_fault)
        now_id = values.get("id", entry_id)
        tamper(runtime, update(ENTRIES).where(ENTRIES.c.id == now_id).values(before))
    assert verify_audit(runtime.database, authority_id).first_fault is None


@pytest.mark.parametrize("place", range(COUNT))
def test_an_entry_that_is_deleted_is_found(runtime: Runtime, authority_id: int, place: int) -> None:
    ids = ids_of(runtime, authority_id)
    tamper(runtime, delete(ENTRIES).where(ENTRIES.c.id == ids[place]))
    fault = first_fault(runtime, authority_id)
    if place == COUNT - 1:
        assert (fault.fault, fault.entry_id) == (Fault.MISSING_AT_END, ids[-2])
    else:
        assert (fault.fault, fault.entry_id) == (Fault.MISSING, ids[place + 1])


def test_a_count_that_is_made_to_fit_a_deletion_is_found(runtime: Runtime, authority_id: int) -> None:
    ids = ids_of(runtime, authority_id)
    fewer = update(LANES).where(LANES.c.authority_id == authority_id, LANES.c.lane == 0).values(entries=COUNT - 1)
    tamper(runtime, delete(ENTRIES).where(ENTRIES.c.id == ids[-1]), fewer)
    assert first_fault(runtime, authority_id).fault is Fault.COUNT_CHANGED


@pytest.mark.parametrize("lane", [0, 5, 63])
def test_a_count_that_is_deleted_is_found(runtime: Runtime, authority_id: int, lane: int) -> None:
    tamper(runtime, delete(LANES).where(LANES.c.authority_id == authority_id, LANES.c.lane == lane))
    assert first_fault(runtime, authority_id).fault is Fault.COUNT_MISSING


def test_an_audit_of_which_all_is_deleted_is_found(runtime: Runtime, authority_id: int) -> None:
    tamper(runtime, delete(ENTRIES).where(ENTRIES.c.authority_id == authority_id))
    assert first_fault(runtime, authority_id).fault is Fault.MISSING_AT_END
    tamper(runtime, delete(LANES).where(LANES.c.authority_id == authority_id))
    assert first_fault(runtime, authority_id).fault is Fault.COUNT_MISSING


@pytest.mark.parametrize("own_mark", [True, False])
@pytest.mark.parametrize("lane", [0, 3, 70])
def test_an_entry_that_is_put_in_is_found(runtime: Runtime, authority_id: int, lane: int, own_mark: bool) -> None:
    """A copy of a real entry at a place of its own, with the mark that it had, or with one of another key."""
    copy = entry_of(runtime, ids_of(runtime, authority_id)[1])
    copy |= {"id": 99_000, "lane": lane, "number": COUNT + 1 if lane == 0 else 1, "action": "cancelled"}
    if own_mark:
        copy["mark"] = entry_mark("another key", copy)
    tamper(runtime, insert(ENTRIES).values(copy))
    fault = first_fault(runtime, authority_id)
    assert (fault.fault, fault.entry_id) == (Fault.CHANGED, 99_000)


def test_two_entries_that_are_swapped_are_found(runtime: Runtime, authority_id: int) -> None:
    ids = ids_of(runtime, authority_id)
    one, other = entry_of(runtime, ids[1]), entry_of(runtime, ids[3])
    swapped = [
        delete(ENTRIES).where(ENTRIES.c.id.in_([one["id"], other["id"]])),
        insert(ENTRIES).values(other | {"id": one["id"]}),
        insert(ENTRIES).values(one | {"id": other["id"]}),
    ]
    tamper(runtime, *swapped)
    fault = first_fault(runtime, authority_id)
    assert (fault.fault, fault.entry_id) == (Fault.CHANGED, ids[1])


def test_an_old_entry_in_the_place_of_a_later_one_is_found(runtime: Runtime, authority_id: int) -> None:
    ids = ids_of(runtime, authority_id)
    old, later = entry_of(runtime, ids[0]), entry_of(runtime, ids[4])
    again = old | {name: later[name] for name in ("id", "number")}
    tamper(runtime, delete(ENTRIES).where(ENTRIES.c.id == ids[4]), insert(ENTRIES).values(again))
    fault = first_fault(runtime, authority_id)
    assert (fault.fault, fault.entry_id) == (Fault.CHANGED, ids[4])


def test_the_first_of_several_is_named(runtime: Runtime, authority_id: int) -> None:
    ids = ids_of(runtime, authority_id)
    for entry_id in (ids[4], ids[1]):
        tamper(runtime, update(ENTRIES).where(ENTRIES.c.id == entry_id).values(action="none"))
    assert first_fault(runtime, authority_id).entry_id == ids[1]


def test_a_reason_that_the_service_ends_is_no_fault_and_one_that_others_empty_is(
    runtime: Runtime, authority_id: int
) -> None:
    later = replace(runtime, clock=make_runtime(runtime.database, NOW + timedelta(days=400)).clock)
    empty_expired(later)
    ids = ids_of(runtime, authority_id)
    assert entry_of(runtime, ids[0])["reason"] == ""
    assert verify_audit(runtime.database, authority_id).first_fault is None
    write(runtime, authority_id, COUNT + 1)
    last, ended = ids_of(runtime, authority_id)[-1], entry_of(runtime, ids[0])
    copied = {"reason": "", "removal_mark": ended["removal_mark"]}
    tamper(runtime, update(ENTRIES).where(ENTRIES.c.id == last).values(copied))
    fault = first_fault(runtime, authority_id)
    assert (fault.fault, fault.entry_id) == (Fault.REASON_CHANGED, last)


def test_another_key_verifies_with_the_old_one_and_without_it_once_the_marks_are_renewed(
    runtime: Runtime, authority_id: int
) -> None:
    old = runtime.settings.secret_key
    tamper(runtime, update(ENTRIES).where(ENTRIES.c.id == ids_of(runtime, authority_id)[2]).values(reason=""))
    assert first_fault(runtime, authority_id).fault is Fault.REASON_CHANGED
    with_both = replace(runtime.settings, secret_key="the next one", old_secret_keys=(old,))
    rotated = replace(runtime, settings=with_both)
    write(rotated, authority_id, COUNT + 1)
    assert renew_marks(runtime.database, authority_id) == COUNT - 1  # what is not whole does not become so
    rotated = replace(runtime, settings=replace(with_both, old_secret_keys=()))
    fault = first_fault(rotated, authority_id)
    assert (fault.fault, fault.entry_id) == (Fault.CHANGED, ids_of(runtime, authority_id)[2])


def test_a_count_by_another_key_is_renewed_too(runtime: Runtime, authority_id: int) -> None:
    with_both = replace(runtime.settings, secret_key="the next one", old_secret_keys=(runtime.settings.secret_key,))
    rotated = replace(runtime, settings=with_both)
    assert verify_audit(rotated.database, authority_id).first_fault is None
    renew_marks(rotated.database, authority_id)
    alone = replace(rotated, settings=replace(with_both, old_secret_keys=()))
    assert verify_audit(alone.database, authority_id).first_fault is None
    with alone.database.reading() as db:
        marks = {row.lane: row.mark for row in db.execute(select(LANES).where(LANES.c.authority_id == authority_id))}
    assert marks[7] == head_mark("the next one", authority_id, 7, 0)


def test_eight_writers_and_a_verification_at_once_are_no_false_alarm(runtime: Runtime, authority_id: int) -> None:
    stopping, entries = threading.Event(), [20] * 8

    def work(writer: int) -> None:
        for number in range(entries[writer]):
            write(runtime, authority_id, 1000 * writer + number)

    def watch() -> list[AuditFault | None]:
        found = []
        while not stopping.is_set():
            found.append(verify_audit(runtime.database, authority_id).first_fault)
        return found

    with ThreadPoolExecutor(9) as pool:
        watching = pool.submit(watch)
        list(pool.map(work, range(8)))
        stopping.set()
        assert set(watching.result()) == {None}
    report = verify_audit(runtime.database, authority_id)
    assert (report.entries, report.first_fault) == (COUNT + sum(entries), None)


@pytest.mark.databases("postgresql")  # SQLite has one writer at a time
def test_writers_of_one_council_do_not_wait_for_each_other(runtime: Runtime, authority_id: int) -> None:
    """Two transactions write at once, each in a lane of its own; one that is rolled back leaves no gap."""
    subject = ("appointment", 1)
    with runtime.database.writing() as first:
        record(first, Actor.system(), "booked", subject, authority_id=authority_id, now=NOW)
        write(runtime, authority_id, 2)
        first.rollback()
    with runtime.database.reading() as db:
        used = select(func.count()).where(ENTRIES.c.authority_id == authority_id, ENTRIES.c.lane == 1)
        assert db.scalar(used) == 1
    assert verify_audit(runtime.database, authority_id).first_fault is None


def test_entries_of_before_are_signed_by_the_migration(runtime: Runtime, authority_id: int) -> None:
    config = alembic_config(runtime.database.url, runtime.settings.secret_key)
    runtime.database.dispose()
    command.downgrade(config, _before("Numbers and marks in the audit, by which a change of it shows"))
    command.upgrade(config, "head")
    report = verify_audit(runtime.database, authority_id)
    assert (report.entries, report.first_fault) == (COUNT, None)
    write(runtime, authority_id, COUNT + 1)
    assert verify_audit(runtime.database, authority_id).first_fault is None


def _before(title: str) -> str:
    """The revision that the migration with this title follows."""
    scripts = ScriptDirectory.from_config(alembic_config("")).walk_revisions()
    (revision,) = (script.down_revision for script in scripts if (script.doc or "").startswith(title))
    assert isinstance(revision, str)
    return revision


@pytest.mark.databases("sqlite")
def test_the_command_says_which_entry_is_the_first_that_is_not_as_it_was(runtime: Runtime, authority_id: int) -> None:
    commands = create_app(runtime.settings, runtime.database, runtime.clock).test_cli_runner()
    verify = ["audit", "verify", "--authority", "testshire"]
    whole = commands.invoke(args=verify)
    assert (whole.exit_code, whole.output) == (0, "The audit of testshire is whole: 6 entries.\n")
    assert commands.invoke(args=[*verify, "--at-least", "7"]).exit_code == 1
    assert commands.invoke(args=["audit", "renew", "--authority", "testshire"]).exit_code == 0
    entry_id = ids_of(runtime, authority_id)[3]
    tamper(runtime, update(ENTRIES).where(ENTRIES.c.id == entry_id).values(actor_name="Somebody else"))
    changed = commands.invoke(args=verify)
    assert changed.exit_code == 1
    assert f"The first entry that is not: {entry_id} (number 4 of lane 0; booked appointment 4" in changed.output
    assert commands.invoke(args=["audit", "renew", "--authority", "testshire"]).exit_code == 1
    assert commands.invoke(args=["audit", "verify", "--authority", "nowhere"]).exit_code == 2
