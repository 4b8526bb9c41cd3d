"""Somebody without an appointment who waits by themselves: limits against strangers, and the booking that follows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from booking.events import appointment_changed, wish_changed
from booking.proposals.tables import Proposal, Wish
from booking.proposals.wish_rules import BY_EMAIL, BY_PHONE
from booking.tables import Appointment
from booking.use_cases.earlier_times import accept_earlier_time, decline_earlier_time, offer_earlier_times
from booking.use_cases.holds import MOST_ALIVE
from booking.use_cases.online_wishes import LONGEST_WAIT, OnlineWish, wait_online
from booking.use_cases.proposals import end_unanswered
from booking.use_cases.wishes import wait_again, withdraw_wish
from core.database import Database
from core.errors import HoldExpired, LimitReached, ServiceError
from core.runtime import Runtime
from people.residents.details import ResidentDetails
from people.residents.tables import Resident
from reminders.outbox import plan_notifications
from reminders.plain_mails import MOST_TRIES
from reminders.reach_queries import can_be_told
from reminders.recipients import EMAIL
from reminders.wish_mails import plan_wish_mail, send_wish_mails
from reminders.wish_tables import WishMail
from tests.booking.test_waiting_list import check_books, every_start, full_house, give_up, state_of
from tests.reminders.channels import RecordingChannel
from tests.support.factories import NOW, RESIDENT, World, make_runtime, make_world

ROBIN = ResidentDetails("Robin Sample", email="robin@example.org", phone="07700 900123")
WANTED = OnlineWish(("certify",), ROBIN, BY_EMAIL, "origin", NOW.date() + timedelta(days=28))


@pytest.fixture(autouse=True)
def _planned() -> Iterator[None]:
    """Messages are planned, as in the application."""
    with appointment_changed.connected_to(plan_notifications), wish_changed.connected_to(plan_wish_mail):
        yield


def mails_of(database: Database) -> Counter[str]:
    with database.reading() as db:
        return Counter(db.scalars(select(WishMail.kind)))


def wishes_of(database: Database) -> list[Wish]:
    with database.reading() as db:
        return list(db.scalars(select(Wish).order_by(Wish.id)))


def wait(runtime: Runtime, world: World, number: int = 0, **changes: object) -> None:
    """Wait for a time; each number is another person with the same address."""
    person = replace(ROBIN, name=f"Robin Sample{'abcdefgh'[number]}")
    wait_online(runtime, world.authority_id, replace(WANTED, resident=person, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("told_by", [BY_EMAIL, BY_PHONE])
def test_what_is_offered_is_booked_for_them_once_however_often_they_answer(database: Database, told_by: str) -> None:
    world, references = full_house(database)
    runtime = make_runtime(database)
    wait(runtime, world, told_by=told_by)
    (wish,) = wishes_of(database)
    give_up(runtime, world, references[0])
    assert offer_earlier_times(runtime, can_be_told) == 1
    with database.reading() as db:
        assert db.scalars(select(Proposal.is_rung)).one() == (told_by == BY_PHONE)
    assert mails_of(database) == ({"link": 1, "offered": 1} if told_by == BY_EMAIL else {})
    gate = Barrier(4)

    def take(_number: int) -> bool:
        gate.wait()
        with suppress(ServiceError):
            accept_earlier_time(runtime, world.authority_id, wish.id, actor=RESIDENT, channel="online")
            return True
        return False

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(take, range(4))) == 1
    with database.reading() as db:
        found = db.scalars(select(Appointment).where(Appointment.resident_id == wish.resident_id)).all()
    assert [row.starts_at for row in found] == [every_start()[0]]
    assert state_of(database, wish.id) == "met"
    check_books(database)


def test_one_address_is_written_to_so_often_and_no_more(database: Database) -> None:
    world, _ = full_house(database)
    runtime = make_runtime(database)
    gate = Barrier(6)

    def ask(number: int) -> bool:
        gate.wait()
        with suppress(LimitReached):
            wait(runtime, world, number, weekdays=(1 + number,))
            return True
        return False

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(ask, range(6)))  # they wait for the same, so that one wish is enough
    assert (len(wishes_of(database)), mails_of(database)) == (1, {"link": 1})
    for _hour in range(5):
        runtime.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
        wait(runtime, world)
    assert mails_of(database) == {"link": 3}


def test_ending_a_wish_and_asking_again_does_not_fill_a_mailbox(database: Database) -> None:
    world, _ = full_house(database)
    runtime, refused = make_runtime(database), 0
    for _ in range(5):
        try:
            wait(runtime, world)
        except LimitReached:
            refused += 1
        else:
            withdraw_wish(runtime, world.authority_id, wishes_of(database)[-1].id, actor=RESIDENT)
    assert (refused, mails_of(database)) == (2, {"link": 3})
    runtime.clock.advance(timedelta(hours=24))  # type: ignore[attr-defined]
    wait(runtime, world)


def test_a_stranger_changes_nothing_of_who_waits_already(database: Database) -> None:
    world, _ = full_house(database)
    runtime = make_runtime(database)
    wait(runtime, world, weekdays=(1,))
    (before,) = wishes_of(database)
    wait(runtime, world, weekdays=(5,), sites=("high-street",), told_by=BY_EMAIL)
    (after,) = wishes_of(database)
    assert (after.weekdays, after.changed_at, after.asked_at) == (before.weekdays, before.changed_at, before.asked_at)
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(Resident).where(Resident.email == ROBIN.email)) == 1


def test_of_one_origin_only_so_much_is_held(database: Database) -> None:
    world, _ = full_house(database)  # with free times after those four days
    runtime = make_runtime(database)
    for number in range(MOST_ALIVE + 2):
        person = ResidentDetails(f"Kim Sample{chr(97 + number)}", phone=f"07700 9001{number:02}")
        wait_online(runtime, world.authority_id, replace(WANTED, resident=person, told_by=BY_PHONE))
    assert offer_earlier_times(runtime, can_be_told) == MOST_ALIVE
    elsewhere = ResidentDetails("Lee Sample", phone="07700 900150")
    wait_online(runtime, world.authority_id, replace(WANTED, resident=elsewhere, told_by=BY_PHONE, origin="other"))
    assert offer_earlier_times(runtime, can_be_told) == 1


def test_silence_pauses_the_wish_says_so_and_is_undone_by_asking(database: Database) -> None:
    world, references = full_house(database)
    runtime = make_runtime(database)
    wait(runtime, world)
    (wish,) = wishes_of(database)
    for reference in references[3:7]:
        give_up(runtime, world, reference)
        offer_earlier_times(runtime, can_be_told)
        runtime.clock.advance(timedelta(minutes=31))  # type: ignore[attr-defined]
        end_unanswered(runtime)
    assert state_of(database, wish.id) == "paused"
    assert mails_of(database) == {"link": 1, "offered": 3, "paused": 1}
    with pytest.raises(HoldExpired):
        accept_earlier_time(runtime, world.authority_id, wish.id, actor=RESIDENT, channel="online")
    wait_again(runtime, world.authority_id, wish.id, actor=RESIDENT)
    assert offer_earlier_times(runtime, can_be_told) == 1


def test_a_wish_of_a_stranger_ends_by_itself(database: Database) -> None:
    world, _ = full_house(database)
    runtime = make_runtime(database)
    wait(runtime, world, until=NOW.date() + timedelta(days=4000))
    (wish,) = wishes_of(database)
    assert wish.until == NOW.date() + LONGEST_WAIT
    runtime.clock.advance(LONGEST_WAIT + timedelta(days=1))  # type: ignore[attr-defined]
    offer_earlier_times(runtime, can_be_told)
    assert state_of(database, wish.id) == "over"


def test_a_mistake_in_one_email_one_wish_or_one_council_does_not_stop_the_others(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    world, _ = full_house(database)
    elsewhere, runtime = make_world(database, slug="othershire"), make_runtime(database)
    wait(runtime, world, 0)
    kim = ResidentDetails("Kim Sample", email="kim@example.org")
    wait_online(runtime, world.authority_id, replace(WANTED, resident=kim))
    wait(runtime, elsewhere, 2)
    broken, other, third = wishes_of(database)
    with database.writing() as db:
        db.get_one(Wish, broken.id).service_ids = [999]  # as if it was removed in the moment in which they asked
    channel = RecordingChannel()
    for sent in (2, 0):
        assert send_wish_mails(runtime, {EMAIL: channel}) == sent
    assert {message.recipient.address for message in channel.sent} == {"kim@example.org", ROBIN.email}
    for _ in range(MOST_TRIES):
        runtime.clock.advance(timedelta(hours=3))  # type: ignore[attr-defined]
        send_wish_mails(runtime, {EMAIL: channel})
    with database.reading() as db:
        mail = db.scalars(select(WishMail).where(WishMail.wish_id == broken.id)).one()
    assert (mail.state, mail.reason, mail.tries) == ("failed", "internal_error", MOST_TRIES)
    assert "an email could not be written" in caplog.text
    assert offer_earlier_times(runtime, can_be_told) == 2
    assert [state_of(database, one.id) for one in (broken, other, third)] == ["over", "open", "open"]
    with database.writing() as db:
        db.get_one(Wish, other.id).weekdays = 5  # type: ignore[assignment]
    decline_earlier_time(runtime, elsewhere.authority_id, third.id, actor=RESIDENT)
    assert offer_earlier_times(runtime, can_be_told) == 1
    assert f"the waiting list failed: council {world.authority_id}" in caplog.text
