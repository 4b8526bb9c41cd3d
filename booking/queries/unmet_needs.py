"""What somebody needs and their appointment does not have, for many appointments in one statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking.availability.needs_met import features_of, unmet_needs
from booking.slot_tokens import decode
from booking.tables import Allocation, Hold
from core.tokens import digest
from locations.model import Catalogue, SiteFacts
from people.residents.details import place_needs, spoken_needs

_OCCUPIED = select(Allocation.appointment_id, Allocation.service_id, Allocation.resource_id).where(
    Allocation.appointment_id.in_(bindparam("ids", expanding=True))
)
_HELD = (
    select(Allocation.service_id, Allocation.resource_id)
    .join(Hold, Hold.id == Allocation.hold_id)
    .where(Hold.token_digest == bindparam("digest"))
)
Occupied = Mapping[int, Mapping[int, Collection[int]]]


def unmet_by_appointment(
    db: Session, rows: Sequence[Any], catalogues: Mapping[int, Catalogue]
) -> dict[int, tuple[str, ...]]:
    """The needs that each appointment does not meet, by its id; `catalogues` by the id of the council.

    No statement where every site has by itself what is needed. A row has the columns of an appointment with needs.
    """
    sites = {row.id: catalogues[row.authority_id].site_by_id(row.site_id) for row in rows}
    in_question = [row.id for row in rows if _of_occupied(row) - features_of(sites[row.id])]
    occupied = _occupied(db, in_question) if in_question else {}
    return {row.id: _unmet(catalogues[row.authority_id], sites[row.id], row, occupied) for row in rows}


def spoken_in_hold(db: Session, site: SiteFacts, token: str) -> frozenset[str]:
    """The languages in which a visit can be held that somebody holds by this token, without an interpreter."""
    rows = db.execute(_HELD, {"digest": digest(token)})
    return spoken_by(site, ((row.service_id, row.resource_id) for row in rows))


def spoken_by(site: SiteFacts, occupied: Iterable[tuple[int, int]]) -> frozenset[str]:
    """The languages that are spoken for each service of a visit; `occupied` has services with their resources."""
    skills = {resource.id: resource.skills for resource in site.resources}
    of_services: defaultdict[int, frozenset[str]] = defaultdict(frozenset)
    for service_id, resource_id in occupied:
        of_services[service_id] |= skills.get(resource_id, frozenset())
    everywhere = frozenset.intersection(*of_services.values()) if of_services else frozenset[str]()
    return spoken_needs(features_of(site) | everywhere)


def _of_occupied(row: Any) -> frozenset[str]:
    """The needs that what a visit occupies can meet."""
    needs = frozenset(row.support_needs)
    return place_needs(needs) | spoken_needs(needs)


def _occupied(db: Session, ids: list[int]) -> Occupied:
    found: defaultdict[int, defaultdict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for row in db.execute(_OCCUPIED, {"ids": ids}):
        found[row.appointment_id][row.service_id].add(row.resource_id)
    return found


def _unmet(catalogue: Catalogue, site: SiteFacts, row: Any, occupied: Occupied) -> tuple[str, ...]:
    skills = {resource.id: resource.skills for resource in site.resources}
    by_service = (
        frozenset[str]().union(*(skills.get(id_, frozenset()) for id_ in ids))
        for ids in occupied.get(row.id, {}).values()
    )
    is_longer = decode(row.slot_token).extra_time or not catalogue.authority.extra_time_minutes
    return unmet_needs(frozenset(row.support_needs), features_of(site), by_service, is_longer=is_longer)
