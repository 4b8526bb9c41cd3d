"""Sessions of which residents can book one share after the other: what is free when, for whom, and who has it first."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from booking.promises.tables import PromiseDay
from booking.proposals.tables import Proposal
from booking.queries.slots import SlotQuery, all_slots, engine_slots
from booking.tables import Allocation
from booking.use_cases.change_set_up import apply_edits, current_tables
from booking.use_cases.earlier_times import accept_earlier_time, offer_earlier_times
from booking.use_cases.measure_promises import measure_promises
from core.audit import Actor
from core.database import Database
from core.errors import SlotTaken
from core.runtime import Runtime
from core.wall_clock import instant_of
from locations.catalogue_queries import bump_plan, catalogue_by_id
from locations.importing.difference import session_key
from locations.importing.set_up_tables import Edit, things_in
from locations.tables import DatedSession, Resource, Service, SessionTemplate
from reminders.reach_queries import can_be_told
from tests.booking.test_waiting_list import wait_for
from tests.support.factories import AGENT, NOW, World, make_appointment, make_runtime, make_world

SHARES: list[dict[str, Any]] = [
    {"percent": 50, "days_before": 28},
    {"percent": 30, "days_before": 14, "at": "09:00"},
    {"percent": 10, "days_before": 0, "at": "08:00"},
]
DAY = date(2026, 12, 21)  # a Monday, four weeks ahead
MIDNIGHT = datetime(2026, 12, 21, tzinfo=UTC)
HOURS = 8


def free(runtime: Runtime, world: World, day: date = DAY, **how: Any) -> dict[datetime, int]:
    """How many visits of half an hour could begin then, at each start of the day."""
    query = SlotQuery(world.service_ids[:1], first_date=day, last_date=day, **how)
    with runtime.database.reading() as db:
        now = runtime.clock.now()
        slots = engine_slots(db, catalogue_by_id(db, world.authority_id), query, now)
        return {instant_of(slot.start_unit): slot.free for slot in slots}


def test_residents_can_book_one_share_after_the_other_and_staff_all_of_them(database: Database) -> None:
    world = make_world(database, desks=2, reserved_percent=10, releases=SHARES)
    whole = 2 * 2 * HOURS
    stages = [
        (MIDNIGHT - timedelta(days=28, minutes=5), 0),
        (MIDNIGHT - timedelta(days=28), 16),
        (MIDNIGHT - timedelta(days=14) + timedelta(hours=8, minutes=55), 16),
        (MIDNIGHT - timedelta(days=14) + timedelta(hours=9), 26),
        (MIDNIGHT + timedelta(hours=7, minutes=55), 26),
        (MIDNIGHT + timedelta(hours=8), 29),
    ]
    for now, expected in stages:
        runtime = make_runtime(database, now)
        before = free(runtime, world)
        assert (sum(before.values()), free(runtime, world)) == (expected, before)
        assert sum(free(runtime, world, for_public=False).values()) == whole
    half = free(make_runtime(database, stages[1][0]), world)
    assert {start.hour for start in half} == set(range(9, 17)), "where there are two desks, there are times all day"


def test_a_time_that_is_not_released_is_refused_to_residents_and_staff_take_their_own_share_first(
    database: Database,
) -> None:
    world = make_world(database, reserved_percent=50, releases=[{"percent": 50, "days_before": 56}])
    runtime = make_runtime(database)
    open_now = free(runtime, world, NOW.date() + timedelta(days=1))
    late = NOW + timedelta(days=1, hours=8)
    assert late not in open_now
    with pytest.raises(SlotTaken):
        make_appointment(runtime, world, late)
    assert make_appointment(runtime, world, late, actor=AGENT, channel="phone")
    assert free(runtime, world, late.date()) == open_now


def test_of_two_desks_at_one_time_an_agent_takes_the_one_that_is_kept(database: Database) -> None:
    world = make_world(database, desks=2, reserved_percent=50, releases=[{"percent": 50, "days_before": 56}])
    runtime = make_runtime(database)
    before = free(runtime, world, DAY)
    assert set(before.values()) == {1}
    for start in list(before)[::3]:
        make_appointment(runtime, world, start, actor=AGENT, channel="phone")
    assert free(runtime, world, DAY) == before


def test_a_group_is_released_seat_by_seat(database: Database) -> None:
    world = make_world(database, ends=datetime(2026, 1, 1, 9, 30).time(), reserved_percent=10, releases=SHARES)  # noqa: DTZ001
    with database.writing() as db:
        db.execute(update(Resource).values(seats=12))
        bump_plan(db, world.authority_id)
    for days, expected in ((29, []), (28, [6]), (13, [10]), (0, [11])):
        now = MIDNIGHT - timedelta(days=days) + timedelta(hours=8)
        assert list(free(make_runtime(database, now), world).values()) == expected


def list_first(database: Database, world: World) -> None:
    with database.writing() as db:
        db.execute(update(Service).values(waiting_list_first=True))
        bump_plan(db, world.authority_id)


def test_a_released_share_is_offered_to_who_waits_before_anybody_else_has_it(database: Database) -> None:
    tomorrow = NOW.date() + timedelta(days=1)
    nine = NOW + timedelta(days=1, hours=1)
    shares = [{"percent": 60, "days_before": 28}, {"percent": 40, "days_before": 1, "at": "09:00"}]
    world = make_world(database, first_date=tomorrow, ends=datetime(2026, 1, 1, 11).time(), releases=shares)  # noqa: DTZ001
    list_first(database, world)
    runtime = make_runtime(database)
    for minutes in (0, 30):
        make_appointment(runtime, world, nine + timedelta(minutes=minutes))
    waiting = make_appointment(runtime, world, nine + timedelta(days=1)).reference
    wish = wait_for(runtime, world, waiting)
    assert offer_earlier_times(make_runtime(database, NOW + timedelta(minutes=59)), can_be_told) == 0
    release = make_runtime(database, NOW + timedelta(hours=1))
    assert free(release, world, tomorrow) == {}
    assert offer_earlier_times(release, can_be_told) == 1
    with database.reading() as db:
        assert db.scalars(select(Proposal.state)).one() == "open"
        assert len(db.scalars(select(Allocation).where(Allocation.hold_id.is_not(None))).all()) == 1
    at_five = make_runtime(database, NOW + timedelta(hours=1, minutes=4))
    assert free(at_five, world, tomorrow) == {}
    accept_earlier_time(at_five, world.authority_id, wish, actor=AGENT, channel="phone")
    later = free(make_runtime(database, NOW + timedelta(hours=2)), world, tomorrow)
    assert list(later.values()) == [1]
    seen = [
        minutes
        for minutes in range(0, 65, 5)
        if free(make_runtime(database, NOW + timedelta(hours=1, minutes=minutes)), world, tomorrow)
    ]
    assert seen == list(range(seen[0], 65, 5))
    assert 5 <= seen[0] <= 60


def test_what_a_new_session_opens_is_for_the_waiting_list_first(database: Database) -> None:
    world = make_world(database)
    list_first(database, world)
    runtime = make_runtime(database)
    saturday = date(2026, 11, 28)
    with database.reading() as db:
        own = things_in(current_tables(db, world.authority_id))[session_key("high-street", "weekdays", is_dated=False)]
    table = {name: own.table[name] for name in ("starts", "ends", "resources", "services")}
    key = session_key("high-street", "extra", is_dated=True)
    edit = Edit(key, {**table, "slug": "extra", "date": saturday.isoformat()}, is_new=True)
    apply_edits(runtime, world.authority_id, [edit], {}, actor=Actor.system())
    assert free(runtime, world, saturday) == {}
    assert len(free(runtime, world, saturday, for_list=True)) == 2 * HOURS
    assert len(free(runtime, world, saturday, for_public=False)) == 2 * HOURS
    assert len(free(make_runtime(database, NOW + timedelta(minutes=61)), world, saturday)) == 2 * HOURS
    assert free(runtime, world, saturday - timedelta(days=1)), "what was open before is open to everybody"
    with database.reading() as db:
        until = db.scalars(select(DatedSession.public_from)).one()
        assert until is not None
        assert timedelta(minutes=5) <= until - NOW <= timedelta(minutes=60)
        assert db.scalars(select(SessionTemplate.public_from)).one() is None


def test_while_a_promise_is_broken_everybody_can_book_what_is_kept_for_the_day_itself(database: Database) -> None:
    shares = [{"percent": 50, "days_before": 28}, {"percent": 50, "days_before": 0, "at": "08:00"}]
    world = make_world(database, releases=shares)
    promised = {"third_time_within_days": 0, "promise_alarm_days": 2, "opens_same_day_early": True}
    with database.writing() as db:
        db.execute(update(Service).where(Service.id == world.service_ids[0]).values(promised))
        days = [(NOW.date() - timedelta(days=ago), 9) for ago in (1, 2)]
        facts = {"authority_id": world.authority_id, "service_id": world.service_ids[0], "promise": "third_time"}
        db.add_all(PromiseDay(**facts, date=day, figure=figure) for day, figure in days)
        bump_plan(db, world.authority_id)
    runtime, tuesday = make_runtime(database), NOW.date() + timedelta(days=1)
    assert len(free(runtime, world, tuesday)) == HOURS
    measure_promises(make_runtime(database, NOW - timedelta(hours=9)))  # before midnight: two days are broken
    assert len(free(runtime, world, tuesday)) == 2 * HOURS
    query = SlotQuery(world.service_ids[1:], first_date=tuesday, last_date=tuesday)
    with database.reading() as db:
        assert len(all_slots(db, catalogue_by_id(db, world.authority_id), query, NOW)) == HOURS, "another service"
    measure_promises(runtime)  # today there is a third time today, so the promise is kept
    assert len(free(runtime, world, tuesday)) == HOURS


def test_what_is_opened_early_is_for_the_waiting_list_first_where_that_comes_first(database: Database) -> None:
    shares = [{"percent": 50, "days_before": 28}, {"percent": 50, "days_before": 0, "at": "08:00"}]
    world = make_world(database, releases=shares)
    early = {"opens_same_day_early": True, "is_same_day_open": True, "same_day_opened_at": NOW}
    with database.writing() as db:
        here = Service.id == world.service_ids[0]
        db.execute(update(Service).where(here).values(waiting_list_first=True, **early))
        bump_plan(db, world.authority_id)
    runtime, tuesday = make_runtime(database), NOW.date() + timedelta(days=1)
    assert len(free(runtime, world, tuesday)) == HOURS
    assert len(free(runtime, world, tuesday, for_list=True)) == 2 * HOURS
    assert len(free(make_runtime(database, NOW + timedelta(minutes=4)), world, tuesday)) == HOURS
    assert len(free(make_runtime(database, NOW + timedelta(minutes=61)), world, tuesday)) == 2 * HOURS
