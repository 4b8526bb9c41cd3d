"""The free slots nearest to one that is taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from heapq import nsmallest

from sqlalchemy.orm import Session

from booking.availability.values import Slot
from booking.queries.slots import FreeSlot, SlotQuery, engine_slots, free_slots_of
from booking.slot_tokens import SlotKey, encode
from core.wall_clock import local_date_of
from locations.model import Catalogue


def nearest_alternatives(
    db: Session,
    catalogue: Catalogue,
    slot_key: SlotKey,
    now: datetime,
    *,
    for_public: bool,
    needs: frozenset[str] = frozenset(),
    count: int = 3,
) -> list[FreeSlot]:
    """Up to `count` slots nearest in time to `slot_key`, at its site and in its mode; then anywhere, if too few."""
    zone = catalogue.authority.zone
    requested_date = local_date_of(slot_key.start_unit, zone)
    query = SlotQuery(
        service_ids=slot_key.service_ids,
        site_ids=(slot_key.site_id,),
        mode=slot_key.mode,
        needs=needs,
        first_date=requested_date - timedelta(days=7),
        last_date=requested_date + timedelta(days=14),
        for_public=for_public,
        extra_time=slot_key.extra_time,
        counts=slot_key.counts,
        adviser=slot_key.adviser,
    )
    found: dict[str, FreeSlot] = {}
    # The closest first: here about then, anywhere about then, anywhere at any time.
    anywhere = replace(query, site_ids=None, mode=None)
    wider = (query, anywhere, replace(anywhere, first_date=None, last_date=None))
    for wider_query in wider:
        near = _nearest(engine_slots(db, catalogue, wider_query, now), slot_key.start_unit, count + 1)
        found |= {
            free_slot.token: free_slot for slot in near for free_slot in free_slots_of(catalogue, wider_query, slot)
        }
        found.pop(encode(slot_key), None)
        if len(found) >= count:
            break
    return sorted(list(found.values())[:count], key=lambda slot: slot.starts_at)


def _nearest(slots: list[Slot], unit: int, count: int) -> list[Slot]:
    return nsmallest(count, slots, key=lambda slot: (abs(slot.start_unit - unit), slot.start_unit, slot.site_id))
