"""At short notice a time is offered to several who wait at once: who accepts first has it, the others keep their place."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import event, func, select, update

from booking.events import appointment_changed, wish_changed
from booking.proposals.tables import Proposal, Wish
from booking.proposals.wish_rules import BY_EMAIL
from booking.tables import Appointment, Hold
from booking.use_cases.earlier_times import accept_earlier_time, decline_earlier_time, offer_earlier_times
from booking.use_cases.online_wishes import OnlineWish, wait_online
from booking.use_cases.proposals import end_unanswered
from booking.use_cases.wishes import withdraw_wish
from core.database import Database
from core.errors import ServiceError
from core.runtime import Runtime
from locations.catalogue_queries import bump_plan
from locations.tables import Service
from people.residents.details import ResidentDetails
from people.residents.tables import Resident
from reminders.outbox import plan_notifications
from reminders.reach_queries import can_be_told
from reminders.tables import Notification
from reminders.wish_mails import plan_wish_mail
from reminders.wish_tables import WishMail
from tests.booking.test_waiting_list import every_start, full_house, give_up, state_of, wait_for
from tests.support.factories import NOW, RESIDENT, World, make_runtime

AT_ONCE = 5
House = tuple[Runtime, World, tuple[str, ...], list[int]]


@pytest.fixture(autouse=True)
def _planned() -> Iterator[None]:
    """Messages are planned, as in the application."""
    with appointment_changed.connected_to(plan_notifications), wish_changed.connected_to(plan_wish_mail):
        yield


@pytest.fixture
def house(database: Database) -> House:
    """The full house of a service that offers a time to five at once, and the wishes of six, two without an appointment."""
    world, references = full_house(database)
    runtime = make_runtime(database)
    with database.writing() as db:
        db.execute(update(Service).values(offered_at_once=AT_ONCE))
        bump_plan(db, world.authority_id)
    for name in ("Kim Sample", "Lee Sample"):
        person = ResidentDetails(name, f"{name[:3].lower()}@example.org")
        wanted = OnlineWish(("certify",), person, BY_EMAIL, "", every_start()[-1].date())
        wait_online(runtime, world.authority_id, wanted)
    for reference in references[-4:]:
        wait_for(runtime, world, reference)
    with database.reading() as db:
        return runtime, world, references, list(db.scalars(select(Wish.id).order_by(Wish.asked_at, Wish.id)))


def states(database: Database) -> dict[int | None, str]:
    """What has become of the last proposal of each wish."""
    with database.reading() as db:
        return {row.wish_id: row.state for row in db.scalars(select(Proposal).order_by(Proposal.id))}


def test_of_those_who_accept_at_once_one_has_it_and_the_others_are_told(house: House) -> None:
    runtime, world, references, wishes = house
    database, gate = runtime.database, Barrier(AT_ONCE)
    give_up(runtime, world, references[0])
    assert offer_earlier_times(runtime, can_be_told) == 1
    assert states(database) == dict.fromkeys(wishes[:AT_ONCE], "open")  # the sixth is not asked
    with database.writing() as db:
        db.execute(update(WishMail).values(state="sent"))

    def accept(wish: int) -> int:
        gate.wait()
        with suppress(ServiceError):
            accept_earlier_time(runtime, world.authority_id, wish, actor=RESIDENT, channel="online")
            return wish
        return 0

    with ThreadPoolExecutor(AT_ONCE) as pool:
        quickest = max(pool.map(accept, wishes[:AT_ONCE]))
    assert states(database) == {wish: "accepted" if wish == quickest else "taken" for wish in wishes[:AT_ONCE]}
    assert [state_of(database, wish) for wish in wishes] == ["met" if one == quickest else "open" for one in wishes]
    with database.reading() as db:
        at_that_time = (Appointment.starts_at == every_start()[0], Appointment.state == "booked")
        assert db.scalar(select(func.count()).select_from(Appointment).where(*at_that_time)) == 1
        assert set(db.scalars(select(Wish.unanswered))) == {0}
        told = db.scalars(select(WishMail.wish_id).where(WishMail.kind == "gone")).all()
        assert set(told) == set(wishes[:2]) - {quickest}


def test_who_was_written_to_is_told_that_somebody_was_quicker(house: House) -> None:
    runtime, world, references, wishes = house
    give_up(runtime, world, references[0])
    offer_earlier_times(runtime, can_be_told)
    with runtime.database.writing() as db:
        db.execute(update(Notification).where(Notification.kind.startswith("earlier")).values(status="sent"))
    accept_earlier_time(runtime, world.authority_id, wishes[0], actor=RESIDENT, channel="online")
    with runtime.database.reading() as db:
        gone = db.scalars(select(Notification.kind).where(Notification.kind.startswith("earlier_gone"))).all()
    assert gone == ["earlier_gone_1"] * (AT_ONCE - 2)


@pytest.mark.parametrize(
    ("state", "due_in", "reason", "is_told"),
    [
        ("sent", 0, "", True),
        ("pending", 15, "", True),  # leased: it is being sent
        ("pending", 0, "", False),
        ("pending", 1, "busy", False),
        ("failed", 0, "550 no such user", False),
    ],
)
def test_who_never_got_the_offer_is_not_told_that_it_is_gone(
    house: House, state: str, due_in: int, reason: str, is_told: bool
) -> None:
    runtime, world, references, wishes = house
    give_up(runtime, world, references[0])
    offer_earlier_times(runtime, can_be_told)
    offers = (WishMail.wish_id == wishes[0], WishMail.kind == "offered")
    how = {"state": state, "due_at": NOW + timedelta(minutes=due_in), "reason": reason}
    with runtime.database.writing() as db:
        db.execute(update(WishMail).where(*offers).values(how))
    accept_earlier_time(runtime, world.authority_id, wishes[2], actor=RESIDENT, channel="online")
    with runtime.database.reading() as db:
        gone = db.scalars(select(WishMail.wish_id).where(WishMail.kind == "gone")).all()
        offered = db.scalars(select(WishMail.state).where(*offers)).one()
    assert list(gone) == ([wishes[0]] if is_told else [])
    assert offered == ("void" if state == "pending" and not is_told else state)


def test_accepting_and_declining_at_once_ends_in_answers_and_never_in_an_error(house: House) -> None:
    runtime, world, references, wishes = house
    give_up(runtime, world, references[0])
    offer_earlier_times(runtime, can_be_told)
    gate, deadlocks = Barrier(AT_ONCE), list[str]()
    event.listen(runtime.database.engine, "handle_error", lambda context: deadlocks.append(str(context.statement)))

    def answer(number: int) -> None:
        gate.wait()
        with suppress(ServiceError):
            if number % 2:
                decline_earlier_time(runtime, world.authority_id, wishes[number], actor=RESIDENT)
            elif number == 4:
                withdraw_wish(runtime, world.authority_id, wishes[number], actor=RESIDENT)
            else:
                accept_earlier_time(runtime, world.authority_id, wishes[number], actor=RESIDENT, channel="online")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(answer, range(AT_ONCE)))
    found = states(runtime.database)
    assert sum(state == "accepted" for state in found.values()) == 1
    assert "open" not in found.values()
    assert deadlocks == []


def test_it_stays_held_until_the_last_of_them_has_left_it(house: House) -> None:
    runtime, world, references, wishes = house
    give_up(runtime, world, references[0])
    offer_earlier_times(runtime, can_be_told)
    for wish in wishes[:AT_ONCE]:
        with runtime.database.reading() as db:
            assert db.scalar(select(func.count()).select_from(Hold)) == 1
        decline_earlier_time(runtime, world.authority_id, wish, actor=RESIDENT)
    with runtime.database.reading() as db:
        assert db.scalar(select(func.count()).select_from(Hold)) == 0
    assert offer_earlier_times(runtime, can_be_told) == 1
    assert states(runtime.database)[wishes[AT_ONCE]] == "open"


def test_what_nobody_answers_counts_for_each_of_them(house: House) -> None:
    runtime, world, references, wishes = house
    give_up(runtime, world, references[0])
    offer_earlier_times(runtime, can_be_told)
    runtime.clock.advance(timedelta(minutes=31))  # type: ignore[attr-defined]
    assert end_unanswered(runtime) == AT_ONCE
    with runtime.database.reading() as db:
        assert [db.get_one(Wish, wish).unanswered for wish in wishes] == [1] * AT_ONCE + [0]


def test_whoever_has_to_be_rung_and_a_time_that_is_not_soon_are_one_persons(house: House) -> None:
    runtime, world, references, wishes = house
    give_up(runtime, world, references[-7])  # in more than two days
    assert every_start()[-7] - NOW > timedelta(days=2)
    offer_earlier_times(runtime, can_be_told)
    assert states(runtime.database) == {wishes[0]: "open"}
    with runtime.database.writing() as db:
        first = db.get_one(Wish, wishes[1])
        db.get_one(Resident, first.resident_id).email = ""
    give_up(runtime, world, references[0])
    offer_earlier_times(runtime, can_be_told)
    assert states(runtime.database) == {wishes[0]: "open", wishes[1]: "open"}
