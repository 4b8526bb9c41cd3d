"""Which messages a council sends, and what messages and missed visits cost it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MessagePrices:
    """Prices as decimals, empty where nobody has said: of a segment of a text, a letter, and a missed visit.

    `reminders.costs.kinds_off` reads the kinds.
    """

    reminders_apart_hours: int = 12
    text_pence: str = ""
    letter_pence: str = ""
    missed_visit_pounds: str = ""
    kinds_off: tuple[Mapping[str, str], ...] = ()

    @property
    def missed_visit_cost(self) -> str:
        """What a missed visit costs, as people read it; empty where nobody has said, and for nothing."""
        cost = Decimal(self.missed_visit_pounds or 0)
        return pounds(cost) if cost else ""


def pounds(amount: Decimal) -> str:
    """ "£1,234.50"; whole pounds without pence."""
    return f"£{amount:,.0f}" if amount == amount.to_integral_value() else f"£{amount:,.2f}"
