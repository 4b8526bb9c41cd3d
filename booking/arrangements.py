"""What a council arranges for an appointment: an interpreter is asked for, and then confirmed or not possible. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from people.residents.details import arranged_needs

Decisions = Sequence[Mapping[str, str]]
"""What was decided, the oldest first: `need` and `state` each. Later ones count."""


class ArrangementState(StrEnum):
    """How far the arrangement of one need is."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    NOT_POSSIBLE = "not_possible"


DECIDED = (ArrangementState.CONFIRMED, ArrangementState.NOT_POSSIBLE)


def arrangements_of(needs: Iterable[str], decisions: Decisions) -> dict[str, ArrangementState]:
    """The state of each of `needs` that the council arranges, in the usual order."""
    latest = {decision["need"]: ArrangementState(decision["state"]) for decision in decisions}
    return {need: latest.get(need, ArrangementState.ASKED) for need in arranged_needs(needs)}


def decided(decisions: Decisions, need: str, state: ArrangementState) -> list[dict[str, str]]:
    """`decisions` and one more."""
    return [*map(dict, decisions), {"need": need, "state": state.value}]


def asked_again(decisions: Decisions, needs: Iterable[str]) -> list[dict[str, str]]:
    """`decisions`, with each of `needs` that was decided asked for again: for another time, or another language."""
    again = list(map(dict, decisions))
    for need, state in arrangements_of(needs, decisions).items():
        if state is not ArrangementState.ASKED:
            again = decided(again, need, ArrangementState.ASKED)
    return again
