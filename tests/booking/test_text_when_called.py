"""Who waits outside gets one text for each call, and nobody gets one who wants none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from booking.events import visit_called
from booking.use_cases.call_next import call_next
from booking.use_cases.check_in import check_in
from booking.use_cases.move_visit import VisitStep, move_visit
from booking.use_cases.send_on import SentOn, send_on
from booking.use_cases.take_walk_in import take_walk_in
from booking.use_cases.text_when_called import TextWish, ask_for_text
from booking.visits.tables import DayVisit
from booking.visits.visit_states import NewWalkIn, VisitState
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from core.errors import IllegalMove, Invalid, NotFound, Stale
from core.runtime import Runtime
from locations.tables import Authority, Service
from people.residents.details import ResidentDetails
from people.residents.tables import Resident
from reminders.call_text_tables import CallText
from reminders.call_texts import delete_old_call_texts, plan_call_text, send_call_texts, texts_of_calls
from reminders.pauses import PauseScope
from reminders.pausing import NewPause, pause_messages
from reminders.recipients import TEXT
from reminders.texts import TextBody
from tests.reminders.channels import RecordingChannel
from tests.support.factories import World, make_appointment, make_authority, make_runtime, make_world

STAFF = Actor("staff", 1, "Sam Staff")
START = datetime(2026, 12, 8, 10, 30, tzinfo=UTC)
NUMBER = "07700900123"


@pytest.fixture(autouse=True)
def _planned() -> Iterator[None]:
    with visit_called.connected_to(plan_call_text):
        yield


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database, desks=2)


@pytest.fixture
def runtime(database: Database, clock: FixedClock) -> Runtime:
    return Runtime(make_runtime(database).settings, database, clock)


def booked_visit(runtime: Runtime, world: World, **person: Any) -> int:
    """The id of the visit of somebody with an appointment who has arrived."""
    who = ResidentDetails("Robin Sample", **person)
    made = make_appointment(make_runtime(runtime.database), world, START, resident=who)
    check_in(runtime, world.authority_id, made.reference, actor=STAFF)
    return visit_of(runtime).id


def visit_of(runtime: Runtime) -> DayVisit:
    with runtime.database.reading() as db:
        return db.scalars(select(DayVisit)).one()


def walk_in(runtime: Runtime, world: World, **facts: Any) -> int:
    new = NewWalkIn("Wendy", **facts)
    return take_walk_in(runtime, world.authority_id, "high-street", "certify", new, actor=STAFF).visit_id


def ask(runtime: Runtime, world: World, visit_id: int, number: str = NUMBER, **facts: Any) -> None:
    wish = TextWish(number, **facts)
    ask_for_text(runtime, world.authority_id, "high-street", visit_id, wish, actor=STAFF)


def call(runtime: Runtime, world: World) -> None:
    assert call_next(runtime, world.authority_id, "high-street", "desk-1", actor=STAFF)


def step(runtime: Runtime, world: World, visit_id: int, state: VisitState) -> None:
    wanted = VisitStep(state, "desk-1", "The wrong row")
    move_visit(runtime, world.authority_id, "high-street", visit_id, wanted, actor=STAFF)


def sent(runtime: Runtime) -> list[tuple[str, str]]:
    """The numbers and the words of what goes out in one pass."""
    channel = RecordingChannel(body_type=TextBody)
    send_call_texts(runtime, {TEXT: channel})
    return [(one.recipient.address, one.body.text) for one in channel.sent if isinstance(one.body, TextBody)]


def became(runtime: Runtime, visit_id: int) -> tuple[str, str]:
    with runtime.database.reading() as db:
        found = texts_of_calls(db, [visit_id])[visit_id]
        return found.state, found.reason


@pytest.mark.parametrize("is_booked", [True, False], ids=["booked", "without an appointment"])
def test_each_call_is_told_once_and_a_call_again_once_more(
    runtime: Runtime, clock: FixedClock, world: World, is_booked: bool
) -> None:
    visit_id = booked_visit(runtime, world, phone="07700 900999") if is_booked else walk_in(runtime, world)
    ask(runtime, world, visit_id)
    assert sent(runtime) == []
    call(runtime, world)
    assert became(runtime, visit_id)[0] == "pending"
    (told,) = sent(runtime)
    assert told == (NUMBER, "Testshire Council: number 1, it is your turn. Please come in now. Go to: Desk 1.")
    assert sent(runtime) == []
    assert became(runtime, visit_id) == ("sent", "")
    clock.advance(timedelta(seconds=40))
    step(runtime, world, visit_id, VisitState.CALLED)
    assert len(sent(runtime)) == 1
    assert sent(runtime) == []


@pytest.mark.parametrize("end", [VisitState.ENDED, VisitState.LEFT])
def test_the_number_is_gone_when_the_visit_is_over_or_they_have_left(
    runtime: Runtime, clock: FixedClock, world: World, end: VisitState
) -> None:
    visit_id = walk_in(runtime, world)
    ask(runtime, world, visit_id)
    if end is VisitState.ENDED:
        call(runtime, world)
        step(runtime, world, visit_id, VisitState.BEING_SEEN)
    step(runtime, world, visit_id, end)
    assert sent(runtime) == []
    for minutes, number in ((55, NUMBER), (10, "")):
        clock.advance(timedelta(minutes=minutes))
        with runtime.database.writing() as db:
            delete_old_call_texts(db, clock.now())
        assert visit_of(runtime).text_to == number


@pytest.mark.parametrize("is_booked", [True, False], ids=["booked", "without an appointment"])
@pytest.mark.parametrize("wrong", [VisitState.ENDED, VisitState.LEFT])
def test_who_is_put_back_into_the_waiting_room_is_still_told(
    runtime: Runtime, clock: FixedClock, world: World, wrong: VisitState, is_booked: bool
) -> None:
    visit_id = booked_visit(runtime, world, phone="07700 900999") if is_booked else walk_in(runtime, world)
    ask(runtime, world, visit_id)
    back = [VisitState.WAITING]
    if wrong is VisitState.ENDED:
        call(runtime, world)
        assert sent(runtime)
        step(runtime, world, visit_id, VisitState.BEING_SEEN)
        back = [VisitState.BEING_SEEN, VisitState.WAITING]
    step(runtime, world, visit_id, wrong)
    with runtime.database.writing() as db:
        delete_old_call_texts(db, clock.now())
    clock.advance(timedelta(minutes=5))
    for state in back:
        step(runtime, world, visit_id, state)
    call(runtime, world)
    assert [number for number, _words in sent(runtime)] == [NUMBER]


def test_who_did_not_ask_is_not_told_and_who_does_not_want_it_any_more(runtime: Runtime, world: World) -> None:
    visit_id = walk_in(runtime, world)
    ask(runtime, world, visit_id)
    ask(runtime, world, visit_id, "")
    call(runtime, world)
    with runtime.database.reading() as db:
        assert db.scalars(select(CallText)).all() == []


@pytest.mark.parametrize(
    "change",
    [
        lambda runtime, clock, world, visit_id: step(runtime, world, visit_id, VisitState.WAITING),
        lambda runtime, clock, world, visit_id: step(runtime, world, visit_id, VisitState.BEING_SEEN),
        lambda runtime, clock, world, visit_id: clock.advance(timedelta(minutes=10)),
    ],
    ids=["back to the queue", "at the desk already", "ten minutes later"],
)
def test_a_text_that_is_not_true_any_more_is_not_sent(
    runtime: Runtime, clock: FixedClock, world: World, change: Any
) -> None:
    visit_id = walk_in(runtime, world)
    ask(runtime, world, visit_id)
    call(runtime, world)
    change(runtime, clock, world, visit_id)
    assert sent(runtime) == []


@pytest.mark.parametrize(
    "person",
    [
        {"phone": NUMBER, "do_not_text": True},
        {"phone": "01632 960001", "do_not_text": True},
        {"contact_preference": "none", "phone": "01632 960001"},
    ],
    ids=["of this number", "by another number", "no contact at all"],
)
def test_who_wants_no_texts_is_told_at_once_that_none_comes(
    runtime: Runtime, world: World, person: dict[str, Any]
) -> None:
    visit_id = booked_visit(runtime, world, **person)
    with pytest.raises(Invalid) as refused:
        ask(runtime, world, visit_id)
    assert [one.code for one in refused.value.errors["text_to"]] == ["texts_not_wanted"]
    assert visit_of(runtime).text_to == ""


def test_who_says_so_after_they_have_asked_gets_none_and_the_desk_sees_it(runtime: Runtime, world: World) -> None:
    visit_id = booked_visit(runtime, world, phone="07700 900999")
    ask(runtime, world, visit_id)
    with runtime.database.writing() as db:
        db.execute(update(Resident).values(do_not_text=True))
    call(runtime, world)
    assert sent(runtime) == []
    assert became(runtime, visit_id) == ("failed", "no_contact_wanted")


def test_a_number_without_texts_a_stale_page_another_council_and_who_is_seen_are_refused(
    runtime: Runtime, database: Database, world: World
) -> None:
    visit_id = walk_in(runtime, world)
    with pytest.raises(Invalid):
        ask(runtime, world, visit_id, "01632960001")
    with pytest.raises(Stale):
        ask(runtime, world, visit_id, seen="old")
    other = make_authority(database, "elsewhere")
    with pytest.raises(NotFound):
        ask_for_text(runtime, other, "high-street", visit_id, TextWish(NUMBER), actor=STAFF)
    call(runtime, world)
    step(runtime, world, visit_id, VisitState.BEING_SEEN)
    with pytest.raises(IllegalMove):
        ask(runtime, world, visit_id)
    assert visit_of(runtime).text_to == ""


def test_what_the_council_holds_back_is_not_sent(runtime: Runtime, world: World) -> None:
    visit_id = walk_in(runtime, world)
    ask(runtime, world, visit_id)
    pause_messages(runtime, world.authority_id, NewPause(PauseScope.CHANNEL, TEXT, "A trial"), actor=STAFF)
    call(runtime, world)
    assert sent(runtime) == []
    assert became(runtime, visit_id)[0] == "pending"


def test_in_wales_it_is_in_the_language_of_the_page_or_in_both(runtime: Runtime, world: World) -> None:
    with runtime.database.writing() as db:
        values = {"languages": ["en", "cy"], "plan_version": Authority.plan_version + 1}
        db.execute(update(Authority).values(**values))
    visit_id = walk_in(runtime, world)
    ask(runtime, world, visit_id, language="cy")
    call(runtime, world)
    ((_, words),) = sent(runtime)
    assert "rhif 1, eich tro chi yw hi." in words
    assert "your turn" not in words


def test_a_call_of_a_part_that_was_noted_elsewhere_is_told_too(runtime: Runtime, world: World) -> None:
    """Somebody with two appointments has one ticket: whichever is called, they wait outside."""
    first = make_appointment(make_runtime(runtime.database), world, START, resident=ResidentDetails("Robin Sample"))
    with runtime.database.reading() as db:
        resident_id = db.scalars(select(Resident.id)).one()
    make_appointment(make_runtime(runtime.database), world, START + timedelta(minutes=30), resident=resident_id)
    check_in(runtime, world.authority_id, first.reference, actor=STAFF)
    with runtime.database.reading() as db:
        ids = [row.id for row in db.scalars(select(DayVisit).order_by(DayVisit.id))]
        assert len(ids) == 2
    ask(runtime, world, ids[1])
    call(runtime, world)
    assert len(sent(runtime)) == 1


@pytest.mark.parametrize("is_booked", [True, False], ids=["booked", "without an appointment"])
def test_who_is_sent_on_is_told_of_the_second_desk_too(
    runtime: Runtime, clock: FixedClock, world: World, is_booked: bool
) -> None:
    visit_id = booked_visit(runtime, world) if is_booked else walk_in(runtime, world)
    ask(runtime, world, visit_id)
    call(runtime, world)
    assert len(sent(runtime)) == 1
    step(runtime, world, visit_id, VisitState.BEING_SEEN)
    with runtime.database.reading() as db:
        seen = db.scalars(select(DayVisit.service_id).where(DayVisit.id == visit_id)).one()
        other = db.scalars(select(Service.slug).where(Service.id.in_(world.service_ids), Service.id != seen)).one()
    send_on(runtime, world.authority_id, "high-street", SentOn(visit_id, other), actor=STAFF)
    clock.advance(timedelta(minutes=2))
    call(runtime, world)
    assert [number for number, _words in sent(runtime)] == [NUMBER]


def test_the_number_of_a_visit_that_nobody_ends_is_deleted(runtime: Runtime, clock: FixedClock, world: World) -> None:
    visit_id = walk_in(runtime, world)
    ask(runtime, world, visit_id)
    for hours, number in ((3, NUMBER), (18, "")):
        clock.advance(timedelta(hours=hours))
        with runtime.database.writing() as db:
            delete_old_call_texts(db, clock.now())
        assert visit_of(runtime).text_to == number
