"""The waiting list for earlier times: random histories against a simple model, and what no history may break."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import select, update

from booking.events import appointment_changed
from booking.proposals.tables import Proposal, Wish
from booking.slot_tokens import decode
from booking.states import State
from booking.tables import Allocation, Appointment, Claim, Hold
from booking.use_cases.cancel import cancel
from booking.use_cases.earlier_times import Mark, accept_earlier_time, decline_earlier_time, offer_earlier_times
from booking.use_cases.hand_over import NewOwner, hand_over
from booking.use_cases.make_closure import NewClosure, make_closure
from booking.use_cases.offers import accept_offer, decline_proposal, make_offers, request_offers
from booking.use_cases.proposals import end_unanswered
from booking.use_cases.wishes import NewWish, make_wish, withdraw_wish
from core.audit import AuditEntry
from core.database import Database
from core.errors import HoldExpired, IllegalMove, Invalid, NotFound, ServiceError
from core.runtime import Runtime
from core.wall_clock import instant_of
from people.residents.details import ResidentDetails
from people.residents.resident_repository import find_or_create
from people.residents.tables import Resident
from reminders.outbox import plan_notifications
from reminders.reach_queries import can_be_told
from reminders.tables import Notification
from tests.support.factories import AGENT, NOW, RESIDENT, World, make_appointment, make_runtime, make_world
from tests.support.loading import made_once
from tests.support.sqlite import SqliteTemplate

HISTORIES, STEPS = 200, 3
DAYS, STARTS = 4, 3  # from today on: 09:00, 09:30, 10:00
LEAST = timedelta(minutes=90)


@pytest.fixture
def _planned() -> Iterator[None]:
    """Messages are planned, as in the application."""
    with appointment_changed.connected_to(plan_notifications):
        yield


@made_once
def full_house(database: Database, /) -> tuple[World, tuple[str, ...]]:
    """A library without a free time on four days from tomorrow on, and the references of who has them, in order."""
    world = make_world(database, starts=time(9), ends=time(10, 30), first_date=every_start()[0].date())
    runtime = make_runtime(database)
    references = tuple(make_appointment(runtime, world, start).reference for start in every_start())
    return world, references


def every_start() -> list[datetime]:
    first = NOW + timedelta(days=1, hours=1)
    return [first + timedelta(days=day, minutes=30 * number) for day in range(DAYS) for number in range(STARTS)]


@dataclass
class Waiter:
    """Somebody of the model who waits."""

    seat: int  # whose appointment
    state: str = "open"
    unanswered: int = 0
    offer: datetime | None = None
    until: datetime | None = None
    offered: set[datetime] = field(default_factory=set)


@dataclass
class Model:
    """What should be true, written down as plainly as can be."""

    at: dict[int, datetime | None]  # each appointment's start, None once it is cancelled
    now: datetime = NOW
    queue: dict[int, Waiter] = field(default_factory=dict)  # by the wish's id, in the order of asking

    def free(self) -> list[datetime]:
        held = {one.offer for one in self.queue.values()}
        return [start for start in every_start() if start not in held and start not in self.at.values()]

    def answer(self, one: Waiter, *, accept: bool) -> None:
        if accept:
            self.at[one.seat], one.state = one.offer, "met"
        else:
            one.unanswered = 0
        one.offer = None

    def pass_by(self) -> None:
        """Lapsed offers are counted, whoever is silent is paused, and each free time goes to the longest waiting."""
        for one in self.queue.values():
            if one.offer and one.until and one.until <= self.now:
                one.offer, one.unanswered = None, one.unanswered + 1
        for one in self.queue.values():
            own = self.at[one.seat]
            if one.state in ("open", "paused") and (own is None or own.date() <= self.now.date()):
                one.state, one.offer = "over", None
            elif one.state == "open" and one.unanswered >= 3:
                one.state = "paused"
        for one in self.queue.values():
            if one.state == "open" and one.offer is None:
                self._offer(one)

    def _offer(self, one: Waiter) -> None:
        read_at, own = self.now, self.at[one.seat]
        if self.now.hour >= 20:
            read_at = (self.now + timedelta(days=1)).replace(hour=8, minute=0)
        elif self.now.hour < 8:
            read_at = self.now.replace(hour=8, minute=0)
        for start in self.free():
            if own and start.date() < own.date() and start >= read_at + LEAST and start not in one.offered:
                one.offer, one.until = start, read_at + timedelta(minutes=30)
                one.offered.add(start)
                return


@dataclass
class History:
    """One random history, done to the service and to the model alike."""

    choice: random.Random
    runtime: Runtime
    world: World
    references: tuple[str, ...]
    model: Model

    def step(self) -> None:
        seats = len(self.references)
        waiting = [wish for wish, one in self.model.queue.items() if one.state in ("open", "paused")]
        offered = [wish for wish in waiting if self.model.queue[wish].offer]
        what = self.choice.choice(["wish", "wish", "cancel", "cancel", "accept", "decline", "withdraw", "wait", "wait"])
        if what == "wish":
            self.wish(self.choice.randrange(seats // 3, seats))
        elif what == "cancel":
            self.cancel(self.choice.randrange(seats * 2 // 3))
        elif what == "wait":
            minutes = self.choice.choice([10, 31, 31, 5 * 60, 14 * 60])
            self.runtime.clock.advance(timedelta(minutes=minutes))  # type: ignore[attr-defined]
            self.model.now += timedelta(minutes=minutes)
        elif what == "withdraw" and waiting:
            wish = self.choice.choice(waiting)
            withdraw_wish(self.runtime, self.world.authority_id, wish, actor=RESIDENT)
            self.model.queue[wish].state, self.model.queue[wish].offer = "withdrawn", None
        elif what in ("accept", "decline") and offered:
            self.answer(self.choice.choice(offered), accept=what == "accept")

    def wish(self, seat: int) -> None:
        new = NewWish("online", appointment=self.references[seat])
        own = self.model.at[seat]
        if own is None or own.date() <= self.model.now.date():
            with pytest.raises((IllegalMove, Invalid)):
                make_wish(self.runtime, self.world.authority_id, new, actor=AGENT)
            return
        wish = make_wish(self.runtime, self.world.authority_id, new, actor=AGENT)
        waiter = self.model.queue.setdefault(wish, Waiter(seat))
        waiter.state, waiter.unanswered = "open", 0

    def cancel(self, seat: int) -> None:
        own, authority = self.model.at[seat], self.world.authority_id
        if own is not None and own > self.model.now:
            cancel(self.runtime, authority, self.references[seat], actor=RESIDENT, by="resident", enforce_cutoff=False)
            self.model.at[seat] = None
            for one in self.model.queue.values():
                if one.seat == seat:
                    one.offer = None

    def answer(self, wish: int, *, accept: bool) -> None:
        one = self.model.queue[wish]
        if one.until and one.until <= self.model.now:
            return  # it has lapsed, and the next pass says so
        authority, reference = self.world.authority_id, self.references[one.seat]
        if accept:
            accept_offer(self.runtime, authority, reference, actor=RESIDENT)
        else:
            decline_proposal(self.runtime, authority, reference, actor=RESIDENT)
        self.model.answer(one, accept=accept)

    def check(self) -> None:
        """The service says of everybody what the model says."""
        end_unanswered(self.runtime)
        offer_earlier_times(self.runtime, lambda *_args, **_values: True)
        self.model.pass_by()
        with self.runtime.database.reading() as db:
            rows = select(Appointment.reference, Appointment.starts_at, Appointment.state)
            booked = {row.reference: row.starts_at if row.state == State.BOOKED else None for row in db.execute(rows)}
            wishes = {row.id: (row.state, row.unanswered) for row in db.scalars(select(Wish))}
            open_ones = select(Proposal.wish_id, Hold.slot_token).join(Hold, Hold.id == Proposal.hold_id)
            offers = {row.wish_id: row.slot_token for row in db.execute(open_ones.where(Proposal.state == "open"))}
        assert [booked[reference] for reference in self.references] == list(self.model.at.values())
        queue = self.model.queue
        assert wishes == {wish: (one.state, one.unanswered) for wish, one in queue.items()}
        assert {wish: starts_of(token) for wish, token in offers.items()} == {
            wish: one.offer for wish, one in queue.items() if one.offer
        }


def starts_of(token: str) -> datetime:
    return instant_of(decode(token).start_unit)


def run_history(database: Database, world: World, references: tuple[str, ...], seed: int) -> History:
    model = Model(dict(enumerate(every_start())))
    history = History(random.Random(seed), make_runtime(database), world, references, model)
    history.wish(len(references) - 1 - history.choice.randrange(3))
    history.cancel(history.choice.randrange(6))
    history.check()
    for _ in range(STEPS):
        history.step()
        history.check()
    return history


def test_two_hundred_histories_are_as_the_model_says(sqlite_template: SqliteTemplate, tmp_path: Path) -> None:
    database = Database(sqlite_template.copy_to(tmp_path))
    world, references = full_house(database)
    met = silent = 0
    with closing(sqlite3.connect(":memory:")) as beginning:
        with closing(sqlite3.connect(tmp_path / "test.sqlite")) as file:
            file.backup(beginning)
        for seed in range(HISTORIES):
            history = run_history(database, world, references, seed)
            met += sum(one.state == "met" for one in history.model.queue.values())
            silent += sum(one.unanswered > 0 for one in history.model.queue.values())
            with closing(sqlite3.connect(tmp_path / "test.sqlite")) as file:
                beginning.backup(file)
    database.dispose()
    assert met > 20  # the histories are about something
    assert silent > 20


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize("seed", range(3))
def test_the_other_database_says_the_same(database: Database, seed: int) -> None:
    run_history(database, *full_house(database), 1000 + seed)
    check_books(database)


def check_books(database: Database) -> None:
    """Every booked visit has exactly the claims of its length, and nobody holds more than one proposal."""
    with database.reading() as db:
        claims = Counter(
            db.scalars(select(Allocation.appointment_id).join(Claim, Claim.allocation_id == Allocation.id))
        )
        for row in db.scalars(select(Appointment)):
            units = int((row.ends_at - row.starts_at).total_seconds()) // 300
            assert claims.get(row.id, 0) == (units if row.state == State.BOOKED else 0), row.reference
        offers = db.scalars(select(Proposal).where(Proposal.state == "open")).all()
        assert len({one.wish_id for one in offers}) == len({one.hold_id for one in offers}) == len(offers)


def kinds_of(database: Database) -> Counter[str]:
    """How many messages of each kind are about the waiting list."""
    with database.reading() as db:
        kinds = db.scalars(select(Notification.kind))
        return Counter(kind for kind in kinds if kind.startswith(("earlier", "wish")))


def wait_for(runtime: Runtime, world: World, reference: str) -> int:
    return make_wish(runtime, world.authority_id, NewWish("online", appointment=reference), actor=RESIDENT)


def give_up(runtime: Runtime, world: World, reference: str) -> None:
    cancel(runtime, world.authority_id, reference, actor=RESIDENT, by="resident", enforce_cutoff=False)


def state_of(database: Database, wish: int) -> str:
    with database.reading() as db:
        return db.get_one(Wish, wish).state


@pytest.mark.usefixtures("_planned")
def test_several_workers_give_each_time_to_one_person_in_the_order_of_asking(database: Database) -> None:
    world, references = full_house(database)
    runtime = make_runtime(database)
    waiting = [wait_for(runtime, world, reference) for reference in reversed(references[6:])]
    for reference in references[:4]:
        give_up(runtime, world, reference)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: offer_earlier_times(runtime, can_be_told), range(4)))
    assert sum(made) == 4
    with database.reading() as db:
        offered = db.scalars(select(Proposal.wish_id).where(Proposal.state == "open")).all()
    assert set(offered) == set(waiting[:4])
    assert kinds_of(database) == {"earlier_time_1": 4}
    check_books(database)


def test_two_answers_at_once_count_once(database: Database) -> None:
    world, references = full_house(database)
    runtime = make_runtime(database)
    wish = wait_for(runtime, world, references[-1])
    give_up(runtime, world, references[0])
    offer_earlier_times(runtime, can_be_told)
    gate = Barrier(4)

    def answer(number: int) -> bool:
        gate.wait()
        with suppress(ServiceError):
            if number % 2:
                decline_earlier_time(runtime, world.authority_id, wish, actor=AGENT)
            else:
                accept_offer(runtime, world.authority_id, references[-1], actor=RESIDENT)
            return True
        return False

    with ThreadPoolExecutor(4) as pool:
        accepted, declined, accepted_again, declined_again = pool.map(answer, range(4))
    # Accepting twice is one wish pressed twice, and both are told that it is so.
    assert [accepted or accepted_again, declined, declined_again].count(True) == 1
    with database.reading() as db:
        answers = select(AuditEntry.action).where(AuditEntry.action.in_(("rescheduled", "offer_declined")))
        assert len(db.scalars(answers).all()) == 1
    assert state_of(database, wish) == ("met" if accepted or accepted_again else "open")
    check_books(database)


@pytest.mark.usefixtures("_planned")
def test_somebody_without_an_appointment_is_rung_and_booked(database: Database) -> None:
    world, references = full_house(database)
    runtime = make_runtime(database)
    ring_me = ResidentDetails("Kim Sample", phone="07700 900123")
    last_day = every_start()[-1].date()
    new = NewWish("phone", services=("certify",), resident=ring_me, weekdays=(2, 3), until=last_day)
    wish = make_wish(runtime, world.authority_id, new, actor=AGENT)
    assert make_wish(runtime, world.authority_id, new, actor=AGENT) == wish  # asked again, they keep their place
    for reference in (references[-1], references[4]):  # of a Friday, and of a Wednesday
        give_up(runtime, world, reference)
    assert offer_earlier_times(runtime, can_be_told) == 1
    with database.reading() as db:
        proposal = db.scalars(select(Proposal)).one()
    assert (proposal.is_rung, proposal.answer_by) == (True, NOW + timedelta(hours=4))
    runtime.clock.advance(timedelta(hours=5))  # type: ignore[attr-defined]
    assert end_unanswered(runtime) == 1  # nobody rang: that is not for want of their answer
    with database.reading() as db:
        assert db.get_one(Wish, wish).unanswered == 0
    withdraw_wish(runtime, world.authority_id, wish, actor=AGENT)
    again = make_wish(runtime, world.authority_id, new, actor=AGENT)
    assert offer_earlier_times(runtime, can_be_told) == 1
    booked = accept_earlier_time(runtime, world.authority_id, again, actor=AGENT, channel="phone")
    with database.reading() as db:
        row = db.get_one(Appointment, booked.appointment_id)
    assert (row.starts_at, row.channel, state_of(database, again)) == (every_start()[4], "phone", "met")
    with pytest.raises(HoldExpired):
        accept_earlier_time(runtime, world.authority_id, again, actor=AGENT, channel="phone")
    assert kinds_of(database) == Counter()
    check_books(database)


@pytest.mark.usefixtures("_planned")
def test_who_chooses_a_message_again_is_not_rung_about_the_time_that_is_held(database: Database) -> None:
    """The message goes out once, whichever way they chose first."""
    world, references = full_house(database)
    runtime = make_runtime(database)
    with database.writing() as db:
        db.execute(update(Resident).values(phone="07700 900123"))
    choose = partial(NewWish, "online", appointment=references[-1])
    for ways, told in ((["phone", "email"], [False, True]), (["email", "phone", "email"], [True, True, True])):
        for number, (way, is_told) in enumerate(zip(ways, told, strict=True)):
            wish = make_wish(runtime, world.authority_id, choose(told_by=way), actor=RESIDENT)
            if number == 0:
                give_up(runtime, world, references[0 if ways[0] == "phone" else 1])
                assert offer_earlier_times(runtime, can_be_told) == 1
            with database.reading() as db:
                held = db.scalars(select(Proposal).where(Proposal.state == "open")).one()
            assert held.is_rung == (way == "phone")
            assert kinds_of(database)[f"earlier_time_{held.number}"] == is_told
        decline_earlier_time(runtime, world.authority_id, wish, actor=RESIDENT)
    with database.writing() as db:
        db.execute(update(Resident).values(phone="020 7946 0000"))
    with pytest.raises(Invalid):
        make_wish(runtime, world.authority_id, choose(told_by="text"), actor=RESIDENT)


@pytest.mark.usefixtures("_planned")
def test_three_offers_without_an_answer_pause_the_wish_and_say_so(database: Database) -> None:
    world, references = full_house(database)
    runtime = make_runtime(database)
    wish = wait_for(runtime, world, references[-1])
    for number, reference in enumerate(references[3:7], 1):
        give_up(runtime, world, reference)
        assert offer_earlier_times(runtime, can_be_told) == (number <= 3)
        runtime.clock.advance(timedelta(minutes=31))  # type: ignore[attr-defined]
        end_unanswered(runtime)
    assert state_of(database, wish) == "paused"
    assert kinds_of(database) == {"earlier_time_1": 1, "earlier_time_2": 1, "earlier_time_3": 1, "wish_paused_3": 1}
    assert wait_for(runtime, world, references[-1]) == wish  # they still want one
    assert offer_earlier_times(runtime, can_be_told) == 1


def test_who_is_passed_over_is_written_down_with_the_reason(database: Database) -> None:
    world, references = full_house(database)
    runtime = make_runtime(database)
    new = NewWish("online", appointment=references[-1], weekdays=(3,))
    other_day = make_wish(runtime, world.authority_id, new, actor=RESIDENT)
    second = wait_for(runtime, world, references[-2])
    give_up(runtime, world, references[0])
    assert offer_earlier_times(runtime, can_be_told) == 1
    give_up(runtime, world, references[1])
    third = wait_for(runtime, world, references[-3])
    assert offer_earlier_times(runtime, can_be_told) == 1
    with database.reading() as db:
        passed = {row.wish_id: row.passed for row in db.scalars(select(Proposal))}
    assert passed == {
        second: [[other_day, "other_days"]],
        third: [[other_day, "other_days"], [second, "has_offer"]],
    }


def test_nothing_is_searched_for_until_something_changes(database: Database) -> None:
    world, references = full_house(database)
    runtime = make_runtime(database)
    wait_for(runtime, world, references[-1])
    seen: dict[int, Mark] = {}
    assert offer_earlier_times(runtime, can_be_told, seen) == 0
    nothing_new = dict(seen)
    assert nothing_new
    give_up(runtime, world, references[0])
    assert offer_earlier_times(runtime, can_be_told, seen, seconds=0) == 0
    assert seen == nothing_new  # there was no time to look, so it is looked at again
    assert offer_earlier_times(runtime, can_be_told, seen) == 1
    assert offer_earlier_times(runtime, can_be_told, seen) == 0
    assert seen != nothing_new


def test_a_closure_comes_before_the_wish(database: Database) -> None:
    world, references = full_house(database)
    runtime = make_runtime(database)
    wait_for(runtime, world, references[-1])
    last = every_start()[-1]
    shut = NewClosure(last, last + timedelta(hours=1), "The boiler is broken")
    closure = make_closure(runtime, world.authority_id, shut, actor=AGENT).id
    give_up(runtime, world, references[0])
    assert offer_earlier_times(runtime, can_be_told) == 0
    request_offers(runtime, world.authority_id, closure or 0, actor=AGENT)
    assert make_offers(runtime, can_be_told) == 1
    accept_offer(runtime, world.authority_id, references[-1], actor=RESIDENT)
    check_books(database)


def test_a_wish_ends_with_what_it_is_for(database: Database) -> None:
    world, references = full_house(database)
    runtime = make_runtime(database)
    cancelled, handed_over, over = (wait_for(runtime, world, reference) for reference in references[-3:])
    give_up(runtime, world, references[0])
    assert offer_earlier_times(runtime, can_be_told) == 1  # to the first
    give_up(runtime, world, references[-3])
    with database.writing() as db:
        other = find_or_create(db, world.authority_id, ResidentDetails("Kim", phone="07700 900123"), NOW).id
        row = db.scalars(select(Appointment).where(Appointment.reference == references[-2])).one()
    hand_over(runtime, world.authority_id, references[-2], NewOwner(row.resident_id, other, ()), actor=AGENT)
    assert offer_earlier_times(runtime, can_be_told) == 1  # the time goes to the last one
    states = [state_of(database, wish) for wish in (cancelled, handed_over, over)]
    assert states == ["over", "withdrawn", "open"]
    runtime.clock.advance(every_start()[-1] - NOW)  # type: ignore[attr-defined]
    end_unanswered(runtime)
    offer_earlier_times(runtime, can_be_told)
    assert state_of(database, over) == "over"
    check_books(database)


@pytest.mark.databases("sqlite")
def test_what_cannot_be_waited_for_is_refused_at_its_field(database: Database) -> None:
    world, references = full_house(database)
    runtime = make_runtime(database)
    who = ResidentDetails("Kim", phone="07700 900123")
    wrong = {
        "until": NewWish("online", appointment=references[0], until=NOW.date() - timedelta(days=1)),
        "to_time": NewWish("online", appointment=references[0], from_time=time(12), to_time=time(9)),
        "sites": NewWish("online", appointment=references[0], sites=("nowhere",)),
        "services": NewWish("phone", services=("nothing",), resident=who),
        "resident": NewWish("phone", services=("certify",), resident=ResidentDetails("Kim")),
        "channel": NewWish("pigeon", appointment=references[0]),
    }
    for field_name, new in wrong.items():
        with pytest.raises(Invalid) as caught:
            make_wish(runtime, world.authority_id, new, actor=AGENT)
        assert set(caught.value.errors) == {field_name}
    with pytest.raises(NotFound):
        withdraw_wish(runtime, world.authority_id, 99, actor=AGENT)
