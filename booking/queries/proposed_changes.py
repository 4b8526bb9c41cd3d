"""How proposed times differ from those of the appointments that they are for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from booking.proposals.tables import Proposal
from booking.proposals.time_ranking import ProposedChange
from booking.queries.other_times import miles_between
from booking.queries.unmet_needs import spoken_by
from booking.slot_tokens import SlotKey, decode
from booking.tables import Allocation, Appointment
from core.database import connection_of
from core.wall_clock import instant_of
from locations.model import Catalogue, SiteFacts
from locations.postcodes import grid_miles, locate
from people.residents.details import NEEDS
from people.residents.tables import Resident

ADVISER = "adviser"
Seats = Collection[tuple[int, int]]
"""What a visit occupies: services with their resources."""


def proposed_changes(db: Session, catalogue: Catalogue, proposals: Collection[Proposal]) -> dict[int, ProposedChange]:
    """The change that each of these proposals for appointments would be, by its id. Three statements; none for none."""
    theirs = {row.appointment_id: row for row in proposals if row.appointment_id is not None}
    if not theirs:
        return {}
    held = _occupied(db, Allocation.hold_id, [row.hold_id for row in theirs.values() if row.hold_id is not None])
    booked = _occupied(db, Allocation.appointment_id, theirs)
    found = db.execute(
        select(
            Appointment.id,
            Appointment.starts_at,
            Appointment.site_id,
            Appointment.mode,
            Appointment.support_needs,
            Resident.postcode,
        )
        .join(Resident, Resident.id == Appointment.resident_id)
        .where(Appointment.id.in_(theirs))
    )
    return {
        theirs[old.id].id: change_to(
            catalogue, old, decode(theirs[old.id].slot_token), held[theirs[old.id].hold_id or 0], booked[old.id]
        )
        for old in found
    }


def change_to(
    catalogue: Catalogue, old: Any, new: SlotKey, held: Seats, booked: Seats, spoken: Collection[str] | None = None
) -> ProposedChange:
    """How the slot differs from `old`, a row of an appointment with the postcode of its resident.

    `held` are the seats of the slot, and `booked` those of the appointment; `spoken` are languages that an adviser speaks
    then, where they do not follow from the seats.
    """
    zone = ZoneInfo(catalogue.authority.zone)
    here, there = catalogue.site_by_id(old.site_id), catalogue.site_by_id(new.site_id)
    starts_at = instant_of(new.start_unit)
    miles, is_from_home = _miles_further(here, there, old.postcode)
    seats = (*held, *(booked if starts_at == old.starts_at else ()))
    needs = frozenset(old.support_needs)
    return ProposedChange(
        days=(starts_at.astimezone(zone).date() - old.starts_at.astimezone(zone).date()).days,
        is_same_time=starts_at == old.starts_at,
        miles=miles,
        is_from_home=is_from_home,
        mode=new.mode,
        is_other_mode=new.mode != old.mode,
        adviser=_adviser(catalogue, there, (resource_id for _service_id, resource_id in seats)),
        is_same_place=here.id == there.id,
        needs=tuple(need for need in NEEDS if need in needs),
        spoken=frozenset(spoken_by(there, seats) if spoken is None else spoken) & needs,
    )


def _miles_further(here: SiteFacts, there: SiteFacts, postcode: str) -> tuple[float | None, bool]:
    """How much further it is to the new place, and whether that is from the person's own postcode."""
    if here.id == there.id or there.is_virtual:
        return None, False
    home = locate(postcode) if postcode else None
    if home is not None and here.easting and here.northing and there.easting and there.northing:
        at_home = (home.easting, home.northing)
        before = grid_miles(at_home, (here.easting, here.northing))
        return grid_miles(at_home, (there.easting, there.northing)) - before, True
    return miles_between(here, there), False


def _adviser(catalogue: Catalogue, site: SiteFacts, resource_ids: Iterable[int]) -> str:
    """The name of the first adviser among these who works there; empty for none."""
    found = (site.resource(resource_id) for resource_id in resource_ids)
    return next((resource.name for resource in found if resource is not None and resource.kind == ADVISER), "")


def _occupied(
    db: Session, owner: ColumnElement[Any] | Any, ids: Collection[int]
) -> defaultdict[int, list[tuple[int, int]]]:
    """What each of these holds or appointments occupies."""
    found: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    if ids:
        rows = (
            select(owner, Allocation.service_id, Allocation.resource_id)
            .where(owner.in_(ids))
            .order_by(Allocation.first_unit, Allocation.id)
        )
        for owner_id, *seat in connection_of(db).execute(rows):
            found[owner_id].append(tuple(seat))
    return found
