"""A council's set-up changed thing by thing: like an import of the edited file, with a history, and never over another's."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from booking.proposals.tables import Wish
from booking.queries.waiting_tasks import people_waiting, task_counts, waiting_person
from booking.tables import Appointment, RebookItem
from booking.use_cases.change_set_up import (
    ChangedMeanwhile,
    InvalidEdits,
    apply_edits,
    count_weeks,
    current_tables,
    preview_edits,
    seen_of,
)
from booking.use_cases.import_locations import import_file
from booking.use_cases.make_closure import NewClosure, make_closure
from booking.use_cases.wishes import NewWish, make_wish, withdraw_wish
from core.audit import Actor, AuditEntry
from core.database import Database
from core.runtime import Runtime
from locations.catalogue_queries import catalogue_of
from locations.exporting.toml_text import toml_text
from locations.history.change_repository import change_by_id, changes_of, recent_changes
from locations.importing.difference import Key, difference_between, planned_set_up, session_key
from locations.importing.parse_plan import plan_of
from locations.importing.set_up_queries import stored_set_up
from locations.importing.set_up_tables import Edit, edited, things_in
from locations.importing.toml_file import InvalidFile
from people.residents.details import ResidentDetails
from tests.booking import test_every_change_of_the_file as walks
from tests.booking.test_import_locations import FILE, booked, bring_in, listed
from tests.locations.test_export import exported
from tests.support.factories import NOW, make_runtime

ADMIN = Actor("staff", 7, "Ada Admin")
SESSION = session_key("hall", "weekdays", is_dated=False)
ADVICE, HALL = Key("service", ("advice",)), Key("site", ("hall",))
SHORTER = {"ends": "10:00"}
MORE = """
[[people]]
slug = "cat"
name = "Cat"
kind = "adviser"
[[sites]]
slug = "library"
name = "Library"
kind = "library"
  [[sites.resources]]
  slug = "desk"
  name = "Desk"
  kind = "desk"
  [[sites.sessions]]
  slug = "saturday"
  date = 2026-11-28
  starts = "09:00"
  ends = "12:00"
  resources = ["cat", "desk"]
  services = ["forms"]
"""


@pytest.fixture
def runtime(database: Database) -> Runtime:
    """A database with Smallville in it."""
    runtime = make_runtime(database)
    bring_in(runtime, FILE + MORE)
    return runtime


def council(runtime: Runtime) -> int:
    with runtime.database.reading() as db:
        return catalogue_of(db, "smallville").authority.id


def tables(runtime: Runtime) -> dict[str, Any]:
    with runtime.database.reading() as db:
        return current_tables(db, council(runtime))


def own(runtime: Runtime, key: Key) -> Mapping[str, Any]:
    return things_in(tables(runtime))[key].table


def changed(runtime: Runtime, key: Key, **values: Any) -> Edit:
    return Edit(key, {**own(runtime, key), **values})


def save(runtime: Runtime, *edits: Edit, keep: tuple[str, ...] = ()) -> Any:
    seen = seen_of(tables(runtime), [edit.key for edit in edits if not edit.is_new])
    return apply_edits(runtime, council(runtime), edits, seen, actor=ADMIN, keep=keep)


def test_what_is_exported_and_not_edited_makes_no_difference(runtime: Runtime) -> None:
    with runtime.database.reading() as db:
        stored = stored_set_up(db, council(runtime))
    found = tables(runtime)
    assert not difference_between(stored.values, planned_set_up(plan_of(found)), NOW)
    assert save(runtime, *(Edit(key, thing.table) for key, thing in things_in(found).items())).changes.are_none
    with runtime.database.reading() as db:
        assert recent_changes(db, council(runtime)) == []


def edit_of_anything(random: Random, key: Key, table: Mapping[str, Any]) -> Edit:
    """A change of one thing that the file would take."""
    changes: dict[str, list[dict[str, Any]]] = {
        "council": [{"horizon_days": 30}, {"privacy": {"controller": "Town"}}, {"reminder_plan": []}],
        "service": [{"turnaround_minutes": 10}, {"documents": ["A", "B"]}, {"triage_questions": [{"ask": "Rent?"}]}],
        "site": [{"features": ["step-free"]}, {"address": "1 High Street"}, {"phone": "020 7946 0000"}],
        "resource": [{"name": "Another"}, {"seats": 3}, {"skills": ["housing", "benefits"]}],
        "person": [{"name": "Another"}, {"skills": ["housing"]}],
        "session": [{"ends": "11:00"}, {"resources": table.get("resources", [])[:1]}, {"reserved_percent": 20}],
    }
    return Edit(key, {**table, **random.choice(changes[key.kind])})


@pytest.mark.parametrize("seed", range(3))
def test_an_edit_and_its_putting_back_give_the_same_export(runtime: Runtime, seed: int) -> None:
    """Whatever is edited, the table that the history kept brings it back, byte by byte."""
    random, before = Random(seed), exported(runtime.database, "smallville")
    for _ in range(6):
        key, thing = random.choice(list(things_in(tables(runtime)).items()))
        save(runtime, edit_of_anything(random, key, thing.table))
        with runtime.database.reading() as db:
            past = changes_of(db, council(runtime), key)[0]
        assert exported(runtime.database, "smallville") != before
        assert (past.before, past.after, past.actor_name) == (thing.table, own(runtime, key), "Ada Admin")
        save(runtime, Edit(key, past.before))
        assert exported(runtime.database, "smallville") == before


def test_a_site_that_was_removed_comes_back_with_all_that_stood_there(runtime: Runtime) -> None:
    before, key = things_in(tables(runtime)), Key("site", ("library",))
    save(runtime, Edit(key, None))
    with runtime.database.reading() as db:
        gone = recent_changes(db, council(runtime))
    assert {one.key.kind for one in gone} == {"site", "resource", "session"}
    assert len({one.change_set for one in gone}) == 1
    save(runtime, *(Edit(one.key, one.before) for one in gone))
    assert {key: one.table for key, one in things_in(tables(runtime)).items()} == {
        key: one.table for key, one in before.items()
    }


WRONG: list[tuple[Key, dict[str, Any] | None]] = [
    (SESSION, {"ends": "08:00"}),
    (SESSION, {"resources": ["ann", "nobody"]}),
    (SESSION, {"services": ["advice", "nothing"], "reserved_percent": 200}),
    (ADVICE, {"duration_minutes": 7, "modes": ["by post"], "name": "x" * 10_000}),
    (ADVICE, {"requirements": [{"kind": "adviser", "skills": ["tax"]}]}),
    (ADVICE, {"reminder_plan": [{"kind": "reminder_x"}]}),
    (HALL, {"kind": "castle", "postcode": "ZZ1 1ZZ"}),
    (Key("council", ("smallville",)), {"brand_colour": "blue", "privacy": {"officer_email": "nobody"}}),
    (Key("resource", ("hall", "ann")), None),
    (ADVICE, None),
]


@pytest.mark.parametrize(("key", "values"), WRONG)
def test_what_the_file_refuses_is_refused_in_the_same_words(
    runtime: Runtime, key: Key, values: dict[str, Any] | None
) -> None:
    edit, before = Edit(key, None) if values is None else changed(runtime, key, **values), exported_of(runtime)
    with pytest.raises(InvalidEdits) as refused:
        save(runtime, edit)
    with pytest.raises(InvalidFile) as of_file:
        import_file(runtime, toml_text(edited(tables(runtime), [edit])).encode(), actor=Actor.system())
    assert {one.what for one in refused.value.errors} == {one.what for one in of_file.value.errors}
    if values is not None:
        assert refused.value.of(key) or refused.value.besides([key])
    assert exported_of(runtime) == before


def exported_of(runtime: Runtime) -> str:
    return exported(runtime.database, "smallville")


def test_what_somebody_needs_is_not_removed_and_the_error_is_at_it(runtime: Runtime) -> None:
    booked(runtime, 0, "forms")
    forms = Key("service", ("forms",))
    sessions = [changed(runtime, SESSION, services=["advice"]), Edit(Key("site", ("library",)), None)]
    with pytest.raises(InvalidEdits) as refused:
        save(runtime, *sessions, Edit(forms, None))
    assert "1 appointments there are still to come" in refused.value.of(forms)[()][0]


FORMS, LIBRARY = Key("service", ("forms",)), Key("site", ("library",))


@pytest.mark.parametrize("removed", [FORMS, LIBRARY])
def test_what_somebody_waits_for_is_not_removed_and_what_is_shown_of_their_wish_outlives_it(
    runtime: Runtime, removed: Key
) -> None:
    person = ResidentDetails("Kim Sample", phone="07700 900123")
    new = NewWish("phone", services=("forms",), resident=person, sites=("library",))
    wish = make_wish(runtime, council(runtime), new, actor=ADMIN)
    edits = [Edit(LIBRARY, None)]
    if removed is FORMS:
        edits += [changed(runtime, SESSION, services=["advice"]), Edit(FORMS, None)]
    with pytest.raises(InvalidEdits) as refused:
        save(runtime, *edits)
    assert "1 people on the waiting list wait for a time there" in refused.value.of(removed)[()][0]
    withdraw_wish(runtime, council(runtime), wish, actor=ADMIN)
    assert save(runtime, *edits).changes.removed["site"] == 1
    with runtime.database.writing() as db:
        db.get_one(Wish, wish).state = "over"  # nobody has told them yet, so that it is on the list still
    with runtime.database.reading() as db:
        facts = catalogue_of(db, "smallville")
        (waiting,) = people_waiting(db, facts, NOW, None)
        assert [one.slug for one in waiting.wish.services] == ([] if removed is FORMS else ["forms"])
        assert waiting.wish.sites == ()
        assert task_counts(db, facts, NOW, None).total() == 1
        assert waiting_person(db, facts, NOW, wish, None) == waiting


def test_a_preview_says_what_changes_and_changes_nothing(runtime: Runtime) -> None:
    booked(runtime, 120)
    before, edit = exported_of(runtime), changed(runtime, SESSION, **SHORTER)
    preview = preview_edits(runtime, council(runtime), [edit], seen_of(tables(runtime), [SESSION]))
    assert [(one.key, one.after) for one in preview.imported.things] == [(SESSION, edit.table)]
    assert [one.reason for one in preview.imported.to_rebook] == ["hours"]
    counted = count_weeks(runtime, preview)
    assert all(week.appearing == 0 and week.disappearing > 0 for week in counted.weeks)
    assert (len(counted.weeks), counted.next_day) == (8, None)
    begun = count_weeks(runtime, preview, is_enough=lambda: True)
    assert (begun.weeks, begun.done) == (counted.weeks[:1], 1)
    assert count_weeks(runtime, preview, begun=begun) == counted
    assert (exported_of(runtime), listed(runtime)) == (before, [])


def test_whoever_is_kept_is_on_no_list_then_or_later(runtime: Runtime) -> None:
    kept, moved = booked(runtime, 120), booked(runtime, 150)
    with runtime.database.reading() as db:
        reference = db.get_one(Appointment, kept).reference
    edit = changed(runtime, SESSION, **SHORTER)
    assert len(save(runtime, edit, keep=(reference,)).to_rebook) == 1
    save(runtime, changed(runtime, SESSION, ends="09:30"))
    assert listed(runtime) == [(moved, "hours")]
    save(runtime, changed(runtime, SESSION, ends="12:00"))
    with runtime.database.reading() as db:
        assert db.scalars(select(RebookItem).where(RebookItem.closed_at.is_(None))).all() == []


def test_the_second_of_two_is_told_what_the_first_did(runtime: Runtime) -> None:
    seen, base = seen_of(tables(runtime), [ADVICE]), own(runtime, ADVICE)
    first, second = changed(runtime, ADVICE, name="Housing advice"), changed(runtime, ADVICE, duration_minutes=45)
    apply_edits(runtime, council(runtime), [first], seen, actor=ADMIN)
    for refuses in (preview_edits, lambda *edits: apply_edits(*edits, actor=Actor("staff", 8, "Ben"))):
        with pytest.raises(ChangedMeanwhile) as refused:
            refuses(runtime, council(runtime), [second], seen)
        (conflict,) = refused.value.conflicts
        assert (conflict.base, conflict.now) == (base, first.table)
        assert conflict.last is not None
        assert conflict.last.actor_name == "Ada Admin"
    assert own(runtime, ADVICE)["duration_minutes"] == 30


def test_of_two_at_once_one_is_written(runtime: Runtime) -> None:
    seen, barrier, authority_id = seen_of(tables(runtime), [SESSION]), Barrier(2), council(runtime)
    edits = [changed(runtime, SESSION, ends=ends) for ends in ("10:00", "11:00")]

    def send(edit: Edit) -> bool:
        barrier.wait()
        try:
            apply_edits(runtime, authority_id, [edit], seen, actor=ADMIN)
        except ChangedMeanwhile:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(send, edits)) == [False, True]
    with runtime.database.reading() as db:
        (past,) = changes_of(db, authority_id, SESSION)
        assert past.after == own(runtime, SESSION)


def test_the_file_writes_history_too_and_every_change_is_in_the_audit(runtime: Runtime) -> None:
    bring_in(runtime, (FILE + MORE).replace('name = "Hall"', 'name = "Town Hall"'))
    save(runtime, changed(runtime, HALL, name="Hall"))
    with runtime.database.reading() as db:
        authority_id = council(runtime)
        newest, oldest = changes_of(db, authority_id, HALL)
        assert [(one.before or {})["name"] for one in (newest, oldest)] == ["Town Hall", "Hall"]
        assert change_by_id(db, authority_id, oldest.id) == oldest
        actions = list(db.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))
    assert actions[-2:] == ["locations_imported", "set_up_changed"]


def test_a_closure_that_staff_began_at_an_odd_minute_stands_in_no_ones_way(runtime: Runtime) -> None:
    starts_at = NOW.replace(minute=43, second=7)
    new = NewClosure(starts_at, NOW.replace(hour=20), site="hall")
    make_closure(runtime, council(runtime), new, actor=ADMIN)
    save(runtime, changed(runtime, HALL, name="Town Hall"))
    with runtime.database.reading() as db:
        assert db.execute(select(RebookItem)).all() == []
        assert any(key.kind == "closure" for key in stored_set_up(db, council(runtime)).values)


@pytest.mark.parametrize("seed", range(2))
def test_a_council_that_changed_much_can_still_be_edited(database: Database, seed: int) -> None:
    """Whatever a council's file has become, all its things as they stand make no difference."""
    random, file, runtime = Random(seed), walks.first_file(), make_runtime(database)
    walks.bring_in(runtime, file)
    for _ in range(6):
        file = walks.brought_in_changed(runtime, file, random) or file
    assert save(runtime, *(Edit(key, one.table) for key, one in things_in(tables(runtime)).items())).changes.are_none
