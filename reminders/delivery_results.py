"""The result of a try to send a message. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from reminders.delivery_decisions import ClaimedRow


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """The result of a try. `tries` counts this one too; `error` is a reason as in `reminders.reasons`.

    `units` is how many segments or letters the provider has taken; None of what the message of another row told.
    The `last_unclear` one is not repeated if it is unclear: an earlier try may have arrived too, and nobody can be asked.
    `retry_after` is how many seconds the provider asked us to stay away.
    """

    claimed: ClaimedRow
    outcome: str
    tries: int
    provider_reference: str = ""
    error: str = ""
    last_unclear: bool = False
    retry_after: float = 0
    units: int | None = 0
