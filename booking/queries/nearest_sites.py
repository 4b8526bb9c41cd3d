"""The sites where a visit can be held, by their distance from a place."""

from __future__ import annotations

from booking.queries.slots import SlotQuery, candidate_sites
from locations.catchment import lies_in, own_areas
from locations.model import Catalogue, SiteFacts
from locations.postcodes import PostcodePlace, grid_miles


def sites_by_distance(
    catalogue: Catalogue, query: SlotQuery, place: PostcodePlace | None
) -> list[tuple[SiteFacts, float | None]]:
    """The candidate sites with their miles from `place`, nearest first; virtual ones, which are nowhere, last.

    Where a service is first of all for people from there, the sites of their own area come before nearer ones.
    """

    def miles(site: SiteFacts) -> float | None:
        if place is None or site.easting is None or site.northing is None:
            return None
        return grid_miles((place.easting, place.northing), (site.easting, site.northing))

    measured = [(site, miles(site)) for site in candidate_sites(catalogue, query)]
    if place is None:
        return measured
    own = sites_of_own_area(catalogue, query, place.postcode)
    return sorted(measured, key=lambda pair: (pair[1] is None, pair[0].id not in own, pair[1] or 0.0, pair[0].name))


def sites_of_own_area(catalogue: Catalogue, query: SlotQuery, postcode: str) -> frozenset[int]:
    """The ids of the sites in the areas for whose people the services are first, where somebody with `postcode` lives."""
    areas = own_areas(map(catalogue.service_by_id, query.service_ids), postcode)
    if not areas:
        return frozenset()
    return frozenset(site.id for site in catalogue.sites if site.postcode and lies_in(site.postcode, areas))
