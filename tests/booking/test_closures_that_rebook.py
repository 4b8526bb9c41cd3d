"""Closures that offer other times, with everybody at once: nobody is stranded, told twice, or holds two times."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from booking.events import appointment_changed
from booking.proposals.tables import Proposal
from booking.queries.open_proposals import open_proposals
from booking.queries.previewed_times import previewed_times
from booking.queries.rebook_lists import RebookList
from booking.rebooking import AFFECTED, RebookState
from booking.ringing.ring_queries import people_to_ring
from booking.slot_tokens import decode
from booking.states import State
from booking.tables import Allocation, Appointment, Claim, Hold, RebookItem
from booking.use_cases import reschedule
from booking.use_cases.appointment_changes import lock_appointment
from booking.use_cases.book import Booked, Booking, book
from booking.use_cases.cancel import cancel
from booking.use_cases.holds import delete_expired_holds
from booking.use_cases.make_closure import (
    NewClosure,
    catalogue_with,
    change_closure,
    closure_progress,
    lift_closure,
    make_closure,
    preview_closure,
)
from booking.use_cases.offers import accept_offer, decline_proposal, make_offers, request_offers
from booking.use_cases.proposals import end_unanswered
from core.audit import Actor
from core.database import Database
from core.errors import CapacityConflict, ServiceError, SlotTaken
from core.runtime import Runtime
from core.wall_clock import instant_of
from locations.catalogue_queries import bump_plan, catalogue_by_id
from locations.tables import Authority, Service
from people.residents.details import ResidentDetails
from reminders.outbox import plan_notifications
from reminders.reach import Reach
from reminders.reach_queries import can_be_told, reached_on
from reminders.tables import Notification
from tests.support.factories import AGENT, NOW, RESIDENT, World, make_appointment, make_runtime, make_world, slot_key_at

MANAGER = Actor("staff", 2, "Mina Manager")
TOMORROW = NOW + timedelta(days=1, hours=1)  # 09:00
DAY = NewClosure(TOMORROW - timedelta(hours=1), TOMORROW + timedelta(hours=10), "The boiler is broken")
CLIENTS = 12


@pytest.fixture(autouse=True)
def _planned() -> object:
    """Messages are planned, as in the application."""
    with appointment_changed.connected_to(plan_notifications):
        yield


def person(number: int) -> ResidentDetails:
    return ResidentDetails(f"Robin {number}", f"robin{number}@example.org")


def booked(runtime: Runtime, world: World, count: int) -> list[str]:
    """The references of visits every half-hour of tomorrow, on all desks."""
    return [
        make_appointment(
            runtime, world, TOMORROW + timedelta(minutes=30 * (number % 16)), resident=person(number)
        ).reference
        for number in range(count)
    ]


def shut(runtime: Runtime, world: World, *, offers: bool = True) -> int:
    made = make_closure(runtime, world.authority_id, DAY, actor=MANAGER)
    assert made.id is not None
    if offers:
        request_offers(runtime, world.authority_id, made.id, actor=MANAGER)
        make_offers(runtime, can_be_told)
    return made.id


def check_books(database: Database) -> None:
    """Every booked visit has exactly the claims of its length, no seat is claimed twice, and dead holds claim nothing."""
    with database.reading() as db:
        claims = Counter(
            db.scalars(select(Allocation.appointment_id).join(Claim, Claim.allocation_id == Allocation.id))
        )
        for row in db.scalars(select(Appointment)):
            units = int((row.ends_at - row.starts_at).total_seconds()) // 300
            assert claims.get(row.id, 0) == (units if row.state == State.BOOKED else 0), row.reference
        open_holds = set(db.scalars(select(Proposal.hold_id).where(Proposal.state == "open")))
        assert set(db.scalars(select(Hold.id))) == open_holds - {None}


def test_bookings_at_the_moment_of_the_closure_are_refused_or_listed(database: Database) -> None:
    world, runtime = make_world(database, desks=CLIENTS), make_runtime(database)
    gate = Barrier(CLIENTS + 1)

    def try_to_book(number: int) -> bool:
        gate.wait()
        booking = Booking(world.authority_id, "api", person(number), slot_key=slot_key_at(world, TOMORROW))
        with suppress(SlotTaken, CapacityConflict):
            book(runtime, booking, actor=AGENT)
            return True
        return False

    def close() -> int:
        gate.wait()
        return shut(runtime, world, offers=False)

    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        closing = pool.submit(close)
        won = sum(pool.map(try_to_book, range(CLIENTS)))
    with database.reading() as db:
        assert closure_progress(db, world.authority_id, closing.result())["affected"] == won
        assert db.scalar(select(func.count()).select_from(RebookItem)) == won
    check_books(database)


def test_several_workers_offer_nobody_two_times(database: Database) -> None:
    world, runtime = make_world(database, desks=3), make_runtime(database)
    booked(runtime, world, 24)
    closure = shut(runtime, world, offers=False)
    request_offers(runtime, world.authority_id, closure, actor=MANAGER)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: make_offers(runtime, can_be_told), range(4)))
    with database.reading() as db:
        assert closure_progress(db, world.authority_id, closure)["offered"] == 24
        proposals = db.scalars(select(Proposal)).all()
        offers = db.scalars(select(Notification).where(Notification.kind.startswith("offer"))).all()
    assert len(proposals) == len({one.appointment_id for one in proposals}) == 24
    assert len(offers) == len({one.appointment_id for one in offers}) == 24
    check_books(database)


def test_an_answer_from_two_windows_counts_once(database: Database) -> None:
    world, runtime = make_world(database, desks=2), make_runtime(database)
    (reference,) = booked(runtime, world, 1)
    closure = shut(runtime, world)
    gate = Barrier(4)

    def answer(number: int) -> tuple[str, int] | None:
        gate.wait()
        with suppress(ServiceError):
            if number % 2:
                return "no", decline_proposal(runtime, world.authority_id, reference, actor=RESIDENT).version
            return "yes", accept_offer(runtime, world.authority_id, reference, actor=RESIDENT).version
        return None

    with ThreadPoolExecutor(4) as pool:
        counted = [one for one in pool.map(answer, range(4)) if one]
    # Who says yes in the moment in which it is said already changes nothing, and is told the same.
    assert set(counted) in ({("yes", 2)}, {("no", 1)})
    assert len(counted) == 1 or counted[0] == ("yes", 2)
    with database.reading() as db:
        counts = closure_progress(db, world.authority_id, closure)
    assert counts["accepted"] + counts["declined"] == counts["affected"] == 1
    check_books(database)


@pytest.mark.databases("postgresql")  # SQLite lets nobody else write between the two steps
def test_who_says_yes_while_it_is_said_already_changes_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, runtime = make_world(database, desks=2), make_runtime(database)
    (reference,) = booked(runtime, world, 1)
    closure = shut(runtime, world)
    lock = lock_appointment
    quicker: list[Booked | None] = []

    def lock_after_the_other(*args: Any) -> Appointment:
        if not quicker:
            quicker.append(None)  # the other one locks at once
            with ThreadPoolExecutor(1) as pool:
                quicker[0] = pool.submit(accept_offer, runtime, world.authority_id, reference, actor=RESIDENT).result()
        return lock(*args)

    monkeypatch.setattr(reschedule, "lock_appointment", lock_after_the_other)
    assert accept_offer(runtime, world.authority_id, reference, actor=RESIDENT) == quicker[0]
    with database.reading() as db:
        assert db.scalars(select(Appointment.version)).one() == 2
        assert closure_progress(db, world.authority_id, closure)["accepted"] == 1
    check_books(database)


def test_a_preview_leaves_no_trace(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    booked(runtime, world, 3)
    assert preview_closure(runtime, world.authority_id, DAY).affected == 3
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(RebookItem)) == 0
    assert make_appointment(runtime, world, TOMORROW + timedelta(hours=5), resident=person(99)).version == 1


def test_what_the_preview_names_is_what_is_offered(database: Database) -> None:
    """Also where services of other lengths share the desks: a time that is given away takes others with it."""
    world, runtime = make_world(database, desks=2), make_runtime(database)
    with database.writing() as db:
        longer = {"duration_minutes": 45, "grid_minutes": 15}
        db.execute(update(Service).where(Service.id == world.service_ids[1]).values(**longer))
        bump_plan(db, world.authority_id)
    for number in range(12):
        at = TOMORROW + timedelta(minutes=60 * (number // 2))
        make_appointment(runtime, world, at, service=number % 2, resident=person(number))
    with database.reading() as db:
        catalogue = catalogue_with(catalogue_by_id(db, world.authority_id), DAY, NOW)
        ids = db.scalars(select(Appointment.id)).all()
        previewed = previewed_times(db, catalogue, ids, NOW, 60.0)
        assert db.scalar(select(func.count()).select_from(Hold)) == 0
    shut(runtime, world)
    with database.reading() as db:
        offered = open_proposals(db, catalogue_by_id(db, world.authority_id), ids, NOW)
    assert {id_: (one.site.id, one.starts_at, one.change) for id_, one in previewed.items()} == {
        id_: (one.site.id, one.starts_at, one.change) for id_, one in offered.items()
    }
    assert len(offered) == 12


@pytest.mark.parametrize(("promised", "is_offered"), [(None, True), (5, True), (2, False)])
def test_nobody_is_offered_a_time_later_than_the_service_promises(
    database: Database, promised: int | None, *, is_offered: bool
) -> None:
    """All are shut for three days: whoever would wait for longer than is promised is first on the list to ring."""
    world, runtime = make_world(database), make_runtime(database)
    with database.writing() as db:
        promise = update(Service).where(Service.id == world.service_ids[0])
        db.execute(promise.values(third_time_within_days=promised))
        bump_plan(db, world.authority_id)
    reference = make_appointment(runtime, world, TOMORROW, resident=person(0)).reference
    days = replace(DAY, starts_at=NOW, ends_at=TOMORROW + timedelta(days=3, hours=-3))
    made = make_closure(runtime, world.authority_id, days, actor=MANAGER)
    assert made.id is not None
    request_offers(runtime, world.authority_id, made.id, actor=MANAGER)
    make_offers(runtime, can_be_told)
    with database.reading() as db:
        catalogue = catalogue_by_id(db, world.authority_id)
        progress = closure_progress(db, world.authority_id, made.id)
        rung = [one.person.appointment.reference for one in people_to_ring(db, catalogue, NOW)]
    assert (progress["offered"], progress["to_ring"]) == ((1, 0) if is_offered else (0, 1))
    assert rung == ([] if is_offered else [reference])


@pytest.mark.parametrize(
    ("terms", "state", "held_hours"),
    [
        ({"rebook_notice_hours": 3}, RebookState.OFFERED, 47.5),  # two hours before the time that is held
        ({"rebook_answer_hours": 5, "rebook_notice_hours": 25}, RebookState.OFFERED, 5),
        ({"rebook_notice_hours": 26}, RebookState.TO_RING, 47.5),
    ],
)
def test_a_time_is_held_and_somebody_rung_as_the_council_says(
    database: Database, terms: dict[str, int], state: RebookState, held_hours: float
) -> None:
    world, runtime = make_world(database), make_runtime(database)
    reference = make_appointment(runtime, world, TOMORROW + timedelta(minutes=30), resident=person(1)).reference
    with database.writing() as db:
        bump_plan(db, world.authority_id)
        db.execute(update(Authority).values(**terms))
    closure = shut(runtime, world)
    with database.reading() as db:
        proposal = db.scalars(select(Proposal)).one()
        row = db.scalars(select(Appointment).where(Appointment.reference == reference)).one()
        assert state_of(db, closure, row.id) == state
        assert proposal.answer_by == NOW + timedelta(hours=held_hours)


def test_a_shorter_closure_lets_people_keep_their_time_and_tells_them(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    references = booked(runtime, world, 4)
    closure = shut(runtime, world)
    accept_offer(runtime, world.authority_id, references[3], actor=RESIDENT)
    with database.writing() as db:  # one of the offers has gone out
        sent = select(Notification).where(Notification.kind == "offer_1").order_by(Notification.id)
        db.scalars(sent).first().status = "sent"  # type: ignore[union-attr]
    end = TOMORROW + timedelta(minutes=-5)
    assert change_closure(runtime, world.authority_id, closure, DAY.starts_at, end, actor=MANAGER) == 0
    with database.reading() as db:
        counts = closure_progress(db, world.authority_id, closure)
        assert (counts["affected"], counts["accepted"]) == (1, 1)
        kinds = Counter(map(tuple, db.execute(select(Notification.kind, Notification.status))))
    assert kinds["going_ahead_1", "pending"] == 1  # only who was told otherwise
    assert kinds["offer_1", "void"] == 3
    check_books(database)


def test_a_second_closure_asks_nobody_again_and_keeps_the_offers_when_the_first_is_lifted(database: Database) -> None:
    world, runtime = make_world(database, desks=2), make_runtime(database)
    references = booked(runtime, world, 3)
    first = shut(runtime, world)
    decline_proposal(runtime, world.authority_id, references[2], actor=RESIDENT)
    with database.writing() as db:
        db.execute(update(Notification).where(Notification.kind == "offer_1").values(status="sent"))
    second = shut(runtime, world)

    def states(closure: int) -> tuple[int, ...]:
        with database.reading() as db:
            counts = closure_progress(db, world.authority_id, closure)
        return tuple(counts[name] for name in ("affected", "offered", "declined", "accepted"))

    def told() -> Counter[str]:
        with database.reading() as db:
            return Counter(db.scalars(select(Notification.kind).where(Notification.status.in_(["pending", "sent"]))))

    assert states(first) == states(second) == (3, 2, 1, 0)
    lift_closure(runtime, world.authority_id, first, actor=MANAGER)
    assert (states(first), states(second)) == ((0, 0, 0, 0), (3, 2, 1, 0))
    assert told()["offer_1"] == 3
    assert not {"offer_2", "going_ahead_1"} & told().keys()
    accept_offer(runtime, world.authority_id, references[0], actor=RESIDENT)
    assert states(second) == (3, 1, 1, 1)
    lift_closure(runtime, world.authority_id, second, actor=MANAGER)
    assert told()["going_ahead_1"] == 2
    check_books(database)


def test_who_was_offered_a_time_that_is_shut_too_gets_another_one(database: Database) -> None:
    world, runtime = make_world(database, desks=1), make_runtime(database)
    booked(runtime, world, 1)
    first = shut(runtime, world)
    with database.reading() as db:
        offered = db.scalar(select(Proposal))
        assert offered is not None
        start = instant_of(decode(offered.slot_token).start_unit)
    new = NewClosure(start - timedelta(hours=2), start + timedelta(hours=2), "It takes longer")
    make_closure(runtime, world.authority_id, new, actor=MANAGER)
    with database.reading() as db:
        assert closure_progress(db, world.authority_id, first)["to_ring"] == 1
    assert make_offers(runtime, can_be_told) == 1
    with database.reading() as db:
        assert closure_progress(db, world.authority_id, first)["offered"] == 1
        assert db.scalars(select(Proposal.state).order_by(Proposal.id)).all() == ["ended", "open"]
    check_books(database)


@pytest.mark.parametrize("seed", range(8))
def test_everybody_is_in_exactly_one_state_whatever_happens(database: Database, seed: int) -> None:
    """Random histories of answers, changes, lapses and liftings; the sum is the number affected at all times."""
    choice = random.Random(seed)
    world, runtime = make_world(database, desks=2), make_runtime(database)
    references = booked(runtime, world, 10)
    closure = shut(runtime, world, offers=choice.random() < 0.7)
    authority = world.authority_id

    def any_one() -> str:
        return choice.choice(references)

    def another_period() -> None:
        hours = choice.choice([1, 3, 6, 12])
        change_closure(
            runtime, authority, closure, DAY.starts_at, DAY.starts_at + timedelta(hours=hours), actor=MANAGER
        )

    steps: list[Callable[[], object]] = [
        lambda: accept_offer(runtime, authority, any_one(), actor=RESIDENT),
        lambda: decline_proposal(runtime, authority, any_one(), actor=RESIDENT),
        lambda: cancel(runtime, authority, any_one(), actor=RESIDENT, by="resident", enforce_cutoff=False),
        lambda: request_offers(runtime, authority, closure, actor=MANAGER),
        lambda: make_offers(runtime, can_be_told),
        another_period,
        lambda: end_unanswered(runtime),
        lambda: runtime.clock.advance(timedelta(hours=choice.choice([1, 30]))) if choice.random() < 0.2 else None,  # type: ignore[attr-defined]
        lambda: lift_closure(runtime, authority, closure, actor=MANAGER) if choice.random() < 0.1 else None,
    ]
    for _ in range(25):
        with suppress(ServiceError):
            choice.choice(steps)()
        with database.reading() as db:
            counts = closure_progress(db, authority, closure)
            assert counts["affected"] == sum(counts[state] for state in AFFECTED)
            reached = reached_on(db, RebookList(authority, closure), frozenset())
            groups = Counter(one.reach for one in reached.values())
            assert sum(groups[reach] for reach in Reach) == len(reached) == counts["affected"]
            assert groups[Reach.TO_RING] == counts["to_ring"] + counts["declined"]
            assert groups[Reach.ANSWERED] == counts["accepted"] + counts["moved"] + counts["cancelled"]
            assert all(found.state == state_of(db, closure, id_) for id_, found in reached.items())
            for item in db.scalars(select(RebookItem)):
                is_done = item.state in (
                    RebookState.ACCEPTED,
                    RebookState.MOVED,
                    RebookState.CANCELLED,
                    RebookState.KEPT,
                )
                assert is_done == (item.closed_at is not None)
                is_open = db.scalar(
                    select(func.count())
                    .select_from(Proposal)
                    .where(Proposal.appointment_id == item.appointment_id, Proposal.state == "open")
                )
                assert not (is_done and is_open)
                assert item.state != RebookState.OFFERED or is_open == 1
    check_books_without_expired(database, runtime)


def state_of(db: Session, closure: int, appointment_id: int) -> str | None:
    same = (RebookItem.closure_id == closure, RebookItem.appointment_id == appointment_id)
    return db.scalar(select(RebookItem.state).where(*same))


def check_books_without_expired(database: Database, runtime: Runtime) -> None:
    """As `check_books`; holds whose time is up may be there until somebody claims their time, or the next cleanup."""
    with database.writing() as db:
        now = runtime.clock.database_now(db)
        for hold in db.scalars(select(Hold).where(Hold.expires_at <= now)):
            db.delete(hold)
    check_books(database)


@pytest.mark.databases("postgresql")
def test_a_closure_is_lifted_while_its_offers_end(database: Database) -> None:
    """Two at once, thirty times: neither waits for the other, and everybody keeps their time."""
    world, runtime = make_world(database, desks=1), make_runtime(database)
    references = booked(runtime, world, 1)
    gate = Barrier(2)

    def lift(closure: int) -> None:
        gate.wait()
        lift_closure(runtime, world.authority_id, closure, actor=MANAGER)

    def end(milliseconds: int) -> None:
        gate.wait()
        Event().wait(milliseconds / 1000)  # each time a little further into the lifting
        end_unanswered(runtime)
        with database.writing() as db:
            delete_expired_holds(db, runtime.clock.database_now(db))

    with ThreadPoolExecutor(2) as pool:
        for milliseconds in range(0, 60, 2):
            closure = shut(runtime, world)
            with database.writing() as db:  # the time to answer is up
                for table in (update(Proposal).values(answer_by=NOW), update(Hold).values(expires_at=NOW)):
                    db.execute(table.execution_options(synchronize_session=False))
                db.execute(update(Allocation).where(Allocation.hold_id.is_not(None)).values(expires_at=NOW))
            for done in (pool.submit(lift, closure), pool.submit(end, milliseconds)):
                done.result(timeout=10)
            with database.reading() as db:
                assert set(closure_progress(db, world.authority_id, closure).values()) == {0}
    with database.reading() as db:
        assert db.scalars(select(RebookItem.state).distinct()).all() == [RebookState.KEPT]
        assert len(db.scalars(select(Appointment).where(Appointment.state == State.BOOKED)).all()) == len(references)
