"""One right to one time: a number gives one open appointment, whoever books and however many at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select, update

from booking.events import UNDO_FOR
from booking.invitations.cohort_rules import ListRow, NewCohort
from booking.invitations.invitation_queries import invitation_task_count
from booking.invitations.tables import Invitation
from booking.states import State
from booking.tables import Appointment
from booking.use_cases.book import Booked, Booking, book
from booking.use_cases.cancel import cancel
from booking.use_cases.hand_over import NewOwner, hand_over
from booking.use_cases.invite import finish_invitation, take_invitation, withdraw_invitation
from booking.use_cases.invite_list import invite_list
from booking.use_cases.outcomes import record_outcome
from booking.use_cases.reschedule import Move, reschedule
from booking.use_cases.undo_change import undo_change
from booking.use_cases.wishes import NewWish, make_wish
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from core.errors import Invalid, Stale
from core.runtime import Runtime
from locations.catalogue_queries import bump_plan
from locations.tables import Service
from people.residents.details import ResidentDetails
from people.residents.resident_repository import create_resident
from people.staff.tables import StaffMember
from tests.booking.test_moves_killed import LEAST_STATEMENTS, Killed, killed_at
from tests.support.factories import (
    AGENT,
    NOW,
    RESIDENT,
    World,
    make_runtime,
    make_world,
    slot_key_at,
)

PROGRAM = Actor("api", 1, "A program")
NUMBER = "HB 123456"


def ask(database: Database, world: World, **values: Any) -> None:
    """Let the first service ask for a number."""
    row = {"case_number": "Claim number", "case_number_form": "HB######"} | values
    with database.writing() as db:
        db.execute(update(Service).where(Service.id == world.service_ids[0]).values(**row))
        bump_plan(db, world.authority_id)


@pytest.fixture
def world(database: Database) -> World:
    database.facts[UNDO_FOR] = timedelta(minutes=1)
    world = make_world(database, desks=4)
    ask(database, world)
    return world


@pytest.fixture
def runtime(database: Database, world: World) -> Runtime:
    return make_runtime(database)


def booking_of(world: World, number: str | None, *, who: int = 1, at: int = 10, **more: Any) -> Booking:
    person = ResidentDetails(f"Robin {'ABCDEFGHIJ'[who]}", f"robin{who}@example.org")
    slot = slot_key_at(world, NOW.replace(hour=at))
    return Booking(world.authority_id, "online", person, slot_key=slot, case_number=number, **more)


def of_kim(world: World, number: str, at: int = 10) -> Booking:
    """The booking of the first person of a list."""
    return replace(booking_of(world, number, at=at), resident=ResidentDetails("Kim A", "kim0@example.org"))


def by_link(world: World, kim: int, invitation: int) -> Booking:
    slot = slot_key_at(world, NOW.replace(hour=10) + timedelta(days=1))
    return Booking(world.authority_id, "online", kim, slot_key=slot, invitation=invitation)


def opened(database: Database) -> list[tuple[int, int]]:
    """The ids of all invitations, which are told now, and of their people."""
    with database.writing() as db:
        db.execute(update(Invitation).values(state="open", closed_at=None))
        rows = db.execute(select(Invitation.id, Invitation.resident_id).order_by(Invitation.id))
        return [(id_, resident_id) for id_, resident_id in rows]


def booked(runtime: Runtime, booking: Booking, actor: Actor = RESIDENT) -> Booked:
    return book(runtime, booking, actor=actor)


def refused(runtime: Runtime, booking: Booking, actor: Actor = RESIDENT) -> str:
    """Why it was refused, with the facts; "" when it was booked."""
    try:
        book(runtime, booking, actor=actor)
    except Invalid as error:
        [(field, [reason])] = error.errors.items()
        assert field == "case_number"
        return reason.code
    return ""


def numbers(database: Database) -> list[tuple[str, str]]:
    with database.reading() as db:
        rows = db.execute(select(Appointment.case_number, Appointment.case_key).order_by(Appointment.id))
        return [(number, key) for number, key in rows]


def list_of(runtime: Runtime, world: World, *references: str) -> int:
    with runtime.database.writing() as db:
        if db.get(StaffMember, AGENT.id) is None:
            who = {"id": AGENT.id, "authority_id": world.authority_id, "name": AGENT.name, "email": "a@council.example"}
            db.add(StaffMember(**who, password_hash="", created_at=NOW))
    days = (date(2026, 11, 24), date(2026, 12, 4))
    new = NewCohort("The list", "certify", *days, sites=(), mode="", words="", per_wave=1, every_days=1)
    rows = [
        ListRow(
            number, f"Kim {'ABC'[number]}", f"kim{number}@example.org", f"0770090000{number}", "", "", "", reference
        )
        for number, reference in enumerate(references)
    ]
    return invite_list(runtime, world.authority_id, new, rows, {}, actor=AGENT)


def test_a_number_is_asked_of_whoever_books_and_must_have_its_form(
    database: Database, world: World, runtime: Runtime
) -> None:
    for actor in (RESIDENT, PROGRAM, AGENT):
        assert refused(runtime, booking_of(world, ""), actor) == "case_number_missing"
        assert refused(runtime, booking_of(world, "HB12345"), actor) == "case_number_form"
    for actor in (RESIDENT, PROGRAM):
        assert refused(runtime, booking_of(world, None), actor) == "case_number_missing"
    assert numbers(database) == []
    booked(runtime, booking_of(world, " hb-123456 "))
    assert numbers(database) == [("hb-123456", "HB123456")]


def test_without_a_question_no_number_is_kept(database: Database, world: World, runtime: Runtime) -> None:
    ask(database, world, case_number="", case_number_form="")
    booked(runtime, booking_of(world, NUMBER))
    assert numbers(database) == [("", "")]


def test_a_second_booking_is_refused_and_a_stranger_does_not_read_whose_the_first_is(
    database: Database, world: World, runtime: Runtime
) -> None:
    first = booked(runtime, booking_of(world, NUMBER))
    for actor in (RESIDENT, PROGRAM):
        with pytest.raises(Invalid) as error:
            booked(runtime, booking_of(world, "hb123456", who=2, at=11, despite_number=True), actor)
        [reason] = error.value.errors["case_number"]
        assert (reason.code, set(reason.facts)) == ("case_number_unusable", {"ask"})
    with pytest.raises(Invalid) as told:
        booked(runtime, booking_of(world, NUMBER, who=2, at=11, despite_number=True), AGENT)
    [reason] = told.value.errors["case_number"]
    assert reason.code == "case_number_taken"
    assert str(reason.facts["reference"]).replace(" ", "") == first.reference


def test_what_is_on_no_list_reads_as_what_is_taken_and_as_what_is_of_somebody_else(
    database: Database, world: World, runtime: Runtime
) -> None:
    list_of(runtime, world, "HB 000001", "HB 000002")
    ask(database, world, case_number_listed=True)
    assert refused(runtime, booking_of(world, NUMBER)) == "case_number_unusable"
    assert refused(runtime, booking_of(world, NUMBER), AGENT) == "case_number_unknown"
    for actor in (RESIDENT, PROGRAM):
        assert refused(runtime, booking_of(world, "hb000001"), actor) == "case_number_unusable"
    assert refused(runtime, of_kim(world, "hb000001")) == ""
    assert refused(runtime, of_kim(world, "hb000001", at=11)) == "case_number_unusable"
    assert refused(runtime, of_kim(world, "HB000002", at=11)) == "case_number_unusable"


@pytest.mark.parametrize(
    "person",
    [
        ResidentDetails("kim  a", "other@example.org"),
        ResidentDetails("Kimberley Ann", "KIM0@example.org"),
        ResidentDetails("Kimberley Ann", phone="07700 900000"),
    ],
)
def test_a_number_of_a_list_is_for_the_person_of_the_list_by_name_or_by_one_contact(
    database: Database, world: World, runtime: Runtime, person: ResidentDetails
) -> None:
    list_of(runtime, world, "HB000001")
    at_ten = replace(booking_of(world, "HB000001"), resident=person)
    assert refused(runtime, at_ten) == ""
    with database.reading() as db:
        row = db.execute(select(Invitation.state, Invitation.appointment_id)).one()
        assert tuple(row) == ("booked", db.scalars(select(Appointment.id)).one())


def test_a_number_of_a_list_is_of_its_person_where_it_need_not_be_listed_too(world: World, runtime: Runtime) -> None:
    list_of(runtime, world, "HB000001")
    assert refused(runtime, booking_of(world, "HB000001")) == "case_number_unusable"
    assert refused(runtime, booking_of(world, "HB000001"), AGENT) == ""


def test_the_number_of_an_invitation_that_was_withdrawn_is_on_no_list(
    database: Database, world: World, runtime: Runtime
) -> None:
    list_of(runtime, world, "HB 000001")
    ask(database, world, case_number_listed=True)
    with database.reading() as db:
        [id_] = db.scalars(select(Invitation.id))
    withdraw_invitation(runtime, world.authority_id, id_, actor=AGENT)
    assert refused(runtime, of_kim(world, "HB000001")) == "case_number_unusable"


@pytest.mark.parametrize("again", ["refuse", "warn"])
def test_a_link_books_though_somebody_else_has_the_number_and_a_colleague_has_to_see_to_it(
    database: Database, world: World, runtime: Runtime, again: str
) -> None:
    list_of(runtime, world, "HB000001")
    ask(database, world, case_number_again=again)
    other = booked(runtime, booking_of(world, "HB000001"), AGENT)
    [(id_, kim)] = opened(database)
    booked(runtime, by_link(world, kim, id_))
    with database.reading() as db:
        row = db.get_one(Invitation, id_)
        assert (row.state, row.same_number) == ("booked", other.reference)
        assert invitation_task_count(db, world.authority_id, None) == 1
    take_invitation(runtime, world.authority_id, id_, None, actor=AGENT)
    finish_invitation(runtime, world.authority_id, id_, "It was a typing error.", actor=AGENT)
    with database.reading() as db:
        assert invitation_task_count(db, world.authority_id, None) == 0


def test_a_link_gives_no_second_time_to_whoever_has_one_with_the_number(
    database: Database, world: World, runtime: Runtime
) -> None:
    list_of(runtime, world, "HB000001")
    [(id_, kim)] = opened(database)
    with database.writing() as db:
        db.execute(update(Invitation).values(state="withdrawn"))
    booked(runtime, replace(booking_of(world, "HB000001"), resident=kim), AGENT)
    opened(database)
    assert refused(runtime, by_link(world, kim, id_)) == "case_number_unusable"
    ask(database, world, case_number_again="warn")
    assert refused(runtime, by_link(world, kim, id_)) == "case_number_again"
    assert refused(runtime, replace(by_link(world, kim, id_), despite_number=True)) == ""


@pytest.mark.parametrize("again", ["refuse", "warn"])
def test_nobody_at_the_counter_is_stopped_by_a_number_that_nobody_could_ask_for(
    database: Database, world: World, runtime: Runtime, again: str
) -> None:
    list_of(runtime, world, "HB000001")
    ask(database, world, case_number_again=again)
    other = booked(runtime, booking_of(world, "HB000001"), AGENT)
    [(id_, kim)] = opened(database)
    walk_in = Booking(world.authority_id, "counter", kim, slot_key=slot_key_at(world, NOW.replace(hour=12)))
    assert refused(runtime, walk_in, AGENT) == ""
    with database.reading() as db:
        assert db.get_one(Invitation, id_).same_number == other.reference


@pytest.mark.parametrize("digits", ["\uff11\uff12\uff13\uff14\uff15\uff16", "\u0661\u0662\u0663\u0664\u0665\u0666"])
def test_the_digits_of_another_keyboard_are_the_same_number(world: World, runtime: Runtime, digits: str) -> None:
    booked(runtime, booking_of(world, "HB123456"))
    assert refused(runtime, booking_of(world, f"HB{digits}", who=5, at=11)) == "case_number_unusable"


def test_another_council_sees_nothing_of_a_number(database: Database, world: World, runtime: Runtime) -> None:
    other = make_world(database, slug="northbank")
    ask(database, other, case_number_listed=True)
    booked(runtime, booking_of(world, NUMBER))
    list_of(runtime, world, "HB 000001")
    assert refused(runtime, of_kim(other, "HB000001")) == "case_number_unusable"
    ask(database, other, case_number_listed=False)
    assert refused(runtime, booking_of(other, NUMBER)) == ""


def test_where_it_warns_people_say_that_they_know_and_a_program_goes_on(
    database: Database, world: World, runtime: Runtime
) -> None:
    ask(database, world, case_number_again="warn")
    booked(runtime, booking_of(world, NUMBER))
    assert refused(runtime, booking_of(world, NUMBER, who=2, at=11)) == "case_number_again"
    assert refused(runtime, booking_of(world, NUMBER, who=2, at=11, despite_number=True)) == ""
    assert refused(runtime, booking_of(world, NUMBER, who=3, at=12), AGENT) == "case_number_used"
    assert refused(runtime, booking_of(world, NUMBER, who=3, at=12, despite_number=True), AGENT) == ""
    assert refused(runtime, booking_of(world, NUMBER, who=4, at=13), PROGRAM) == ""


def test_of_many_at_once_exactly_one_has_the_number(database: Database, world: World, runtime: Runtime) -> None:
    gate = Barrier(4)

    def take(number: int) -> str:
        gate.wait()
        return refused(runtime, booking_of(world, NUMBER, who=number, at=10 + number))

    with ThreadPoolExecutor(4) as pool:
        results = sorted(pool.map(take, range(4)))
    assert results == ["", *["case_number_unusable"] * 3]
    assert numbers(database) == [(NUMBER, "HB123456")]


def test_a_booking_that_is_killed_at_any_statement_keeps_no_number(
    database: Database, world: World, runtime: Runtime
) -> None:
    is_booked, statements = False, list[str]()
    while not is_booked:
        with killed_at(database, len(statements)) as statements:
            try:
                booked(runtime, booking_of(world, NUMBER))
                is_booked = True
            except Killed:
                pass
        assert numbers(database) == ([(NUMBER, "HB123456")] if is_booked else []), statements[-1]
    assert len(statements) >= LEAST_STATEMENTS
    assert refused(runtime, booking_of(world, NUMBER, who=2)) == "case_number_unusable"


@pytest.mark.parametrize("by", ["resident", "authority"])
def test_a_cancelled_appointment_frees_its_number(world: World, runtime: Runtime, by: Any) -> None:
    first = booked(runtime, booking_of(world, NUMBER))
    cancel(runtime, world.authority_id, first.reference, actor=AGENT, by=by, reason="ill", enforce_cutoff=False)
    assert refused(runtime, booking_of(world, NUMBER, who=2)) == ""


def test_a_number_stays_with_an_appointment_that_moves_and_that_is_handed_over(
    database: Database, world: World, runtime: Runtime
) -> None:
    first = booked(runtime, booking_of(world, NUMBER))
    move = Move(slot_key_at(world, NOW.replace(hour=12)))
    reschedule(runtime, world.authority_id, first.reference, move, actor=AGENT, enforce_cutoff=False)
    assert refused(runtime, booking_of(world, NUMBER, who=2)) == "case_number_unusable"
    with database.writing() as db:
        owner = db.scalars(select(Appointment.resident_id)).one()
        right = create_resident(db, world.authority_id, ResidentDetails("Kim Right"), NOW)
    hand_over(runtime, world.authority_id, first.reference, NewOwner(owner, right, ()), actor=AGENT)
    assert refused(runtime, booking_of(world, NUMBER, who=2)) == "case_number_unusable"
    assert numbers(database) == [(NUMBER, "HB123456")]


def test_nobody_keeps_a_number_by_not_coming(world: World, runtime: Runtime) -> None:
    first = booked(runtime, booking_of(world, NUMBER))
    assert isinstance(runtime.clock, FixedClock)
    runtime.clock.advance(timedelta(hours=12))
    later = slot_key_at(world, NOW.replace(hour=10) + timedelta(days=1))
    assert refused(runtime, replace(booking_of(world, NUMBER, who=2), slot_key=later)) == ""
    day = slot_key_at(world, NOW.replace(hour=11) + timedelta(days=1))
    with pytest.raises(Stale):  # who is moved after all would have the number a second time
        reschedule(runtime, world.authority_id, first.reference, Move(day), actor=AGENT, enforce_cutoff=False)


def test_a_visit_that_is_over_frees_its_number(world: World, runtime: Runtime) -> None:
    first = booked(runtime, booking_of(world, NUMBER, at=10))
    assert isinstance(runtime.clock, FixedClock)
    runtime.clock.advance(NOW.replace(hour=10) - NOW)
    for state in (State.ARRIVED, State.IN_PROGRESS):
        record_outcome(runtime, world.authority_id, first.reference, state, actor=AGENT)
        assert refused(runtime, booking_of(world, NUMBER, who=2, at=14)) == "case_number_unusable"
    record_outcome(runtime, world.authority_id, first.reference, State.ATTENDED, actor=AGENT)
    assert refused(runtime, booking_of(world, NUMBER, who=2, at=14)) == ""


def test_a_cancellation_is_not_taken_back_when_the_number_has_another_appointment(
    database: Database, world: World, runtime: Runtime
) -> None:
    first = booked(runtime, booking_of(world, NUMBER))
    cancel(runtime, world.authority_id, first.reference, actor=AGENT, by="resident", enforce_cutoff=False)
    second = booked(runtime, booking_of(world, NUMBER, who=2, at=11))
    with pytest.raises(Stale):
        undo_change(runtime, world.authority_id, first.reference, lambda *_: None, actor=AGENT)
    cancel(runtime, world.authority_id, second.reference, actor=AGENT, by="resident", enforce_cutoff=False)
    assert undo_change(runtime, world.authority_id, first.reference, lambda *_: None, actor=AGENT).state == "booked"


def test_whoever_is_invited_is_not_asked_and_has_the_number_of_the_invitation(
    database: Database, world: World, runtime: Runtime
) -> None:
    list_of(runtime, world, "HB 000001", "")
    ask(database, world, case_number_listed=True)
    with database.writing() as db:
        rows = db.execute(select(Invitation.id, Invitation.resident_id).order_by(Invitation.id)).all()
        db.execute(update(Invitation).values(state="open"))
    at = slot_key_at(world, NOW.replace(hour=10) + timedelta(days=1))
    for number, (id_, resident_id) in enumerate(rows):
        slot = replace(at, start_unit=at.start_unit + 12 * number)
        link = Booking(world.authority_id, "online", resident_id, slot_key=slot, invitation=id_)
        booked(runtime, link)
    assert numbers(database) == [("HB 000001", "HB000001"), ("", "")]
    assert refused(runtime, booking_of(world, "HB000001", who=2, at=11)) == "case_number_unusable"


def test_staff_need_not_type_the_number_of_somebody_who_is_invited(
    database: Database, world: World, runtime: Runtime
) -> None:
    list_of(runtime, world, "HB 000001")
    with database.writing() as db:
        who = db.scalars(select(Invitation.resident_id)).one()
        db.execute(update(Invitation).values(state="open"))
    booked(runtime, replace(booking_of(world, ""), resident=who), AGENT)
    assert numbers(database) == [("HB 000001", "HB000001")]


def test_two_services_of_one_visit_ask_for_the_same_number_or_are_booked_one_by_one(
    database: Database, world: World, runtime: Runtime
) -> None:
    first = world.service_ids[0]
    slot = replace(slot_key_at(world, NOW.replace(hour=10)), service_ids=(first, first))
    assert refused(runtime, replace(booking_of(world, NUMBER), slot_key=slot)) == ""


def test_nobody_waits_online_for_what_needs_a_number(world: World, runtime: Runtime) -> None:
    wish = NewWish("api", services=("certify",), resident=ResidentDetails("A B", "ab@example.org"))
    with pytest.raises(Invalid) as error:
        make_wish(runtime, world.authority_id, wish, actor=PROGRAM)
    assert error.value.errors["services"][0].code == "case_number_no_wait"
    make_wish(runtime, world.authority_id, wish, actor=AGENT)
