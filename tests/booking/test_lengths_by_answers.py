"""A visit is longer by what its number says: everything that searches, books, moves or proposes uses its own length."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest
from sqlalchemy import func, select

from booking.availability.bookings_that_fit import misfits_of
from booking.counted import counts_asked
from booking.queries.appointments import by_reference
from booking.queries.booked_visits import booked_visits
from booking.queries.other_times import best_alternative
from booking.queries.slots import FreeSlot, SlotQuery, all_slots
from booking.queries.waiting_list import candidates, next_choice
from booking.slot_tokens import Count, SlotKey, decode, encode
from booking.tables import Allocation, Appointment, Claim
from booking.use_cases.book import Booked, Booking, book
from booking.use_cases.cancel import cancel
from booking.use_cases.holds import hold_slot
from booking.use_cases.reschedule import Move, reschedule
from booking.use_cases.wishes import NewWish, make_wish
from core.database import Database
from core.errors import Invalid, SlotTaken
from core.runtime import Runtime
from core.wall_clock import unit_of
from locations.catalogue_queries import catalogue_by_id
from people.residents.details import ResidentDetails
from tests.support.factories import (
    AGENT,
    NOW,
    make_authority,
    make_resource,
    make_runtime,
    make_service,
    make_session,
    make_site,
)

BASE, EACH, MOST, GRID = 10, 15, 4, 15
CHILDREN = {"ask": "How many children do you want to register?", "say": "", "minutes_each": EACH, "most": MOST}
DAY = date(2026, 11, 24)
OPEN = (datetime(2026, 11, 24, 9, tzinfo=UTC), datetime(2026, 11, 24, 13, tzinfo=UTC))


@dataclass(frozen=True)
class Registry:
    """An office with two desks, open for four hours, whose first service counts children and whose second does not."""

    database: Database
    runtime: Runtime
    authority_id: int
    site_id: int
    desks: tuple[int, int]
    register: int
    certify: int

    def query(self, *numbers: int, service_ids: tuple[int, ...] = ()) -> SlotQuery:
        """The search for these numbers of the counting services of the visit."""
        service_ids = service_ids or (self.register,)
        with self.database.reading() as db:
            catalogue = catalogue_by_id(db, self.authority_id)
        counts = counts_asked([catalogue.service_by_id(id_) for id_ in service_ids], numbers)
        return SlotQuery(service_ids, first_date=DAY, last_date=DAY, counts=counts)

    def slots(self, *numbers: int, service_ids: tuple[int, ...] = ()) -> list[FreeSlot]:
        """The free slots for these numbers."""
        query = self.query(*numbers, service_ids=service_ids)
        with self.database.reading() as db:
            return all_slots(db, catalogue_by_id(db, self.authority_id), query, NOW)

    def book(self, slot: FreeSlot, name: str = "Maria Nowak") -> Booked:
        """A visit in this slot."""
        who = ResidentDetails(name, email=f"{name.split()[0].lower()}@example.org")
        return book(
            self.runtime,
            Booking(self.authority_id, "phone", who, slot_key=slot.slot_key, despite_same_time=True),
            actor=AGENT,
        )

    def taken(self) -> list[tuple[int, int, int]]:
        """(desk, first unit, last unit) of everything that is booked."""
        with self.database.reading() as db:
            columns = select(Allocation.resource_id, Allocation.first_unit, Allocation.last_unit)
            return [(row[0], row[1], row[2]) for row in db.execute(columns)]

    def expected(self, minutes: int) -> list[datetime]:
        """The starts of visits of so many minutes, found one quarter of an hour and one desk at a time."""
        taken, found, length = self.taken(), [], timedelta(minutes=minutes)
        at, end = OPEN
        while at + length <= end:
            first, last = unit_of(at), unit_of(at + length)
            if any(all(desk != d or last <= a or b <= first for d, a, b in taken) for desk in self.desks):
                found.append(at)
            at += timedelta(minutes=GRID)
        return found


@pytest.fixture
def registry(database: Database) -> Registry:
    authority = make_authority(database, open_limit=100)
    site = make_site(database, authority)
    desks = (
        make_resource(database, authority, site, "desk-1"),
        make_resource(database, authority, site, "desk-2"),
    )
    shared = {"turnaround_minutes": 0, "grid_minutes": GRID}
    register = make_service(
        database, authority, "register", duration_minutes=BASE, triage_questions=[CHILDREN], **shared
    )
    certify = make_service(database, authority, "certify", duration_minutes=30, **shared)
    make_session(
        *(database, authority, site, desks, (register, certify)),
        starts=time(9),
        ends=time(13),
    )
    return Registry(database, make_runtime(database), authority, site, desks, register, certify)


def starts(slots: list[FreeSlot]) -> list[datetime]:
    return [slot.starts_at for slot in slots]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_booked_moved_and_cancelled_the_free_times_are_those_of_brute_force(
    registry: Registry, seed: int
) -> None:
    random, booked = Random(seed), list[Booked]()
    for step in range(14):
        number = random.randint(1, MOST)
        slots = registry.slots(number)
        what = random.choice(("book", "book", "move", "cancel")) if booked else "book"
        if what == "book" and slots:
            booked.append(registry.book(random.choice(slots), f"P{step} Nowak"))
        elif what == "move":
            one = booked.pop(random.randrange(len(booked)))
            own = decode(one.slot_token).counts[0].number
            fitting = registry.slots(own)
            if fitting:
                move = Move(slot_key=random.choice(fitting).slot_key, despite_same_time=True)
                one = reschedule(
                    registry.runtime, registry.authority_id, one.reference, move, actor=AGENT, enforce_cutoff=False
                )
            booked.append(one)
        elif what == "cancel":
            gone = booked.pop(random.randrange(len(booked)))
            cancel(
                *(registry.runtime, registry.authority_id, gone.reference),
                actor=AGENT,
                by="resident",
                enforce_cutoff=False,
            )
        for asked in range(1, MOST + 1):
            assert starts(registry.slots(asked)) == registry.expected(BASE + asked * EACH)
        both = registry.slots(number, service_ids=(registry.certify, registry.register))
        assert {slot.ends_at - slot.starts_at for slot in both} <= {timedelta(minutes=30 + BASE + number * EACH)}
    with registry.database.reading() as db:
        units = sum(last - first for _, first, last in registry.taken())
        assert db.scalar(select(func.count()).select_from(Claim)) == units


def test_a_visit_takes_what_the_page_showed_and_keeps_it_when_it_moves(registry: Registry) -> None:
    slot = registry.slots(3)[0]
    assert slot.ends_at - slot.starts_at == timedelta(minutes=BASE + 3 * EACH)
    booked = registry.book(slot)
    with registry.database.reading() as db:
        view = by_reference(db, catalogue_by_id(db, registry.authority_id), booked.reference)
    assert (view.minutes, view.counts) == (55, (Count(3, 9),))
    shorter = registry.slots(1)[-1]
    move = Move(slot_key=shorter.slot_key)
    where = (registry.runtime, registry.authority_id, booked.reference)
    with pytest.raises(Invalid) as refused:
        reschedule(*where, move, actor=AGENT, enforce_cutoff=False)
    assert [one.code for one in refused.value.errors["slot"]] == ["slot_of_another_length"]
    changed = reschedule(*where, replace(move, changes_counts=True), actor=AGENT, enforce_cutoff=False)
    assert changed.slot_token == shorter.token


def test_a_resident_cannot_make_a_slot_shorter_than_the_number_in_it_says(registry: Registry) -> None:
    honest = registry.slots(3)[0].slot_key
    for counts in ((), (Count(3, 1),), (Count(MOST + 1, (MOST + 1) * 3),), (Count(0, 9),)):
        with pytest.raises(SlotTaken) as refused:
            hold_slot(registry.runtime, replace(honest, counts=counts), for_public=True)
        assert refused.value.reason is not None
        assert refused.value.reason.code == "length_changed"
    assert hold_slot(registry.runtime, honest, for_public=True).slot_key == honest


@pytest.mark.parametrize(
    "counts", [(), (Count(1, 3),), (Count(), Count(2, 4)), (Count(1, 1), Count(2, 2), Count(), Count(999, 999))]
)
def test_a_token_says_its_counts(counts: tuple[Count, ...]) -> None:
    key = SlotKey(1, 2, tuple(range(5, 5 + max(1, len(counts)))), "in_person", 77, counts=counts)
    assert decode(encode(key)) == key


@pytest.mark.parametrize("token", ["1.1.1.1x0y0.p.0.5", "1.1.1.1x.p.0.5", "1.1.1.1x1.p.0.5", "1.1.1.1x1000y1.p.0.5"])
def test_a_token_with_counts_that_cannot_be_is_refused(token: str) -> None:
    with pytest.raises(Invalid):
        decode(token)


def test_proposals_and_the_waiting_list_look_for_the_length_of_the_appointment(registry: Registry) -> None:
    last = registry.slots(4)[-1]
    booked = registry.book(last)
    wish = NewWish("phone", appointment=booked.reference)
    tomorrow = replace(registry.query(4), first_date=DAY, last_date=None)
    with registry.database.reading() as db:
        catalogue = catalogue_by_id(db, registry.authority_id)
        later = next(slot for slot in all_slots(db, catalogue, tomorrow, NOW) if slot.starts_at.date() > DAY)
    reschedule(
        *(registry.runtime, registry.authority_id, booked.reference, Move(slot_key=later.slot_key)),
        actor=AGENT,
        enforce_cutoff=False,
    )
    make_wish(registry.runtime, registry.authority_id, wish, actor=AGENT)
    stranger = NewWish(
        "phone", services=("register",), resident=ResidentDetails("Ann Other", "a@example.org"), numbers=(2,)
    )
    make_wish(registry.runtime, registry.authority_id, stranger, actor=AGENT)
    with registry.database.reading() as db:
        row = db.scalars(select(Appointment)).one()
        found = best_alternative(db, catalogue, row, NOW)
        choice = next_choice(db, catalogue, NOW)
        assert found is not None
        assert choice is not None
        assert found.counts == choice.slot_key.counts == (Count(4, 12),)
        assert [one.visit.counts for one in candidates(db, catalogue, NOW)] == [(Count(4, 12),), (Count(2, 6),)]


def test_a_visit_fits_by_its_own_length(registry: Registry) -> None:
    """One that ends after the session would not fit; neither the shortest visit nor the service's own time decides."""
    registry.book(registry.slots(4)[-1])
    with registry.database.reading() as db:
        catalogue = catalogue_by_id(db, registry.authority_id)
        visits = booked_visits(db, [registry.site_id], NOW)
        assert misfits_of(catalogue, visits, NOW) == ()
        longer = [replace(one, slot=replace(one.slot, counts=(Count(4, 15),))) for one in visits]
        assert [found.reason for found in misfits_of(catalogue, longer, NOW)] == ["hours"]
