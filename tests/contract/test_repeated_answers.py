"""A public search that is asked again gets the answer of before, unless anything has changed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from unittest import mock

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from api import repeated_answers
from booking.queries.slots import made_of_slots
from core.clock import FixedClock
from core.database import Database
from core.settings import Settings
from locations.catalogue_queries import bump_plan
from locations.tables import Authority, Service
from tests.contract.conftest import Program, key_for, program_with
from tests.support.factories import World
from wsgi import create_app

FIRST_DAY = {"service": "certify", "authority": "testshire", "to": "2026-11-23"}


def asked(app: Flask, **changes: str) -> str:
    """The public's answer about the first day."""
    return Program(app.test_client()).get("/availability", **(FIRST_DAY | changes)).text


@contextmanager
def searches_counted() -> Iterator[mock.Mock]:
    """How often a search was worked out."""
    with mock.patch("api.availability_views.made_of_slots", wraps=made_of_slots) as searches:
        yield searches


@contextmanager
def another_process(settings: Settings, clock: FixedClock) -> Iterator[Flask]:
    """The application with connections and memory of its own, as in another process."""
    database = Database(settings.database_url)
    try:
        yield create_app(settings, database=database, clock=clock)
    finally:
        database.dispose()


def test_the_same_question_is_worked_out_once_and_another_one_never_gets_its_answer(app: Flask, world: World) -> None:
    with searches_counted() as searches:
        first = asked(app)
        assert asked(app) == first
        assert searches.call_count == 1
        questions = ({"mode": "video"}, {"to": "2026-11-24"}, {"limit": "2"})
        answers = {asked(app, **question) for question in questions}
        assert first not in answers
        assert searches.call_count == 1 + len(questions)


def test_whatever_another_process_commits_is_in_the_next_answer(
    app: Flask, settings: Settings, database: Database, world: World, clock: FixedClock
) -> None:
    """Hold, booking, cancellation, closure and set-up: each time the answer is that of a process that remembers nothing."""
    key = key_for(database, world.authority_id, clock, "read", "book", "manage")
    with ExitStack() as stack:
        other_app = stack.enter_context(another_process(settings, clock))
        other = program_with(other_app, key)
        slots = other.slots(to="2026-11-23")
        answers = [asked(app)]

        def check() -> None:
            with another_process(settings, clock) as fresh:
                expected = asked(fresh)
            assert asked(app) == asked(other_app) == expected
            assert expected != answers[-1]
            answers.append(expected)

        held = other.post("/holds", {"slot": slots[0]["slot"]})
        assert held.status_code == 201, held.text
        check()
        booked = other.book(slots[1]["slot"])
        check()
        cancelled = other.post(f"/appointments/{booked['reference']}/cancel", {"by": "authority", "reason": "Ill"})
        assert cancelled.status_code == 200, cancelled.text
        check()
        shut = {"starts_at": slots[4]["starts_at"], "ends_at": slots[8]["starts_at"], "site": "high-street"}
        assert other.post("/closures", shut | {"reason": "Boiler"}).status_code == 201
        check()
        with database.writing() as db:
            db.execute(update(Service).values(grid_minutes=60))
            bump_plan(db, world.authority_id)
        check()
        clock.instant += timedelta(hours=2)  # it is too late for the first time, and nothing is committed
        check()


def test_a_council_that_no_longer_publishes_tells_nobody_what_it_told_before(
    app: Flask, database: Database, world: World, clock: FixedClock
) -> None:
    """Nor does a key get what the public got, or leave anything for it."""

    def publish(db: Session, *, publishes: bool) -> None:
        db.execute(update(Authority).values(publishes_availability=publishes))
        bump_plan(db, world.authority_id)

    program = program_with(app, key_for(database, world.authority_id, clock, "read"))
    asked(app)
    with database.writing() as db:
        publish(db, publishes=False)
    assert program.get("/availability", **FIRST_DAY).status_code == 200
    assert Program(app.test_client()).get("/availability", **FIRST_DAY).status_code == 401
    with searches_counted() as searches:
        program.get("/availability", **FIRST_DAY)
        program.get("/availability", **FIRST_DAY)
        assert searches.call_count == 2


@pytest.mark.databases("sqlite")
def test_neither_many_questions_nor_long_answers_fill_the_memory(app: Flask, database: Database, world: World) -> None:
    for number in range(1, 8):
        with mock.patch.object(repeated_answers, "MOST_KEPT", 5):
            asked(app, limit=str(number))
    with mock.patch.object(repeated_answers, "LONGEST_KEPT", 10):
        asked(app, limit="9")
    assert len(repeated_answers._kept[database]) == 2
