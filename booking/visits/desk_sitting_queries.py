"""At which desks somebody sits: they have said so today, or they have called or seen somebody there within the last hour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.visits.tables import DeskSitting
from booking.visits.visit_queries import VisitOfDay
from booking.visits.visit_states import VisitState
from core.wall_clock import local_date_of, unit_of

SITS_FOR = timedelta(minutes=60)
"""So long after the last call or step of a visit at a desk somebody is thought to sit there who has not said so."""


def desks_taken(
    db: Session, site_id: int, visits: Iterable[VisitOfDay], now: datetime, zone: str
) -> dict[int, datetime]:
    """The desks at which somebody sits, by id, each with when that was seen last; `visits` are all of the day.

    Who has said so sits there until the day is over, or they or a colleague say otherwise.
    """
    said: dict[int, datetime] = {}
    today = local_date_of(unit_of(now), zone)
    signs: defaultdict[int, list[datetime]] = defaultdict(list)
    for visit in visits:
        for desk_id, at in _signs_of(visit):
            signs[desk_id].append(at)
    columns = (DeskSitting.resource_id, DeskSitting.is_taken, DeskSitting.said_at)
    for desk_id, is_taken, said_at in db.execute(select(*columns).where(DeskSitting.site_id == site_id)):
        signs[desk_id] = [at for at in signs.pop(desk_id, ()) if at > said_at]
        if is_taken and local_date_of(unit_of(said_at), zone) == today:
            said[desk_id] = said_at
    seen = {desk_id: max(found) for desk_id, found in signs.items() if found and now - max(found) <= SITS_FOR}
    return said | {desk_id: max(at, said.get(desk_id, at)) for desk_id, at in seen.items()}


def _signs_of(visit: VisitOfDay) -> Iterator[tuple[int, datetime]]:
    """The steps of the visit for which somebody must have been at a desk, each with the desk."""
    if visit.state in (VisitState.WAITING, VisitState.WITHDRAWN):
        return
    steps = (visit.started_at, visit.ended_at) if visit.started_at else ()
    if visit.desk is not None:
        steps, desks = (*steps, visit.called_at), {visit.desk.id}
    else:
        desks = set(visit.booked_with)
    for at in filter(None, steps):
        yield from ((desk_id, at) for desk_id in desks)
