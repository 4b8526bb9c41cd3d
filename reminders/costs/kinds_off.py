"""The kinds of messages that a council has switched off, from when, by whom. Pure.

Only what says a second time what people know can be switched off: who is not told that a visit is cancelled or moved comes
for nothing, and a time would be held for nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from core.wall_clock import parse_instant
from reminders.recipients import CONFIRMATION, REMINDER, TELL_HOW_TO_JOIN, VIDEO, family_of

SWITCHABLE = (REMINDER, CONFIRMATION)


@dataclass(frozen=True, slots=True)
class KindOff:
    """A kind that is off for what is due at `since` or later; `switched_by` did it at `switched_at`."""

    kind: str
    since: datetime
    switched_by: str
    switched_at: datetime

    def stored(self) -> dict[str, str]:
        """It as the council's row keeps it."""
        values = asdict(self) | {"since": self.since.isoformat(), "switched_at": self.switched_at.isoformat()}
        return {name: str(value) for name, value in values.items()}


def kinds_off_of(stored: Iterable[Mapping[str, str]]) -> tuple[KindOff, ...]:
    """Those that a council's row keeps."""
    return tuple(
        KindOff(
            one["kind"],
            parse_instant(one["since"]),
            one["switched_by"],
            parse_instant(one["switched_at"]),
        )
        for one in stored
    )


def is_off(off: Iterable[KindOff], kind: str, mode: str, due_at: datetime, *, version: int = 1) -> bool:
    """Whether a message of this kind that is due then, about this version of an appointment, is switched off.

    Never one that tells how to join a video, nor the confirmation for somebody to whom the appointment was handed: they
    know nothing of it yet.
    """
    family = family_of(kind)
    is_needed = (mode == VIDEO and family in TELL_HOW_TO_JOIN) or (family == CONFIRMATION and version > 1)
    return not is_needed and any(one.kind == family and one.since <= due_at for one in off)
