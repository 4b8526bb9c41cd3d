"""One stranger never holds a site's day, and whoever shares their address waits for minutes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from booking.queries.slots import FreeSlot
from booking.tables import Hold
from booking.use_cases.holds import HOLD_PERIOD, MOST_ALIVE, MOST_ALIVE_OF_SITE_DAY, hold_slot, release_hold
from core.clock import FixedClock
from core.database import Database
from core.errors import RateLimited
from core.runtime import Runtime
from tests.support.factories import NOW, World, make_runtime, make_world, slots_of
from tests.web.resident.browser import Visitor, go_to_times


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database, desks=8)


def days_of(slots: list[FreeSlot]) -> list[list[FreeSlot]]:
    days: dict[object, list[FreeSlot]] = {}
    for slot in slots:
        days.setdefault(slot.starts_at.date(), []).append(slot)
    return list(days.values())


def alive(database: Database, now: datetime = NOW) -> int:
    with database.reading() as db:
        return db.scalar(select(func.count()).select_from(Hold).where(Hold.expires_at > now)) or 0


def try_hold(runtime: Runtime, slot: FreeSlot, origin: str) -> bool:
    try:
        hold_slot(runtime, slot.slot_key, for_public=True, origin=origin)
    except RateLimited:
        return False
    return True


def test_an_origin_holds_a_few_times_of_a_day_and_a_few_in_all(database: Database, world: World):
    runtime, days = make_runtime(database), days_of(slots_of(database, world))
    held = [sum(try_hold(runtime, slot, "one") for slot in day) for day in days]
    assert max(held) == MOST_ALIVE_OF_SITE_DAY
    assert sum(held) == MOST_ALIVE == alive(database)
    assert try_hold(runtime, days[0][0], "two")


def test_at_once_from_one_origin_no_more_get_through(database: Database, world: World):
    """On either database, however many requests come together."""
    runtime = make_runtime(database)
    chosen = [day[0] for day in days_of(slots_of(database, world))][: 2 * MOST_ALIVE]
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda slot: try_hold(runtime, slot, "one"), chosen)) == MOST_ALIVE
    assert alive(database) == MOST_ALIVE


def test_whoever_is_refused_is_told_when_there_is_room(database: Database, world: World):
    runtime, clock = make_runtime(database), FixedClock(NOW)
    first, *others = days_of(slots_of(database, world))[0]
    for slot in others[:MOST_ALIVE_OF_SITE_DAY]:
        assert try_hold(runtime, slot, "one")
    with pytest.raises(RateLimited) as refused:
        hold_slot(runtime, first.slot_key, for_public=True, origin="one")
    assert refused.value.until == NOW + HOLD_PERIOD
    clock.advance(HOLD_PERIOD)
    assert try_hold(Runtime(runtime.settings, database, clock), first, "one")


def test_choosing_another_time_gives_the_first_one_back(database: Database, world: World):
    runtime, token = make_runtime(database), None
    for slot in days_of(slots_of(database, world))[0][:8]:
        token = hold_slot(runtime, slot.slot_key, for_public=True, replaces=token, origin="one").token
    assert alive(database) == 1
    assert token is not None
    release_hold(runtime, world.authority_id, token)
    assert alive(database) == 0


def test_staff_and_programs_are_not_counted(database: Database, world: World):
    runtime = make_runtime(database)
    for slot in days_of(slots_of(database, world))[0][: MOST_ALIVE_OF_SITE_DAY + 3]:
        assert try_hold(runtime, slot, "")


@pytest.mark.databases("sqlite")
def test_a_replayed_cookie_gets_no_further(app: Flask, database: Database, world: World):
    """The same cookie and token sent again for each free time, as a program would, from many addresses of a network."""
    visitor = Visitor(app.test_client())
    go_to_times(visitor)
    form = visitor.page.form_to("/book/hold")
    cookie = visitor.client.get_cookie("front_door") or visitor.client.get_cookie("session")
    statuses = []
    for number, slot in enumerate(slots_of(database, world)[:40]):
        if cookie is not None:
            visitor.client.set_cookie(cookie.key, cookie.value)
        visitor.client.environ_base["REMOTE_ADDR"] = f"2001:db8:1:2::{number:x}"
        values = form.values(slot=slot.token, idempotency_key=f"key-{number}")
        statuses.append(visitor.client.post(form.action, data=values).status_code)
    assert statuses.count(303) <= MOST_ALIVE
    assert statuses.count(303) == alive(database)
    assert set(statuses) == {303, 429}


@pytest.mark.databases("sqlite")
def test_whoever_waits_reads_for_how_long(app: Flask, database: Database, world: World):
    """The 11th lost link of a library in an hour: a minute later it is sent."""
    client = app.test_client()
    for _ in range(11):
        visitor = Visitor(client)
        visitor.open("/find")
        assert visitor.post(visitor.page.form_to("/find"), {"reference": "K7PM4QX3", "surname": "X"}).status_code == 303
    answer = visitor.post(visitor.page.form_to("/find"), {"reference": "K7PM4QX3", "surname": "X"})
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert "You can try again in" in answer.get_data(as_text=True)
