"""The difference between two set-ups, without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from locations.importing.difference import Key, difference_between, planned_set_up
from locations.importing.parse_plan import read_plan
from locations.session_facts import ExceptionFacts
from tests.locations.test_import import EXAMPLE, SMALL

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HALL, DESK = Key("site", ("hall",)), Key("resource", ("hall", "desk"))
FLOOD = Key("closure", ("flood",))
OVER = {"slug": "flood", "site": "hall", "resource": None, "ends_at": datetime(2026, 11, 1, tzinfo=UTC)}


def test_a_plan_differs_in_nothing_from_itself() -> None:
    plan = planned_set_up(read_plan(EXAMPLE.encode()))
    assert not difference_between(plan, planned_set_up(read_plan(EXAMPLE.encode())), NOW)


def test_everything_of_a_new_council_is_added_in_an_order_that_can_be_written() -> None:
    plan = planned_set_up(read_plan(SMALL.encode()))
    difference = difference_between({}, plan, NOW)
    assert [change.key for change in difference.changes] == list(plan)
    assert [change.kind for change in difference.changes] == ["council", "service", "site", "resource", "session"]
    assert all(change.before is None and change.new_values is change.after for change in difference.changes)


def test_a_change_has_the_values_that_differ_and_both_sides() -> None:
    current = planned_set_up(read_plan(SMALL.encode()))
    planned = planned_set_up(read_plan(SMALL.replace('name = "Hall"', 'name = "Town Hall"').encode()))
    (change,) = difference_between(current, planned, NOW).changes
    assert (change.key, dict(change.new_values)) == (HALL, {"name": "Town Hall"})
    (reverse,) = difference_between(planned, current, NOW).changes
    assert (reverse.before, reverse.after) == (change.after, change.before)


def test_what_is_left_out_is_removed_before_what_it_refers_to() -> None:
    current = planned_set_up(read_plan(SMALL.encode()))
    council = {key: values for key, values in current.items() if key.kind == "council"}
    difference = difference_between(current, council, NOW)
    removed = [str(change.key) for change in difference.to_remove("session", "closure", "resource", "site", "service")]
    assert removed == ['session "mornings"', 'resource "desk" of site "hall"', 'site "hall"', 'service "advice"']
    assert all(not change.new_values for change in difference.changes)


@pytest.mark.parametrize(("ends_at", "is_removed"), [(NOW, False), (datetime(2026, 12, 2, tzinfo=UTC), True)])
def test_a_closure_that_is_left_out_is_removed_unless_it_is_over(ends_at: datetime, *, is_removed: bool) -> None:
    assert bool(difference_between({FLOOD: OVER | {"ends_at": ends_at}}, {}, NOW)) is is_removed


def test_the_order_in_which_a_session_names_its_resources_is_no_difference() -> None:
    key = Key("session", ("hall", "recurring", "mornings"))
    one, other = ({"resources": slugs, "starts": time(9)} for slugs in (("a", "b"), ("b", "a")))
    assert not difference_between({key: one}, {key: other}, NOW)
    assert difference_between({key: one}, {key: one | {"resources": ("a",)}}, NOW)


def test_an_exception_that_is_added_is_a_difference() -> None:
    key = Key("session", ("hall", "recurring", "mornings"))
    off = {"exceptions": {date(2026, 12, 24): ExceptionFacts()}}
    (change,) = difference_between({key: {"exceptions": {}}}, {key: off}, NOW).changes
    assert change.new_values == off
