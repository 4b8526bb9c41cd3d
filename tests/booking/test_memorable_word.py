"""The memorable word of a resident: kept as a hash, compared as it is said, and few times in an hour."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.merging.moved_rows_repository import records_stamp
from booking.queries.word_holders import has_word
from booking.use_cases.caller_checks import record_check
from booking.use_cases.calls import CallKey, end_call, open_call
from booking.use_cases.memorable_word import check_caller_by_word, remove_word, set_word
from booking.use_cases.merge_residents import TwoRecords, merge_residents
from core.audit import AuditEntry
from core.database import Database
from core.errors import Invalid, NotFound, RateLimited, Refused
from core.runtime import Runtime
from people.residents.details import ResidentDetails
from people.residents.resident_repository import create_resident
from people.residents.tables import MemorableWord, Resident
from reminders.privacy.retention import empty_expired, exported_resident
from tests.support.callers import add_agent
from tests.support.factories import AGENT, NOW, World, make_appointment, make_runtime, make_world


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
def robin(database: Database, world: World) -> CallKey:
    """A call with somebody."""
    with database.writing() as db:
        resident_id = create_resident(db, world.authority_id, ResidentDetails("Robin Sample"), NOW)
    return CallKey(world.authority_id, AGENT.id or 0, resident_id)


def agree(runtime: Runtime, call: CallKey, word: str = "Blue Teapot") -> None:
    """Keep a word, in a call in which the caller has said two facts, and end it."""
    record_check(runtime, call, ["postcode", "phone"], "", actor=AGENT)
    set_word(runtime, call, word, actor=AGENT)
    end_call(runtime, call, "", channel="phone", actor=AGENT)


@pytest.mark.parametrize("said", ["Blue Teapot", "blue-teapot", " BLUETEAPOT ", "blüe teapot"])
def test_the_word_as_it_is_said_checks_the_caller(
    database: Database, runtime: Runtime, robin: CallKey, said: str
) -> None:
    agree(runtime, robin)
    check_caller_by_word(runtime, robin, said, actor=AGENT)
    assert open_call(runtime, robin).check_result == "checked"
    with database.reading() as db:
        kept = db.scalars(select(MemorableWord.word_hash)).one()
        entries = select(AuditEntry).where(AuditEntry.action == "caller_checked").order_by(AuditEntry.id)
        checked = db.scalars(entries).all()[-1]
    assert kept.startswith("$argon2id$")
    assert checked.facts["facts"] == ["memorable_word"]


def test_another_word_checks_nobody_and_five_tries_are_all(
    database: Database, runtime: Runtime, robin: CallKey
) -> None:
    agree(runtime, robin)
    for said in ("red teapot", "", "Robin", "blue", "tea"):
        with pytest.raises(Invalid):
            check_caller_by_word(runtime, robin, said, actor=AGENT)
    with pytest.raises(RateLimited):
        check_caller_by_word(runtime, robin, "Blue Teapot", actor=AGENT)
    assert open_call(runtime, robin).check_result == ""
    with database.reading() as db:
        wrong = db.scalars(select(AuditEntry.action).where(AuditEntry.action == "word_wrong")).all()
    assert len(wrong) == 5


@pytest.mark.parametrize("word", ["", "abcd", "1234567", "Sample", "robin sample", "x" * 61, "...."])
def test_a_word_that_everybody_knows_is_refused(runtime: Runtime, robin: CallKey, word: str) -> None:
    with pytest.raises(Invalid) as refused:
        agree(runtime, robin, word)
    assert list(refused.value.errors) == ["new_word"]


def test_whoever_knows_the_facts_and_not_the_word_is_not_checked(
    database: Database, runtime: Runtime, robin: CallKey
) -> None:
    """Nor do they choose another: a partner knows the facts, too. With a reason the agent goes on, and it is on record."""
    agree(runtime, robin)
    with pytest.raises(Invalid) as refused:
        record_check(runtime, robin, ["postcode", "phone", "date_of_birth"], "", actor=AGENT)
    assert list(refused.value.errors) == ["why_not"]
    record_check(runtime, robin, ["postcode", "phone"], "She is in hospital, the ward rang", actor=AGENT)
    assert open_call(runtime, robin).check_result == "not_checked"
    with pytest.raises(Refused):
        set_word(runtime, robin, "Green kettle", actor=AGENT)
    check_caller_by_word(runtime, robin, "Blue Teapot", actor=AGENT)
    with pytest.raises(Refused):
        set_word(make_runtime(database, NOW - timedelta(hours=1)), other_call(robin), "Green kettle", actor=AGENT)


def other_call(call: CallKey) -> CallKey:
    """A call of a colleague with the same resident, in which nobody was checked."""
    return CallKey(call.authority_id, call.staff_id + 1, call.resident_id)


def test_another_word_takes_its_place_and_none_lets_nobody_in(
    database: Database, runtime: Runtime, robin: CallKey
) -> None:
    agree(runtime, robin)
    later = make_runtime(database, NOW + timedelta(minutes=5))
    check_caller_by_word(later, robin, "Blue Teapot", actor=AGENT)
    set_word(later, robin, "Green kettle", actor=AGENT)
    with pytest.raises(Invalid):
        check_caller_by_word(later, robin, "Blue Teapot", actor=AGENT)
    with pytest.raises(Invalid):
        remove_word(later, robin.authority_id, robin.resident_id, " ", actor=AGENT)
    remove_word(later, robin.authority_id, robin.resident_id, "Forgotten, showed a passport", actor=AGENT)
    with database.reading() as db:
        assert not has_word(db, robin.authority_id, robin.resident_id)
        removed = db.scalars(select(AuditEntry).where(AuditEntry.action == "word_removed")).one()
    assert removed.reason == "Forgotten, showed a passport"
    for said in ("Green kettle", ""):
        with pytest.raises(NotFound):
            check_caller_by_word(later, robin, said, actor=AGENT)
    with pytest.raises(NotFound):
        remove_word(later, robin.authority_id, robin.resident_id, "Again", actor=AGENT)


def test_nobody_of_another_council(database: Database, runtime: Runtime, robin: CallKey) -> None:
    elsewhere = make_world(database, slug="elsewhere").authority_id
    agree(runtime, robin)
    stranger = CallKey(elsewhere, AGENT.id or 0, robin.resident_id)
    with pytest.raises(NotFound):
        check_caller_by_word(runtime, stranger, "Blue Teapot", actor=AGENT)
    with pytest.raises(NotFound):
        set_word(runtime, stranger, "Green kettle", actor=AGENT)


def test_it_is_in_no_export_and_goes_with_the_record(
    database: Database, world: World, runtime: Runtime, robin: CallKey
) -> None:
    agree(runtime, robin)
    starts_at = NOW + timedelta(days=1, hours=2)
    booked = make_appointment(runtime, world, starts_at, resident=robin.resident_id, channel="phone", actor=AGENT)
    (kept,) = exported_resident(runtime, world.authority_id, booked.reference, actor=AGENT)["memorable_words"]
    assert "word_hash" not in kept
    empty_expired(make_runtime(database, NOW + timedelta(days=740)))
    with database.reading() as db:
        assert db.scalars(select(MemorableWord)).all() == []


def test_of_two_records_the_kept_one_s_word_counts(database: Database, runtime: Runtime, robin: CallKey) -> None:
    with database.writing() as db:
        other_id = create_resident(db, robin.authority_id, ResidentDetails("Robin Sample"), NOW)
    other = CallKey(robin.authority_id, robin.staff_id, other_id)
    agree(runtime, other)
    agree(runtime, robin, "Green kettle")
    with database.reading() as db:
        seen = records_stamp(db, db.get_one(Resident, robin.resident_id), db.get_one(Resident, other_id))
    two = TwoRecords(robin.authority_id, robin.resident_id, other_id)
    merge_residents(runtime, two, {}, seen=seen, actor=AGENT)
    check_caller_by_word(runtime, robin, "Green kettle", actor=AGENT)
    with pytest.raises(NotFound):
        set_word(runtime, other, "Red saucer", actor=AGENT)


def test_a_word_that_comes_by_a_merge_is_asked_for(database: Database, runtime: Runtime, robin: CallKey) -> None:
    """Whoever said two facts before has not said it."""
    with database.writing() as db:
        other_id = create_resident(db, robin.authority_id, ResidentDetails("Robin Sample"), NOW)
    agree(runtime, CallKey(robin.authority_id, robin.staff_id, other_id))
    later = make_runtime(database, NOW + timedelta(minutes=5))
    record_check(later, robin, ["postcode", "phone"], "", actor=AGENT)
    with database.reading() as db:
        seen = records_stamp(db, db.get_one(Resident, robin.resident_id), db.get_one(Resident, other_id))
    two = TwoRecords(robin.authority_id, robin.resident_id, other_id)
    merge_residents(later, two, {}, seen=seen, actor=AGENT)
    assert open_call(later, robin).check_result == ""
    with pytest.raises(Refused):
        set_word(later, robin, "Green kettle", actor=AGENT)
    check_caller_by_word(later, robin, "Blue Teapot", actor=AGENT)
