"""The tables of a file, thing by thing."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from core.errors import NotFound
from locations.importing.difference import Key, session_key, travel_key
from locations.importing.set_up_tables import (
    NOT_THERE,
    Edit,
    changed_things,
    edited,
    fingerprint,
    place_of,
    plain,
    things_in,
)

TABLES: dict[str, Any] = {
    "authority": {"slug": "town", "name": "Town"},
    "privacy": {"controller": "Town"},
    "services": [{"slug": "advice", "name": "Advice"}, {"slug": "forms", "name": "Forms"}],
    "people": [{"slug": "ann", "name": "Ann"}],
    "sites": [
        {
            "slug": "hall",
            "name": "Hall",
            "resources": [{"slug": "desk", "name": "Desk"}],
            "sessions": [{"slug": "week", "days": ["monday"]}, {"slug": "once", "date": "2026-12-01"}],
            "closures": [{"slug": "flood", "first_date": "2026-12-02"}],
        },
        {"slug": "library", "name": "Library"},
    ],
    "travel": [{"from": "library", "to": "hall", "minutes": 10}],
    "closures": [{"slug": "strike", "first_date": "2026-12-03"}],
}
KEYS = [
    Key("council", ("town",)),
    Key("service", ("advice",)),
    Key("service", ("forms",)),
    Key("person", ("ann",)),
    travel_key(("library", "hall")),
    Key("closure", ("strike",)),
    Key("site", ("hall",)),
    Key("resource", ("hall", "desk")),
    session_key("hall", "week", is_dated=False),
    session_key("hall", "once", is_dated=True),
    Key("closure", ("flood",)),
    Key("site", ("library",)),
]


def test_every_thing_has_its_own_table() -> None:
    things = things_in(TABLES)
    assert set(things) == set(KEYS)
    assert things[Key("site", ("hall",))].table == {"slug": "hall", "name": "Hall"}
    assert things[Key("closure", ("flood",))].table["site"] == "hall"
    assert things[Key("council", ("town",))].table["privacy"] == {"controller": "Town"}


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_a_table_that_is_written_as_it_stands_changes_nothing(key: Key) -> None:
    before = deepcopy(TABLES)
    assert edited(TABLES, [Edit(key, things_in(TABLES)[key].table)]) == before
    assert before == TABLES


@pytest.mark.parametrize("key", KEYS[1:], ids=str)
def test_what_is_removed_and_put_back_is_there_again(key: Key) -> None:
    removed = edited(TABLES, [Edit(key, None)])
    gone = changed_things(TABLES, removed)
    assert key in {change.key for change in gone}
    back = edited(removed, [Edit(change.key, change.before) for change in gone])
    assert changed_things(TABLES, back) == ()


def test_a_new_site_comes_before_what_stands_in_it() -> None:
    new = [
        Edit(session_key("hub", "week", is_dated=False), {"slug": "week", "days": ["friday"]}),
        Edit(Key("resource", ("hub", "desk")), {"slug": "desk"}),
        Edit(Key("site", ("hub",)), {"slug": "hub"}),
    ]
    site = edited(TABLES, new)["sites"][-1]
    assert (site["slug"], len(site["resources"]), len(site["sessions"])) == ("hub", 1, 1)
    with pytest.raises(NotFound):
        edited(TABLES, new[:2])


def test_a_new_thing_of_a_known_name_stands_there_twice() -> None:
    assert len(edited(TABLES, [Edit(Key("service", ("advice",)), {"slug": "advice"}, is_new=True)])["services"]) == 3


def test_a_closure_may_move_to_another_site() -> None:
    moved = edited(TABLES, [Edit(Key("closure", ("flood",)), {"slug": "flood", "site": "library"})])
    assert (moved["sites"][0]["closures"], moved["sites"][1]["closures"]) == ([], [{"slug": "flood"}])


def test_a_path_of_the_file_leads_into_the_table_of_a_thing() -> None:
    things = things_in(TABLES)
    assert place_of(("sites", 0, "sessions", 1, "starts"), things) == (KEYS[9], ("starts",))
    assert place_of(("sites", 1, "name"), things) == (KEYS[11], ("name",))
    assert place_of(("privacy", "controller"), things) == (KEYS[0], ("privacy", "controller"))
    assert place_of((), things) == (None, ())


def test_a_fingerprint_is_of_what_the_table_says() -> None:
    table = {"at": time(9), "on": date(2026, 12, 1), "from": datetime(2026, 12, 1, 9, 30, tzinfo=UTC)}
    assert fingerprint(table) == fingerprint(dict(reversed(plain(table).items())))
    assert fingerprint(table) != fingerprint(table | {"at": time(10)})
    assert fingerprint(None) == NOT_THERE
