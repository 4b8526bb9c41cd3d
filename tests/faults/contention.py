"""One racing process: its threads wait at a gate with everybody else's, then all want the same slot."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from threading import Barrier

from booking.queries.alternatives import nearest_alternatives
from booking.slot_tokens import SlotKey, decode
from booking.use_cases.book import Booking, book
from booking.use_cases.holds import hold_slot
from core.audit import Actor
from core.database import Database
from core.errors import SlotTaken
from core.idempotency import IdempotencyKey
from core.runtime import Runtime
from locations.catalogue_queries import catalogue_by_id
from people.residents.details import ResidentDetails
from tests.support.factories import make_runtime

GATE_SECONDS = 120


@dataclass(frozen=True)
class Race:
    """What everybody races for: one slot for each round."""

    url: str
    now: datetime
    slots: tuple[str, ...]
    threads: int


def run(race: Race, process: int, gate: Barrier) -> Counter[tuple[int, str]]:
    """For each round and result ("won", "lost", "lost without three alternatives"), how many of this process's threads."""
    database = Database(race.url)
    runtime = make_runtime(database, race.now)
    results: Counter[tuple[int, str]] = Counter()
    with ThreadPoolExecutor(race.threads) as pool:
        for number, slot in enumerate(race.slots):
            gate.wait(GATE_SECONDS)
            names = [f"{process}-{thread}-{number}" for thread in range(race.threads)]
            kinds = [(process + thread) % 3 for thread in range(race.threads)]
            tries = pool.map(lambda name, kind, slot=slot: _try(runtime, decode(slot), name, kind), names, kinds)
            results.update((number, result) for result in tries)
    database.dispose()
    return results


def _try(runtime: Runtime, slot_key: SlotKey, name: str, kind: int) -> str:
    try:
        (_resident, _agent, _program)[kind](runtime, slot_key, name)
    except SlotTaken:
        with runtime.database.reading() as db:
            catalogue = catalogue_by_id(db, slot_key.authority_id)
            others = nearest_alternatives(db, catalogue, slot_key, runtime.clock.now(), for_public=True)
        return "lost" if len(others) == 3 else "lost without three alternatives"
    return "won"


def _resident(runtime: Runtime, slot_key: SlotKey, name: str) -> None:
    held = hold_slot(runtime, slot_key, for_public=True)
    booking = Booking(slot_key.authority_id, "online", ResidentDetails(f"Resident {name}"), hold=held.token)
    book(runtime, booking, actor=Actor.resident())


def _agent(runtime: Runtime, slot_key: SlotKey, name: str) -> None:
    booking = Booking(slot_key.authority_id, "phone", ResidentDetails(f"Caller {name}"), slot_key=slot_key)
    book(runtime, booking, actor=Actor("staff", 1, "Agnes Agent"))


def _program(runtime: Runtime, slot_key: SlotKey, name: str) -> None:
    booking = Booking(slot_key.authority_id, "api", ResidentDetails(f"Visitor {name}"), slot_key=slot_key)
    key = IdempotencyKey.of("program", name, b"")
    book(runtime, booking, actor=Actor("api", 1, "Kiosk"), idempotency=key)
