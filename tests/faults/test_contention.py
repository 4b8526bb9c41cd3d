"""Whoever asks, however many at once: one last slot is won exactly once, on both databases."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from sqlalchemy import func, select

from booking.tables import Appointment, Claim
from core.database import Database
from tests.faults.conftest import Report, Scale
from tests.faults.contention import Race, run
from tests.support.factories import NOW, make_world, slots_of

pytestmark = pytest.mark.slow

PROCESSES, THREADS = 2, 10  # 20 racers for each slot


def test_every_last_slot_has_exactly_one_winner(database: Database, scale: Scale, report: Report) -> None:
    rounds = scale.rounds
    world = make_world(database)
    slots = tuple(slot.token for slot in slots_of(database, world)[:rounds])
    race = Race(database.url, NOW, slots, THREADS)
    context = get_context("spawn")
    with context.Manager() as manager, ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        gate = manager.Barrier(PROCESSES)
        runs = [pool.submit(run, race, process, gate) for process in range(PROCESSES)]
        results = sum((done.result() for done in runs), Counter[tuple[int, str]]())
    by_round = [(results[number, "won"], results[number, "lost"]) for number in range(rounds)]
    winners = sum(won for won, _ in by_round)
    report("one slot, 20 at once", slots=rounds, winners=winners, lost=sum(won != 1 for won, _ in by_round))
    assert len(slots) == rounds
    assert by_round == [(1, PROCESSES * THREADS - 1)] * rounds
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(Appointment)) == rounds
        assert db.scalar(select(func.count()).select_from(Claim)) == rounds * 6
