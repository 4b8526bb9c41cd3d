"""Twenty programs for one slot."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from booking.tables import Allocation, Claim
from core.database import Database
from tests.contract.conftest import Program

RACERS = 20


@pytest.mark.parametrize("path", ["/holds", "/appointments"])
def test_twenty_programs_at_once_give_one_winner(path: str, app: Flask, program: Program, database: Database) -> None:
    slot = program.slots()[4]["slot"]
    start = Barrier(RACERS)

    def race(number: int) -> tuple[int, str, int]:
        caller = Program(app.test_client(), program.headers)
        start.wait()
        answer = caller.post(path, {"slot": slot, "resident": {"name": f"Racer {number}"}})
        body = answer.get_json()
        return answer.status_code, body.get("code", ""), len(body.get("alternatives", ()))

    with ThreadPoolExecutor(RACERS) as pool:
        answers = sorted(pool.map(race, range(RACERS)))
    assert answers == [(201, "", 0)] + [(409, "slot_taken", 3)] * (RACERS - 1)
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(Allocation)) == 1
        assert db.scalar(select(func.count()).select_from(Claim)) == 6  # thirty minutes
