"""Rows of the day list with valid defaults."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from web.labels import ContactLine
from web.site.day_rows import DayRow
from web.site.remote_rows import Way

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ROW = DayRow(
    id="a-K7PM4QX2",
    reference="K7PM4QX2",
    spoken_reference="K7PM 4QX2",
    resident_id=1,
    version=1,
    starts_at=NINE,
    ends_at=NINE.replace(minute=30),
    starts="9am",
    ends="9:30am",
    name="Robin Sample",
    phone=ContactLine("07700 900123"),
    services="Certify documents",
    resources="Desk 1",
    way=Way(),
    needs=(),
    documents=("Passport",),
    notes="",
    answers=(),
    representative="",
    helper_has_no_texts=False,
    state="booked",
    state_label="Booked",
    colour="blue",
    reason="",
    is_late=False,
    is_over=False,
    is_cancelled=False,
    is_walk_in=False,
    arrived_at=None,
    to_rebook="",
    actions=(),
    may_fail=False,
    undo_to="",
    may_write_words=False,
    may_change_resources=False,
    can_change=False,
)


def make_row(**changes: Any) -> DayRow:
    """A booked appointment at nine."""
    return replace(ROW, **changes)
