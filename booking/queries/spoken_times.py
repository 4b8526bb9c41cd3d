"""Whether a time that somebody may choose is with an adviser who speaks the language that they asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from booking.availability.busy import BusyRow
from booking.availability.engine import is_spoken
from booking.availability.site_days import day_of_slot, search_for
from booking.capacity.occupancy import busy_of
from booking.slot_tokens import SlotKey
from locations.model import Catalogue
from people.residents.details import spoken_needs


def spoken_at(
    db: Session,
    catalogue: Catalogue,
    slot_key: SlotKey,
    needs: frozenset[str],
    now: datetime,
    *,
    own_seats: frozenset[BusyRow] = frozenset(),
) -> frozenset[str]:
    """The languages among `needs` that an adviser speaks at this time; `own_seats` are free to whoever asks.

    Others are had with an interpreter. At most two statements, and none where no language is asked for.
    """
    spoken = spoken_needs(needs)
    if not spoken:
        return spoken
    search = search_for(
        *(catalogue, slot_key.service_ids, now),
        for_public=False,
        needs=needs,
        extra_time=slot_key.extra_time,
        mode=slot_key.mode,
        counts=slot_key.counts,
    )
    day = day_of_slot(catalogue, slot_key)
    busy = busy_of(db, catalogue, [day], now, exclude=own_seats)
    with_adviser = replace(search, adviser=slot_key.adviser)
    return spoken if is_spoken(with_adviser, day, busy, slot_key.start_unit) else frozenset()
