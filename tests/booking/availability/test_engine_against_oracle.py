"""The engine and the slow oracle agree about every world that Hypothesis can think of."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking.availability import engine
from booking.availability.bits import ticks_of
from booking.availability.seat_allocation import MOST_ALTERNATIVES
from booking.availability.values import SlotCheck
from tests.booking.availability import oracle
from tests.booking.availability.engine_inputs import World, worlds

pytestmark = pytest.mark.slow


def examples(number: int) -> settings:
    """The same worlds on every run; over two in five of them have a slot to offer."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=number, derandomize=True, database=None, deadline=None, suppress_health_check=slow)


@examples(500)
@given(worlds(), st.integers(1, 40))
def test_slots_are_those_of_the_oracle_in_order_and_counts_first_slots_and_limits_agree(
    world: World, limit: int
) -> None:
    busy = engine.busy_index(world.rows)
    search, site_days = world.search, world.site_days
    everything = engine.find_slots(search, site_days, busy)
    expected = oracle.slots(search, site_days, world.rows)
    assert [(slot.start_unit, slot.site_id, slot.end_unit) for slot in everything] == expected
    counts = {
        (day.site_id, day.day.date): sum(
            site_id == day.site_id and 0 <= unit - day.day.base_unit < day.day.ticks for unit, site_id, _ in expected
        )
        for day in site_days
    }
    assert engine.count_by_day(search, site_days, busy) == counts
    assert engine.find_slots(search, site_days, busy, limit=limit) == everything[:limit]
    first: dict[int, int] = {}
    for slot in everything:
        first.setdefault(slot.site_id, slot.start_unit)
    found = engine.first_slot_by_site(search, site_days, busy)
    assert {site_id: slot.start_unit for site_id, slot in found.items()} == first


@examples(200)
@given(worlds(), st.data())
def test_what_a_day_remembers_never_answers_for_other_bookings(world: World, data: st.DataObject) -> None:
    """The same days are searched again and again while visits come and go."""
    search, site_days = world.search, world.site_days
    for _ in range(4):
        rows = data.draw(st.lists(st.sampled_from(world.rows), unique=True)) if world.rows else []
        busy = engine.busy_index(rows)
        found = engine.find_slots(search, site_days, busy)
        forgetful = [replace(site_day) for site_day in site_days]
        assert found == engine.find_slots(search, forgetful, busy)
        assert [(slot.start_unit, slot.site_id, slot.end_unit) for slot in found] == oracle.slots(
            search, site_days, rows
        )


@examples(400)
@given(worlds(most_sites=1))
def test_free_is_the_number_of_visits_that_fit_side_by_side(world: World) -> None:
    busy = engine.busy_index(world.rows)
    site_days = {site_day.day.base_unit: site_day for site_day in world.site_days}
    bases = sorted(site_days)
    for slot in engine.find_slots(world.search, world.site_days, busy)[::5]:
        base = max(base for base in bases if base <= slot.start_unit)
        fit = oracle.side_by_side(world.search, site_days[base], world.rows, slot.start_unit - base)
        unmet = world.search.needs - site_days[base].features
        if unmet and any(len(shape.requirements) > 1 for shape in world.search.visit):
            assert 1 <= slot.free <= fit  # only the best single way of meeting the needs is counted
        else:
            assert slot.free == fit


@examples(400)
@given(worlds(most_sites=1, most_services=3), st.integers(0, 30), st.data())
def test_every_alternative_is_truly_free_and_there_is_one_for_every_start(
    world: World, spread: int, data: st.DataObject
) -> None:
    busy = engine.busy_index(world.rows)
    for site_day in world.site_days:
        free = oracle.start_ticks(world.search, site_day, world.rows)
        assert ticks_of(engine.day_starts(world.search, site_day, busy)) == free
        drawn = data.draw(st.integers(-1, site_day.day.ticks))
        for tick in {*free[::7], *free[-1:], drawn}:
            found = engine.assign(world.search, site_day, busy, site_day.day.base_unit + tick, spread=spread)
            assert bool(found) == (tick in free)
            assert len(found) <= MOST_ALTERNATIVES
            assert len(found) == len(set(found))
            for allocations in found:
                assert oracle.fault_of(world.search, site_day, world.rows, tick, allocations) is None


@examples(250)
@given(worlds(most_sites=1), st.integers(-20, 320))
def test_an_offer_is_free_exactly_when_the_oracle_says_so(world: World, tick: int) -> None:
    busy = engine.busy_index(world.rows)
    search = world.search
    for site_day in world.site_days:
        unit = site_day.day.base_unit + tick
        slot_key = engine.check_slot(search, site_day, busy, unit)
        inside = 0 <= tick < site_day.day.ticks
        if unit < search.earliest_unit:
            expected = SlotCheck.TOO_SOON
        elif unit >= search.latest_unit:
            expected = SlotCheck.TOO_FAR
        elif not inside:
            expected = SlotCheck.CLOSED
        elif tick % search.visit[0].grid_ticks:
            expected = SlotCheck.OFF_GRID
        elif oracle.can_start(search, site_day, world.rows, tick):
            expected = SlotCheck.FREE
        else:
            expected = SlotCheck.TAKEN if oracle.can_start(search, site_day, [], tick) else SlotCheck.CLOSED
        assert slot_key is expected
