"""The questions that a service asks before it is booked. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TriageQuestion:
    """What staff ask and say; `tell` is for residents. They answer it where a `wrong_answer` means: do `instead`."""

    ask: str
    say: str
    tell: str = ""
    wrong_answer: str = ""
    instead: str = ""
    translations: tuple[tuple[str, str], ...] = ()
