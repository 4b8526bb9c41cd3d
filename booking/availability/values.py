"""The input and the output of the engine: plain, frozen values.

Ticks are counted from the local midnight of a day, units from 1970 (`core.wall_clock`); both last five
minutes, and every pair of first and last is half-open.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from booking.availability.bits import Bits
from booking.availability.busy import BusyRow
from booking.slot_tokens import SlotKey
from core.wall_clock import LocalDay
from locations.session_facts import ClosureFacts

NO_NAMES: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Requirement:
    """One pool: any resource of this kind that has all these skills or features."""

    kind: str
    skills: frozenset[str] = NO_NAMES


@dataclass(frozen=True, slots=True)
class ServiceShape:
    """What a service needs: its length, its turnaround, one resource for each requirement, and its grid.

    `list_comes_first`: what comes up is for the waiting list before it is for everybody. `is_same_day_open`: what is kept
    for the day itself is for everybody now.
    """

    service_id: int
    duration_ticks: int
    turnaround_ticks: int
    requirements: tuple[Requirement, ...]
    grid_ticks: int
    list_comes_first: bool = False
    is_same_day_open: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a window that residents cannot have before `from_unit`, as bits of each seat of the resource.

    Where that is None, each tick is kept until `release_ticks` before its own instant. Where the waiting list comes first,
    everybody else has it `wait_ticks` later.
    """

    seats: tuple[Bits, ...]
    from_unit: int | None
    release_ticks: int = 0
    wait_ticks: int = 0
    is_same_day: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """One opening of a resource in one day, for some services.

    From tick `reserved_from` on, each tick is kept for triage until `release_ticks` before its own instant;
    when `reserved_from` equals `last`, nothing is kept so. `kept` says which of its shares is for whom from when on.
    Before `new_until` it is for the waiting list alone, where that comes first.
    """

    first: int
    last: int
    service_ids: frozenset[int]
    reserved_from: int
    release_ticks: int = 0
    wait_ticks: int = 0
    kept: tuple[Share, ...] = ()
    new_until: int = 0

    @property
    def keeps_some(self) -> bool:
        """Whether a part of this window is kept for triage at all."""
        return self.reserved_from < self.last


@dataclass(frozen=True, slots=True)
class EngineResource:
    """What a resource is. `skills` holds skills and features together."""

    resource_id: int
    kind: str
    seats: int
    skills: frozenset[str] = NO_NAMES


@dataclass(frozen=True, slots=True)
class ResourceDay:
    """The plan of one resource in one day, without its bookings."""

    resource: EngineResource
    windows: tuple[Window, ...]
    closed: Bits = 0


@dataclass(frozen=True, slots=True)
class SiteDay:
    """The plan of one site in one day. It remembers what the engine works out from it: reuse it between searches.

    `holiday` is the name of the bank holiday for which the site is shut, or empty; `closures` are all that touch the day.
    Where something is shut for one of the site's modes and not for another, `by_mode` is the day of each of them, and this
    what is open in any.
    """

    site_id: int
    day: LocalDay
    features: frozenset[str]
    resources: tuple[ResourceDay, ...]
    holiday: str = ""
    closures: tuple[ClosureFacts, ...] = ()
    by_mode: tuple[tuple[str, SiteDay], ...] = ()
    memory: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def resource_ids(self) -> tuple[int, ...]:
        """The ids of `resources`, in their order."""
        try:
            known: tuple[int, ...] = self.memory["resource_ids"]
        except KeyError:
            known = self.memory["resource_ids"] = tuple(day.resource.resource_id for day in self.resources)
        return known

    def in_mode(self, mode: str) -> SiteDay:
        """The day as it is for whoever comes in this mode of the site."""
        return dict(self.by_mode).get(mode, self)


@dataclass(frozen=True, slots=True)
class Search:
    """A search: one visit of one or more services, back to back.

    `earliest_unit <= start < latest_unit`. Support `needs` are met for each service of the visit by the site's own
    features, or by any one of the resources allocated to that service. `extra_ticks` lengthens each service of the visit.
    It may be held in any of `modes` that the site has. `for_list` is for somebody on the waiting list. `spoken` are needs
    too where somebody is free who meets them; on a day of a site where nobody is, the visit begins from `interpreted_from`.
    `adviser` is the resource that serves each service of the visit for which it has kind and skills, and one at least.
    """

    visit: tuple[ServiceShape, ...]
    earliest_unit: int
    latest_unit: int
    now_unit: int
    for_public: bool
    needs: frozenset[str] = NO_NAMES
    extra_ticks: int = 0
    modes: frozenset[str] = NO_NAMES
    for_list: bool = False
    spoken: frozenset[str] = NO_NAMES
    interpreted_from: int = 0
    adviser: int = 0

    @property
    def visit_ticks(self) -> int:
        """How long the resident stays: all services with their extra time, without the last turnaround."""
        return sum(shape.duration_ticks + self.extra_ticks for shape in self.visit)


class Slot(NamedTuple):
    """A start that could be booked; `free` such visits fit side by side. A tuple, because thousands are made.

    Where something is shut that day for one mode alone, `free_by_mode` says in which modes it can be had, and how often.
    """

    site_id: int
    start_unit: int
    end_unit: int
    free: int
    free_by_mode: tuple[tuple[str, int], ...] = ()


class SeatAllocation(NamedTuple):
    """One seat of one resource, allocated to one service of a visit; `last_unit` includes the turnaround."""

    resource_id: int
    seat: int
    first_unit: int
    last_unit: int
    service_id: int


class SlotCheck(Enum):
    """Whether a start can be booked, or the first reason why not."""

    FREE = "free"
    TAKEN = "taken"
    CLOSED = "closed"
    TOO_SOON = "too_soon"
    TOO_FAR = "too_far"
    OFF_GRID = "off_grid"


@dataclass(frozen=True, slots=True)
class BookedVisit:
    """A booking or a hold, as far as its fit is concerned. `seats` are what it occupies."""

    owner_id: int
    slot: SlotKey
    needs: frozenset[str]
    seats: tuple[BusyRow, ...]

    @property
    def resource_ids(self) -> frozenset[int]:
        """The resources that it occupies."""
        return frozenset(seat[0] for seat in self.seats)
