"""The sites where a visit can be held, by their distance from a place."""

from __future__ import annotations

from booking.queries.slots import SlotQuery, candidate_sites
from locations.model import Catalogue, SiteFacts
from locations.postcodes import PostcodePlace, grid_miles


def sites_by_distance(
    catalogue: Catalogue, query: SlotQuery, place: PostcodePlace | None
) -> list[tuple[SiteFacts, float | None]]:
    """The candidate sites with their miles from `place`, nearest first; virtual ones, which are nowhere, last."""

    def miles(site: SiteFacts) -> float | None:
        if place is None or site.easting is None or site.northing is None:
            return None
        return grid_miles((place.easting, place.northing), (site.easting, site.northing))

    measured = [(site, miles(site)) for site in candidate_sites(catalogue, query)]
    if place is None:
        return measured
    return sorted(measured, key=lambda pair: (pair[1] is None, pair[1] or 0.0, pair[0].name))
