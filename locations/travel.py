"""How long staff travel between two sites of a council: as its file says, or else by distance. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Protocol

from core.wall_clock import TICK_MINUTES
from locations.postcodes import grid_miles

# Average speed on local A roads in England, year to June 2019. Source: Department for Transport, read 2026-11-25,
# https://www.gov.uk/government/statistics/travel-time-measures-for-the-strategic-road-network-and-local-a-roads-july-2018-to-june-2019
MILES_AN_HOUR = 25.4
# Miles by road for each mile as the crow flies. Source: Boscoe, Henry and Zdeb, "A Nationwide Comparison of Driving
# Distance Versus Straight-Line Distance to Hospitals", 2012, https://doi.org/10.1080/00330124.2011.583586, read 2026-11-25.
MILES_BY_ROAD = 1.417
LONGEST_MINUTES = 240
"""The most that counts: what is read about a person's day reaches so far to either side."""

UNKNOWN_MINUTES = 60
"""Between sites of which one has no postcode. The import asks for better where somebody works at both."""

SitePair = tuple[int, int]
"""Two site ids, the lower one first."""


class Destination(Protocol):
    """What a journey needs of a site."""

    @property
    def id(self) -> int: ...
    @property
    def easting(self) -> int | None: ...
    @property
    def northing(self) -> int | None: ...
    @property
    def is_virtual(self) -> bool: ...


class TravelTimes:
    """The minutes between the sites of one council, worked out as they are asked for."""

    def __init__(self, sites: Iterable[Destination], given: Mapping[SitePair, int]) -> None:
        self.given = given
        self._sites = {site.id: site for site in sites}
        self._known: dict[SitePair, int] = {}

    def minutes(self, one_id: int, other_id: int) -> int:
        """The minutes between two sites, in either direction: none within a site, nor to or from a virtual one."""
        pair = site_pair(one_id, other_id)
        if pair not in self._known:
            self._known[pair] = self._minutes(pair)
        return self._known[pair]

    def ticks(self, one_id: int, other_id: int) -> int:
        """The same in whole ticks, rounded up."""
        return -(-self.minutes(one_id, other_id) // TICK_MINUTES)

    def _minutes(self, pair: SitePair) -> int:
        if pair[0] == pair[1]:
            return 0
        one, other = self._sites.get(pair[0]), self._sites.get(pair[1])
        if (one and one.is_virtual) or (other and other.is_virtual):
            return 0
        if pair in self.given:
            return min(self.given[pair], LONGEST_MINUTES)
        places = [place_of(site) for site in (one, other)]
        if places[0] is None or places[1] is None:
            return UNKNOWN_MINUTES
        return minutes_by_distance(places[0], places[1])


def place_of(site: Destination | None) -> tuple[int, int] | None:
    """Easting and northing of a site; None when they are not known."""
    if site is None or site.easting is None or site.northing is None:
        return None
    return site.easting, site.northing


def minutes_by_distance(one: tuple[int, int], other: tuple[int, int]) -> int:
    """The minutes between two points of the National Grid, rounded up to five; at most LONGEST_MINUTES."""
    minutes = grid_miles(one, other) * MILES_BY_ROAD / MILES_AN_HOUR * 60
    return min(math.ceil(minutes / TICK_MINUTES) * TICK_MINUTES, LONGEST_MINUTES)


def site_pair(one_id: int, other_id: int) -> SitePair:
    """The two ids, the lower one first."""
    return (one_id, other_id) if one_id < other_id else (other_id, one_id)
