"""What a council arranges for an appointment: an interpreter is asked for, and then confirmed or not possible. Pure.

A language that an adviser of the visit speaks needs no interpreter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from people.residents.details import interpreted_needs, spoken_needs

Decisions = Sequence[Mapping[str, str]]
"""What was decided, the oldest first: `need` and `state` each. Later ones count."""


class ArrangementState(StrEnum):
    """How far the arrangement of one need is."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    NOT_POSSIBLE = "not_possible"
    SPOKEN = "spoken"  # by an adviser of the visit


DECIDED = (ArrangementState.CONFIRMED, ArrangementState.NOT_POSSIBLE)


def arrangements_of(
    needs: Iterable[str], decisions: Decisions, *, spoken: Collection[str] = ()
) -> dict[str, ArrangementState]:
    """The state of each of `needs` that the council arranges, in the usual order; `spoken` are met by an adviser."""
    latest = {decision["need"]: ArrangementState(decision["state"]) for decision in decisions}
    by_adviser = dict.fromkeys(spoken_needs(spoken), ArrangementState.SPOKEN)
    return {need: (latest | by_adviser).get(need, ArrangementState.ASKED) for need in interpreted_needs(needs)}


def needs_facts(needs: Iterable[str], decisions: Decisions, unmet: Collection[str]) -> dict[str, Any]:
    """The facts of a visit that does not meet `unmet` of `needs`: `arrangements`, and `unmet_needs` that nobody arranges."""
    arranged = arrangements_of(needs, decisions, spoken=set(needs).difference(unmet))
    return {"arrangements": arranged, "unmet_needs": tuple(need for need in unmet if need not in arranged)}


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
