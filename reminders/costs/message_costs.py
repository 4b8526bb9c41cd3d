"""What messages have cost, in pounds, from what was sent and the prices that a council gives. Pure.

Nothing is guessed: without a price there is no cost, and what nobody counted is said beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

FULL_MONTHS = 3
PENCE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Sent:
    """Of one service, kind and month: texts and their segments, letters, and `uncounted` texts and letters of old."""

    service_id: int
    kind: str
    month: date
    texts: int = 0
    segments: int = 0
    letters: int = 0
    uncounted: int = 0


@dataclass(frozen=True, slots=True)
class Visits:
    """The visits of a month that people came to, and those that they missed."""

    month: date
    came: int = 0
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Prices:
    """In pence for a segment of a text and for a letter, in pounds for a missed visit; None where nobody has said."""

    text: Decimal | None = None
    letter: Decimal | None = None
    missed_visit: Decimal | None = None


def prices_of(text_pence: str, letter_pence: str, missed_visit_pounds: str) -> Prices:
    """The prices in a council's row."""
    found = (Decimal(one) if one else None for one in (text_pence, letter_pence, missed_visit_pounds))
    return Prices(*found)


def cost_of(sent: Iterable[Sent], prices: Prices) -> Decimal | None:
    """What it has cost, in pounds; None where a price is missing."""
    sent = list(sent)
    segments, letters = sum(one.segments for one in sent), sum(one.letters for one in sent)
    if (segments and prices.text is None) or (letters and prices.letter is None):
        return None
    return (segments * (prices.text or Decimal(0)) + letters * (prices.letter or Decimal(0))) / PENCE


def last_months(today: date, number: int = FULL_MONTHS) -> list[date]:
    """The first days of the last full months and of this one, the earliest first."""
    months = [today.replace(day=1)]
    while len(months) <= number:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return months[::-1]


def counted_months(sent: Iterable[Sent], months: Sequence[date]) -> list[date]:
    """Those of the full `months` from the first on in which a message was counted; none where nothing was."""
    used = {one.month for one in sent if one.texts or one.letters}
    first = min(used, default=None)
    return [month for month in months if first is not None and month >= first]


def saving_each_month(sent: Iterable[Sent], months: Sequence[date], prices: Prices) -> Decimal | None:
    """What a month of these messages has cost, on average over `months`; None without a month or a price."""
    found = cost_of((one for one in sent if one.month in months), prices)
    return None if found is None or not months else found / len(months)


def cost_of_text(sent: Iterable[Sent], prices: Prices) -> Decimal | None:
    """What one text has cost on average, in pounds; None where none was counted, or nobody has said what one costs."""
    sent = list(sent)
    texts, segments = sum(one.texts for one in sent), sum(one.segments for one in sent)
    return segments * prices.text / texts / PENCE if texts and prices.text is not None else None


def visits_for_one_missed(each_visit: Decimal, missed_visit: Decimal) -> int | None:
    """Of how many visits one must be kept that would be missed, so that it pays to spend so much on each; None for none."""
    return int(Fraction(missed_visit) / Fraction(each_visit)) or None if each_visit else None


def break_even(saving: Decimal, missed_visit: Decimal) -> int | None:
    """From how many more missed visits on somebody loses by it; None for a missed visit that costs nothing."""
    return int(Fraction(saving) / Fraction(missed_visit)) + 1 if missed_visit else None
