"""The whole set-up as its file: what is exported and imported elsewhere is exported there again, byte by byte."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from flask.testing import FlaskCliRunner

from booking.use_cases.import_locations import import_file
from booking.use_cases.make_closure import NewClosure, change_closure, make_closure
from core.audit import Actor
from core.database import Database
from core.errors import NotFound
from locations.catalogue_queries import catalogue_of
from locations.exporting.council_file import council_file
from locations.exporting.toml_text import toml_text
from locations.importing.set_up_queries import stored_set_up
from tests.booking import test_every_change_of_the_file as walks
from tests.support.factories import make_runtime

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "docs/examples/anytown.toml", *sorted((ROOT / "demo").glob("*.toml"))]
ODD = """
[authority]
slug = "oddville"
name = 'Odd "Ville" \\\\ Town = [council]'
zone = "America/New_York"
closes_on_bank_holidays = false
reminder_plan = []

[privacy]
controller = "Odd\\u2028ville"
keep_days = { identity = 30, message = 7 }
processors = ["A, B", "C \\"D\\""]

[accessibility]
prepared = 2026-02-03
problems = ["Maps # only for the eye"]

[[services]]
slug = "advice"
name = "Çare 建議"
duration_minutes = 30
modes = ["phone", "in_person"]
post_instead = "One line.\\n\\nAnother one.\\tEnd"
triage_questions = [
  { ask = "Staff only?", say = "I ask." },
  { ask = "Both?", say = "I ask.", tell = 'Ring "us".' },
  { ask = "Read only?", tell = "Bring it." },
]
requirements = [{ kind = "adviser" }, { kind = "room", skills = ["quiet"] }]
reminder_plan = []

[[sites]]
slug = "hall"
name = "Hall"
kind = "office"
closes_on_bank_holidays = true
  [[sites.resources]]
  slug = "room"
  name = "Room"
  kind = "room"
  count = 2
  skills = ["quiet"]
  [[sites.resources]]
  slug = "ann"
  name = "Ann"
  kind = "adviser"
  [[sites.sessions]]
  slug = "first-days"
  rrule = "FREQ=MONTHLY;BYDAY=1TU;UNTIL=20271231T235959Z"
  first_date = 2026-11-03
  starts = "09:00"
  ends = "12:00"
  resources = ["room", "ann"]
  services = ["advice"]
  [[sites.sessions]]
  slug = "mondays"
  days = ["friday", "monday"]
  first_date = 2026-11-02
  starts = "09:00"
  ends = "12:00"
  resources = ["room-2", "ann"]
  services = ["advice"]
    [[sites.sessions.exceptions]]
    date = 2026-11-30
    starts = "10:00"
    ends = "11:00"
    [[sites.sessions.exceptions]]
    date = 2026-11-20
    reason = "Off"
  [[sites.closures]]
  slug = "clocks-go-back"
  starts_at = 2026-11-01T01:30:00-05:00
  ends_at = 2026-11-01T12:00:00
  [[sites.closures]]
  slug = "week"
  first_date = 2026-12-07
  last_date = 2026-12-11
  resource = "room-1"
"""


def exported(database: Database, slug: str) -> str:
    with database.reading() as db:
        return toml_text(council_file(stored_set_up(db, catalogue_of(db, slug).authority.id).values))


def bring_in(database: Database, text: str) -> bool:
    """Whether the import of the text changed anything."""
    return not import_file(make_runtime(database), text.encode(), actor=Actor.system()).changes.are_none


def check_round_trip(database: Database, slug: str) -> str:
    """The text, which changes nothing here, and is the same of another council that is made of it."""
    text = exported(database, slug)
    assert not bring_in(database, text)
    there = f"{slug}-there"
    assert bring_in(database, text.replace(f'slug = "{slug}"', f'slug = "{there}"', 1))
    assert exported(database, there).replace(f'slug = "{there}"', f'slug = "{slug}"', 1) == text
    return text


def test_whom_somebody_shuts_at_one_site_alone_goes_out_and_comes_in_again(database: Database) -> None:
    """A person who works at several sites; the export stands under that site."""
    text = next(file for file in FILES if "outreach-adviser" in file.read_text(encoding="utf-8")).read_text("utf-8")
    bring_in(database, text)
    runtime, slug = make_runtime(database), text.split('slug = "', 1)[1].split('"', 1)[0]
    with database.reading() as db:
        council = catalogue_of(db, slug)
    person = next(one for one in council.people if one.slug == "outreach-adviser")
    site = next(one for one in council.sites if person.id in one.council_wide_ids)
    now = runtime.clock.now()
    away = NewClosure(now, now + timedelta(hours=2), "Training", site=site.slug, resource=person.slug)
    make_closure(runtime, council.authority.id, away, actor=Actor.system())
    assert 'reason = "Training"' in check_round_trip(database, slug)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_whole_council_goes_out_and_comes_in_again(database: Database, file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    bring_in(database, text)
    check_round_trip(database, text.split('slug = "', 1)[1].split('"', 1)[0])


def test_odd_words_zones_and_rules_come_out_as_they_went_in(database: Database) -> None:
    bring_in(database, ODD)
    text = check_round_trip(database, "oddville")
    for line in (
        'rrule = "FREQ=MONTHLY;BYDAY=1TU;UNTIL=20271231"',
        'days = ["monday", "friday"]',
        "starts_at = 2026-11-01T01:30:00-05:00",
        "ends_at = 2026-11-01T12:00:00",
        "last_date = 2026-12-11",
        "keep_days = { identity = 30, message = 7 }",
        "prepared = 2026-02-03",
        '  { ask = "Staff only?", say = "I ask." },',
        r'  { ask = "Both?", say = "I ask.", tell = "Ring \"us\"." },',
        '  { ask = "Read only?", tell = "Bring it." },',
        "closes_on_bank_holidays = true",
    ):
        assert f"{line}\n" in text


def test_what_somebody_shuts_at_any_moment_goes_out_and_comes_in_again(database: Database) -> None:
    bring_in(database, ODD)
    runtime = make_runtime(database)
    with database.reading() as db:
        council = catalogue_of(db, "oddville").authority.id
    now = runtime.clock.now() + timedelta(minutes=3, seconds=17, microseconds=5)
    shut = NewClosure(now, now + timedelta(hours=1, minutes=1), "Boiler", site="hall")
    closure_id = make_closure(runtime, council, shut, actor=Actor.system()).id
    check_round_trip(database, "oddville")
    assert closure_id is not None
    change_closure(runtime, council, closure_id, now, now + timedelta(minutes=44), actor=Actor.system())
    assert not bring_in(database, exported(database, "oddville"))


@pytest.mark.parametrize("seed", range(4))
def test_whatever_a_council_becomes_can_be_exported(database: Database, seed: int) -> None:
    random, file, runtime = Random(seed), walks.first_file(), make_runtime(database)
    walks.bring_in(runtime, file)
    for _ in range(8):
        file = walks.brought_in_changed(runtime, file, random) or file
    check_round_trip(database, "smallville")


def test_the_command_prints_the_file_and_nothing_else(runner: FlaskCliRunner) -> None:
    runner.invoke(args=["locations", "import", str(FILES[0])])
    result = runner.invoke(args=["locations", "export", "--authority", "anytown"])
    assert result.exit_code == 0
    assert result.output.startswith('[authority]\nslug = "anytown"\n')
    again = runner.invoke(args=["locations", "export", "--authority", "anytown"])
    assert again.output == result.output


def test_a_council_that_is_not_there_is_told_plainly(runner: FlaskCliRunner, database: Database) -> None:
    result = runner.invoke(args=["locations", "export", "--authority", "nowhere"])
    assert (result.exit_code, result.output) == (1, 'Error: There is no council "nowhere".\n')
    with database.reading() as db, pytest.raises(NotFound):
        catalogue_of(db, "nowhere")


def test_a_council_begins_with_its_name_alone(runner: FlaskCliRunner) -> None:
    begin = ["locations", "begin", "--authority", "northbank", "--name", "Northbank Council"]
    assert "staff add --email EMAIL --role authority_admin --authority northbank" in runner.invoke(args=begin).output
    export = ["locations", "export", "--authority", "northbank"]
    assert runner.invoke(args=export).output.startswith('[authority]\nslug = "northbank"\nname = "Northbank Council"\n')
    again = runner.invoke(args=begin)
    assert (again.exit_code, "already" in again.output) == (1, True)


@pytest.mark.parametrize(("slug", "name"), [("staff", "Staff Council"), ("North Bank", "x"), ("northbank", "")])
def test_a_council_that_cannot_be_is_not_begun(runner: FlaskCliRunner, slug: str, name: str) -> None:
    result = runner.invoke(args=["locations", "begin", "--authority", slug, "--name", name])
    assert result.exit_code != 0
    assert ("slug" if name in ("Staff Council", "x") else "name") in result.output
