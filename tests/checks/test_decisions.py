"""The decision records: each has a number of its own, and says it in its first line."""

from __future__ import annotations

from core.settings import ROOT

RECORDS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = [int(record.name[:4]) for record in RECORDS]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
