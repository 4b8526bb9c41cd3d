"""A trial of two plans of reminders: which appointment has which, and what the figures say. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from math import sqrt

ARMS = ("a", "b")
FEWEST = 100  # visits of each plan of which somebody wrote down how they ended; below that it is too few to say
Z = 1.959964  # of a 95% interval


def arm_of(trial_id: int, reference: str) -> str:
    """The plan of an appointment: always the same for the same trial and reference, and either with the same chance."""
    digest = hashlib.sha256(f"{trial_id}:{reference}".encode()).digest()
    return ARMS[digest[0] % 2]


@dataclass(frozen=True, slots=True)
class ArmFigures:
    """Of one plan: the visits that people came to and missed, those that were cancelled, and those still open."""

    came: int = 0
    missed: int = 0
    cancelled: int = 0
    to_come: int = 0

    @property
    def ended(self) -> int:
        """The visits that people came to or missed."""
        return self.came + self.missed

    @property
    def share_missed(self) -> float:
        """The share of those that were missed; 0 of none."""
        return self.missed / self.ended if self.ended else 0.0


@dataclass(frozen=True, slots=True)
class Difference:
    """How much larger the share missed is with the second plan than with the first, with its 95% interval."""

    value: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether no difference at all lies outside the interval."""
        return self.low > 0 or self.high < 0


def difference(first: ArmFigures, second: ArmFigures, fewest: int = FEWEST) -> Difference | None:
    """The difference of the two shares; None where there are too few visits to say.

    Source: R. G. Newcombe, Statistics in Medicine 17 (1998), pp. 873-890, method 10: the score intervals of Wilson joined.
    """
    if min(first.ended, second.ended) < max(fewest, 1):
        return None
    one, other = second.share_missed, first.share_missed
    (low_1, high_1), (low_2, high_2) = wilson(second.missed, second.ended), wilson(first.missed, first.ended)
    value = one - other
    low = value - sqrt((one - low_1) ** 2 + (high_2 - other) ** 2)
    high = value + sqrt((high_1 - one) ** 2 + (other - low_2) ** 2)
    return Difference(value, low, high)


def wilson(number: int, of: int) -> tuple[float, float]:
    """The 95% interval of a share. Source: E. B. Wilson, JASA 22 (1927), pp. 209-212."""
    share, square = number / of, Z * Z
    middle, half = 2 * number + square, Z * sqrt(square + 4 * number * (1 - share))
    return (middle - half) / (2 * (of + square)), (middle + half) / (2 * (of + square))
