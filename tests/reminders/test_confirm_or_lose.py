"""Whoever is asked to confirm and does not gives the time back, and nobody else ever loses one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from booking.arrangements import ArrangementState
from booking.events import appointment_changed, appointment_confirmed
from booking.proposals.tables import Proposal
from booking.queries.slots import SlotQuery, all_slots
from booking.tables import Appointment
from booking.use_cases.confirm import confirm, mark_urgent
from booking.use_cases.wishes import NewWish, make_wish
from core.audit import Actor, AuditEntry, record
from core.clock import FixedClock
from core.database import Database
from core.errors import IllegalMove
from core.runtime import Runtime
from locations.catalogue_queries import catalogue_by_id
from locations.tables import Authority, Service
from people.residents.details import ResidentDetails
from reminders.confirming.confirm_rules import (
    GRACE,
    LATEST,
    TIME_TO_ANSWER,
    AskedVisit,
    Question,
    arrived_at,
    is_to_be_asked,
    question_times,
    spared,
    why_kept,
)
from reminders.confirming.unconfirmed import work_confirmations
from reminders.confirming.withdrawn_queries import withdraw_questions
from reminders.contacts import Contacts, Person
from reminders.ledger import ledger_of
from reminders.outbox import plan_notifications
from reminders.recipients import ASKED_AGAIN, ChannelRules
from reminders.sending_times import SendingRules
from reminders.tables import Notification
from reminders.texts import TextBody
from reminders.worker import Worker
from tests.reminders.channels import RecordingChannel, writer
from tests.support.factories import AGENT, NOW, RESIDENT, World, make_appointment, make_runtime, make_world

BOTH = ChannelRules(frozenset({"email", "text", "letter", "call"}))
ROBIN = Person("Robin Sample", "robin@example.org", "07700 900123", "1 High Street\nN1 1AA")
STARTS = datetime(2026, 12, 8, 10, 30, tzinfo=UTC)
ANSWER_BY = STARTS - timedelta(days=3)
DECIDED = ANSWER_BY + GRACE


@dataclass(frozen=True)
class Asking:
    """A service that asks, or not."""

    confirm_days_before: int | None = 7
    confirm_within_hours: int = 48


VISIT = AskedVisit(Contacts(ROBIN), BOTH, (Asking(),), STARTS, STARTS - timedelta(days=20), {})  # type: ignore[arg-type]
IN_TIME = ANSWER_BY - TIME_TO_ANSWER
ASKED = (Question("email", True, IN_TIME), Question("text", True, None))

NEVER: dict[str, AskedVisit] = {
    "representative": replace(
        VISIT, contacts=Contacts(ROBIN, Person("Ceri Carer", "ceri@example.org", "07700 900124"))
    ),
    "interpreter": replace(VISIT, arrangements={"bsl": ArrangementState.CONFIRMED}),
    "no interpreter was found": replace(VISIT, arrangements={"language": ArrangementState.NOT_POSSIBLE}),
    "speaks another language": replace(VISIT, speaks_another=True),
    "urgent": replace(VISIT, is_urgent=True),
    "to rebook": replace(VISIT, awaits_rebooking=True),
    "to ring": replace(VISIT, is_called=True),
    "no telephone": replace(VISIT, contacts=Contacts(replace(ROBIN, phone=""))),
    "no email": replace(VISIT, contacts=Contacts(replace(ROBIN, email=""))),
    "do not text": replace(VISIT, contacts=Contacts(ROBIN, do_not_text=True)),
    "letters": replace(VISIT, contacts=Contacts(ROBIN, preference="letter")),
    "no contact": replace(VISIT, contacts=Contacts(ROBIN, preference="none")),
    "no texts here": replace(VISIT, rules=ChannelRules(frozenset({"email", "call"}))),
    "one service does not ask": replace(VISIT, services=(Asking(), Asking(None))),  # type: ignore[arg-type]
    "confirmed": replace(VISIT, is_confirmed=True),
    "wrote something": replace(VISIT, has_written=True),
    "told us of another number": replace(VISIT, was_touched=True),
    "cancelled": replace(VISIT, is_booked=False),
}


@pytest.mark.parametrize("who", NEVER)
def test_some_are_neither_asked_nor_lose_it(who: str) -> None:
    assert not is_to_be_asked(NEVER[who], STARTS - timedelta(days=7))
    assert why_kept(NEVER[who], ASKED, ANSWER_BY, DECIDED) is not None


def test_everybody_else_is_asked_and_loses_it() -> None:
    assert is_to_be_asked(VISIT, STARTS - timedelta(days=7))
    assert spared(VISIT) is None
    assert why_kept(VISIT, ASKED, ANSWER_BY, DECIDED) is None
    spoken = replace(VISIT, arrangements={"welsh": ArrangementState.SPOKEN})
    assert why_kept(spoken, ASKED, ANSWER_BY, DECIDED) is None


CHANNEL_STATES = {
    "not tried": (False, None),
    "failed": (True, None),
    "sent, nobody knows more": (True, None),
    "arrived in time": (True, IN_TIME),
    "arrived late": (True, IN_TIME + timedelta(seconds=1)),
}


@pytest.mark.parametrize("states", list(product(CHANNEL_STATES, repeat=2)))
def test_two_channels_were_tried_and_one_question_arrived_in_time(states: tuple[str, str]) -> None:
    email, text = (CHANNEL_STATES[state] for state in states)
    asked = (Question("email", *email), Question("text", *text))
    is_lost = "not tried" not in states and "arrived in time" in states
    assert (why_kept(VISIT, asked, ANSWER_BY, DECIDED) is None) is is_lost
    twice_the_same = (Question("email", *email), Question("email", *text))
    assert why_kept(VISIT, twice_the_same, ANSWER_BY, DECIDED) is not None


def test_it_is_decided_after_the_answer_was_due_and_not_shortly_before_the_visit() -> None:
    second = timedelta(seconds=1)
    assert why_kept(VISIT, ASKED, ANSWER_BY, DECIDED - second) is not None
    assert why_kept(VISIT, ASKED, ANSWER_BY, STARTS - LATEST) is None
    assert why_kept(VISIT, ASKED, ANSWER_BY, STARTS - LATEST + second) is not None


@given(
    days=st.integers(2, 60),
    hours=st.integers(24, 336),
    late_hours=st.integers(0, 24 * 60),
    minutes=st.integers(0, 24 * 60 - 1),
    safe=st.sampled_from(["", "10:00-12:00", "22:00-23:00"]),
)
def test_who_is_asked_has_time_to_answer_and_others_have_time_to_come(
    days: int, hours: int, late_hours: int, minutes: int, safe: str
) -> None:
    starts = STARTS + timedelta(minutes=minutes)
    visit = replace(VISIT, services=(Asking(days, hours),), starts_at=starts, contacts=Contacts(ROBIN, safe_hours=safe))  # type: ignore[arg-type]
    now = starts - timedelta(days=61) + timedelta(hours=late_hours)
    times = question_times(visit, SendingRules(), now)
    if times is None:
        return
    assert now <= times.first_at < times.second_at <= times.answer_by - TIME_TO_ANSWER
    assert times.answer_by - times.first_at == timedelta(hours=hours)
    assert times.answer_by <= starts - timedelta(days=1)


def test_what_a_mail_server_took_has_arrived_only_where_returned_mail_is_read() -> None:
    sent = IN_TIME
    assert arrived_at("email", sent, None, frozenset()) is None
    assert arrived_at("email", sent, None, frozenset({"email"})) == sent
    assert arrived_at("text", sent, DECIDED, frozenset({"email"})) == DECIDED


@pytest.fixture(autouse=True)
def _planned() -> Iterator[None]:
    with appointment_changed.connected_to(plan_notifications), appointment_confirmed.connected_to(withdraw_questions):
        yield


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def world(database: Database, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setitem(database.facts, "channels", frozenset({"email", "text", "call"}))
    world = make_world(database)
    with database.writing() as db:
        db.execute(update(Service).values(confirm_days_before=7))
        db.execute(update(Authority).values(plan_version=Authority.plan_version + 1))
    return world


# Of a visit on a Tuesday: asked the Tuesday before, again the next morning, decided on Thursday.
ASKED_AT = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
REMINDED_AT = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
ASKED_AGAIN_AT = datetime(2026, 12, 2, 8, 0, tzinfo=UTC)
ANSWER_IS_DUE = datetime(2026, 12, 3, 8, 30, tzinfo=UTC)
GIVEN_BACK_AT = ANSWER_IS_DUE + GRACE


class Town:
    """A council whose scheduler works when time passes."""

    def __init__(self, database: Database, clock: FixedClock, world: World) -> None:
        self.database, self.clock, self.world = database, clock, world
        self.runtime = Runtime(make_runtime(database).settings, database, clock)
        self.email, self.text = RecordingChannel(), RecordingChannel(body_type=TextBody)
        self.worker = Worker(database, clock, {"email": self.email, "text": self.text}, writer(), name="worker-1")

    def book(self, **values: Any) -> Any:
        who = ResidentDetails("Robin Sample", email="robin@example.org", phone="07700 900123")
        return make_appointment(self.runtime, self.world, STARTS, resident=who, **values)

    def work_until(self, at: datetime) -> None:
        """Let the scheduler work at each instant at which something is due, and at the last."""
        for instant in [one for one in (ASKED_AT, REMINDED_AT, ASKED_AGAIN_AT, GIVEN_BACK_AT) if one < at] + [at]:
            self.clock.instant = instant
            work_confirmations(self.runtime)
            self.worker.send_due()

    def row(self, booked: Any) -> Appointment:
        with self.database.reading() as db:
            return db.scalars(select(Appointment).where(Appointment.id == booked.appointment_id)).one()

    def kinds(self) -> list[tuple[str, str, str]]:
        with self.database.reading() as db:
            rows = db.scalars(select(Notification).order_by(Notification.due_at, Notification.id))
            return [(row.kind, row.channel, row.status) for row in rows]


@pytest.fixture
def town(database: Database, clock: FixedClock, world: World) -> Town:
    return Town(database, clock, world)


def test_nobody_answers_and_the_time_is_free_again(town: Town) -> None:
    booked = town.book()
    town.work_until(ASKED_AT)
    asked = [one for one in town.kinds() if one[0].startswith("to_confirm")]
    assert asked == [("to_confirm_1", "email", "sent"), ("to_confirm_2", "text", "pending")]
    (booked_email,) = [message.email for message in town.email.sent if "is booked" in message.email.text]
    assert "we may ask you to confirm that you come" in booked_email.text
    assert "we may ask you to confirm that you come" in booked_email.html
    town.work_until(REMINDED_AT)
    assert ("reminder_7d", "email", "withheld") in town.kinds()
    town.work_until(ANSWER_IS_DUE)
    assert town.row(booked).state == "booked"
    town.work_until(GIVEN_BACK_AT)
    town.worker.send_due()
    row = town.row(booked)
    assert (row.state, row.version) == ("cancelled_by_authority", 2)
    assert row.given_back_at is not None
    (told,) = [message.email.text for message in town.email.sent if "Cancelled" in message.email.subject]
    assert "heard nothing" in told
    assert "01632 960000" in told
    with town.database.reading() as db:
        entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "cancelled")).one()
        assert (entry.actor_kind, entry.facts["not_confirmed"]) == ("system", True)
        catalogue = catalogue_by_id(db, town.world.authority_id)
        free = all_slots(db, catalogue, SlotQuery(town.world.service_ids[:1]), town.clock.now())
        assert any(slot.starts_at == STARTS for slot in free)
        counts = ledger_of(db, town.world.authority_id)
        assert counts["owed"] == sum(counts[name] for name in counts if name not in ("owed", "delivered"))


def test_who_is_not_urgent_after_all_may_lose_it(town: Town) -> None:
    booked = town.book()
    where = (town.runtime, town.world.authority_id, booked.reference)
    for is_urgent in (True, True, False):
        mark_urgent(*where, actor=AGENT, is_urgent=is_urgent)
    town.work_until(GIVEN_BACK_AT)
    assert town.row(booked).state == "cancelled_by_authority"
    with town.database.reading() as db:
        marks = AuditEntry.action.in_(("marked_urgent", "marked_not_urgent"))
        assert list(db.scalars(select(AuditEntry.action).where(marks).order_by(AuditEntry.id))) == [
            "marked_urgent",
            "marked_not_urgent",
        ]


@pytest.mark.parametrize("by", ["resident", "staff", "urgent"])
def test_whoever_confirms_in_time_keeps_it_and_is_asked_no_more(town: Town, by: str) -> None:
    booked = town.book()
    town.work_until(ASKED_AT)
    where = (town.runtime, town.world.authority_id, booked.reference)
    if by == "urgent":
        mark_urgent(*where, actor=AGENT)
    else:
        confirm(*where, actor=RESIDENT if by == "resident" else AGENT)
    town.work_until(GIVEN_BACK_AT + timedelta(hours=2))
    assert town.row(booked).state == "booked"
    assert ("to_confirm_2", "text", "void") in town.kinds()


def test_one_channel_that_was_never_tried_keeps_it(town: Town) -> None:
    booked = town.book()
    town.worker = Worker(town.database, town.clock, {"email": town.email}, writer(), name="worker-2")
    town.work_until(GIVEN_BACK_AT + timedelta(hours=2))
    assert town.row(booked).state == "booked"


def test_a_question_that_failed_for_good_was_no_way_to_them(town: Town) -> None:
    booked = town.book()
    town.work_until(ASKED_AGAIN_AT)
    with town.database.writing() as db:
        second = Notification.kind == ASKED_AGAIN
        db.execute(update(Notification).where(second).values(status="failed", reason="invalid_number"))
    town.work_until(GIVEN_BACK_AT)
    assert town.row(booked).state == "booked"


def test_whoever_has_another_number_since_keeps_it(town: Town) -> None:
    booked = town.book()
    town.work_until(ASKED_AGAIN_AT)
    with town.database.writing() as db:
        record(
            db,
            AGENT,
            "details_changed",
            ("resident", town.row(booked).resident_id),
            authority_id=town.world.authority_id,
            now=ASKED_AGAIN_AT,
        )
    town.work_until(GIVEN_BACK_AT)
    assert town.row(booked).state == "booked"


def test_whoever_was_offered_another_time_since_keeps_it(town: Town) -> None:
    """The offer says that they keep their appointment if they answer nothing."""
    booked = town.book()
    town.work_until(ASKED_AGAIN_AT)
    with town.database.writing() as db:
        db.add(
            Proposal(
                authority_id=town.world.authority_id,
                appointment_id=town.row(booked).id,
                number=1,
                slot_token="of no hold",
                hold_nonce="nonce",
                state="ended",
                passed=[],
                made_at=ASKED_AGAIN_AT,
                answer_by=ASKED_AGAIN_AT + timedelta(minutes=30),
            )
        )
    town.work_until(GIVEN_BACK_AT)
    assert town.row(booked).state == "booked"


def test_whoever_asked_for_an_earlier_time_since_keeps_it(town: Town) -> None:
    """The offers that they get then say so."""
    booked = town.book()
    town.work_until(ASKED_AGAIN_AT)
    make_wish(town.runtime, town.world.authority_id, NewWish("online", booked.reference), actor=Actor.resident())
    town.work_until(GIVEN_BACK_AT)
    assert town.row(booked).state == "booked"


def test_two_who_decide_and_one_who_confirms_at_once_leave_one_state(town: Town) -> None:
    booked = town.book()
    town.work_until(ANSWER_IS_DUE)
    town.clock.instant = GIVEN_BACK_AT
    start, confirmed = Barrier(3), []

    def decide() -> int:
        start.wait()
        return work_confirmations(town.runtime)

    def say_so() -> None:
        start.wait()
        with suppress(IllegalMove):
            confirm(town.runtime, town.world.authority_id, booked.reference, actor=RESIDENT)
            confirmed.append(True)

    with ThreadPoolExecutor(3) as pool:
        jobs = [pool.submit(one) for one in (decide, say_so, decide)]
        given_back = sum(job.result() or 0 for job in jobs)
    row = town.row(booked)
    assert (row.state, bool(row.given_back_at), bool(row.confirmed_at)) in (
        ("booked", False, True),
        ("cancelled_by_authority", True, False),
    )
    assert (given_back, len(confirmed)) == ((1, 0) if row.given_back_at else (0, 1))
    assert work_confirmations(town.runtime) == 0
