"""Which other times people would get if something were shut. Nothing is written or held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.proposals.time_ranking import OtherTime, ProposedChange, best_time
from booking.queries.other_times import old_time_of, other_times, persons_of, slot_key_of
from booking.queries.proposed_changes import change_to
from booking.queries.spoken_times import spoken_at
from booking.rebooking import Waiting, in_turn
from booking.tables import Appointment
from locations.model import Catalogue, SiteFacts
from people.residents.tables import Resident


@dataclass(frozen=True)
class PreviewedTime:
    """A time that somebody would be offered, in the council's zone."""

    site: SiteFacts
    starts_at: datetime
    change: ProposedChange


def previewed_times(
    db: Session, catalogue: Catalogue, appointment_ids: Collection[int], now: datetime, seconds: float
) -> dict[int, PreviewedTime]:
    """What each of these would be offered with this catalogue, in their turn; who gets none is left out.

    It stops after `seconds`. Nobody gets a time of which others have taken all that is free.
    """
    end, taken, found = monotonic() + seconds, Counter[tuple[int, datetime]](), dict[int, PreviewedTime]()
    rows = {row.id: row for row in db.scalars(select(Appointment).where(Appointment.id.in_(appointment_ids)))}
    waiting = [Waiting(0, row.id, row.starts_at, row.support_needs, row.created_at) for row in rows.values()]
    for one in in_turn(waiting, now):
        if monotonic() >= end:
            break
        row = rows[one.appointment_id]
        others = (time for time in other_times(db, catalogue, row, now) if time.free > taken[_key(time)])
        best = best_time(old_time_of(catalogue, row), others)
        if best is not None:
            taken[_key(best)] += 1
            found[row.id] = _previewed(db, catalogue, row, best, now)
    return found


def _key(time: OtherTime) -> tuple[int, datetime]:
    return time.site_id, time.starts_at


def _previewed(db: Session, catalogue: Catalogue, row: Appointment, best: OtherTime, now: datetime) -> PreviewedTime:
    old = SimpleNamespace(
        starts_at=row.starts_at,
        site_id=row.site_id,
        mode=row.mode,
        support_needs=row.support_needs,
        postcode=db.get_one(Resident, row.resident_id).postcode,
    )
    key, needs = slot_key_of(db, row, best), frozenset(row.support_needs)
    booked = [(0, id_) for id_ in persons_of(db, catalogue, row)] if best.has_same_person else ()
    change = change_to(catalogue, old, key, (), booked, spoken_at(db, catalogue, key, needs, now))
    zone = ZoneInfo(catalogue.authority.zone)
    return PreviewedTime(catalogue.site_by_id(best.site_id), best.starts_at.astimezone(zone), change)
