"""What the benchmarks begin with: a council that this version would take."""

from __future__ import annotations

from pathlib import Path

from bench.managers import SITES
from bench.world import make_world
from core.database import Database
from locations.exporting.council_file import council_file
from locations.exporting.toml_text import toml_text
from locations.importing.parse_plan import read_plan
from locations.importing.set_up_queries import stored_set_up
from tests.support.sqlite import SqliteTemplate


def test_the_large_council_is_one_that_a_file_may_say(sqlite_template: SqliteTemplate, tmp_path: Path) -> None:
    database = Database(sqlite_template.copy_to(tmp_path))
    world = make_world(database, sites=SITES, desks=1)
    with database.reading() as db:
        text = toml_text(council_file(stored_set_up(db, world.authority_id).values))
    database.dispose()
    assert len(read_plan(text.encode()).sites) == SITES
