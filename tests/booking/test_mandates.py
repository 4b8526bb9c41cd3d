"""Who may act for a resident: what is noted, until when, what a colleague changed meanwhile, and where it goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from booking.merging.moved_rows_repository import records_stamp
from booking.use_cases.mandates import change_mandate, end_mandate, note_mandate
from booking.use_cases.merge_residents import TwoRecords, merge_residents
from booking.use_cases.undo_merge import undo_merge
from core.audit import Actor, AuditEntry
from core.database import Database
from core.errors import Invalid, NotFound, Stale
from core.runtime import Runtime
from people.residents.details import ResidentDetails
from people.residents.mandate_queries import mandates_of, representation_by
from people.residents.mandate_rules import (
    BE_TOLD,
    BOOK,
    DISCUSS,
    POWERS,
    KnownMandate,
    Mandated,
    is_unclear,
    shown_mandates,
)
from people.residents.resident_repository import create_resident
from people.residents.tables import Mandate, Resident
from reminders.privacy.retention import empty_expired, exported_resident
from tests.support.callers import add_agent
from tests.support.factories import AGENT, NOW, World, make_appointment, make_runtime, make_world

TODAY = NOW.date()
DAUGHTER = Mandated("Hodan Yusuf", "family", "letter", POWERS, TODAY + timedelta(days=90), "01632 960222")


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


def note(runtime: Runtime, world: World, resident_id: int, given: Mandated = DAUGHTER, seen: int = 0) -> int:
    """Note that somebody may act for the resident."""
    return note_mandate(runtime, world.authority_id, resident_id, given, today=TODAY, seen=seen, actor=AGENT)


def known(database: Database, world: World, resident_id: int) -> list[KnownMandate]:
    """All that is noted of a resident."""
    with database.reading() as db:
        return list(mandates_of(db, world.authority_id, resident_id))


def test_who_may_act_with_which_proof_and_what_became_of_it(
    database: Database, world: World, runtime: Runtime, robin: int
) -> None:
    mandate = note(runtime, world, robin)
    (one,) = known(database, world, robin)
    assert (one.id, one.version, one.who) == (mandate, 1, replace(DAUGHTER, phone=one.who.phone))
    assert (one.proof_by, one.proof_at, one.changed_by) == ("Agnes Agent", NOW, "")
    where = (runtime, world.authority_id, robin, mandate)
    fewer = replace(DAUGHTER, powers=(BE_TOLD,))
    change_mandate(*where, fewer, today=TODAY, seen=1, actor=AGENT)
    (one,) = known(database, world, robin)
    assert (one.version, one.who.powers, one.changed_by) == (2, (BE_TOLD,), "Agnes Agent")
    end_mandate(*where, " She moved abroad ", seen=2, actor=AGENT)
    (one,) = known(database, world, robin)
    assert (one.ended_at, one.ended_by, one.ended_why) == (NOW, "Agnes Agent", "She moved abroad")
    with database.reading() as db:
        rows = db.scalars(select(AuditEntry).where(AuditEntry.subject_kind == "resident").order_by(AuditEntry.id)).all()
        assert [row.action for row in rows] == ["mandate_noted", "mandate_changed", "mandate_ended"]
        assert (rows[1].facts["changed"], rows[2].reason) == (["powers"], "She moved abroad")
        assert "Hodan" not in str([row.facts for row in rows]), "the record of who did what names nobody"


@pytest.mark.parametrize(
    ("given", "is_anew"),
    [
        (replace(DAUGHTER, phone="01632 960333"), False),
        (replace(DAUGHTER, powers=(BOOK,)), False),
        (replace(DAUGHTER, valid_until=None), True),
        (replace(DAUGHTER, proof="court"), True),
        (replace(DAUGHTER, name="Somebody Else"), True),
    ],
)
def test_whoever_extends_it_has_seen_the_proof(
    database: Database, world: World, runtime: Runtime, robin: int, given: Mandated, is_anew: bool
) -> None:
    """Who corrects a number has not seen the letter that a colleague saw."""
    mandate = note(runtime, world, robin)
    with database.reading() as db:
        assert db.get_one(Mandate, mandate).proof_by == AGENT.id
    later = make_runtime(database, NOW + timedelta(days=1))
    change_mandate(later, world.authority_id, robin, mandate, given, today=TODAY, seen=1, actor=Actor("system"))
    (one,) = known(database, world, robin)
    assert (one.proof_at > NOW, one.proof_by == "") == (is_anew, is_anew)


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        (replace(DAUGHTER, name=" "), ["name"]),
        (replace(DAUGHTER, name="..."), ["name"]),
        (replace(DAUGHTER, basis="neighbour"), ["basis"]),
        (replace(DAUGHTER, phone="12", email="x"), ["phone", "email"]),
        (replace(DAUGHTER, proof=""), ["proof"]),
        (replace(DAUGHTER, valid_until=TODAY - timedelta(days=1)), ["valid_until"]),
        (replace(DAUGHTER, powers=("rule",)), ["powers"]),
    ],
)
def test_what_cannot_be_noted_is_refused(
    database: Database, world: World, runtime: Runtime, robin: int, given: Mandated, fields: list[str]
) -> None:
    mandate = note(runtime, world, robin)
    with pytest.raises(Invalid) as refused:
        note(runtime, world, robin, given, seen=mandate)
    assert list(refused.value.errors) == fields
    with pytest.raises(Invalid):
        change_mandate(runtime, world.authority_id, robin, mandate, given, today=TODAY, seen=1, actor=AGENT)
    for why in ("", " ", "x" * 501):
        with pytest.raises(Invalid):
            end_mandate(runtime, world.authority_id, robin, mandate, why, seen=1, actor=AGENT)
    (one,) = known(database, world, robin)
    assert (one.version, one.ended_at) == (1, None)


def test_what_a_colleague_did_meanwhile_stands(database: Database, world: World, runtime: Runtime, robin: int) -> None:
    mandate = note(runtime, world, robin)
    where = (runtime, world.authority_id, robin, mandate)
    with pytest.raises(Stale):
        note(runtime, world, robin, replace(DAUGHTER, name="Twice Sent"))
    change_mandate(*where, replace(DAUGHTER, powers=(BOOK,)), today=TODAY, seen=1, actor=AGENT)
    for stale in (0, 1, 3):
        with pytest.raises(Stale):
            change_mandate(*where, DAUGHTER, today=TODAY, seen=stale, actor=AGENT)
        with pytest.raises(Stale):
            end_mandate(*where, "Moved", seen=stale, actor=AGENT)
    end_mandate(*where, "Moved", seen=2, actor=AGENT)
    with pytest.raises(Stale):
        change_mandate(*where, DAUGHTER, today=TODAY, seen=2, actor=AGENT)
    with pytest.raises(Stale):
        end_mandate(*where, "Moved", seen=2, actor=AGENT)
    assert known(database, world, robin)[0].who.powers == (BOOK,)


def test_nobody_of_another_council_or_another_resident(
    database: Database, world: World, runtime: Runtime, robin: int
) -> None:
    elsewhere = make_world(database, slug="elsewhere")
    with database.writing() as db:
        other = create_resident(db, world.authority_id, ResidentDetails("Somebody Else"), NOW)
    mandate = note(runtime, world, robin)
    with pytest.raises(NotFound):
        note(runtime, elsewhere, robin)
    for whose in ((elsewhere.authority_id, robin), (world.authority_id, other)):
        with pytest.raises(NotFound):
            change_mandate(runtime, *whose, mandate, DAUGHTER, today=TODAY, seen=1, actor=AGENT)
        with pytest.raises(NotFound):
            end_mandate(runtime, *whose, mandate, "Moved", seen=1, actor=AGENT)
    assert known(database, elsewhere, robin) == []
    assert known(database, world, other) == []


def test_the_last_day_counts_and_the_next_one_does_not(
    database: Database, world: World, runtime: Runtime, robin: int
) -> None:
    note(runtime, world, robin, replace(DAUGHTER, valid_until=date(2027, 1, 31)))
    (one,) = known(database, world, robin)
    assert one.may(BOOK, date(2027, 1, 31))
    assert not one.may(BOOK, date(2027, 2, 1))
    assert (one.days_left(date(2027, 1, 31)), one.days_left(date(2027, 2, 1))) == (0, None)
    assert (one.days_left(date(2027, 1, 1)), one.days_left(date(2026, 12, 31))) == (30, None)


def test_who_ended_is_not_who_may_act_under_the_same_name(
    database: Database, world: World, runtime: Runtime, robin: int
) -> None:
    """Of somebody who ended and is noted anew only that they may act is shown; and who is unclear is never used."""
    first = note(runtime, world, robin)
    end_mandate(runtime, world.authority_id, robin, first, "The letter was withdrawn", seen=1, actor=AGENT)
    ended = known(database, world, robin)
    assert [one.id for one in shown_mandates(ended, TODAY)] == [first]
    assert is_unclear(ended, "HODAN  Yusuf", TODAY)
    assert not is_unclear(ended, "Somebody Else", TODAY)
    told = note(runtime, world, robin, replace(DAUGHTER, powers=(BE_TOLD, DISCUSS)), seen=first)
    assert is_unclear(known(database, world, robin), "Hodan Yusuf", TODAY)
    note(runtime, world, robin, replace(DAUGHTER, name="Hodan Yusuf", powers=(BOOK,)), seen=told)
    both = known(database, world, robin)
    assert first not in [one.id for one in shown_mandates(both, TODAY)]
    assert not is_unclear(both, "Hodan Yusuf", TODAY)


def test_whoever_may_not_be_told_is_not_written_to(
    database: Database, world: World, runtime: Runtime, robin: int
) -> None:
    note(runtime, world, robin, replace(DAUGHTER, powers=(BOOK,), email="hodan@example.org"))
    (one,) = known(database, world, robin)
    acting = representation_by(one)
    assert (acting.name, acting.basis, acting.email, acting.phone) == ("Hodan Yusuf", "family", "", "")


def test_it_is_exported_and_goes_with_the_record(
    database: Database, world: World, runtime: Runtime, robin: int
) -> None:
    note(runtime, world, robin, replace(DAUGHTER, valid_until=None))
    starts_at = NOW + timedelta(days=1, hours=2)
    booked = make_appointment(runtime, world, starts_at, resident=robin, channel="phone", actor=AGENT)
    (row,) = exported_resident(runtime, world.authority_id, booked.reference, actor=AGENT)["mandates"]
    assert (row["name"], row["proof"], row["powers"]) == ("Hodan Yusuf", "letter", list(POWERS))
    empty_expired(make_runtime(database, NOW + timedelta(days=740)))
    assert known(database, world, robin) == []


def test_it_goes_with_a_merge_and_back(database: Database, world: World, runtime: Runtime, robin: int) -> None:
    with database.writing() as db:
        other = create_resident(db, world.authority_id, ResidentDetails("Robin Sample", phone="01632 960111"), NOW)
    theirs = note(runtime, world, other)
    own = note(runtime, world, robin, replace(DAUGHTER, name="Carla Carer", basis="carer"))
    with database.reading() as db:
        seen = records_stamp(db, db.get_one(Resident, robin), db.get_one(Resident, other))
    merge_id = merge_residents(runtime, TwoRecords(world.authority_id, robin, other), {}, seen=seen, actor=AGENT)
    assert [one.id for one in known(database, world, robin)] == [own, theirs]
    fewer = replace(DAUGHTER, powers=(BOOK,))
    change_mandate(runtime, world.authority_id, robin, theirs, fewer, today=TODAY, seen=1, actor=AGENT)
    undo_merge(runtime, world.authority_id, merge_id, actor=AGENT)
    assert [one.id for one in known(database, world, robin)] == [own]
    assert [(one.id, one.who.powers) for one in known(database, world, other)] == [(theirs, (BOOK,))]
