"""The synthetic authority `scale`: any number of sites, desks and days, with exactly so much of it booked.

For measuring and for contention tests. It has no reminders: a benchmark of bookings should not compete with them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from booking.states import State
from core.wall_clock import LocalDay, instant_of, local_date_of, local_day, tick_at, unit_of
from demo.bulk_writer import BulkWriter, DemoAppointment, write_residents
from demo.day_filler import seeded
from demo.invented_people import invent, split_list
from locations.model import Catalogue

SLUG = "scale"
SLOT_TICKS = 6  # half an hour
FIRST_HOUR, SLOTS_IN_DAY = 9, 16  # 09:00 to 17:00
SATURDAY = 5
# Offices and stations all over London, so that sites can be sorted by distance.
POSTCODES = split_list(
    "EC1A 1BB, SW1A 2AA, E1 6AN, SE1 7PB, W1D 3AF, WC2N 5DU, N1 9GU, NW1 2DB, SE10 9NF, SW11 1AA, E8 1EA, N16 7JN, "
    "W6 9JU, W12 7RJ, SE15 5BE, CR0 1EA, HA1 2JH, UB8 1UW, TW9 1DN, KT1 1EU, SM1 1EA, RM1 3BD, IG1 1DE, EN1 3ES, "
    "E17 4JF, SE18 6HQ, SW16 1DA, NW6 3AA, W5 2HL, N3 1TR"
)


@dataclass(frozen=True)
class Size:
    """How big: sites, resources in all, days ahead, per cent of them booked, and past appointments."""

    sites: int = 15
    resources: int = 60
    days: int = 28
    fill: int = 50
    history: int = 0


def plan_text(size: Size) -> str:
    """The authority as a file for the importer."""
    parts = [_AUTHORITY.format(horizon_days=max(size.days + 7, 63))]
    for number in range(size.sites):
        desks = len(range(number, size.resources, size.sites))
        if desks:
            parts.append(_SITE.format(number=number + 1, postcode=POSTCODES[number % len(POSTCODES)], desks=desks))
    return "\n".join(parts)


def fill_scale(db: Session, catalogue: Catalogue, size: Size, now: datetime, *, secret_key: str) -> int:
    """Write the residents and appointments of the authority. Returns how many appointments there are."""
    authority, rng = catalogue.authority, seeded(SLUG)
    count = min(max((size.history + size.resources * size.days * 16) // 20, 100), 50_000)
    people = (invent(number, POSTCODES, rng) for number in range(count))
    residents = write_residents(db, authority.id, people, now - timedelta(days=400))
    today = local_day(local_date_of(unit_of(now), authority.zone), authority.zone)
    writer = BulkWriter(db, secret_key, rng, today.base_unit)
    half_hours = _HalfHours(catalogue, residents, now, rng)
    return writer.write(half_hours.ahead(size, today)) + writer.write(half_hours.history(size, today))


@dataclass
class _HalfHours:
    """Appointments of half an hour at desks, each with a resident by chance."""

    catalogue: Catalogue
    residents: Sequence[int]
    now: datetime
    rng: random.Random

    def ahead(self, size: Size, today: LocalDay) -> Iterator[DemoAppointment]:
        """Exactly `size.fill` per cent of each desk's half-hours on the next days, scattered; and of today's as well."""
        following = [today.date + timedelta(days=offset) for offset in range(1, size.days + 1)]
        for dates in ([today.date], following):
            units = [unit for day in _weekdays(dates) for unit in self._starts(day)]
            for site_id, resource_id in self._desks():
                rng = seeded(SLUG, resource_id - self._first_desk, len(units))
                for unit in sorted(rng.sample(units, round(len(units) * size.fill / 100))):
                    yield self._appointment(site_id, resource_id, unit)

    def history(self, size: Size, today: LocalDay) -> Iterator[DemoAppointment]:
        """`size.history` past appointments, from yesterday backwards, every half-hour of every desk."""
        left, day, desks = size.history, today.date, list(self._desks())
        while left > 0:
            day -= timedelta(days=1)
            for unit in self._starts(day) if day.weekday() < SATURDAY else ():
                for site_id, resource_id in desks[:left]:
                    yield self._appointment(site_id, resource_id, unit)
                left -= len(desks[:left])

    def _desks(self) -> Iterator[tuple[int, int]]:
        for site in self.catalogue.sites:
            for resource in site.resources:
                yield site.id, resource.id

    @property
    def _first_desk(self) -> int:
        return min(resource_id for _, resource_id in self._desks())

    def _starts(self, day: date) -> list[int]:
        zone = self.catalogue.authority.zone
        local = local_day(day, zone)
        first = local.base_unit + tick_at(local, time(FIRST_HOUR), zone)
        return [first + number * SLOT_TICKS for number in range(SLOTS_IN_DAY)]

    def _appointment(self, site_id: int, resource_id: int, unit: int) -> DemoAppointment:
        starts_at, ends_at = instant_of(unit), instant_of(unit + SLOT_TICKS)
        is_over = ends_at <= self.now
        created_at = min(starts_at, self.now) - timedelta(days=self.rng.randrange(1, 20))
        return DemoAppointment(
            authority_id=self.catalogue.authority.id,
            site_id=site_id,
            service_id=self.catalogue.service("certify").id,
            mode="in_person",
            start_unit=unit,
            end_unit=unit + SLOT_TICKS,
            local_date=local_date_of(unit, self.catalogue.authority.zone),
            seats=((resource_id, 0, unit, unit + SLOT_TICKS),),
            resident_id=self.rng.choice(self.residents),
            state=State.ATTENDED if is_over else State.BOOKED,
            created_at=created_at,
            changed_at=ends_at if is_over else created_at,
        )


def _weekdays(dates: Sequence[date]) -> list[date]:
    return [day for day in dates if day.weekday() < SATURDAY]


_AUTHORITY = """
[authority]
slug = "scale"
name = "Scale (synthetic)"
closes_on_bank_holidays = false  # so that a measurement does not depend on the season
lead_minutes = 0
horizon_days = {horizon_days}
open_limit = 1000
cancel_cutoff_minutes = 0

[[services]]
slug = "certify"
name = "Certify documents"
duration_minutes = 30
grid_minutes = 30
documents = ["Photo identification"]
requirements = [{{ kind = "desk" }}]

[[services]]
slug = "advice"
name = "Advice"
duration_minutes = 30
grid_minutes = 10
requirements = [{{ kind = "desk" }}]
"""
_SITE = """
[[sites]]
slug = "site-{number}"
name = "Site {number}"
kind = "library"
address = "{number} Synthetic Street, London"
postcode = "{postcode}"
features = ["step-free"]
  [[sites.resources]]
  slug = "desk"
  name = "Desk"
  kind = "desk"
  count = {desks}
  [[sites.sessions]]
  slug = "weekdays"
  days = ["monday", "tuesday", "wednesday", "thursday", "friday"]
  starts = "09:00"
  ends = "17:00"
  resources = ["desk"]
  services = ["certify", "advice"]
"""
