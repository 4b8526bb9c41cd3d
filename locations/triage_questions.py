"""The questions that a service asks before it is booked. Pure."""

from __future__ import annotations

from dataclasses import dataclass

MOST_COUNTED = 10  # where a question that counts says no other number
LONGEST_VISIT = 480  # minutes for one service, however many there are of what it counts


@dataclass(frozen=True, slots=True)
class TriageQuestion:
    """What staff ask and say; `tell` is for residents. They answer it where a `wrong_answer` means: do `instead`.

    With `minutes_each` the answer is a number, up to `most`, and the visit is longer by so many minutes for each.
    """

    ask: str
    say: str
    tell: str = ""
    wrong_answer: str = ""
    instead: str = ""
    minutes_each: int = 0
    most: int = 0
    translations: tuple[tuple[str, str], ...] = ()
