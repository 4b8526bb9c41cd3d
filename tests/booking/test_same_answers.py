"""A search that is asked again is answered from what was worked out, and never from what is no longer so."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from booking.queries.slots import SlotQuery, all_slots, first_by_site, free_by_date, starts_by_day
from booking.use_cases.cancel import cancel
from booking.use_cases.holds import HOLD_PERIOD, hold_slot, release_hold
from core.audit import Actor
from core.database import Database
from locations.catalogue_queries import cached_catalogue, catalogue_by_id
from tests.support.factories import NOW, World, make_appointment, make_runtime, make_world, slots_of


def answers(database: Database, world: World, *, again: bool, minutes: int = 0) -> tuple[Any, ...]:
    """All that a page asks, with a catalogue that remembers (`again`) or with a new one."""
    query = SlotQuery(world.service_ids[:1])
    now = NOW + timedelta(minutes=minutes)
    with database.reading() as db:
        catalogue = (cached_catalogue if again else catalogue_by_id)(db, world.authority_id)
        if not again:
            catalogue.memory.clear()
        return (
            all_slots(db, catalogue, query, now),
            free_by_date(db, catalogue, query, now),
            starts_by_day(db, catalogue, query, now),
            first_by_site(db, catalogue, query, now),
        )


def plain(found: tuple[Any, ...]) -> str:
    slots, counts, starts, first = found
    firsts = [slot.token for slot in first.values()]
    return repr(([(slot.token, slot.free) for slot in slots], counts, starts, firsts))


@pytest.mark.parametrize("seed", range(3))
def test_after_every_change_the_answer_is_the_one_that_is_worked_out_anew(database: Database, seed: int):
    world, runtime, random = make_world(database, desks=2), make_runtime(database), Random(seed)
    booked, held = [], []
    for step in range(12):
        slots = slots_of(database, world)
        match random.choice(("book", "hold", "cancel", "release", "wait")):
            case "book":
                booked.append(make_appointment(runtime, world, random.choice(slots).starts_at).reference)
            case "hold":
                held.append(hold_slot(runtime, random.choice(slots).slot_key, for_public=True).token)
            case "cancel" if booked:
                reference = booked.pop(random.randrange(len(booked)))
                cancel(
                    runtime, world.authority_id, reference, by="resident", actor=Actor.system(), enforce_cutoff=False
                )
            case "release" if held:
                release_hold(runtime, world.authority_id, held.pop())
        for _ in range(2):
            assert plain(answers(database, world, again=True)) == plain(answers(database, world, again=False)), step


def test_a_hold_that_expires_is_free_again_without_anybody_doing_anything(database: Database):
    world = make_world(database)
    before = plain(answers(database, world, again=True))
    hold_slot(make_runtime(database), slots_of(database, world)[0].slot_key, for_public=True)
    assert plain(answers(database, world, again=True)) != before
    later = int(HOLD_PERIOD.total_seconds()) // 60
    assert plain(answers(database, world, again=True, minutes=later)) == plain(
        answers(database, world, again=False, minutes=later)
    )


def test_what_is_given_away_is_nobodys_to_change(database: Database):
    world = make_world(database)
    first = answers(database, world, again=True)
    for found in first[1:]:
        found.clear()
    first[0].reverse()
    assert plain(answers(database, world, again=True)) == plain(answers(database, world, again=False))
