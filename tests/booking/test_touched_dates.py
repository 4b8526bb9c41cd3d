"""The first day whose free times a change of the set-up can change."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from booking.use_cases.touched_dates import first_touched
from locations.importing.difference import Key
from locations.importing.set_up_tables import TableChange

TODAY = date(2026, 11, 23)  # a Monday
WEEKDAYS: dict[str, Any] = {
    "slug": "s",
    "days": ["tuesday", "thursday"],
    "starts": "09:00",
    "ends": "17:00",
    "resources": ["desk"],
    "services": ["certify"],
}
ONCE = {**WEEKDAYS, "date": "2027-06-07"}
del ONCE["days"]
SESSION, SITE, DESK = Key("session", ("hill", "r", "s")), Key("site", ("hill",)), Key("resource", ("hill", "desk"))
HILL = {"slug": "hill", "name": "Hill", "kind": "library"}


@pytest.mark.parametrize(
    ("key", "before", "after", "day"),
    [
        (SESSION, None, WEEKDAYS, "2026-11-24"),
        (SESSION, None, WEEKDAYS | {"first_date": "2027-06-07"}, "2027-06-08"),
        (SESSION, None, ONCE, "2027-06-07"),
        (SESSION, ONCE, None, "2027-06-07"),
        (SESSION, WEEKDAYS, WEEKDAYS | {"last_date": "2027-05-31"}, "2027-06-01"),
        (SESSION, WEEKDAYS, WEEKDAYS | {"ends": "16:00"}, "2026-11-24"),
        (SESSION, WEEKDAYS, WEEKDAYS | {"exceptions": [{"date": "2027-03-02"}]}, "2027-03-02"),
        (SESSION, WEEKDAYS, WEEKDAYS | {"services": ["advice"]}, "2026-11-24"),
        (SESSION, ONCE, ONCE | {"resources": ["desk", "room"]}, "2027-06-07"),
        (SESSION, WEEKDAYS | {"last_date": "2026-11-20"}, None, "2026-11-23"),
        (SITE, HILL, HILL | {"closed_from": "2027-06-01", "where_to_go": "Mill"}, "2027-06-01"),
        (SITE, HILL, HILL | {"kind": "hub"}, "2026-11-23"),
        (DESK, {"slug": "desk"}, None, "2026-11-23"),
    ],
)
def test_the_first_day_that_a_change_touches(key: Key, before: Any, after: Any, day: str) -> None:
    assert first_touched([TableChange(key, before, after)], TODAY, frozenset()) == date.fromisoformat(day)


def test_a_new_site_has_no_times_before_its_sessions() -> None:
    later = WEEKDAYS | {"first_date": "2027-06-07"}
    changes = [TableChange(SITE, None, HILL), TableChange(DESK, None, {}), TableChange(SESSION, None, later)]
    assert first_touched(changes, TODAY, frozenset()) == date(2027, 6, 8)
