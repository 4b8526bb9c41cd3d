"""What is open to whoever searches: staff have everything, residents what has been released to them by now.

All searches and every check ask here, with a stage: the part of the day's releases that has come. It stays the same between
two releases, so that what is worked out for a day holds until the next one.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from booking.availability.bits import NOTHING, Bits, span
from booking.availability.values import ResourceDay, Search, ServiceShape, Share, SiteDay, Window
from locations.session_openings import LONGEST_WAIT


class Stage(NamedTuple):
    """How far a day's releases have come for residents: the tick that is now, and the last unit at which a share came.

    The tick is held between the moments at which the first and the last kept tick are released, so that far days and past
    ones are worked out once. `for_list`: for somebody on the waiting list.
    """

    tick: int
    unit: int
    for_list: bool


class _Moments(NamedTuple):
    """When something of a day is released: at the latest so many ticks before it, and at these units, ascending."""

    longest: int | None
    units: tuple[int, ...]


def release_stage(search: Search, site_day: SiteDay) -> Stage | None:
    """How far the day's releases have come for whoever searches; None when nothing depends on it."""
    if not search.for_public:
        return None
    longest, units = _moments(site_day)
    if longest is None and not units:
        return None
    day, tick = site_day.day, 0
    if longest is not None:
        tick = min(max(search.now_unit - day.base_unit, -longest - 1), day.ticks + LONGEST_WAIT)
    passed = bisect_right(units, search.now_unit)
    return Stage(tick, units[passed - 1] if passed else 0, search.for_list)


def has_shares(resource_day: ResourceDay) -> bool:
    """Whether seats of the resource are released at different times."""
    return any(window.kept for window in resource_day.windows)


def open_bits(resource_day: ResourceDay, shape: ServiceShape, stage: Stage | None, seat: int = 0) -> Bits:
    """The ticks at which a seat of the resource is open for the service; with a stage, to residents."""
    bits = NOTHING
    for window in resource_day.windows:
        if shape.service_id in window.service_ids:
            whole = span(window.first, window.last)
            bits |= whole if stage is None else whole & ~_kept(window, shape, stage, seat)
    return bits & ~resource_day.closed


def _kept(window: Window, shape: ServiceShape, stage: Stage, seat: int) -> Bits:
    """The ticks of a window that residents cannot have yet."""
    waits = shape.list_comes_first and not stage.for_list
    if waits and stage.unit < window.new_until:
        return span(window.first, window.last)
    kept = NOTHING
    if window.keeps_some:
        kept = _rolling(
            window, max(window.reserved_from, window.first), stage, window.release_ticks, window.wait_ticks * waits
        )
    for share in window.kept:
        if share.from_unit is None:
            ticks = _rolling(window, window.first, stage, share.release_ticks, share.wait_ticks * waits)
            kept |= share.seats[seat] & ticks
        elif not (share.is_same_day and shape.is_same_day_open) and stage.unit < _from(share, waits=waits):
            kept |= share.seats[seat]
    return kept


def _rolling(window: Window, first: int, stage: Stage, release_ticks: int, wait: int) -> Bits:
    """The ticks from `first` on whose own release, `release_ticks` before each and `wait` later, is still to come."""
    return span(max(first, stage.tick + release_ticks - wait + 1), window.last)


def _from(share: Share, *, waits: bool) -> int:
    """The unit from which on it can be booked."""
    return (share.from_unit or 0) + (share.wait_ticks if waits else 0)


def _moments(site_day: SiteDay) -> _Moments:
    """When something of the day is released to anybody."""
    known: _Moments | None = site_day.memory.get("moments")
    if known is None:
        windows = [window for resource_day in site_day.resources for window in resource_day.windows]
        shares = [share for window in windows for share in window.kept]
        rolling = [window.release_ticks for window in windows if window.keeps_some]
        rolling += [share.release_ticks for share in shares if share.from_unit is None]
        units = {window.new_until for window in windows if window.new_until}
        for share in shares:
            if share.from_unit is not None:
                units |= {share.from_unit, _from(share, waits=True)}
        known = site_day.memory["moments"] = _Moments(max(rolling, default=None), tuple(sorted(units)))
    return known
