"""Which other time suits somebody best whose appointment cannot take place, and how it differs from the old one. Pure.

Where a place is shut for good, the one that takes over comes first. Then the same time by telephone or video: nothing
changes but the way, and with the same adviser not even whom they speak to. Then whatever differs least, in the mode that
they booked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from booking.rebooking import change_between
from locations.model import VIRTUAL_MODES

# A loop is in a room: whoever needs one comes to it. Nobody who is deaf is moved to the telephone.
NEEDS_IN_PERSON = frozenset({"hearing-loop"})
NEEDS_NOT_BY_PHONE = frozenset({"hearing-loop", "bsl"})
ORDER_OF_MODES = ("phone", "video", "in_person")  # a telephone is what everybody has


@dataclass(frozen=True)
class OldTime:
    """The time that cannot be kept; `zone` is that of its place."""

    starts_at: datetime
    mode: str
    zone: str


@dataclass(frozen=True)
class OtherTime:
    """A time that is free. `miles` are from the old place; `has_same_person` when whoever they were to see is free then.

    `is_at_successor` is true of the place that takes over from one that is shut for good. So many such visits are `free`.
    """

    site_id: int
    starts_at: datetime
    mode: str
    miles: float
    has_same_person: bool = False
    is_at_successor: bool = False
    free: int = 1


@dataclass(frozen=True)
class ReachedBy:
    """Whether a number, and an address for the link of a video, are known of the person or of who acts for them."""

    phone: bool
    email: bool


def remote_modes(
    mode: str, of_services: Iterable[Collection[str]], needs: Collection[str], reached_by: ReachedBy
) -> tuple[str, ...]:
    """By telephone, by video, or both: how else than in `mode` all these services can be had by somebody with `needs`."""
    if mode not in VIRTUAL_MODES and not NEEDS_IN_PERSON.isdisjoint(needs):
        return ()
    possible = set(VIRTUAL_MODES).intersection(*of_services) - {mode}
    if not reached_by.phone or not NEEDS_NOT_BY_PHONE.isdisjoint(needs):
        possible.discard("phone")
    if not reached_by.email:
        possible.discard("video")
    return tuple(one for one in ORDER_OF_MODES if one in possible)


def is_same_time(old: OldTime, other: OtherTime) -> bool:
    """Whether it is the old time, by telephone or video."""
    return other.mode in VIRTUAL_MODES and other.starts_at == old.starts_at


def best_time(old: OldTime, others: Iterable[OtherTime]) -> OtherTime | None:
    """The one that suits best, or None of none."""
    return min(others, key=lambda other: _rank(old, other), default=None)


def in_order(old: OldTime, others: Iterable[OtherTime]) -> list[OtherTime]:
    """All of them, the one that suits best first."""
    return sorted(others, key=lambda other: _rank(old, other))


def _rank(old: OldTime, other: OtherTime) -> tuple[object, ...]:
    is_first = is_same_time(old, other)
    return (
        not other.is_at_successor,
        not is_first,
        is_first and not other.has_same_person,
        other.mode != old.mode,
        ORDER_OF_MODES.index(other.mode),
        change_between(old.starts_at, other.starts_at, old.zone, other.miles).cost,
        other.starts_at,
        other.site_id,
    )


@dataclass(frozen=True)
class ProposedChange:
    """How a proposed time differs from the old one, for whoever decides about it.

    `days` and `miles` are negative for sooner and nearer. `miles` is None where nobody travels, or nobody knows; they are
    from the person's own postcode where `is_from_home`, otherwise between the two places. `adviser` is a name, or nothing.
    `needs` are in the usual order: a time is proposed only where all of them are met, or can be arranged. The languages
    among them are `spoken` by an adviser then, or else had with an interpreter.
    """

    days: int
    is_same_time: bool
    miles: float | None
    is_from_home: bool
    mode: str
    is_other_mode: bool
    adviser: str
    needs: tuple[str, ...]
    spoken: frozenset[str] = frozenset()
    is_same_place: bool = False

    @property
    def is_as_booked(self) -> bool:
        """Whether time, place and way stay: somebody else serves the visit, or another room."""
        return self.is_same_time and self.is_same_place and not self.is_other_mode
