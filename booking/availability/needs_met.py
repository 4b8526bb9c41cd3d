"""Whether the place, the mode and the length of a visit meet what somebody needs: the one rule for all who ask. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from locations.model import SiteFacts
from people.residents.details import NEEDS, place_needs, spoken_needs, wants_extra_time

# Nobody climbs stairs to a telephone, nor hears by the loop of a room: what a place has counts only for those who come.
OF_PLACES = place_needs(frozenset(NEEDS))


def features_of(site: SiteFacts) -> frozenset[str]:
    """The needs that the site meets by itself, whatever a visit occupies there."""
    return site.features | (OF_PLACES if site.is_virtual else frozenset())


def unmet_needs(
    needs: frozenset[str], features: frozenset[str], occupied: Iterable[frozenset[str]], *, is_longer: bool
) -> tuple[str, ...]:
    """Those of `needs` that a visit does not meet, in the usual order.

    `features` are those of its site, `occupied` has for each of its services the skills of all that the visit occupies
    for it, and `is_longer` says whether it has extra time. A language is met where somebody speaks it for each service.
    """
    not_at_site = (place_needs(needs) | spoken_needs(needs)) - features
    unmet = {need for skills in occupied for need in not_at_site - skills}
    if not is_longer:
        unmet |= {need for need in needs if wants_extra_time(frozenset({need}))}
    return tuple(need for need in NEEDS if need in unmet)


def met_at_site(site: SiteFacts) -> frozenset[str]:
    """The needs that some visit to the site can have met there: by the site itself, or by what could be occupied."""
    return features_of(site).union(*(resource.skills for resource in site.resources)) & OF_PLACES


def never_met_at(site: SiteFacts, needs: Iterable[str]) -> tuple[str, ...]:
    """Those of `needs` that no visit to the site can have met there, in the usual order."""
    missing = place_needs(frozenset(needs)) - met_at_site(site)
    return tuple(need for need in NEEDS if need in missing)
