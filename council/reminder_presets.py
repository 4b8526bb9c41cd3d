"""Plans of reminders to start from, each with what is known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

MORNING = "09:00"


@dataclass(frozen=True)
class Preset:
    """A plan: what its button says, what is known of it, and its reminders as in the council's file."""

    label: LazyString
    known: LazyString
    reminders: Sequence[Mapping[str, Any]]


def _days(*numbers: int) -> list[dict[str, Any]]:
    return [{"kind": f"reminder_{number}d", "days_before": number, "at": MORNING} for number in numbers]


PRESETS: Mapping[str, Preset] = {
    "two": Preset(
        _l("14 days and 4 days before"),
        _l("The best pair in the trials of the NHS. Whoever cannot come has time to say so."),
        _days(14, 4),
    ),
    "one": Preset(
        _l("5 days before"),
        _l("One message, so the cheapest. A time that is given up can still go to somebody else."),
        _days(5),
    ),
    "three": Preset(
        _l("7 days, 1 day and 2 hours before"),
        _l("What this service does where nobody has chosen. The most messages."),
        [*_days(7, 1), {"kind": "reminder_2h", "minutes_before": 120}],
    ),
}
