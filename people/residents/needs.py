"""What somebody needs for a visit: which needs there are, of what kind, and who asks for them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum


class NeedKind(StrEnum):
    """PLACE needs filter sites and resources; ARRANGED ones the council sees to; TIME lengthens the appointment.

    SPOKEN is a language that advisers may speak: it is a skill of theirs, and where none of them is free it is arranged.
    """

    PLACE = "place"
    ARRANGED = "arranged"
    SPOKEN = "spoken"
    TIME = "time"


WELSH = "welsh"  # the meeting in Welsh; the skill of advisers who speak it has the same name
NEEDS: Mapping[str, NeedKind] = {
    "step-free": NeedKind.PLACE,
    "hearing-loop": NeedKind.PLACE,
    "bsl": NeedKind.ARRANGED,
    "language": NeedKind.ARRANGED,
    WELSH: NeedKind.SPOKEN,
    "extra-time": NeedKind.TIME,
}


def place_needs(needs: frozenset[str]) -> frozenset[str]:
    """Those of `needs` that a site or a resource has to offer."""
    return frozenset(code for code in needs if NEEDS.get(code) is NeedKind.PLACE)


def arranged_needs(needs: Iterable[str]) -> tuple[str, ...]:
    """Those of `needs` that the council has to arrange, in the usual order: an interpreter."""
    asked = set(needs)
    return tuple(code for code, kind in NEEDS.items() if kind is NeedKind.ARRANGED and code in asked)


def spoken_needs(needs: Iterable[str]) -> frozenset[str]:
    """Those of `needs` that an adviser meets who speaks the language, and an interpreter else: the meeting in Welsh."""
    return frozenset(code for code in needs if NEEDS.get(code) is NeedKind.SPOKEN)


def interpreted_needs(needs: Iterable[str]) -> tuple[str, ...]:
    """Those of `needs` that take an interpreter where no adviser speaks the language, in the usual order."""
    asked, kinds = set(needs), (NeedKind.ARRANGED, NeedKind.SPOKEN)
    return tuple(code for code, kind in NEEDS.items() if kind in kinds and code in asked)


def needs_asked(first_language: str, known: Iterable[str] = ()) -> tuple[str, ...]:
    """The needs that a council with this first language asks for; the meeting in Welsh in Wales. What is `known` stays."""
    kept = {first_language, *known}
    return tuple(code for code in NEEDS if code != WELSH or not kept.isdisjoint(("cy", WELSH)))


def wants_extra_time(needs: frozenset[str]) -> bool:
    """Whether one of `needs` lengthens the appointment."""
    return any(NEEDS.get(code) is NeedKind.TIME for code in needs)
