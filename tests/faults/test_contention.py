"""Whoever asks, however many at once: one last slot is won exactly once, on both databases."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from sqlalchemy import func, select

from booking.tables import Appointment, Claim
from core.database import Store
from tests.faults.contention import Race, run
from tests.support.factories import NOW, make_world, slots_of

ROUNDS, PROCESSES, THREADS = 500, 2, 10  # 20 racers for each slot


def test_500_last_slots_have_exactly_500_winners(store: Store) -> None:
    world = make_world(store)
    slots = tuple(slot.token for slot in slots_of(store, world)[:ROUNDS])
    race = Race(store.url, NOW, slots, THREADS)
    context = get_context("spawn")
    with context.Manager() as manager, ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        gate = manager.Barrier(PROCESSES)
        runs = [pool.submit(run, race, process, gate) for process in range(PROCESSES)]
        endings = sum((done.result() for done in runs), Counter[tuple[int, str]]())
    by_round = [(endings[number, "won"], endings[number, "lost"]) for number in range(ROUNDS)]
    assert len(slots) == ROUNDS
    assert by_round == [(1, PROCESSES * THREADS - 1)] * ROUNDS
    with store.reading() as session:
        assert session.scalar(select(func.count()).select_from(Appointment)) == ROUNDS
        assert session.scalar(select(func.count()).select_from(Claim)) == ROUNDS * 6
