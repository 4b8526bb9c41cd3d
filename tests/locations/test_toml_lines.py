"""Where things stand in a TOML file."""

from __future__ import annotations

import pytest

from locations.importing.toml_lines import find_lines, line_of

TEXT = '''# a comment [not.a.table]
[authority]
name = "Barnet # not a comment"

[[sites]]
slug = "a"
address = """
1 High Street
[[sites]]
"""
features = [
  "step_free",  # one
  "hearing_loop",
]
[[sites.sessions]]
starts = 09:00:00
exceptions = [
  { date = 2026-12-24, reason = "early, }" },
  { date = 2026-12-31,
    reason = 'late' },
]
[[sites.sessions]]
"odd key" = 1.5
a.b.c = -1
[[sites]]
slug = "b"
  [[sites.sessions]]
  ends = "10:00"
[[sites.sessions.exceptions]]
date = 2026-12-25
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("authority",), 2),
        (("authority", "name"), 3),
        (("sites",), 5),
        (("sites", 0), 5),
        (("sites", 0, "address"), 7),
        (("sites", 0, "features"), 11),
        (("sites", 0, "features", 1), 13),
        (("sites", 0, "sessions", 0), 15),
        (("sites", 0, "sessions", 0, "starts"), 16),
        (("sites", 0, "sessions", 0, "exceptions", 0, "reason"), 18),
        (("sites", 0, "sessions", 0, "exceptions", 1), 19),
        (("sites", 0, "sessions", 0, "exceptions", 1, "reason"), 20),
        (("sites", 0, "sessions", 1), 22),
        (("sites", 0, "sessions", 1, "odd key"), 23),
        (("sites", 0, "sessions", 1, "a", "b", "c"), 24),
        (("sites", 1), 25),
        (("sites", 1, "sessions", 0, "ends"), 28),
        (("sites", 1, "sessions", 0, "exceptions", 0, "date"), 30),
    ],
)
def test_every_table_key_and_item_has_its_line(path: tuple[str | int, ...], line: int) -> None:
    assert line_of(path, find_lines(TEXT)) == line


def test_what_is_missing_is_found_at_the_table_that_should_have_it() -> None:
    assert line_of(("sites", 1, "sessions", 0, "starts"), find_lines(TEXT)) == 27


def test_what_has_no_table_at_all_is_found_at_the_top() -> None:
    assert line_of(("services", 3), find_lines(TEXT)) == 1
