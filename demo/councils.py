"""The residents and appointments of a demo council: the last four weeks, today, and the next six weeks."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from booking.availability.bits import Bits, span
from booking.availability.busy import away_rows
from booking.states import State
from core.database import connection_of
from core.wall_clock import LocalDay, instant_of, local_date_of, local_day, unit_of
from demo import past_outcomes
from demo.bulk_insert import insert_rows
from demo.bulk_writer import BulkWriter, DemoAppointment, write_residents
from demo.day_filler import Seat, Visit, fill_day, seeded
from demo.invented_people import InventedResident, invent, split_list
from locations.model import Catalogue, SiteFacts
from people.residents.details import BASES, place_needs
from people.residents.tables import ContactNote, Representative

WEEKS_BACK, WEEKS_AHEAD = 4, 6
PAST_SHARE = 0.82
CONTACTS = (
    "Rang about a letter on overpayment. Explained; asked for payslips.",
    "Cannot use the online form. Booked by telephone.",
    "Asked how long certification takes. Told them three working days.",
    "Was upset that the last visit could not be completed. Said sorry, and listed what to bring.",
    "Moving in March; will need a change of address.",
    "Asked for a call back in the afternoon.",
)


@dataclass(frozen=True)
class Population:
    """How many residents a demo council has, and where they live."""

    residents: int
    postcodes: tuple[str, ...]


BARNET = Population(
    4200,
    split_list(
        "NW11 0AA, NW11 7RX, NW11 8HE, N3 1TR, N3 3HF, N2 9PL, N12 0DR, N12 8LG, N20 9BX, NW4 4BT, NW7 3AA, NW9 4EW, "
        "NW9 5FA, NW9 6RT, HA8 0DN, HA8 7HF, HA8 9AA, EN5 4BW, NW2 1TP"
    ),
)
OLDHAM = Population(
    2600,
    split_list(
        "OL1 1QJ, OL1 1UT, OL1 4AQ, OL2 5QP, OL2 6QJ, OL2 8QP, OL3 5QA, OL3 6AP, OL4 1YN, OL4 5AL, OL8 2EE, OL8 3QL, "
        "OL9 0LW, OL9 6PP, OL9 8AU, M35 0FF, M35 9FG"
    ),
)
ABERWYN = Population(3300, split_list("SY23 1DE, SY23 2AX, SY23 3AS, SY23 4LZ, LL57 1DT, LL55 1SH, SA31 1JP"))


def fill_council(
    db: Session, catalogue: Catalogue, population: Population, now: datetime, *, secret_key: str, staff_id: int | None
) -> int:
    """Write residents, earlier contacts and appointments of the council. Returns how many appointments there are."""
    authority, rng = catalogue.authority, seeded("council", catalogue.authority.slug)
    people = [invent(number, population.postcodes, rng) for number in range(population.residents)]
    first_of_all = now - timedelta(weeks=WEEKS_BACK + 4)
    ids = write_residents(db, authority.id, people, first_of_all)
    _contact_notes(db, authority.id, ids, staff_id, now, rng)
    picker = _ResidentPicker(people, ids, _representatives(db, authority.id, ids, first_of_all, rng), rng)
    today = local_day(local_date_of(unit_of(now), authority.zone), authority.zone)
    writer = BulkWriter(db, secret_key, rng, today.base_unit)
    return writer.write(_appointments(catalogue, picker, today, now, rng))


@dataclass
class _ResidentPicker:
    """Picks residents. Nobody has two visits to come, so that no limit is passed; in the past a few came often."""

    people: Sequence[InventedResident]
    ids: Sequence[int]
    representatives: dict[int, int]
    rng: random.Random
    next_index: int = 0

    def pick(self, *, to_come: bool) -> int:
        """The index of a resident."""
        if to_come:
            self.next_index += 1
            return self.next_index % len(self.ids)
        # 5% of residents make 20% of the calls.
        often = self.rng.random() < 0.2
        return self.rng.randrange(len(self.ids) // 20 if often else len(self.ids))


def _appointments(
    catalogue: Catalogue, picker: _ResidentPicker, today: LocalDay, now: datetime, rng: random.Random
) -> Iterator[DemoAppointment]:
    zone = catalogue.authority.zone
    for offset in range(-7 * WEEKS_BACK, 7 * WEEKS_AHEAD + 1):
        day = local_day(today.date + timedelta(days=offset), zone)
        elsewhere: list[tuple[int, Seat]] = []
        for site in catalogue.sites:
            away = _away(catalogue, site, day, elsewhere)
            for visit in fill_day(site, day, zone, catalogue.services, _share(offset), rng, away=away):
                elsewhere += [(site.id, seat) for seat in visit.seats if catalogue.is_council_wide(seat[0])]
                yield _appointment(catalogue, site, visit, day.date, picker, now, rng)


def _away(
    catalogue: Catalogue, site: SiteFacts, day: LocalDay, elsewhere: Sequence[tuple[int, Seat]]
) -> dict[int, Bits]:
    """For each person of the council, the ticks of the day at which they are at another site or travelling."""
    away: dict[int, Bits] = {}
    for _, person, _, first, last in away_rows(elsewhere, [site.id], catalogue.travel.ticks):
        ticks = span(max(first - day.base_unit, 0), max(last - day.base_unit, 0))
        away[person] = away.get(person, 0) | ticks
    return away


def _share(offset: int) -> float:
    """The share of a day that is booked, by days from today: the same for all past days, and less from week to week."""
    return PAST_SHARE if offset <= 0 else max(PAST_SHARE - 0.13 * (offset / 7), 0.08)


def _appointment(
    catalogue: Catalogue,
    site: SiteFacts,
    visit: Visit,
    local_date: date,
    picker: _ResidentPicker,
    now: datetime,
    rng: random.Random,
) -> DemoAppointment:
    starts_at, ends_at = instant_of(visit.start_unit), instant_of(visit.end_unit)
    state = past_outcomes.state_of(starts_at, ends_at, now, rng)
    index = picker.pick(to_come=starts_at > now)
    created_at = past_outcomes.created_at(starts_at, now, rng)
    is_walk_in = starts_at <= now and state in (State.ATTENDED, State.IN_PROGRESS) and rng.random() < 0.02
    return DemoAppointment(
        authority_id=catalogue.authority.id,
        site_id=site.id,
        service_id=visit.service.id,
        mode=rng.choice([mode for mode in site.modes if mode in visit.service.modes]),
        start_unit=visit.start_unit,
        end_unit=visit.end_unit,
        local_date=local_date,
        seats=visit.seats,
        resident_id=picker.ids[index],
        state=state,
        created_at=starts_at if is_walk_in else created_at,
        changed_at=max(
            past_outcomes.changed_at(state, created_at, (starts_at, ends_at), now),
            starts_at if is_walk_in else created_at,
        ),
        channel="counter" if is_walk_in else past_outcomes.channel(rng),
        representative_id=picker.representatives.get(picker.ids[index]),
        support_needs=_needs_here(picker.people[index], site),
        notes=past_outcomes.note(rng),
        is_walk_in=is_walk_in,
        state_reason=past_outcomes.reason_for(state, rng),
    )


def _needs_here(person: InventedResident, site: SiteFacts) -> tuple[str, ...]:
    """The needs of a person that the site meets, without extra time: the visits have their usual length."""
    unmet = set() if site.is_virtual else place_needs(frozenset(person.support_needs)) - site.features
    return tuple(sorted(set(person.support_needs) - unmet - {"extra-time"}))


def _representatives(
    db: Session, authority_id: int, ids: Sequence[int], now: datetime, rng: random.Random
) -> dict[int, int]:
    """For one resident in thirty, somebody who acts for them: resident id to representative id."""
    known = {}
    for number, resident_id in enumerate(ids[::30], start=len(ids)):
        person = invent(number, ("",), rng)
        row = Representative(
            authority_id=authority_id,
            resident_id=resident_id,
            name=person.name,
            basis=rng.choice(list(BASES)),
            email=person.email,
            phone=person.phone,
            created_at=now,
        )
        db.add(row)
        known[resident_id] = row
    db.flush()
    return {resident_id: row.id for resident_id, row in known.items()}


def _contact_notes(
    db: Session, authority_id: int, ids: Sequence[int], staff_id: int | None, now: datetime, rng: random.Random
) -> None:
    """Earlier contacts of one resident in five, some of whom rang several times."""
    rows = [
        {
            "authority_id": authority_id,
            "resident_id": resident_id,
            "staff_id": staff_id,
            "channel": rng.choice(("phone", "phone", "counter", "email")),
            "note": rng.choice(CONTACTS),
            "at": now - timedelta(minutes=rng.randrange(60, 60 * 24 * 60)),
        }
        for resident_id in ids[::5]
        for _ in range(rng.choice((1, 1, 2, 4)))
    ]
    insert_rows(connection_of(db), ContactNote, rows)
