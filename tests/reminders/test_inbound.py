"""Texts from residents are understood, done once and answered once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Thread
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from booking.events import appointment_changed
from booking.proposals.tables import Proposal
from booking.tables import Appointment
from booking.use_cases.earlier_times import offer_earlier_times
from booking.use_cases.make_closure import NewClosure, make_closure
from booking.use_cases.offers import make_offers, request_offers
from booking.use_cases.proposals import end_unanswered
from booking.use_cases.stop_texts import text_helper_again
from booking.use_cases.wishes import NewWish, make_wish
from core.audit import Actor, AuditEntry
from core.clock import FixedClock
from core.database import Database
from core.errors import DeliveryFailed, Invalid, NotFound
from core.runtime import Runtime
from core.text import clean_text
from locations.tables import Authority
from people.residents.details import Representation, ResidentDetails
from people.residents.representative_repository import gets_no_texts
from people.residents.tables import Representative, Resident
from reminders.inbound import GIVEN_UP_AFTER, MOST_AT_ONCE, handle_text, handle_waiting_texts
from reminders.inbound_queries import texts_to_read
from reminders.inbound_texts import ReceivedText, keep_text
from reminders.outbox import plan_notifications, planning_input
from reminders.reach_queries import can_be_told
from reminders.recipients import CHANNELS, Withheld, deliveries_for
from reminders.tables import InboundText, Notification
from reminders.texts import TextBody
from reminders.worker import Worker
from tests.reminders.channels import RecordingChannel, writer
from tests.support.factories import NOW, World, make_appointment, make_runtime, make_world

OURS, THEIRS, AS_SENT = "07700 900982", "07700 900123", "447700900123"
ROBIN = ResidentDetails("Robin Sample", phone=THEIRS, contact_preference="text")
WHEN = NOW + timedelta(days=1, hours=1)
STAFF = Actor("staff", 2, "Mina Manager")


@pytest.fixture
def world(database: Database, monkeypatch: pytest.MonkeyPatch) -> World:
    """A council with a number for texts, and with no messages but answers to them, whichever tests ran before."""
    appointment_changed.disconnect(plan_notifications)
    monkeypatch.setitem(database.facts, CHANNELS, frozenset({"email", "text"}))
    world = make_world(database)
    with database.writing() as db:
        db.execute(update(Authority).values(text_number=OURS, text_sender_id="00000000-0000-4000-8000-000000000982"))
    return world


@pytest.fixture
def runtime(database: Database) -> Runtime:
    return make_runtime(database)


def refuse(_message: object) -> None:
    raise DeliveryFailed(detail="400 nobody there", permanent=True)


def book(runtime: Runtime, world: World, *, when: datetime = WHEN, who: ResidentDetails = ROBIN) -> int:
    return make_appointment(runtime, world, when, resident=who).appointment_id


def keep(runtime: Runtime, words: str, *, number: str = AS_SENT, provider_id: str = "") -> int | None:
    """The id of a text that has come, if it is new."""
    with runtime.database.writing() as db:
        known = db.scalars(select(func.count()).select_from(InboundText)).one()
        row = keep_text(db, ReceivedText(provider_id or f"text-{known}", number, words, NOW))
        return row.id if row else None


def text(runtime: Runtime, words: str, *, number: str = AS_SENT, provider_id: str = "") -> int:
    """A text comes, and the scheduler looks: how many it handled."""
    keep(runtime, words, number=number, provider_id=provider_id)
    return handle_waiting_texts(runtime)


def outcomes(database: Database) -> list[str]:
    with database.reading() as db:
        assert db.scalars(select(InboundText.id).where(InboundText.handled_at.is_(None))).all() == []
        return list(db.scalars(select(InboundText.outcome).order_by(InboundText.id)))


def states(database: Database) -> list[str]:
    with database.reading() as db:
        return list(db.scalars(select(Appointment.state).order_by(Appointment.id)))


def sent_answers(runtime: Runtime, clock: FixedClock) -> list[str]:
    """The texts that go out now."""
    channel = RecordingChannel(body_type=TextBody)
    Worker(runtime.database, clock, {"text": channel}, writer()).send_due()
    return [message.body.text for message in channel.sent if isinstance(message.body, TextBody)]


def test_cancel_cancels_and_is_answered_once(
    database: Database, runtime: Runtime, clock: FixedClock, world: World
) -> None:
    book(runtime, world)
    assert text(runtime, "CANCEL", provider_id="one") == 1
    assert text(runtime, "CANCEL", provider_id="one") == 0  # the provider says it again
    text(runtime, "Cancel!")  # and so do they
    assert outcomes(database) == ["cancelled", "repeated"]
    assert states(database) == ["cancelled_by_resident"]
    (answer,) = sent_answers(runtime, clock)
    assert answer.startswith("Testshire Council: for Robin Sample, your appointment on Tue 24 Nov 9am is cancelled.")


def test_a_cancellation_that_goes_by_text_is_the_answer(
    database: Database, runtime: Runtime, clock: FixedClock, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    book(runtime, world)
    with database.writing() as db:
        db.execute(update(Notification).values(status="void"))
    with appointment_changed.connected_to(plan_notifications):
        text(runtime, "CANSLO")
    with database.reading() as db:
        kinds = [row.kind for row in db.scalars(select(Notification)) if row.channel == "text"]
    assert len(kinds) == 1


def test_confirm_is_kept_for_the_time_as_it_is(
    database: Database, runtime: Runtime, clock: FixedClock, world: World
) -> None:
    appointment = book(runtime, world)
    text(runtime, "yes please")
    assert outcomes(database) == ["confirmed"]
    with database.reading() as db:
        row = db.get_one(Appointment, appointment)
        assert (row.confirmed_at, row.confirmed_version) == (NOW, row.version)
        assert "confirmed" in db.scalars(select(AuditEntry.action)).all()
    (answer,) = sent_answers(runtime, clock)
    assert "thank you. Your appointment on Tue 24 Nov 9am is confirmed." in answer


def offer_after_closure(runtime: Runtime, world: World, clock: FixedClock, when: datetime = WHEN) -> str:
    """The text that offers another time for a visit which cannot take place."""
    day = NewClosure(when - timedelta(hours=1), when + timedelta(hours=8), "The boiler is broken")
    with appointment_changed.connected_to(plan_notifications):
        book(runtime, world, when=when)
        sent_answers(runtime, clock)
        closure_id = make_closure(runtime, world.authority_id, day, actor=STAFF).id or 0
        request_offers(runtime, world.authority_id, closure_id, actor=STAFF)
        make_offers(runtime, can_be_told)
    return sent_answers(runtime, clock)[-1]


def offer_of_earlier_time(runtime: Runtime, world: World, clock: FixedClock) -> str:
    """The text that offers an earlier time to somebody who waits for one; it is held for half an hour."""
    clock.instant = NOW
    with appointment_changed.connected_to(plan_notifications):
        appointment = book(runtime, world, when=WHEN + timedelta(days=7))
        sent_answers(runtime, clock)
        with runtime.database.reading() as db:
            reference = db.get_one(Appointment, appointment).reference
        make_wish(runtime, world.authority_id, NewWish("online", appointment=reference), actor=Actor.resident())
        offer_earlier_times(runtime, can_be_told)
    return sent_answers(runtime, clock)[-1]


@pytest.mark.parametrize("offer", [offer_after_closure, offer_of_earlier_time])
@pytest.mark.parametrize(
    ("words", "after_closure", "earlier"),
    [
        ("YES", ("accepted", "accepted"), ("accepted", "accepted")),
        ("Na", ("declined", "declined"), ("kept", "declined")),
        ("cancel", ("cancelled", "ended"), ("to_read", "open")),
        ("9 is better", ("to_read", "open"), ("to_read", "open")),
    ],
)
def test_yes_and_no_are_about_the_time_that_was_offered(
    database: Database,
    runtime: Runtime,
    clock: FixedClock,
    world: World,
    offer: Callable[[Runtime, World, FixedClock], str],
    words: str,
    after_closure: tuple[str, str],
    earlier: tuple[str, str],
) -> None:
    """What becomes of the text and of the offer; nobody confirms a time that they were told cannot take place."""
    assert "Reply YES or NO" in offer(runtime, world, clock)
    with database.reading() as db:
        was = db.scalars(select(Appointment)).one()
    with appointment_changed.connected_to(plan_notifications):
        text(runtime, words)
    expected = after_closure if offer is offer_after_closure else earlier
    with database.reading() as db:
        now, proposal = db.scalars(select(Appointment)).one(), db.scalars(select(Proposal)).one()
    assert (outcomes(database), proposal.state) == ([expected[0]], expected[1])
    assert (now.starts_at != was.starts_at) is (words == "YES")
    assert now.confirmed_at is None
    assert len(sent_answers(runtime, clock)) == 1


def test_a_time_that_is_held_no_longer_is_not_taken_for_a_confirmation(
    database: Database, runtime: Runtime, clock: FixedClock, world: World
) -> None:
    offer_after_closure(runtime, world, clock, WHEN + timedelta(days=7))
    clock.advance(timedelta(days=3))
    text(Runtime(runtime.settings, database, clock), "YES")
    assert outcomes(database) == ["to_read"]
    assert "somebody will read it" in sent_answers(runtime, clock)[-1]


def test_stop_ends_texts_and_leaves_the_appointment(
    database: Database, runtime: Runtime, clock: FixedClock, world: World
) -> None:
    """What is owed goes by the next channel; the answer is the last text, whatever else they send."""
    with appointment_changed.connected_to(plan_notifications):
        appointment = book(runtime, world, when=WHEN + timedelta(days=2), who=replace(ROBIN, email="robin@example.org"))
        sent_answers(runtime, clock)
        with database.reading() as db:
            nonce = db.get_one(Appointment, appointment).manage_nonce
        text(runtime, "Stopio")
        text(runtime, "STOP")
        text(runtime, "stop please", number="447700900999")
    assert outcomes(database) == ["stopped", "repeated", "unknown"]
    assert states(database) == ["booked"]
    with database.reading() as db:
        resident = db.get_one(Resident, db.get_one(Appointment, appointment).resident_id)
        assert (resident.do_not_text, resident.contact_preference) == (True, "email")
        assert db.get_one(Appointment, appointment).manage_nonce == nonce  # the link of the text goes on working
        owed = select(Notification.channel).where(
            Notification.status == "pending", Notification.kind != "text_answer_1"
        )
        assert set(db.scalars(owed)) == {"email"}
        assert "texts_stopped" in db.scalars(select(AuditEntry.action)).all()
        assert [row.text for row in texts_to_read(db, world.authority_id, 5)] == ["Stopio", "stop please"]
    (answer,) = sent_answers(runtime, clock)
    assert "you get no more texts from us. What is booked stays booked." in answer


@pytest.mark.databases("sqlite")
def test_stop_of_a_telephone_is_for_everybody_whose_texts_it_gets(
    database: Database, runtime: Runtime, clock: FixedClock, world: World
) -> None:
    """Whoever shares the number, or has it for one appointment alone, gets no texts; other numbers do."""
    book(runtime, world)
    book(runtime, world, when=WHEN + timedelta(hours=1), who=replace(ROBIN, name="Noor Shared"))
    other = replace(ROBIN, name="Ali Other", phone="07700 900555", contact_preference="email")
    given = book(runtime, world, when=WHEN + timedelta(hours=2), who=other)
    with database.writing() as db:
        db.get_one(Appointment, given).contact_phone = THEIRS
    book(runtime, world, when=WHEN + timedelta(hours=3), who=replace(other, name="Kim Else", phone="07700 900556"))
    text(runtime, "STOP")
    with database.reading() as db:
        stopped = {row.name: row.do_not_text for row in db.scalars(select(Resident))}
    assert stopped == {"Robin Sample": True, "Noor Shared": True, "Ali Other": True, "Kim Else": False}
    assert states(database) == ["booked"] * 4


@pytest.mark.databases("sqlite")
def test_stop_of_who_acts_is_about_their_number_alone(
    database: Database, runtime: Runtime, clock: FixedClock, world: World
) -> None:
    """For whom they act may be texted as before, and what is owed now goes to them; the next visit is no other case."""
    robin = replace(ROBIN, phone="07700 900555")
    ada = Representation("Ada Helper", "carer", phone=THEIRS)
    with appointment_changed.connected_to(plan_notifications):
        make_appointment(runtime, world, WHEN, resident=robin, representative=ada)
        text(runtime, "STOP")
        make_appointment(runtime, world, WHEN + timedelta(days=1), resident=robin, representative=ada)
    with database.reading() as db:
        assert db.scalars(select(Resident.do_not_text)).all() == [False]
        assert db.scalars(select(Representative.do_not_text)).all() == [True, True]
        for appointment in db.scalars(select(Appointment)):
            planning = planning_input(db, appointment.id)
            deliveries = deliveries_for(planning.contacts, "reminder_1d", planning.rules)
            assert not isinstance(deliveries, Withheld)
            (found,) = deliveries
            assert (found.channel, found.address) == ("text", "07700 900555")
        helper = db.scalars(select(Representative.id)).all()[0]
    with pytest.raises(Invalid):
        text_helper_again(runtime, world.authority_id, helper, "", actor=STAFF)
    with pytest.raises(NotFound):
        text_helper_again(runtime, world.authority_id + 1, helper, "They rang", actor=STAFF)
    assert [text_helper_again(runtime, world.authority_id, helper, "They rang", actor=STAFF) for _ in "12"] == [
        True,
        False,
    ]
    with database.reading() as db:
        assert db.scalars(select(Representative.do_not_text)).all() == [False, False]
        assert not gets_no_texts(db, world.authority_id, THEIRS)  # the next visit
        (entry,) = db.scalars(select(AuditEntry).where(AuditEntry.action == "texts_allowed_again"))
        assert entry.reason == "They rang"


def test_yes_is_about_the_offer_that_they_know_and_not_about_a_later_one(
    database: Database, runtime: Runtime, clock: FixedClock, world: World
) -> None:
    """The first offer has lapsed, and nobody has told them of the second yet."""
    offer_of_earlier_time(runtime, world, clock)
    clock.advance(timedelta(minutes=40))
    later = Runtime(runtime.settings, database, clock)
    with appointment_changed.connected_to(plan_notifications):
        end_unanswered(later)
        offer_earlier_times(later, can_be_told)
    text(later, "YES")
    assert outcomes(database) == ["to_read"]
    with database.reading() as db:
        assert [row.state for row in db.scalars(select(Proposal).order_by(Proposal.id))] == ["ended", "open"]


def test_what_we_answer_between_an_offer_and_yes_changes_nothing(
    database: Database, runtime: Runtime, clock: FixedClock, world: World
) -> None:
    offer_of_earlier_time(runtime, world, clock)
    for words in ("Is it step-free?", "YES"):
        text(runtime, words)
        sent_answers(runtime, clock)
    assert outcomes(database) == ["to_read", "accepted"]


def test_of_several_we_ask_and_a_number_answers(
    database: Database, runtime: Runtime, clock: FixedClock, world: World
) -> None:
    book(runtime, world)
    book(runtime, world, when=WHEN + timedelta(hours=2))
    text(runtime, "cancel")
    (question,) = sent_answers(runtime, clock)
    assert "Reply with its number. 1: Tue 24 Nov 9am. 2: Tue 24 Nov 11am." in question
    text(runtime, "2")
    assert outcomes(database) == ["asked", "cancelled"]
    assert states(database) == ["booked", "cancelled_by_resident"]
    assert len(sent_answers(runtime, clock)) == 1


def test_an_answer_goes_by_text_and_by_nothing_else(
    database: Database, runtime: Runtime, clock: FixedClock, world: World
) -> None:
    orders = [{"message": "all", "first": "email", "second": "call"}, {"message": "reminder", "first": "text"}]
    with database.writing() as db:
        db.execute(update(Authority).values(message_channels=orders, plan_version=Authority.plan_version + 1))
    book(runtime, world, who=replace(ROBIN, email="robin@example.org"))
    text(runtime, "confirm")
    assert len(sent_answers(runtime, clock)) == 1
    text(runtime, "What must I bring?")
    channel = RecordingChannel(body_type=TextBody, on_send=refuse)
    Worker(database, clock, {"text": channel}, writer()).send_due()
    with database.reading() as db:
        found = select(Notification.channel, Notification.status).where(Notification.kind == "text_answer_2")
        assert [tuple(row) for row in db.execute(found)] == [("text", "failed")]


def test_after_the_cut_off_the_answer_says_whom_to_contact(
    database: Database, runtime: Runtime, clock: FixedClock, world: World
) -> None:
    book(runtime, world)
    with database.writing() as db:
        db.execute(update(Authority).values(cancel_cutoff_minutes=3 * 24 * 60, plan_version=Authority.plan_version + 1))
    text(runtime, "cancel")
    assert outcomes(database) == ["too_late"]
    assert states(database) == ["booked"]
    (answer,) = sent_answers(runtime, clock)
    assert "too late to cancel by text. Please contact us: 01632 960000" in answer


@given(st.text(st.characters(codec="utf-16"), max_size=40) | st.text(st.characters(max_codepoint=0x1F), max_size=5))
@example("CANCEL\x0c")
@example("\x1b\x00\ud800")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
def test_every_text_is_kept(runtime: Runtime, world: World, words: str) -> None:
    with runtime.database.writing() as db:
        row = keep_text(db, ReceivedText(f"text-{uuid4()}", f"+4477009{words}00123", words, NOW))
        assert row is not None
        assert clean_text(row.text) == row.text


def test_a_page_break_hides_no_answer(database: Database, runtime: Runtime, clock: FixedClock, world: World) -> None:
    book(runtime, world)
    text(runtime, "CANCEL\x0cplease\x1b")
    assert outcomes(database) == ["cancelled"]


def test_an_unknown_number_is_kept_and_told_nothing(
    database: Database, runtime: Runtime, clock: FixedClock, world: World
) -> None:
    book(runtime, world)
    text(runtime, "CANCEL", number="447700900999")
    assert outcomes(database) == ["unknown"]
    assert states(database) == ["booked"]
    assert sent_answers(runtime, clock) == []


def test_what_no_rule_understands_is_read_by_a_person_and_a_machine_is_answered_once(
    database: Database, runtime: Runtime, clock: FixedClock, world: World
) -> None:
    book(runtime, world)
    for _ in range(3):
        text(runtime, "I am on holiday until Monday")
    assert outcomes(database) == ["to_read"] * 3
    (answer,) = sent_answers(runtime, clock)
    assert "we have your text" in answer


def test_whoever_acts_for_somebody_answers_by_their_own_number(
    database: Database, runtime: Runtime, clock: FixedClock, world: World
) -> None:
    own = replace(ROBIN, phone="07700 900444")
    appointment = book(runtime, world, who=own)
    with database.writing() as db:
        db.get_one(Appointment, appointment).contact_phone = "(07700) 900-123"
    text(runtime, "confirm")
    assert outcomes(database) == ["confirmed"]
    channel = RecordingChannel(body_type=TextBody)
    Worker(database, clock, {"text": channel}, writer()).send_due()
    assert [message.recipient.address for message in channel.sent] == [AS_SENT]


def test_what_a_process_left_is_finished_by_the_scheduler(
    database: Database, runtime: Runtime, clock: FixedClock, world: World
) -> None:
    appointment = book(runtime, world)
    text_id = keep(runtime, "cancel")
    with database.writing() as db:  # it ended between the decision and the cancellation
        decided = {"outcome": "cancel", "appointment_id": appointment}
        db.execute(update(InboundText).where(InboundText.id == text_id).values(decided))
    assert handle_waiting_texts(runtime) == 1
    assert handle_waiting_texts(runtime) == 0
    assert outcomes(database) == ["cancelled"]
    assert states(database) == ["cancelled_by_resident"]
    assert len(sent_answers(runtime, clock)) == 1


def test_texts_that_always_fail_stop_no_other_and_are_read_at_last(
    database: Database, runtime: Runtime, clock: FixedClock, world: World
) -> None:
    book(runtime, world)
    broken = [keep(runtime, "cancel", number=f"44770090{number}") for number in range(1000, 1000 + MOST_AT_ONCE)]
    with database.writing() as db:
        db.execute(update(InboundText).values(outcome="nonsense"))
    text(runtime, "confirm")
    assert handle_waiting_texts(runtime) == 1
    with database.reading() as db:
        handled = select(InboundText.outcome).where(InboundText.handled_at.is_not(None))
        assert db.scalars(handled).all() == ["confirmed"]
    later = make_runtime(database, NOW + GIVEN_UP_AFTER)
    assert handle_waiting_texts(later) == 0
    assert outcomes(database) == ["to_read"] * len(broken) + ["confirmed"]


def test_the_same_text_twice_at_once_is_done_once(
    database: Database, runtime: Runtime, clock: FixedClock, world: World
) -> None:
    book(runtime, world)
    book(runtime, world, when=WHEN + timedelta(hours=1), who=replace(ROBIN, name="Sam Sample"))
    text_id = keep(runtime, "CONFIRM")
    threads = [Thread(target=handle_text, args=(runtime, text_id)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes(database) == ["asked"]
    assert len(sent_answers(runtime, clock)) == 1
    with database.reading() as db:
        assert db.scalars(select(func.count()).select_from(Resident)).one() == 2
