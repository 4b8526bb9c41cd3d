"""The alarm of those without an appointment: who waits too long, or for whom no gap is left today."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from booking.visits.desk_ability import decides, is_for_desk
from booking.visits.desk_claim_repository import expected_ends, expected_length
from booking.visits.gap_plan import Gap, InLine, gaps_between, planned_calls
from booking.visits.kept_desk_queries import KeptDesks
from booking.visits.queue_state_queries import open_periods
from booking.visits.visit_queries import VisitOfDay, minutes_of_instant, waiting_in_order
from booking.visits.visit_states import AT_DESK
from core.wall_clock import local_date_of, unit_of
from locations.model import ResourceFacts, SiteFacts

LONGEST_WAIT_MINUTES = 60
"""Nobody waits longer than that without an appointment, as it is planned, and without an alarm."""


@dataclass(frozen=True)
class LongWait:
    """Somebody without an appointment: how long they have waited, and when they are called (None: not today)."""

    visit: VisitOfDay
    waited_minutes: int
    called_in_minutes: int | None


def long_waits(
    db: Session, site: SiteFacts, kept: KeptDesks, visits: Iterable[VisitOfDay], taken: Collection[int]
) -> list[LongWait]:
    """Those whose wait is too long in all, or has no end today, in their order; `visits` are all of the day.

    `taken` are the desks at which somebody sits. The others that are open now do not count, unless nobody sits at any.
    """
    known, now = list(visits), minutes_of_instant(kept.now)
    line = [one for one in waiting_in_order(known, kept.now) if one.is_walk_in]
    if not line:
        return []
    zone = kept.catalogue.authority.zone
    opened = open_periods(site, local_date_of(unit_of(kept.now), zone), zone, now)
    desks = _desks(site, opened, taken)
    ends = _ends(db, kept, known)
    gaps = [gap for desk in desks for gap in _gaps(desk, kept, opened[desk.id], ends.get(desk.id, []), now)]
    planned = planned_calls(gaps, [_in_line(one, desks, site, kept, opened) for one in line])
    found = []
    for one in line:
        waited, called_in = max(0, int(now - minutes_of_instant(one.arrived_at))), planned[one.id]
        if called_in is None or waited + called_in > LONGEST_WAIT_MINUTES:
            found.append(LongWait(one, waited, None if called_in is None else round(called_in)))
    return found


def _desks(
    site: SiteFacts, opened: Mapping[int, Sequence[tuple[float, float]]], taken: Collection[int]
) -> list[ResourceFacts]:
    """The desks that call people today: those at which somebody sits, and those that open later."""
    open_now = {desk_id for desk_id, periods in opened.items() if periods[0][0] <= 0}
    empty = open_now - set(taken) if open_now & set(taken) else set()
    return [desk for desk in site.resources if desk.id in opened and desk.id not in empty]


def _in_line(
    one: VisitOfDay, desks: list[ResourceFacts], site: SiteFacts, kept: KeptDesks, opened: Collection[int]
) -> InLine:
    needs = frozenset(one.support_needs)
    able = (desk for desk in desks if decides(desk, one.service))
    ids = frozenset(desk.id for desk in able if is_for_desk(desk, one.service, needs, site, working=opened))
    return InLine(one.id, ids, expected_length(kept.catalogue, one, kept.lengths) / timedelta(minutes=1))


def _ends(db: Session, kept: KeptDesks, visits: list[VisitOfDay]) -> dict[int, list[float]]:
    """In how many minutes those who are at desks are probably done, by desk."""
    at_desks = [one for one in visits if one.state in AT_DESK]
    known, ends = expected_ends(db, kept.catalogue, at_desks, kept.now), defaultdict[int, list[float]](list)
    for one in at_desks:
        for desk_id in {one.desk.id} if one.desk else one.booked_with:
            if one.id in known:
                ends[desk_id].append((known[one.id] - kept.now) / timedelta(minutes=1))
    return ends


def _gaps(
    desk: ResourceFacts, kept: KeptDesks, opened: Iterable[tuple[float, float]], ends: list[float], now: float
) -> list[Gap]:
    """The gaps of each seat of the desk; what is booked and who sits there are shared out among its seats."""
    booked = [
        (max(0.0, minutes_of_instant(one.starts_at) - now), minutes_of_instant(one.ends_at) - now)
        for one in kept.bookings.get(desk.id, ())
        if one.released_at is None
    ]
    busy = [*((0.0, end) for end in ends), *((start, max(end, start)) for start, end in booked)]
    return [gap for seat in range(desk.seats) for gap in gaps_between(desk.id, opened, busy[seat :: desk.seats])]
