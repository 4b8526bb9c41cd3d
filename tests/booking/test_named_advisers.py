"""The adviser whom somebody has: times with that one alone, who really gets the visit; for whom it is not, it is refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from booking.proposals.tables import Proposal, Wish
from booking.proposals.wish_rules import BY_EMAIL
from booking.queries.advisers import adviser_of, bookable_adviser
from booking.queries.open_wishes import views_of
from booking.slot_tokens import SlotKey, decode, encode
from booking.tables import Allocation, Appointment
from booking.use_cases.book import Booked, Booking, book
from booking.use_cases.earlier_times import accept_earlier_time, offer_earlier_times
from booking.use_cases.holds import hold_slot
from booking.use_cases.make_closure import lift_closure
from booking.use_cases.named_advisers import NewNamedAdviser, end_named_adviser, name_adviser
from booking.use_cases.online_wishes import OnlineWish, wait_online
from booking.use_cases.reschedule import Move, reschedule
from booking.use_cases.wishes import NewWish, make_wish
from core.database import Database
from core.errors import Invalid, ServiceError, SlotTaken
from core.runtime import Runtime
from core.wall_clock import unit_of
from locations.catalogue_queries import bump_plan, catalogue_by_id
from locations.tables import Closure, Service
from people.residents.details import ResidentDetails
from people.residents.resident_repository import find_or_create
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

TEN = NOW.replace(hour=10)
ROBIN, OTHER = ResidentDetails("Robin Sample", "robin@example.org"), ResidentDetails("Pat Sample", "pat@example.org")
INSTEAD = "Ring us first."
TODAY = NOW.date()


@dataclass(frozen=True)
class Office:
    """A site with two advisers, of whom the second has less to spare, so that the first is given to nobody by chance."""

    database: Database
    runtime: Runtime
    authority_id: int
    site_id: int
    anna: int
    ben: int
    service: int

    def slot(self, at: datetime = TEN, adviser: int = 0) -> SlotKey:
        return SlotKey(self.authority_id, self.site_id, (self.service,), "in_person", unit_of(at), adviser=adviser)

    def book(
        self, slot_key: SlotKey, who: ResidentDetails | int = ROBIN, *, actor: Any = RESIDENT, **more: Any
    ) -> Booked:
        booking = Booking(self.authority_id, "online", who, slot_key=slot_key, despite_same_time=True, **more)
        return book(self.runtime, booking, actor=actor)

    def served_by(self, booked: Booked) -> int:
        with self.database.reading() as db:
            [found] = db.scalars(
                select(Allocation.resource_id).where(Allocation.appointment_id == booked.appointment_id)
            ).all()
            return found

    def was_seen(self, adviser: int, who: ResidentDetails = ROBIN) -> int:
        """Somebody whom this adviser saw; their id."""
        booked = self.book(self.slot(NOW.replace(hour=9), adviser), who, actor=AGENT)
        with self.database.writing() as db:
            row = db.get_one(Appointment, booked.appointment_id)
            row.state = "attended"
            return row.resident_id

    def set(self, **values: Any) -> None:
        with self.database.writing() as db:
            db.execute(update(Service).where(Service.id == self.service).values(**values))
            bump_plan(db, self.authority_id)


@pytest.fixture
def office(database: Database) -> Office:
    authority = make_authority(database, open_limit=100)
    site = make_site(database, authority)
    anna = make_resource(database, authority, site, "anna", kind="adviser", name="Anna", skills=["benefits", "bsl"])
    ben = make_resource(database, authority, site, "ben", kind="adviser", name="Ben", skills=["benefits"])
    needs = [{"kind": "adviser", "skills": ["benefits"]}]
    service = make_service(database, authority, "advice", requirements=needs, grid_minutes=30, duration_minutes=30)
    make_session(database, authority, site, (anna, ben), (service,), starts=time(9), ends=time(12))
    return Office(database, make_runtime(database), authority, site, anna, ben, service)


def refused(booking: Any, *arguments: Any, **more: Any) -> str:
    """The reason for which it is refused, or "booked"."""
    try:
        booking(*arguments, **more)
    except Invalid as error:
        [(_field, [reason])] = error.errors.items()
        return reason.code
    except ServiceError as error:
        return str(error)
    return "booked"


@pytest.mark.databases("sqlite")
def test_a_token_says_the_adviser_and_comes_back_as_it_was() -> None:
    key = SlotKey(1, 2, (3, 4), "phone", 5_950_000, extra_time=True, adviser=77)
    assert decode(encode(key)) == key
    for wrong in ("1.1.1.1.p.0w.5b530c", "1.1.1.1.p.0w0.5b530c", "1.1.1.1.p.w7.5b530c", f"1.1.1.1.p.0w{2**31}.5b530c"):
        with pytest.raises(Invalid):
            decode(wrong)


def test_the_adviser_seen_last_really_gets_the_visit_and_nobody_else_may_choose_them(office: Office) -> None:
    office.was_seen(office.anna)
    assert office.served_by(office.book(office.slot(), OTHER)) == office.ben  # the one with less to spare
    assert refused(office.book, office.slot(TEN + timedelta(minutes=30), office.anna), OTHER) == "adviser_of_others"
    again = office.book(office.slot(adviser=office.anna))
    assert office.served_by(again) == office.anna
    assert decode(again.slot_token).adviser == 0  # its seats say so
    assert refused(office.book, office.slot(adviser=office.anna)) == "adviser_taken"


def test_a_hold_keeps_the_adviser_and_only_whose_they_are_can_take_it(office: Office) -> None:
    known = office.was_seen(office.anna)
    slot = office.slot(adviser=office.anna)
    held = hold_slot(office.runtime, slot, for_public=True)
    assert held.slot_key == slot
    as_other = Booking(office.authority_id, "online", OTHER, hold=held.token)
    assert refused(book, office.runtime, as_other, actor=RESIDENT) == "adviser_of_others"
    booked = book(office.runtime, replace(as_other, known_resident=known), actor=RESIDENT)
    assert office.served_by(booked) == office.anna


def test_a_move_keeps_or_changes_the_adviser(office: Office) -> None:
    office.was_seen(office.ben)
    booked = office.book(office.slot(), actor=AGENT)
    assert office.served_by(booked) == office.ben

    def move(slot_key: SlotKey) -> None:
        reschedule(
            *(office.runtime, office.authority_id, booked.reference, Move(slot_key)),
            actor=RESIDENT,
            enforce_cutoff=False,
        )

    assert refused(move, office.slot(adviser=office.anna)) == "adviser_of_others"
    office.was_seen(office.anna)
    move(office.slot(adviser=office.anna))  # the same time, with somebody else
    assert office.served_by(booked) == office.anna
    move(office.slot(TEN + timedelta(minutes=30), office.anna))
    assert office.served_by(booked) == office.anna


def test_who_is_named_comes_before_who_was_seen_until_that_ends(office: Office) -> None:
    robin = office.was_seen(office.anna)

    def known(today: date = TODAY) -> int:
        with office.database.reading() as db:
            catalogue = catalogue_by_id(db, office.authority_id)
            found = adviser_of(db, catalogue, [robin], [office.service], today)
            return found.resource_id if found else 0

    until = NOW.date() + timedelta(days=10)
    who = (office.runtime, office.authority_id, robin)
    assert known() == office.anna
    name_adviser(*who, NewNamedAdviser("advice", office.ben, until), actor=AGENT)
    assert (known(), known(until), known(until + timedelta(days=1))) == (office.ben, office.ben, office.anna)
    end_named_adviser(*who, office.service, actor=AGENT)
    assert known() == office.anna
    wrong = [NewNamedAdviser("advice", 10**9, until), NewNamedAdviser("advice", office.ben, date(2026, 1, 1))]
    assert [refused(name_adviser, *who, one, actor=AGENT) for one in wrong] == [
        "adviser_not_for_service",
        "until_out_of_range",
    ]


def test_a_service_for_people_with_an_adviser_is_held_with_that_one_while_they_have_time(office: Office) -> None:
    office.was_seen(office.anna)
    office.set(named_adviser="named_only", catchment_instead=INSTEAD, third_time_within_days=3)
    later = office.slot(TEN + timedelta(minutes=30))
    assert refused(office.book, later, OTHER) == "named_adviser_only"
    assert refused(office.book, later, OTHER, actor=AGENT) == "named_adviser_reason"
    assert refused(office.book, later, OTHER, actor=AGENT, outside_reason="New, and urgent") == "booked"
    assert refused(office.book, office.slot(adviser=office.anna)) == "booked"
    wanted = office.slot(TEN + timedelta(minutes=60), office.ben)
    assert refused(office.book, wanted) == "adviser_of_others"
    office.book(office.slot(TEN + timedelta(minutes=60), office.anna), actor=AGENT, outside_reason="Asked for her")
    assert refused(office.book, replace(wanted, adviser=0)) == "only_with_adviser"
    with office.database.writing() as db:  # away for a week
        period = {"starts_at": NOW, "ends_at": NOW + timedelta(days=7)}
        where = {"site_id": office.site_id, "resource_id": office.anna}
        db.add(Closure(authority_id=office.authority_id, slug="away", **where, **period))
        bump_plan(db, office.authority_id)
    assert refused(office.book, office.slot(TEN + timedelta(minutes=90), office.anna)) == "adviser_taken"
    assert refused(office.book, replace(wanted, adviser=0)) == "booked"


def test_whoever_is_quicker_has_the_adviser(office: Office) -> None:
    office.was_seen(office.anna)
    hold_slot(office.runtime, office.slot(adviser=office.anna), for_public=True)
    with pytest.raises(SlotTaken) as error:
        hold_slot(office.runtime, office.slot(adviser=office.anna), for_public=True)
    assert str(error.value) == "adviser_taken"
    with office.database.writing() as db:
        find_or_create(db, office.authority_id, OTHER, NOW)
    assert refused(office.book, office.slot(), OTHER) == "booked"  # with the other one


def test_nobody_waits_for_what_they_cannot_book(office: Office) -> None:
    """A time that comes up would be held for them, and be theirs with one press."""
    office.was_seen(office.anna)
    office.set(named_adviser="named_only", catchment_instead=INSTEAD, third_time_within_days=3)
    found = {}
    for who in (ROBIN, OTHER):
        wanted = OnlineWish(("advice",), who, BY_EMAIL, "origin", TODAY + timedelta(days=28))
        found[who.name] = refused(wait_online, office.runtime, office.authority_id, wanted)
    assert found == {ROBIN.name: "booked", OTHER.name: "named_adviser_only"}


@pytest.mark.parametrize("has_appointment", [True, False])
def test_whoever_waits_for_their_own_adviser_is_offered_no_time_with_another(
    office: Office, *, has_appointment: bool
) -> None:
    robin = office.was_seen(office.anna)
    later = office.book(office.slot(TEN + timedelta(days=2), office.anna)) if has_appointment else None
    what = {"appointment": later.reference} if later else {"services": ("advice",), "resident": robin}
    with office.database.writing() as db:
        away = {"starts_at": NOW, "ends_at": NOW + timedelta(days=1), "site_id": office.site_id, "slug": "away"}
        db.add(Closure(authority_id=office.authority_id, resource_id=office.anna, **away))
        bump_plan(db, office.authority_id)
    council = (office.runtime, office.authority_id)
    new = NewWish("online", until=TODAY, own_adviser=True, **what)
    wish = make_wish(*council, new, actor=AGENT)
    assert offer_earlier_times(office.runtime, can_be_told) == 0
    with office.database.reading() as db:
        facts, today = catalogue_by_id(db, office.authority_id), NOW.date()
        (view,) = views_of(db, facts, db.scalars(select(Wish)).all(), NOW)
    assert view.adviser == "Anna"  # who is away for a day has not left
    assert bookable_adviser(facts, 999, [office.service], today) == 0
    lift_closure(*council, closure_id(office), actor=AGENT)
    assert offer_earlier_times(office.runtime, can_be_told) == 1
    with office.database.reading() as db:
        assert decode(db.scalars(select(Proposal.slot_token)).one()).adviser == office.anna
    taken = accept_earlier_time(*council, wish, actor=RESIDENT, channel="online")
    assert office.served_by(taken) == office.anna


def test_nobody_waits_for_an_adviser_whom_they_do_not_have(office: Office) -> None:
    office.was_seen(office.anna)
    new = NewWish("phone", services=("advice",), resident=OTHER, own_adviser=True)
    assert refused(make_wish, office.runtime, office.authority_id, new, actor=AGENT) == "no_adviser_known"


def closure_id(office: Office) -> int:
    with office.database.reading() as db:
        return db.scalars(select(Closure.id)).one()
