"""What is wrong with a file of bookings, and at which line and column. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.errors import Reason, Refused


@dataclass(frozen=True, order=True)
class Clash:
    """One thing to put right: the line on which the booking begins, the column (empty for the whole line), and why."""

    line: int
    column: str
    reason: Reason = field(compare=False)


@dataclass
class ImportRefused(Refused):
    """Bookings of the file cannot be made. `clashes` are all that was found, by line. Nothing was changed."""

    clashes: tuple[Clash, ...]
    code = "invalid_file"
