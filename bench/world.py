"""A council for measuring: so many sites with so many desks, half of the next weeks booked, and a past of any length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from booking.slot_tokens import SlotKey, encode
from booking.tables import Allocation, Appointment, AppointmentService, Claim
from core.database import Database
from core.tokens import ALPHABET, LENGTH, check_character
from core.wall_clock import instant_of, local_day
from locations.tables import Authority, Resource, Service, SessionResource, SessionService, SessionTemplate, Site
from people.residents.tables import Resident

ZONE = "Europe/London"
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)  # a Sunday: the 28 days to come are 20 working days
DAYS = 28
NINE, FIVE, HALF_HOUR = 108, 204, 6  # ticks of 5 minutes
CHUNK = 20_000


@dataclass(frozen=True)
class World:
    """What was made."""

    authority_id: int
    service_id: int
    resident_id: int
    sites: dict[int, list[int]]


@dataclass(frozen=True)
class Seat:
    """One half-hour of one desk."""

    site_id: int
    desk_id: int
    unit: int


def make_world(database: Database, *, sites: int, desks: int) -> World:
    """A council `scale` with `desks` desks at each of `sites` sites, open Monday to Friday from 09:00 to 17:00."""
    with database.writing() as db:
        authority = _added(
            db,
            Authority(slug="scale", name="Scale", reminder_plan=[], lead_minutes=0, horizon_days=DAYS, open_limit=9),
        )
        service = _added(db, _service(authority))
        resident = _added(db, _resident(authority))
        places = {}
        for number in range(sites):
            site = _added(db, _site(authority, number))
            places[site] = [_added(db, _desk(authority, site, desk)) for desk in range(desks)]
            _open(db, authority, site, places[site], service)
    return World(authority, service, resident, places)


def book_half(database: Database, world: World) -> int:
    """Book every other half-hour of each desk in the weeks to come; how many."""
    return _book(database, world, list(_seats(world, range(DAYS), only_half=True)), with_claims=True)


def book_every(database: Database, world: World, step: int) -> int:
    """Book each `step`-th of the half-hours that `book_half` books; how many."""
    seats = islice(_seats(world, range(DAYS), only_half=True), 0, None, step)
    return _book(database, world, seats, with_claims=True)


def add_history(database: Database, world: World, count: int) -> int:
    """Past appointments until there are `count` of them, the latest yesterday; how many were added."""
    return _book(database, world, islice(_seats(world, range(-1, -100_000, -1)), count), with_claims=False)


class OtherPeople:
    """Somebody else who books one half-hour at the first site and gives it up again, in turns.

    A search that is measured must not find everything as it was when it was asked before.
    """

    def __init__(self, database: Database, world: World) -> None:
        self.database, self.world = database, world
        self.is_booked = False
        booked = set(_seats(world, range(DAYS), only_half=True))
        self.seat = next(seat for seat in _seats(world, range(DAYS)) if seat not in booked)
        self.number = 2_000_000_000
        self.appointment: dict[str, Any] = _appointment(world, self.number, self.seat)
        self.allocation = _allocation(world, self.number, self.seat)

    def act(self) -> None:
        """Book it, or give it up."""
        with self.database.writing() as db:
            connection = db.connection()
            if self.is_booked:
                connection.execute(delete(Claim).where(Claim.allocation_id == self.number))
                connection.execute(delete(Allocation).where(Allocation.id == self.number))
                connection.execute(delete(Appointment).where(Appointment.id == self.number))
            else:
                connection.execute(insert(Appointment), [self.appointment])
                connection.execute(insert(Allocation), [self.allocation])
                connection.execute(insert(Claim), _claims(self.number, self.seat))
        self.is_booked = not self.is_booked


def _claims(number: int, seat: Seat) -> list[dict[str, Any]]:
    claim = {"resource_id": seat.desk_id, "seat": 0, "allocation_id": number}
    return [claim | {"unit": unit} for unit in range(seat.unit, seat.unit + HALF_HOUR)]


def _seats(world: World, days: range, *, only_half: bool = False) -> Iterator[Seat]:
    for days_ahead in days:
        day = local_day(NOW.date() + timedelta(days=days_ahead), ZONE)
        if day.date.weekday() > 4:
            continue
        for site_id, desks in world.sites.items():
            for place, desk_id in enumerate(desks):
                for tick in range(NINE, FIVE, HALF_HOUR):
                    if not (only_half and (place + tick // HALF_HOUR) % 2):
                        yield Seat(site_id, desk_id, day.base_unit + tick)


def _book(database: Database, world: World, seats: Iterator[Seat] | Sequence[Seat], *, with_claims: bool) -> int:
    seats, made = iter(seats), 0
    while chunk := list(islice(seats, CHUNK)):
        with database.writing() as db:
            _write(db, world, chunk, with_claims=with_claims)
        made += len(chunk)
    return made


def _write(db: Session, world: World, seats: Sequence[Seat], *, with_claims: bool) -> None:
    connection = db.connection()
    known = db.query(Appointment.id).order_by(Appointment.id.desc()).limit(1).scalar() or 0
    numbered = list(enumerate(seats, known + 1))
    connection.execute(insert(Appointment), [_appointment(world, number, seat) for number, seat in numbered])
    connection.execute(insert(AppointmentService), [_part(world, number, seat) for number, seat in numbered])
    connection.execute(insert(Allocation), [_allocation(world, number, seat) for number, seat in numbered])
    if with_claims:
        connection.execute(insert(Claim), [claim for number, seat in numbered for claim in _claims(number, seat)])


def _appointment(world: World, number: int, seat: Seat) -> dict[str, Any]:
    starts_at = instant_of(seat.unit)
    return {
        "id": number,
        "authority_id": world.authority_id,
        "reference": _reference(number),
        "version": 1,
        "state": "booked" if starts_at > NOW else "attended",
        "site_id": seat.site_id,
        "mode": "in_person",
        "starts_at": starts_at,
        "ends_at": instant_of(seat.unit + HALF_HOUR),
        "local_date": starts_at.date(),
        "slot_token": encode(SlotKey(world.authority_id, seat.site_id, (world.service_id,), "in_person", seat.unit)),
        "channel": "phone",
        "resident_id": world.resident_id,
        "support_needs": [],
        "notes": "",
        "answers": {},
        "manage_nonce": f"{number:032x}",
        "manage_digest": f"{number:064x}",
        "is_walk_in": False,
        "created_at": NOW,
        "changed_at": NOW,
        "state_reason": "",
    }


def _part(world: World, number: int, seat: Seat) -> dict[str, Any]:
    times = {"starts_at": instant_of(seat.unit), "ends_at": instant_of(seat.unit + HALF_HOUR)}
    return {"id": number, "appointment_id": number, "service_id": world.service_id, "position": 0, **times}


def _allocation(world: World, number: int, seat: Seat) -> dict[str, Any]:
    units = {"first_unit": seat.unit, "last_unit": seat.unit + HALF_HOUR}
    place = {"site_id": seat.site_id, "resource_id": seat.desk_id, "seat": 0}
    return {"id": number, "service_id": world.service_id, "appointment_id": number, **place, **units}


def _reference(number: int) -> str:
    digits = []
    for _ in range(LENGTH - 1):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    body = "".join(reversed(digits))
    return body + check_character(body)


def _added(db: Session, row: Any) -> int:
    db.add(row)
    db.flush()
    return int(row.id)


def _service(authority: int) -> Service:
    return Service(
        authority_id=authority,
        slug="certify",
        name="Certify documents",
        duration_minutes=30,
        grid_minutes=30,
        modes=["in_person"],
        documents=[],
        triage_questions=[],
        requirements=[{"kind": "desk", "skills": []}],
    )


def _resident(authority: int) -> Resident:
    return Resident(authority_id=authority, name="Robin Sample", support_needs=[], created_at=NOW)


def _site(authority: int, number: int) -> Site:
    return Site(
        authority_id=authority,
        slug=f"site-{number + 1}",
        name=f"Library {number + 1}",
        kind="library",
        features=["step-free"],
        easting=525_000 + 1_000 * (number % 100),
        northing=190_000 + 1_000 * (number // 100),
    )


def _desk(authority: int, site: int, number: int) -> Resource:
    slug = f"desk-{number + 1}"
    return Resource(authority_id=authority, site_id=site, slug=slug, name=slug, kind="desk", skills=[])


def _open(db: Session, authority: int, site: int, desks: Sequence[int], service: int) -> None:
    rule, first = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", date(2020, 1, 1)
    hours = {"starts": time(9), "ends": time(17)}
    row = SessionTemplate(authority_id=authority, site_id=site, slug="weekdays", rrule=rule, first_date=first, **hours)
    template = _added(db, row)
    db.add_all(SessionResource(template_id=template, resource_id=desk) for desk in desks)
    db.add(SessionService(template_id=template, service_id=service))
