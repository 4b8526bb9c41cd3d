"""What somebody who waits without an appointment can be offered instead: later today, another site, or another day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.queries.nearest_sites import sites_by_distance
from booking.queries.slots import FreeSlot, SlotQuery, all_slots, next_slot
from booking.visits.queue_state_queries import services_today, site_waits
from booking.visits.visit_queries import VisitOfDay
from booking.visits.wait_estimate import WaitRange
from core.wall_clock import local_date_of, unit_of
from locations.model import Catalogue, SiteFacts
from locations.postcodes import PostcodePlace

MODE = "in_person"
MOST_TODAY, MOST_SITES, MOST_LATER = 4, 3, 3
LATER, SHORTEST_WAY, PER_MILE = timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=4)
"""From now until a time that is worth to be offered: here, and at another site, by how far they have to go."""


@dataclass(frozen=True)
class OtherSite:
    """Another site: how far it is, how long somebody waits there now (None: they would not be seen), and a time today."""

    site: SiteFacts
    miles: float | None
    wait: WaitRange | None
    slot: FreeSlot | None


@dataclass(frozen=True)
class TimesInstead:
    """Times later today, other sites today, and the first times of other days here."""

    today: tuple[FreeSlot, ...]
    sites: tuple[OtherSite, ...]
    later: tuple[FreeSlot, ...]

    @property
    def slots(self) -> list[FreeSlot]:
        """All that can be booked."""
        return [*self.today, *(one.slot for one in self.sites if one.slot), *self.later]


def times_instead(db: Session, catalogue: Catalogue, visit: VisitOfDay, now: datetime) -> TimesInstead:
    """What can be offered at `now` to somebody who waits; nothing of another day to whoever cannot wait."""
    today, here = local_date_of(unit_of(now), catalogue.authority.zone), (visit.site.id,)
    query = SlotQuery(
        (visit.service.id,), here, MODE, frozenset(visit.support_needs), first_date=today, last_date=today
    )
    query = replace(query, for_public=False)
    return TimesInstead(
        today=tuple(_after(all_slots(db, catalogue, query, now), now + LATER)[:MOST_TODAY]),
        sites=_other_sites(db, catalogue, replace(query, site_ids=None), visit, now),
        later=() if visit.is_urgent else _of_other_days(db, catalogue, query, now),
    )


def _other_sites(
    db: Session, catalogue: Catalogue, query: SlotQuery, visit: VisitOfDay, now: datetime
) -> tuple[OtherSite, ...]:
    """The nearest of the other sites at which the service is done still today."""
    here, place = visit.site, None
    if here.easting is not None and here.northing is not None:
        place = PostcodePlace(here.easting, here.northing, here.postcode, exact=True)
    free: defaultdict[int, list[FreeSlot]] = defaultdict(list)
    for slot in all_slots(db, catalogue, query, now):
        free[slot.site.id].append(slot)
    found: list[OtherSite] = []
    for site, miles in sites_by_distance(catalogue, query, place):
        is_seen = visit.service in services_today(catalogue, site, now)
        if site.id == here.id or site.is_virtual or not (is_seen or site.id in free):
            continue
        wait = site_waits(db, catalogue, site, now, service=visit.service).range if is_seen else None
        there_by = now + max(SHORTEST_WAY, PER_MILE * (miles or 0))
        found.append(OtherSite(site, miles, wait, next(iter(_after(free[site.id], there_by)), None)))
        if len(found) == MOST_SITES:
            break
    return tuple(found)


def _after(slots: list[FreeSlot], at: datetime) -> list[FreeSlot]:
    return [slot for slot in slots if slot.starts_at >= at]


def _of_other_days(db: Session, catalogue: Catalogue, query: SlotQuery, now: datetime) -> tuple[FreeSlot, ...]:
    """The first time of each of the next days that have any."""
    found: list[FreeSlot] = []
    day = query.first_date
    while day is not None and len(found) < MOST_LATER:
        slot = next_slot(db, catalogue, replace(query, first_date=day + timedelta(days=1), last_date=None), now)
        found += [slot] if slot else []
        day = local_date_of(unit_of(slot.starts_at), catalogue.authority.zone) if slot else None
    return tuple(found)
