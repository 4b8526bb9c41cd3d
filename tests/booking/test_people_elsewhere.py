"""People who work at several sites: nobody is booked at two places at once, nor without time to travel between them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Barrier, local
from typing import Any

import pytest
from sqlalchemy import select

from booking.capacity import placement
from booking.queries.booked_visits import count_ahead
from booking.queries.day_list import day_of
from booking.queries.slots import SlotQuery, all_slots
from booking.slot_tokens import SlotKey
from booking.tables import Allocation, RebookItem
from booking.use_cases.book import Booked, Booking, book
from booking.use_cases.cancel import cancel
from booking.use_cases.closures import list_touched
from booking.use_cases.holds import hold_slot, release_hold
from booking.use_cases.make_closure import NewClosure, lift_closure, make_closure
from booking.use_cases.reschedule import Move, reschedule
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from core.errors import HoldExpired, IllegalMove, SameTime, SlotTaken
from core.runtime import Runtime
from core.wall_clock import unit_of
from locations.catalogue_queries import bump_plan, catalogue_by_id
from locations.model import Catalogue
from locations.tables import Closure, Resource, TravelTime
from people.residents.details import ResidentDetails
from tests.support.factories import (
    AGENT,
    NOW,
    RESIDENT,
    make_authority,
    make_resource,
    make_runtime,
    make_service,
    make_session,
    make_site,
)

TEN = NOW + timedelta(hours=2)
HALF = timedelta(minutes=30)
PROGRAM = Actor("api", 1, "Kiosk")
TRAVEL_MINUTES = 20
ACTORS = ((RESIDENT, "online"), (AGENT, "phone"), (PROGRAM, "api"))


@dataclass(frozen=True)
class Town:
    """Two sites twenty minutes apart and a virtual one, each with sessions of the same people all day."""

    authority_id: int
    north: int
    south: int
    virtual: int
    people: tuple[int, ...]
    service_id: int

    def slot_key(self, site_id: int, starts_at: datetime) -> SlotKey:
        mode = "video" if site_id == self.virtual else "in_person"
        return SlotKey(self.authority_id, site_id, (self.service_id,), mode, unit_of(starts_at))


def make_town(database: Database, people: int = 1) -> Town:
    authority_id = make_authority(database, open_limit=1000)
    sites = [
        make_site(database, authority_id, "north", name="North"),
        make_site(database, authority_id, "south", name="South"),
        make_site(database, authority_id, "video", name="By video", kind="virtual", easting=None, northing=None),
    ]
    needs = [{"kind": "adviser", "skills": []}]
    modes = ["in_person", "video"]
    service = make_service(database, authority_id, "advice", requirements=needs, modes=modes, grid_minutes=5)
    ids = tuple(make_resource(database, authority_id, None, f"adviser-{n}", kind="adviser") for n in range(people))
    for site_id in sites:
        make_session(database, authority_id, site_id, ids, [service])
    with database.writing() as db:
        travel = {"first_site_id": sites[0], "second_site_id": sites[1], "minutes": TRAVEL_MINUTES}
        db.add(TravelTime(authority_id=authority_id, **travel))
    return Town(authority_id, sites[0], sites[1], sites[2], ids, service)


def someone(name: str = "Robin Sample") -> ResidentDetails:
    return ResidentDetails(name, email=f"{name.lower().replace(' ', '.')}@example.org")


def book_at(runtime: Runtime, town: Town, site_id: int, starts_at: datetime, **values: Any) -> Booked:
    actor, channel = values.pop("by", ACTORS[0])
    facts: dict[str, Any] = {"resident": someone(), "slot_key": town.slot_key(site_id, starts_at)} | values
    return book(runtime, Booking(town.authority_id, channel, despite_same_time=True, **facts), actor=actor)


def catalogue(database: Database, town: Town) -> Catalogue:
    with database.reading() as db:
        return catalogue_by_id(db, town.authority_id)


def starts(database: Database, town: Town, site_id: int, now: datetime = NOW) -> set[str]:
    """The wall-clock times of today at which the site has a slot."""
    query = SlotQuery((town.service_id,), site_ids=(site_id,), last_date=NOW.date())
    with database.reading() as db:
        return {f"{slot.starts_at:%H:%M}" for slot in all_slots(db, catalogue_by_id(db, town.authority_id), query, now)}


def every_five_minutes(first: str, last: str) -> set[str]:
    at, end = (datetime.fromisoformat(f"2026-11-23T{text}") for text in (first, last))
    return {f"{at + number * timedelta(minutes=5):%H:%M}" for number in range(int((end - at).seconds / 300) + 1)}


def test_an_appointment_at_one_site_hides_what_cannot_be_reached_at_another(database: Database) -> None:
    town, runtime = make_town(database), make_runtime(database)
    everything = every_five_minutes("09:00", "16:30")
    assert starts(database, town, town.south) == everything
    book_at(runtime, town, town.north, TEN)  # to 10:30
    assert starts(database, town, town.north) == everything - every_five_minutes("09:35", "10:25")
    assert starts(database, town, town.south) == everything - every_five_minutes("09:15", "10:45")
    assert starts(database, town, town.virtual) == everything - every_five_minutes("09:35", "10:25")


def test_sites_searched_together_each_keep_their_own_distance(database: Database) -> None:
    town, runtime = make_town(database), make_runtime(database)
    book_at(runtime, town, town.north, TEN)
    query = SlotQuery((town.service_id,), first_date=NOW.date(), last_date=NOW.date())
    with database.reading() as db:
        found = all_slots(db, catalogue_by_id(db, town.authority_id), query, NOW)
    alone = {site_id: starts(database, town, site_id) for site_id in (town.north, town.south, town.virtual)}
    assert {
        site_id: {f"{slot.starts_at:%H:%M}" for slot in found if slot.site.id == site_id} for site_id in alone
    } == alone


@pytest.mark.parametrize("minutes", [0, 30, 45, -45])
def test_a_booking_that_leaves_no_time_for_the_way_is_refused(database: Database, minutes: int) -> None:
    town, runtime = make_town(database), make_runtime(database)
    book_at(runtime, town, town.north, TEN)
    with pytest.raises(SlotTaken):
        book_at(runtime, town, town.south, TEN + timedelta(minutes=minutes))


@pytest.mark.parametrize("minutes", [50, -50])
def test_a_booking_with_just_enough_time_for_the_way_is_accepted(database: Database, minutes: int) -> None:
    town, runtime = make_town(database), make_runtime(database)
    book_at(runtime, town, town.north, TEN)
    book_at(runtime, town, town.south, TEN + timedelta(minutes=minutes))


def test_nobody_travels_to_a_virtual_site(database: Database) -> None:
    town, runtime = make_town(database), make_runtime(database)
    book_at(runtime, town, town.north, TEN)
    book_at(runtime, town, town.virtual, TEN + HALF)
    with pytest.raises(SlotTaken):
        book_at(runtime, town, town.virtual, TEN)


def test_another_adviser_is_found_when_one_cannot_get_there(database: Database) -> None:
    town, runtime = make_town(database, people=2), make_runtime(database)
    book_at(runtime, town, town.north, TEN)
    book_at(runtime, town, town.south, TEN)
    with pytest.raises(SlotTaken):
        book_at(runtime, town, town.south, TEN)


def test_a_hold_keeps_the_way_free_until_it_expires(database: Database) -> None:
    town, runtime = make_town(database), make_runtime(database)
    held = hold_slot(runtime, town.slot_key(town.north, TEN), for_public=True)
    with pytest.raises(SlotTaken):
        book_at(runtime, town, town.south, TEN + HALF)
    later = Runtime(runtime.settings, database, FixedClock(held.expires_at))
    book_at(later, town, town.south, TEN + HALF)
    with pytest.raises(HoldExpired):
        book(
            runtime,
            Booking(town.authority_id, "online", someone(), hold=held.token),
            actor=RESIDENT,
        )


def test_an_appointment_may_move_to_where_only_its_own_time_was_in_the_way(database: Database) -> None:
    town, runtime = make_town(database), make_runtime(database)
    booked = book_at(runtime, town, town.north, TEN)
    slot_key = town.slot_key(town.south, TEN + HALF)
    moved = reschedule(
        runtime, town.authority_id, booked.reference, Move(slot_key=slot_key), actor=AGENT, enforce_cutoff=False
    )
    assert moved.version == 2
    assert starts(database, town, town.north) == every_five_minutes("09:00", "16:30") - every_five_minutes(
        "09:45", "11:15"
    )


def test_a_person_on_leave_has_the_appointments_of_every_site_rebooked(database: Database) -> None:
    town, runtime = make_town(database), make_runtime(database)
    booked = {
        book_at(runtime, town, site_id, TEN + 2 * n * HALF).appointment_id for n, site_id in enumerate(_sites(town))
    }
    with database.writing() as db:
        bump_plan(db, town.authority_id)
        row = Closure(authority_id=town.authority_id, resource_id=town.people[0], slug="leave")
        row.starts_at, row.ends_at = TEN - HALF, TEN + 8 * HALF
        db.add(row)
        db.flush()
        assert list_touched(db, row.id, NOW) == 3
    with database.reading() as db:
        assert set(db.scalars(select(RebookItem.appointment_id))) == booked
    for site_id in _sites(town):
        assert starts(database, town, site_id).isdisjoint(every_five_minutes("09:30", "13:55"))


def test_what_changes_about_a_person_is_noticed_at_every_site(database: Database) -> None:
    town = make_town(database)
    before = catalogue(database, town)
    with database.writing() as db:
        db.get_one(Resource, town.people[0]).name = "Somebody else"
        bump_plan(db, town.authority_id)
    after = catalogue(database, town)
    assert after.people[0].name == "Somebody else"
    for site in before.sites:
        assert after.site_by_id(site.id) is not site
        assert after.site_by_id(site.id).resources[0].name == "Somebody else"


def test_the_day_list_shows_what_is_here_and_leaves_out_what_is_elsewhere(database: Database) -> None:
    town, runtime = make_town(database), make_runtime(database)
    north = book_at(runtime, town, town.north, TEN)
    south = book_at(runtime, town, town.south, TEN + 4 * HALF)  # 12:00
    with database.reading() as db:
        known = catalogue_by_id(db, town.authority_id)
        day = day_of(db, known, known.site_by_id(town.north), NOW.date(), NOW)
        assert count_ahead(db, kind="person", row_id=town.people[0], now=NOW) == 2
    assert [view.reference for view in day.appointments] == [north.reference] != [south.reference]
    gaps = [((gap.first_unit - unit_of(TEN)) * 5, (gap.last_unit - unit_of(TEN)) * 5) for gap in day.gaps]
    assert gaps == [(-60, 0), (30, 100), (170, 420)]


def test_two_bookings_that_are_too_close_do_not_both_succeed(database: Database, both_have_read: None) -> None:
    """They overlap in no claim. Each has seen an empty day before either of them claims anything."""
    town, runtime = make_town(database), make_runtime(database)
    tries = [
        lambda: book_at(runtime, town, town.north, TEN),
        lambda: book_at(runtime, town, town.south, TEN + HALF, resident=someone("Kim Example")),
    ]
    assert sorted(_raced(tries)) == ["SlotTaken", "won"]
    assert faults(database, town) == []


def test_two_holds_that_are_too_close_do_not_both_succeed(database: Database, both_have_read: None) -> None:
    town, runtime = make_town(database), make_runtime(database)
    tries = [
        lambda: hold_slot(runtime, town.slot_key(town.north, TEN), for_public=True),
        lambda: hold_slot(runtime, town.slot_key(town.south, TEN - HALF), for_public=False),
    ]
    assert sorted(_raced(tries)) == ["SlotTaken", "won"]
    assert faults(database, town) == []


def test_an_appointment_that_moves_too_close_to_a_new_one_does_not_pass_it(
    database: Database, both_have_read: None
) -> None:
    town, runtime = make_town(database), make_runtime(database)
    with _without_waiting():
        booked = book_at(runtime, town, town.north, TEN + 8 * HALF)
    move = Move(slot_key=town.slot_key(town.south, TEN + HALF))
    tries = [
        lambda: book_at(runtime, town, town.north, TEN, resident=someone("Kim Example")),
        lambda: reschedule(runtime, town.authority_id, booked.reference, move, actor=AGENT, enforce_cutoff=False),
    ]
    assert sorted(_raced(tries)) == ["SlotTaken", "won"]
    assert faults(database, town) == []


def test_whatever_is_done_at_once_nobody_is_at_two_places_or_on_the_way(database: Database) -> None:
    """Residents, agents and programs book, hold, move and cancel at three sites as fast as they can."""
    town, runtime = make_town(database, people=2), make_runtime(database)
    start = Barrier(6)

    def work(number: int) -> int:
        rng = random.Random(number)
        start.wait()
        return sum(_act(runtime, town, rng, f"Worker {number}") for _ in range(25))

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(work, range(6))) >= 10
    assert faults(database, town) == []


def _act(runtime: Runtime, town: Town, rng: random.Random, name: str) -> bool:
    """One try of one kind at a random site and time; whether it succeeded."""
    slot_keys = [
        town.slot_key(rng.choice(_sites(town)), TEN + timedelta(minutes=5 * rng.randrange(78))) for _ in range(2)
    ]
    actor, channel = rng.choice(ACTORS)
    booking = Booking(town.authority_id, channel, someone(name), despite_same_time=True)
    try:
        if rng.random() < 0.4:
            held = hold_slot(runtime, slot_keys[0], for_public=True)
            if rng.random() < 0.3:
                release_hold(runtime, town.authority_id, held.token)
                return True
            booked = book(runtime, replace(booking, hold=held.token), actor=actor)
        else:
            booked = book(runtime, replace(booking, slot_key=slot_keys[0]), actor=actor)
        if rng.random() < 0.4:
            move = Move(slot_key=slot_keys[1])
            reschedule(runtime, town.authority_id, booked.reference, move, actor=actor, enforce_cutoff=False)
        if rng.random() < 0.4:
            cancel(runtime, town.authority_id, booked.reference, actor=actor, by="resident", enforce_cutoff=False)
    except (SlotTaken, HoldExpired, IllegalMove, SameTime):
        return False
    return True


def _sites(town: Town) -> tuple[int, int, int]:
    return town.north, town.south, town.virtual


def faults(database: Database, town: Town) -> list[str]:
    """Every two allocations of one person that overlap, or leave less than the travel time between the two sites."""
    with database.reading() as db:
        rows = db.scalars(select(Allocation).order_by(Allocation.first_unit, Allocation.id)).all()
    found = []
    for number, one in enumerate(rows):
        for other in rows[number + 1 :]:
            needed = TRAVEL_MINUTES // 5 if {one.site_id, other.site_id} == {town.north, town.south} else 0
            if one.resource_id == other.resource_id and other.first_unit - one.last_unit < needed:
                found.append(
                    f"{one.first_unit}-{one.last_unit} at {one.site_id}, {other.first_unit} at {other.site_id}"
                )
    return found


_here = local()


@pytest.fixture
def both_have_read(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two threads meet before they claim: both have chosen by then. SQLite lets one writer in at a time anyway."""
    gate, claim = Barrier(2, timeout=20), placement.claim_seats

    def wait_and_claim(*args: Any, **owner: Any) -> None:
        if not database.is_sqlite and getattr(_here, "waits", True):
            _here.waits = False  # a second try finds nobody to wait for
            gate.wait()
        claim(*args, **owner)

    monkeypatch.setattr(placement, "claim_seats", wait_and_claim)
    yield
    _here.waits = True


@contextmanager
def _without_waiting() -> Iterator[None]:
    _here.waits = False
    yield
    _here.waits = True


def _raced(tries: Sequence[Any]) -> list[str]:
    """How each of the tries ended, all begun at once."""
    start = Barrier(len(tries))

    def run(one: Any) -> str:
        start.wait()
        try:
            one()
        except SlotTaken:
            return "SlotTaken"
        return "won"

    with ThreadPoolExecutor(len(tries)) as pool:
        return list(pool.map(run, tries))


def test_somebody_away_from_one_site_alone_serves_the_others(database: Database) -> None:
    """Who is booked there is listed, and nobody else; they come back when the closure is lifted."""
    town, runtime = make_town(database), make_runtime(database)
    here, there = (book_at(runtime, town, site, TEN + at) for site, at in ((town.north, HALF), (town.south, 6 * HALF)))
    free = starts(database, town, town.south)
    away = NewClosure(NOW, NOW + timedelta(hours=12), "Training", site="north", resource="adviser-0")
    made = make_closure(runtime, town.authority_id, away, actor=AGENT)
    with database.reading() as db:
        listed = db.scalars(select(RebookItem.appointment_id)).all()
    assert (made.affected, listed) == (1, [here.appointment_id])
    assert (starts(database, town, town.north), starts(database, town, town.south)) == (set(), free)
    assert book_at(runtime, town, town.south, TEN + 10 * HALF).appointment_id > there.appointment_id
    assert made.id is not None
    lift_closure(runtime, town.authority_id, made.id, actor=AGENT)
    assert starts(database, town, town.north)
