"""A freed time goes to the waiting list first: nobody else has it or learns of it before its delay is over."""

from __future__ import annotations

import random
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import func, select, update

from booking.capacity.kept_times import LONGEST, SHORTEST, keep_held_time
from booking.capacity.placement import lock_hold
from booking.proposals.tables import Proposal
from booking.proposals.wish_rules import is_of_use
from booking.queries.slots import SlotQuery, all_slots
from booking.queries.waiting_tasks import kept_times
from booking.tables import Allocation, Claim, Hold
from booking.use_cases.book import Booking, book
from booking.use_cases.cancel import cancel
from booking.use_cases.cleanup import delete_expired
from booking.use_cases.earlier_times import accept_earlier_time, decline_earlier_time, offer_earlier_times
from booking.use_cases.holds import hold_slot
from booking.use_cases.proposals import end_unanswered
from booking.use_cases.reschedule import Move, reschedule
from booking.use_cases.wishes import NewWish, make_wish, withdraw_wish
from core.database import Database
from core.errors import HoldExpired, ServiceError, SlotTaken
from core.runtime import Runtime
from core.wall_clock import instant_of
from locations.catalogue_queries import bump_plan, catalogue_by_id
from locations.tables import Service
from people.residents.details import ResidentDetails
from reminders.reach_queries import can_be_told
from tests.booking.test_waiting_list import DAYS, STARTS, check_books, every_start, full_house, give_up, wait_for
from tests.support.factories import AGENT, NOW, RESIDENT, World, make_appointment, make_runtime, slot_key_at
from tests.support.loading import made_once
from tests.support.sqlite import SqliteTemplate

HISTORIES, STEPS = 8, 6
AT_ONCE = 6
ZONE = "Europe/London"


@made_once
def kept_house(database: Database, /) -> tuple[World, tuple[str, ...]]:
    """The full house, whose freed times go to the waiting list first."""
    world, references = full_house(database)
    with database.writing() as db:
        db.execute(update(Service).values(waiting_list_first=True))
        bump_plan(db, world.authority_id)
    return world, references


@made_once
def long_house(database: Database, /) -> tuple[World, tuple[str, ...]]:
    """As the kept house, but one visit of an hour has the first two times of each day."""
    world, references = full_house(database)
    runtime, kept = make_runtime(database), list(references)
    with database.writing() as db:
        db.execute(update(Service).where(Service.slug == "advice").values(duration_minutes=60))
        bump_plan(db, world.authority_id)
    for number in range(0, len(references), STARTS):
        for reference in references[number : number + 2]:
            give_up(runtime, world, reference)
            kept.remove(reference)
        kept.append(make_appointment(runtime, world, every_start()[number], service=1).reference)
    with database.writing() as db:
        db.execute(update(Service).values(waiting_list_first=True))
        bump_plan(db, world.authority_id)
    return world, tuple(kept)


def free_starts(runtime: Runtime, world: World, *, for_public: bool = True) -> set[datetime]:
    """The times that everybody, or every agent, is shown."""
    with runtime.database.reading() as db:
        catalogue = catalogue_by_id(db, world.authority_id)
        query = SlotQuery(world.service_ids[:1], for_public=for_public)
        return {slot.starts_at for slot in all_slots(db, catalogue, query, runtime.clock.now())}


def is_bookable(runtime: Runtime, world: World, start: datetime, *, actor: object = RESIDENT) -> bool:
    """Whether whoever names the time by themselves is given it."""
    stranger = ResidentDetails("Pat Poller", phone="07700 900199")
    booking = Booking(world.authority_id, "api", stranger, slot_key=slot_key_at(world, start))
    try:
        book(runtime, booking, actor=actor)  # type: ignore[arg-type]
    except SlotTaken:
        return False
    return True


@dataclass
class Poller:
    """A random history, and a program that looks at what everybody sees after every step of it."""

    choice: random.Random
    runtime: Runtime
    world: World
    references: list[str]
    hidden_since: dict[datetime, datetime] = field(default_factory=dict)  # what is free and not shown yet
    seen_after: list[timedelta] = field(default_factory=list)

    def step(self) -> None:
        before, now = free_starts(self.runtime, self.world), self.runtime.clock.now()
        self.change()
        offer_earlier_times(self.runtime, can_be_told)
        after = free_starts(self.runtime, self.world)
        at_once = {start for start in after - before if is_of_use(now, start, ZONE)}
        assert not at_once, "a time was shown at once"
        assert after == free_starts(self.runtime, self.world, for_public=False), "agents are shown another time"
        for start in self.unoccupied() - after:
            self.hidden_since.setdefault(start, now)
        self.wait(timedelta(minutes=self.choice.choice([1, 4, 20, 61, 150])))

    def change(self) -> None:
        kind, authority = self.choice.choice(["cancel", "cancel", "move", "wish", "answer"]), self.world.authority_id
        # The visit of an hour on the first day as often as all others: its time is early enough for everybody who waits.
        reference = self.choice.choice([*self.references, *[self.references[-DAYS]] * len(self.references)])
        with suppress(ServiceError):
            if kind == "cancel":
                cancel(
                    self.runtime, authority, reference, actor=AGENT, by="authority", reason="Ill", enforce_cutoff=False
                )
            elif kind == "move":
                free = sorted(free_starts(self.runtime, self.world))
                to = slot_key_at(self.world, self.choice.choice(free or every_start()))
                reschedule(self.runtime, authority, reference, Move(to), actor=AGENT, enforce_cutoff=False)
            elif kind == "wish":
                wait_for(self.runtime, self.world, reference)
            else:
                self.answer()

    def answer(self) -> None:
        with self.runtime.database.reading() as db:
            wishes = db.scalars(select(Proposal.wish_id).where(Proposal.state == "open")).all()
        operation = self.choice.choice([accept_earlier_time, decline_earlier_time, withdraw_wish])
        more = {"channel": "phone"} if operation is accept_earlier_time else {}
        if wishes:
            operation(self.runtime, self.world.authority_id, wishes[0] or 0, actor=AGENT, **more)  # type: ignore[operator]

    def wait(self, time: timedelta) -> None:
        """Let time pass, by five minutes at a time, and see when what was hidden is shown."""
        end = self.runtime.clock.now() + time
        while self.runtime.clock.now() < end:
            self.runtime.clock.advance(min(timedelta(minutes=5), end - self.runtime.clock.now()))  # type: ignore[attr-defined]
            end_unanswered(self.runtime)
            now, shown, free = self.runtime.clock.now(), free_starts(self.runtime, self.world), self.unoccupied()
            for start in list(self.hidden_since):
                if start in shown:
                    self.seen_after.append(now - self.hidden_since.pop(start))
                elif start not in free or start <= now:
                    del self.hidden_since[start]
            self.hidden_since |= {start: now for start in free - shown - self.hidden_since.keys() if start > now}
            late = [start for start, since in self.hidden_since.items() if now - since > LONGEST]
            assert not late, "a time is kept longer than its delay"

    def unoccupied(self) -> set[datetime]:
        """The times that nobody has, and that are offered to nobody."""
        now = self.runtime.clock.now()
        offered = select(Proposal.hold_id).where(Proposal.state == "open", Proposal.hold_id.is_not(None))
        is_theirs = Allocation.appointment_id.is_not(None) | Allocation.hold_id.in_(offered)
        with self.runtime.database.reading() as db:
            rows = db.execute(select(Allocation.first_unit, Allocation.last_unit).where(is_theirs)).all()
        taken = {instant_of(unit) for first, last in rows for unit in range(first, last)}
        return {start for start in every_start() if start > now} - taken


def run_history(database: Database, house: tuple[World, tuple[str, ...]], seed: int) -> Poller:
    world, references = house
    poller = Poller(random.Random(seed), make_runtime(database), world, list(references))
    for reference in references[1:3]:  # of half an hour: they take a part of what a visit of an hour leaves
        wait_for(poller.runtime, world, reference)
    for _ in range(STEPS):
        poller.step()
    check_books(database)
    return poller


def test_whoever_looks_all_the_time_sees_a_freed_time_after_its_delay_and_not_before(
    sqlite_template: SqliteTemplate, tmp_path: Path
) -> None:
    database, seen = Database(sqlite_template.copy_to(tmp_path)), list[timedelta]()
    house = long_house(database)
    with closing(sqlite3.connect(":memory:")) as beginning:
        with closing(sqlite3.connect(tmp_path / "test.sqlite")) as file:
            file.backup(beginning)
        for seed in range(HISTORIES):
            seen += run_history(database, house, seed).seen_after
            with closing(sqlite3.connect(tmp_path / "test.sqlite")) as file:
                beginning.backup(file)
    database.dispose()
    assert len(seen) > 8  # the histories are about something
    assert len(set(seen)) > 3


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize("seed", range(2))
def test_the_other_database_keeps_times_as_well(database: Database, seed: int) -> None:
    run_history(database, long_house(database), 1000 + seed)


@pytest.fixture
def house(database: Database) -> tuple[Runtime, World, tuple[str, ...]]:
    """The full house and its surroundings."""
    return make_runtime(database), *kept_house(database)


House = tuple[Runtime, World, tuple[str, ...]]


def test_nobody_but_who_waits_is_given_it_though_many_ask_at_once(house: House) -> None:
    runtime, world, references = house
    wish = wait_for(runtime, world, references[-1])
    give_up(runtime, world, references[0])
    gate = Barrier(AT_ONCE)

    def ask(number: int) -> bool:
        gate.wait()
        if number == 0:
            return offer_earlier_times(runtime, can_be_told) == 1
        if number == 1:
            with suppress(SlotTaken):
                hold_slot(runtime, slot_key_at(world, every_start()[0]), for_public=False)
                return True
            return False
        return is_bookable(runtime, world, every_start()[0], actor=AGENT if number % 2 else RESIDENT)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert list(pool.map(ask, range(AT_ONCE))) == [True] + [False] * (AT_ONCE - 1)
    accept_earlier_time(runtime, world.authority_id, wish, actor=RESIDENT, channel="online")
    check_books(runtime.database)


def test_it_ends_by_the_clock_though_nothing_runs_and_is_swept(house: House) -> None:
    runtime, world, references = house
    give_up(runtime, world, references[0])
    with runtime.database.reading() as db:
        until = db.scalars(select(Hold.expires_at).where(Hold.is_kept)).one()
    assert SHORTEST <= until - NOW <= LONGEST
    assert not is_bookable(runtime, world, every_start()[0])
    runtime.clock.advance(until - NOW)  # type: ignore[attr-defined]
    delete_expired(runtime)
    with runtime.database.reading() as db:
        assert db.scalar(select(func.count()).select_from(Hold)) == 0
        assert db.scalar(select(func.count()).select_from(Allocation)) == len(references) - 1
        assert db.scalar(select(func.count()).select_from(Claim)) == (len(references) - 1) * 6
    assert is_bookable(runtime, world, every_start()[0])


def test_what_is_not_taken_up_goes_to_the_next_who_waits(house: House) -> None:
    runtime, world, references = house
    first, second = (wait_for(runtime, world, references[number]) for number in (-1, -2))
    give_up(runtime, world, references[0])
    assert offer_earlier_times(runtime, can_be_told) == 1
    runtime.clock.advance(timedelta(minutes=30))  # type: ignore[attr-defined]
    with pytest.raises(ServiceError):  # its time to answer is up, though it is held
        accept_earlier_time(runtime, world.authority_id, first, actor=RESIDENT, channel="online")
    assert not is_bookable(runtime, world, every_start()[0])
    assert end_unanswered(runtime) == 1
    assert not is_bookable(runtime, world, every_start()[0])
    assert offer_earlier_times(runtime, can_be_told) == 1
    decline_earlier_time(runtime, world.authority_id, second, actor=RESIDENT)
    assert not is_bookable(runtime, world, every_start()[0])
    check_books(runtime.database)


@pytest.mark.parametrize("is_all", [False, True])
def test_what_an_offer_does_not_need_of_a_kept_time_stays_kept(database: Database, is_all: bool) -> None:
    world, references = long_house(database)
    runtime = make_runtime(database)
    give_up(runtime, world, references[-DAYS])  # an hour
    for reference in references[1:3] if is_all else references[1:2]:
        wait_for(runtime, world, reference)
    assert offer_earlier_times(runtime, can_be_told) == 1 + is_all
    assert not free_starts(runtime, world) & set(every_start())
    assert not is_bookable(runtime, world, every_start()[1])
    with runtime.database.reading() as db:
        shown = kept_times(db, catalogue_by_id(db, world.authority_id), NOW, None)
        until = [hold.expires_at for hold in db.scalars(select(Hold).where(Hold.is_kept))]
        claims = db.scalar(select(func.count()).select_from(Claim))
        seats = sum(row.last_unit - row.first_unit for row in db.scalars(select(Allocation)))
    assert [(one.starts_at, one.until) for one in shown] == [(every_start()[1], end) for end in until]
    assert (len(shown), claims) == (0 if is_all else 1, seats)
    runtime.clock.advance(2 * LONGEST)  # type: ignore[attr-defined]
    assert is_bookable(runtime, world, every_start()[1])  # nothing is kept, or held for an offer, for so long


def test_a_time_that_comes_too_soon_to_be_offered_is_for_everybody_at_once(house: House) -> None:
    runtime, world, references = house
    runtime.clock.advance(every_start()[0] - NOW - timedelta(minutes=80))  # type: ignore[attr-defined]
    give_up(runtime, world, references[0])
    assert every_start()[0] in free_starts(runtime, world)


def test_whoever_moves_by_a_few_minutes_is_not_in_their_own_way(house: House) -> None:
    runtime, world, references = house
    give_up(runtime, world, references[1])
    runtime.clock.advance(LONGEST)  # type: ignore[attr-defined]
    to = Move(slot_key_at(world, every_start()[1]))
    reschedule(runtime, world.authority_id, references[0], to, actor=AGENT, enforce_cutoff=False)
    assert every_start()[0] not in free_starts(runtime, world)
    new = NewWish("online", appointment=references[-1])
    make_wish(runtime, world.authority_id, new, actor=RESIDENT)
    assert offer_earlier_times(runtime, can_be_told) == 1
    check_books(runtime.database)


def test_who_read_a_hold_before_it_was_kept_for_others_does_not_get_it(database: Database) -> None:
    world, references = kept_house(database)
    runtime = make_runtime(database)
    wait_for(runtime, world, references[-1])
    give_up(runtime, world, references[0])
    offer_earlier_times(runtime, can_be_told)
    with database.writing() as db:
        hold = db.scalars(select(Hold).where(~Hold.is_kept)).one()
        lock_hold(db, hold, NOW)
        assert keep_held_time(db, catalogue_by_id(db, world.authority_id), hold.id, NOW)
        with pytest.raises(HoldExpired):
            lock_hold(db, hold, NOW)
