"""The support needs that a resident can have, and what each of them asks of a place or of the time."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class NeedKind(StrEnum):
    """PLACE needs filter sites and resources; ARRANGED ones the council sees to; TIME lengthens the appointment."""

    PLACE = "place"
    ARRANGED = "arranged"
    TIME = "time"


NEEDS: Mapping[str, NeedKind] = {
    "step-free": NeedKind.PLACE,
    "hearing-loop": NeedKind.PLACE,
    "bsl": NeedKind.ARRANGED,
    "language": NeedKind.ARRANGED,
    "extra-time": NeedKind.TIME,
}


def place_needs(needs: frozenset[str]) -> frozenset[str]:
    """Those of `needs` that a site or a resource has to offer."""
    return frozenset(code for code in needs if NEEDS.get(code) is NeedKind.PLACE)


def wants_extra_time(needs: frozenset[str]) -> bool:
    """Whether one of `needs` lengthens the appointment."""
    return any(NEEDS.get(code) is NeedKind.TIME for code in needs)
