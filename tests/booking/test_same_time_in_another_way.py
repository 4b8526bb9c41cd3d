"""The same time by telephone or video, with the same adviser: proposed first, and kept free for whoever it is for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.events import appointment_changed
from booking.proposals.tables import Proposal
from booking.queries.open_proposals import open_proposal
from booking.queries.slots import SlotQuery, all_slots
from booking.slot_tokens import SlotKey, decode
from booking.tables import Allocation, Appointment, Claim, Hold
from booking.use_cases.book import Booking, book
from booking.use_cases.make_closure import NewClosure, lift_closure, make_closure
from booking.use_cases.offers import accept_offer, make_offers, request_offers
from core.audit import Actor
from core.database import Database
from core.runtime import Runtime
from core.wall_clock import unit_of
from locations.catalogue_queries import catalogue_by_id
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
    """A library and a virtual site at which the same two advisers give the same service."""

    runtime: Runtime
    authority_id: int
    library: int
    virtual: int
    advisers: tuple[int, ...]
    service_id: int

    def book(self, who: ResidentDetails) -> str:
        """The reference of a visit to the library at ten tomorrow."""
        slot = SlotKey(self.authority_id, self.library, (self.service_id,), "in_person", unit_of(AT_TEN))
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
    authority_id = make_authority(database)
    library = make_site(database, authority_id)
    virtual = make_site(
        database, authority_id, "online", name="Online", kind="virtual", easting=None, northing=None, postcode=""
    )
    people = [{"kind": "adviser", "name": "Asha Adviser"}, {"kind": "adviser", "name": "Bo Adviser"}]
    advisers = tuple(
        make_resource(database, authority_id, None, f"adviser-{number}", **facts) for number, facts in enumerate(people)
    )
    service = make_service(
        database,
        authority_id,
        modes=["in_person", "video", "phone"],
        requirements=[{"kind": "adviser", "skills": []}],
    )
    for site in (library, virtual):
        make_session(database, authority_id, site, advisers, [service])
    return Advice(make_runtime(database), authority_id, library, virtual, advisers, service)


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
        query = SlotQuery((advice.service_id,), site_ids=(advice.virtual,), mode="phone", for_public=False)
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
