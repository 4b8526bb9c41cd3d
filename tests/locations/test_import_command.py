"""`flask locations import`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner

from booking.slot_tokens import SlotKey
from booking.use_cases.book import Booking, book
from core.database import Database
from core.errors import NotFound
from core.runtime import Runtime
from core.tokens import spoken_reference
from core.wall_clock import unit_of
from locations.catalogue_queries import catalogue_of
from locations.model import Catalogue
from people.residents.details import ResidentDetails
from tests.locations.test_import import SMALL
from tests.support.factories import RESIDENT, make_runtime

EXAMPLE = Path(__file__).parents[2] / "docs/examples/anytown.toml"


def test_it_says_what_it_added_and_the_second_time_that_there_is_nothing(runner: FlaskCliRunner) -> None:
    first = runner.invoke(args=["locations", "import", str(EXAMPLE)])
    again = runner.invoke(args=["locations", "import", str(EXAMPLE)])
    assert (first.exit_code, again.exit_code) == (0, 0)
    added = (
        "4 closures, 1 council, 1 person, 5 resources, 2 services, 6 sessions, 3 sites, 1 travel time, 1 triage, 1 ward"
    )
    assert f"Added: {added}." in first.output
    assert again.output == "Nothing to change: everything is as the file says.\n"


def test_it_names_file_line_and_mistake_and_fails(runner: FlaskCliRunner, tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    text = EXAMPLE.read_text(encoding="utf-8").replace("duration_minutes = 45", "duration_minutes = 42")
    file.write_text(text, encoding="utf-8")
    result = runner.invoke(args=["locations", "import", str(file)])
    line = text.splitlines().index("duration_minutes = 42") + 1
    assert result.exit_code == 1
    assert f'{file}: line {line}: duration_minutes of service "housing-advice" is 42' in result.output
    assert "Nothing was imported." in result.output


def test_a_file_that_is_not_there_is_told_plainly(runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["locations", "import", "/no/such/file.toml"])
    assert result.exit_code == 2
    assert "does not exist" in result.output


def test_it_says_how_many_people_must_be_rebooked(runner: FlaskCliRunner, database: Database, tmp_path: Path) -> None:
    runtime, file = make_runtime(database), tmp_path / "smallville.toml"
    file.write_text(SMALL, encoding="utf-8")
    runner.invoke(args=["locations", "import", str(file)])
    with database.reading() as db:
        known = catalogue_of(db, "smallville")
    references = [book_at(runtime, known, datetime(2026, 11, 30, hour, tzinfo=UTC)) for hour in (9, 11)]
    shorter = SMALL.replace('ends = "12:00"', 'ends = "11:00"')
    file.write_text(shorter, encoding="utf-8")
    listed = (
        "Changed: 1 session.\n1 booked appointments do not fit the new plan. They are listed to be rebooked.\n"
        f"  {spoken_reference(references[1])}  2026-11-30 11:00  Hall  (hours)\n"
    )
    for _ in range(2):  # a dry run changes nothing, so the second one says the same
        preview = runner.invoke(args=["locations", "import", "--dry-run", str(file)])
        assert preview.output == (
            f"A dry run: nothing is changed.\n{listed}Free times from 2026-11-23 to 2026-12-20:\n"
            "  Advice, Hall: 0 more, 13 fewer\n"
        )
    assert runner.invoke(args=["locations", "import", str(file)]).output == listed


def book_at(runtime: Runtime, known: Catalogue, starts_at: datetime) -> str:
    slot_key = SlotKey(known.authority.id, known.sites[0].id, (known.services[0].id,), "in_person", unit_of(starts_at))
    who = ResidentDetails("Robin")
    return book(runtime, Booking(known.authority.id, "online", who, slot_key=slot_key), actor=RESIDENT).reference


def test_a_dry_run_of_a_new_council_tells_its_times_and_leaves_nothing(
    runner: FlaskCliRunner, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "smallville.toml"
    file.write_text(SMALL, encoding="utf-8")
    result = runner.invoke(args=["locations", "import", "--dry-run", str(file)])
    assert "Added: 1 council, 1 resource, 1 service, 1 session, 1 site." in result.output
    assert "  Advice, Hall: 44 more, 0 fewer" in result.output
    with database.reading() as db, pytest.raises(NotFound):
        catalogue_of(db, "smallville")
