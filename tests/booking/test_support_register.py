"""The register of people who cannot get online: who decided what, until when, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from booking.merging.moved_rows_repository import records_stamp
from booking.use_cases.merge_residents import TwoRecords, merge_residents
from booking.use_cases.support_register import put_on_register, take_off_register
from booking.use_cases.undo_merge import undo_merge
from core.audit import AuditEntry
from core.database import Database
from core.errors import Invalid, NotFound, Stale
from core.runtime import Runtime
from people.residents.details import ResidentDetails
from people.residents.register_queries import entries_of, on_register, open_entry, register_of, reviews_due
from people.residents.register_rules import CRITERIA, NOT_ONLINE, Decision
from people.residents.resident_repository import create_resident
from people.residents.tables import RegisterEntry, Resident
from reminders.privacy.retention import empty_expired
from tests.support.callers import add_agent
from tests.support.factories import AGENT, NOW, World, make_runtime, make_world

TODAY = NOW.date()
ALL = Decision(CRITERIA, "", TODAY + timedelta(days=365))


@pytest.fixture
def world(database: Database) -> World:
    """A council, and who answers the telephone."""
    made = make_world(database)
    assert add_agent(database, made.authority_id, NOW) == AGENT.id
    return made


@pytest.fixture
def runtime(database: Database) -> Runtime:
    """At eight on a Monday."""
    return make_runtime(database)


@pytest.fixture
def robin(database: Database, world: World) -> int:
    """Somebody with a telephone."""
    with database.writing() as db:
        return create_resident(db, world.authority_id, ResidentDetails("Robin Sample", phone="01632 960111"), NOW)


def put(runtime: Runtime, world: World, resident_id: int, decision: Decision = ALL, seen: int = 0) -> int:
    """Decide that they are on the register."""
    return put_on_register(runtime, world.authority_id, resident_id, decision, today=TODAY, seen=seen, actor=AGENT)


def test_who_is_on_it_until_when_and_who_decided(
    database: Database, world: World, runtime: Runtime, robin: int
) -> None:
    first = put(runtime, world, robin)
    again = put(runtime, world, robin, replace(ALL, review_on=date(2027, 1, 1)), seen=first)
    with database.reading() as db:
        latest, earlier = entries_of(db, world.authority_id, robin)
        assert on_register(db, [robin, robin + 1]) == {robin}
        assert [one.entry.id for one in register_of(db, world.authority_id)] == [again]
        assert reviews_due(db, world.authority_id, date(2026, 12, 31)) == 0
        assert reviews_due(db, world.authority_id, date(2027, 1, 1)) == 1
        actions = db.scalars(
            select(AuditEntry.action).where(AuditEntry.subject_kind == "resident").order_by(AuditEntry.id)
        )
        assert list(actions) == ["register_added", "register_reviewed"]
    assert (latest.entry.id, latest.decided_by, latest.entry.criteria) == (again, "Agnes Agent", list(CRITERIA))
    assert (earlier.entry.id, earlier.entry.ended_by) == (first, AGENT.id)
    take_off_register(runtime, world.authority_id, robin, "Has a tablet now", seen=again, actor=AGENT)
    with database.reading() as db:
        assert on_register(db, [robin]) == frozenset()
        assert open_entry(db, world.authority_id, robin) is None
        assert entries_of(db, world.authority_id, robin)[0].entry.ended_why == "Has a tablet now"


@pytest.mark.parametrize(
    ("decision", "field"),
    [
        (replace(ALL, criteria=()), "criteria"),
        (replace(ALL, criteria=("unknown",)), "criteria"),
        (replace(ALL, criteria=(NOT_ONLINE,)), "reason"),
        (replace(ALL, reason="x" * 501), "reason"),
        (replace(ALL, review_on=TODAY), "review_on"),
        (replace(ALL, review_on=TODAY + timedelta(days=731)), "review_on"),
    ],
)
def test_what_cannot_be_decided_is_refused(
    world: World, runtime: Runtime, robin: int, decision: Decision, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        put(runtime, world, robin, decision)
    assert list(refused.value.errors) == [field]
    put(runtime, world, robin, replace(ALL, criteria=(NOT_ONLINE,), reason="His daughter moved away"))


def test_what_a_colleague_decided_meanwhile_stands(world: World, runtime: Runtime, robin: int) -> None:
    entry = put(runtime, world, robin)
    for seen in (0, entry + 1):
        with pytest.raises(Stale):
            put(runtime, world, robin, seen=seen)
        with pytest.raises(Stale):
            take_off_register(runtime, world.authority_id, robin, "Moved", seen=seen, actor=AGENT)
    take_off_register(runtime, world.authority_id, robin, "Moved", seen=entry, actor=AGENT)
    with pytest.raises(Stale):
        take_off_register(runtime, world.authority_id, robin, "Moved", seen=entry, actor=AGENT)


def test_nobody_of_another_council(database: Database, world: World, runtime: Runtime, robin: int) -> None:
    elsewhere = make_world(database, slug="elsewhere")
    with pytest.raises(NotFound):
        put(runtime, elsewhere, robin)
    put(runtime, world, robin)
    with database.reading() as db:
        assert register_of(db, elsewhere.authority_id) == []
        assert reviews_due(db, elsewhere.authority_id, date(2030, 1, 1)) == 0


@pytest.mark.parametrize("is_reviewed", [True, False])
def test_whoever_is_on_it_is_kept_also_without_an_appointment(
    database: Database, world: World, runtime: Runtime, robin: int, is_reviewed: bool
) -> None:
    """Their number marks them for as long as somebody looks at it; whoever has died is on no list for ever."""
    entry = put(runtime, world, robin)
    later = make_runtime(database, NOW + timedelta(days=700))
    empty_expired(later)
    with database.reading() as db:
        assert db.get_one(Resident, robin).phone == "01632 960111"
    if is_reviewed:
        day = (NOW + timedelta(days=700)).date()
        renewed = replace(ALL, review_on=day + timedelta(days=365))
        entry = put_on_register(later, world.authority_id, robin, renewed, today=day, seen=entry, actor=AGENT)
    empty_expired(make_runtime(database, NOW + timedelta(days=1_200)))
    with database.reading() as db:
        assert bool(db.get_one(Resident, robin).phone) is is_reviewed
    empty_expired(make_runtime(database, NOW + timedelta(days=2_000)))
    empty_expired(make_runtime(database, NOW + timedelta(days=2_400)))
    with database.reading() as db:
        assert db.get_one(Resident, robin).phone == ""
        assert db.get_one(RegisterEntry, entry).criteria == [], "what was decided goes when the record is empty"


def test_of_two_records_of_one_person_one_is_on_it(
    database: Database, world: World, runtime: Runtime, robin: int
) -> None:
    with database.writing() as db:
        other = create_resident(db, world.authority_id, ResidentDetails("Robin Sample", phone="01632 960111"), NOW)
    two = TwoRecords(world.authority_id, robin, other)
    entry = put(runtime, world, other)

    def merge() -> int:
        with database.reading() as db:
            seen = records_stamp(db, db.get_one(Resident, robin), db.get_one(Resident, other))
        return merge_residents(runtime, two, {}, seen=seen, actor=AGENT)

    merge_id = merge()
    with database.reading() as db:
        assert on_register(db, [robin, other]) == {robin}
    undo_merge(runtime, world.authority_id, merge_id, actor=AGENT)
    own = put(runtime, world, robin)
    merge()
    with database.reading() as db:
        assert [one.entry.id for one in register_of(db, world.authority_id)] == [own]
        assert db.get_one(RegisterEntry, entry).resident_id == other
