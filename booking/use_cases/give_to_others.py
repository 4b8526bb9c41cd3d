"""Booked visits that something or somebody else takes at their own place and time: shown first, then done one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from booking.queries.appointments import AppointmentView
from booking.queries.other_resources import OtherResources, other_resources
from booking.use_cases.change_resources import change_resources
from core.audit import Actor
from core.errors import NotFound, Refused
from core.runtime import Runtime
from locations.model import Catalogue


class SeenVisit(NamedTuple):
    """A visit that was shown: its reference, and the version that it had."""

    reference: str
    version: int


def who_could_take(
    db: Session, catalogue: Catalogue, views: Iterable[AppointmentView], now: datetime
) -> tuple[OtherResources, ...]:
    """What could serve each of these visits with this catalogue, beside the others; in the order in which to give them."""
    by_day: dict[tuple[int, date], list[AppointmentView]] = defaultdict(list)
    for view in views:
        by_day[view.site.id, view.local_date].append(view)
    return tuple(one for some in by_day.values() for one in other_resources(db, catalogue, some, now))


def give_to_others(runtime: Runtime, authority_id: int, visits: Sequence[SeenVisit], actor: Actor) -> int:
    """How many of these visits, in this order, something else has taken; the others stay on the list to rebook."""
    return sum(_is_taken(runtime, authority_id, visit, actor) for visit in visits)


def _is_taken(runtime: Runtime, authority_id: int, visit: SeenVisit, actor: Actor) -> bool:
    try:
        change_resources(runtime, authority_id, visit.reference, actor=actor, version=visit.version)
    except (Refused, NotFound):  # it has changed meanwhile, or nothing is free any more
        return False
    return True
