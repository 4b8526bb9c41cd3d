"""The same time by telephone or video, with the same adviser: proposed first, and kept free for whoever it is for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import time, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from booking.availability.values import SeatAllocation
from booking.capacity.same_time import uncovered
from booking.events import appointment_changed
from booking.proposals.tables import Proposal
from booking.queries.open_proposals import open_proposal
from booking.queries.slots import SlotQuery, all_slots
from booking.slot_tokens import SlotKey, decode
from booking.tables import Allocation, Appointment, Claim, Hold
from booking.use_cases.book import Booking, book
from booking.use_cases.change_details import Details, change_details
from booking.use_cases.holds import hold_slot
from booking.use_cases.make_closure import NewClosure, lift_closure, make_closure
from booking.use_cases.offers import accept_offer, make_offers, request_offers
from booking.use_cases.reschedule import Move, reschedule
from core.audit import Actor
from core.database import Database
from core.errors import SlotTaken
from core.runtime import Runtime
from core.wall_clock import unit_of
from locations.catalogue_queries import catalogue_by_id
from locations.tables import Authority
from people.residents.details import ResidentDetails
from reminders.outbox import plan_notifications
from reminders.reach_queries import can_be_told
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

MANAGER = Actor("staff", 2, "Mina Manager")
AT_TEN = NOW + timedelta(days=1, hours=2)
PHONE, EMAIL = "07700 900123", "robin@example.org"


@dataclass(frozen=True)
class Advice:
    """A library and a virtual site at which the same two advisers give the same services; a visit is for all of them."""

    runtime: Runtime
    authority_id: int
    library: int
    virtual: int
    advisers: tuple[int, ...]
    service_ids: tuple[int, ...]

    def book(self, who: ResidentDetails) -> str:
        """The reference of a visit to the library at ten tomorrow."""
        slot = SlotKey(self.authority_id, self.library, self.service_ids, "in_person", unit_of(AT_TEN))
        booking = Booking(self.authority_id, "phone", who, slot_key=slot, support_needs=who.support_needs)
        return book(self.runtime, booking, actor=AGENT).reference

    def shut(self, site: str = "high-street") -> int:
        """The id of a closure tomorrow, of which everybody is offered another time."""
        new = NewClosure(AT_TEN - timedelta(hours=2), AT_TEN + timedelta(hours=7), "The boiler is broken", site=site)
        made = make_closure(self.runtime, self.authority_id, new, actor=MANAGER)
        assert made.id is not None
        request_offers(self.runtime, self.authority_id, made.id, actor=MANAGER)
        make_offers(self.runtime, can_be_told)
        return made.id

    def proposed(self) -> list[SlotKey]:
        with self.runtime.database.reading() as db:
            tokens = db.scalars(select(Proposal.slot_token).where(Proposal.state == "open").order_by(Proposal.id))
            return [decode(token) for token in tokens]

    def advisers_of(self, reference: str) -> set[int]:
        with self.runtime.database.reading() as db:
            seats = select(Allocation.resource_id).join(Appointment, Appointment.id == Allocation.appointment_id)
            return set(db.scalars(seats.where(Appointment.reference == reference)))


@pytest.fixture
def advice(database: Database) -> Advice:
    advice = make_advice(database)
    make_session(database, advice.authority_id, advice.library, advice.advisers, advice.service_ids)
    return advice


def make_advice(database: Database, *services: str, only_first: bool = False) -> Advice:
    """Advice by telephone and video all day, by the first adviser or both; at the library nobody works yet."""
    authority_id = make_authority(database)
    library = make_site(database, authority_id)
    virtual = make_site(
        database, authority_id, "online", name="Online", kind="virtual", easting=None, northing=None, postcode=""
    )
    people = [{"kind": "adviser", "name": "Asha Adviser"}, {"kind": "adviser", "name": "Bo Adviser"}]
    advisers = tuple(
        make_resource(database, authority_id, None, f"adviser-{number}", **facts) for number, facts in enumerate(people)
    )
    facts = {"modes": ["in_person", "video", "phone"], "requirements": [{"kind": "adviser", "skills": []}]}
    service_ids = tuple(make_service(database, authority_id, slug, **facts) for slug in services or ("certify",))
    make_session(database, authority_id, virtual, advisers[:1] if only_first else advisers, service_ids)
    return Advice(make_runtime(database), authority_id, library, virtual, advisers, service_ids)


@pytest.fixture(autouse=True)
def _planned() -> object:
    with appointment_changed.connected_to(plan_notifications):
        yield


def test_the_same_adviser_rings_at_the_same_time(advice: Advice, database: Database) -> None:
    reference = advice.book(ResidentDetails("Robin", EMAIL, PHONE))
    before = advice.advisers_of(reference)
    advice.shut()
    (slot,) = advice.proposed()
    assert (slot.site_id, slot.mode, slot.start_unit) == (advice.virtual, "phone", unit_of(AT_TEN))
    with database.reading() as db:
        catalogue = catalogue_by_id(db, advice.authority_id)
        row = db.scalars(select(Appointment)).one()
        offered = open_proposal(db, catalogue, row.id, NOW)
        query = SlotQuery(advice.service_ids, site_ids=(advice.virtual,), mode="phone", for_public=False)
        free = [one.free for one in all_slots(db, catalogue, query, NOW) if one.starts_at == AT_TEN]
    assert offered is not None
    assert offered.change is not None
    names = {advice.advisers[0]: "Asha Adviser", advice.advisers[1]: "Bo Adviser"}
    assert (offered.change.is_same_time, offered.change.is_other_mode) == (True, True)
    assert {offered.change.adviser} == {names[id_] for id_ in before}
    assert free == [1]  # the other adviser: this one is kept for whoever was offered them
    accept_offer(advice.runtime, advice.authority_id, reference, actor=RESIDENT)
    assert advice.advisers_of(reference) == before
    with database.reading() as db:
        row = db.scalars(select(Appointment)).one()
        assert (row.mode, row.site_id, row.starts_at) == ("phone", advice.virtual, AT_TEN)
        assert db.scalars(select(Hold.id)).all() == []
        assert len(db.scalars(select(Claim.unit)).all()) == (row.ends_at - row.starts_at) // timedelta(minutes=5)


def test_two_people_at_one_time_each_keep_their_adviser(advice: Advice) -> None:
    references = [advice.book(ResidentDetails(name, f"{name}@example.org", PHONE)) for name in ("robin", "kim")]
    before = [advice.advisers_of(reference) for reference in references]
    advice.shut()
    assert [slot.start_unit for slot in advice.proposed()] == [unit_of(AT_TEN)] * 2
    for reference in references:
        accept_offer(advice.runtime, advice.authority_id, reference, actor=RESIDENT)
    assert [advice.advisers_of(reference) for reference in references] == before


@pytest.mark.parametrize(
    ("who", "mode", "is_same_time"),
    [
        (ResidentDetails("Robin", EMAIL, PHONE, support_needs=("bsl",)), "video", True),
        (ResidentDetails("Robin", EMAIL), "video", True),
        (ResidentDetails("Robin", "", PHONE), "phone", True),
        (ResidentDetails("Robin"), "in_person", False),
    ],
)
def test_needs_and_contacts_decide_how(advice: Advice, who: ResidentDetails, mode: str, is_same_time: bool) -> None:
    advice.book(who)
    advice.shut()
    (slot,) = advice.proposed()
    assert (slot.mode, slot.start_unit == unit_of(AT_TEN)) == (mode, is_same_time)


def test_a_closure_of_the_way_itself_takes_it_back(advice: Advice) -> None:
    reference = advice.book(ResidentDetails("Robin", EMAIL, PHONE))
    advice.shut()
    advice.shut("online")
    (slot,) = advice.proposed()  # another one, sought at once
    assert (slot.mode, slot.start_unit > unit_of(AT_TEN)) == ("in_person", True)
    accept_offer(advice.runtime, advice.authority_id, reference, actor=RESIDENT)


def test_a_lifted_closure_leaves_everything_as_it_was(advice: Advice, database: Database) -> None:
    reference = advice.book(ResidentDetails("Robin", EMAIL, PHONE))
    before = advice.advisers_of(reference)
    lift_closure(advice.runtime, advice.authority_id, advice.shut(), actor=MANAGER)
    assert advice.proposed() == []
    assert advice.advisers_of(reference) == before
    with database.reading() as db:
        assert db.scalars(select(Hold.id)).all() == []
        assert db.scalars(select(Appointment.mode)).one() == "in_person"


@pytest.mark.parametrize("changes_adviser", [True, False])
@pytest.mark.parametrize("needs", [(), ("extra-time",)])
def test_whatever_others_hold_meanwhile_the_time_can_be_accepted(
    database: Database, changes_adviser: bool, needs: tuple[str, ...]
) -> None:
    """Every minute of it is claimed by the appointment or by the hold, though the adviser or the length is another."""
    advice = make_advice(database, "advice", "forms", only_first=changes_adviser)
    hours = {0: (time(9), time(10, 30)), 1: (time(10, 30), time(17))} if changes_adviser else {0: (time(9), time(17))}
    for number, (starts, ends) in hours.items():
        one = [advice.advisers[number]]
        times = {"starts": starts, "ends": ends}
        make_session(database, advice.authority_id, advice.library, one, advice.service_ids, f"shift-{number}", **times)
    reference = advice.book(ResidentDetails("Robin", EMAIL, PHONE))
    assert advice.advisers_of(reference) == {advice.advisers[number] for number in hours}
    change_details(advice.runtime, advice.authority_id, reference, Details(support_needs=needs), actor=AGENT)
    advice.shut()
    (slot,) = advice.proposed()
    assert (slot.mode, slot.start_unit, slot.extra_time) == ("phone", unit_of(AT_TEN), bool(needs))
    offered = claimed(database)
    hold_every_free_minute(database, advice, advice.advisers[:1] if changes_adviser else advice.advisers)
    accept_offer(advice.runtime, advice.authority_id, reference, actor=RESIDENT)
    with database.reading() as db:
        row = db.scalars(select(Appointment)).one()
        theirs = Allocation.appointment_id == row.id
        units = db.execute(select(Claim.resource_id, Claim.unit).join(Allocation).where(theirs)).all()
    assert sorted(unit for _, unit in units) == list(range(unit_of(row.starts_at), unit_of(row.ends_at)))
    assert offered.issuperset(tuple(one) for one in units)


def claimed(database: Database) -> set[tuple[int, int]]:
    """Who is occupied in which unit."""
    with database.reading() as db:
        return {(resource, unit) for resource, unit in db.execute(select(Claim.resource_id, Claim.unit))}


def hold_every_free_minute(database: Database, advice: Advice, advisers: tuple[int, ...]) -> None:
    """Hold all that is free of the advisers from half past nine to half past eleven."""
    short = {"modes": ["phone"], "requirements": [{"kind": "adviser", "skills": []}]}
    short |= {"duration_minutes": 5, "grid_minutes": 5}
    question = make_service(database, advice.authority_id, "question", **short)
    make_session(database, advice.authority_id, advice.virtual, advisers, [question], "questions")
    with database.writing() as db:
        db.execute(update(Authority).values(plan_version=Authority.plan_version + 1))
    units = range(unit_of(AT_TEN) - 6, unit_of(AT_TEN) + 18)
    for unit in units:
        slot = SlotKey(advice.authority_id, advice.virtual, (question,), "phone", unit)
        with suppress(SlotTaken):
            for _ in advisers:
                hold_slot(advice.runtime, slot, for_public=False)
    assert claimed(database).issuperset(product(advisers, units))


PERIODS = st.tuples(st.integers(0, 20), st.integers(1, 8)).map(lambda one: (one[0], one[0] + one[1]))
OWN = st.tuples(st.integers(1, 2), st.integers(0, 1), PERIODS).map(lambda one: (one[0], one[1], *one[2]))


@given(PERIODS, st.sets(OWN, max_size=6))
@settings(derandomize=True, database=None)
def test_what_is_held_is_what_the_appointment_does_not_occupy(
    period: tuple[int, int], own: set[tuple[int, int, int, int]]
) -> None:
    parts = list(uncovered(SeatAllocation(1, 0, *period, service_id=7), own))
    occupied = {unit for *seat, first, last in own if seat == [1, 0] for unit in range(first, last)}
    assert [unit for part in parts for unit in range(part.first_unit, part.last_unit)] == [
        unit for unit in range(*period) if unit not in occupied
    ]
    assert {(part.resource_id, part.seat, part.service_id) for part in parts} <= {(1, 0, 7)}


def test_staff_move_to_what_they_hold_at_the_same_time_whatever_the_needs(advice: Advice, database: Database) -> None:
    reference = advice.book(ResidentDetails("Robin", EMAIL, PHONE, support_needs=("extra-time",)))
    (booked_with,) = advice.advisers_of(reference)
    slot = SlotKey(advice.authority_id, advice.virtual, advice.service_ids, "phone", unit_of(AT_TEN))
    held = hold_slot(advice.runtime, slot, for_public=False)  # of the other adviser: this one is occupied
    move = Move(hold=held.token)
    reschedule(advice.runtime, advice.authority_id, reference, move, actor=AGENT, enforce_cutoff=False)
    assert advice.advisers_of(reference) == set(advice.advisers) - {booked_with}
    with database.reading() as db:
        row = db.scalars(select(Appointment)).one()
        assert (row.mode, row.ends_at - row.starts_at) == ("phone", timedelta(minutes=30))
