"""What somebody needs and their appointment does not have: one rule, whoever asks, and never kept in silence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.availability.needs_met import never_met_at, unmet_needs
from booking.queries.appointments import AppointmentView, by_reference
from booking.queries.slots import SlotQuery, all_slots
from booking.use_cases.book import Booked, Booking, book
from booking.use_cases.change_details import Details, change_details
from booking.use_cases.reschedule import Move, reschedule
from core.audit import Actor
from core.database import Database
from locations.catalogue_queries import catalogue_by_id
from people.residents.details import NEEDS, ResidentDetails
from reminders.appointment_queries import message_facts
from tests.support.factories import NOW, make_runtime
from tests.support.town import Town, make_town

ROBIN = ResidentDetails("Robin Sample", "robin@example.org", "07700 900123")


@pytest.fixture
def town(database: Database) -> Town:
    """Testshire."""
    return make_town(database)


NOTHING: frozenset[str] = frozenset()
LOOP, BOTH = frozenset({"hearing-loop"}), frozenset({"hearing-loop", "step-free"})


@pytest.mark.parametrize(
    ("needs", "features", "occupied", "is_longer", "unmet"),
    [
        ((), NOTHING, [NOTHING], False, ()),
        (("step-free",), BOTH, [NOTHING], False, ()),
        (("step-free", "hearing-loop"), NOTHING, [NOTHING], False, ("step-free", "hearing-loop")),
        (("hearing-loop",), NOTHING, [LOOP], False, ()),
        (("hearing-loop",), NOTHING, [LOOP, NOTHING], False, ("hearing-loop",)),
        (("extra-time",), NOTHING, [NOTHING], False, ("extra-time",)),
        (("extra-time",), NOTHING, [NOTHING], True, ()),
        (("bsl", "language"), NOTHING, [NOTHING], False, ()),
        (("welsh",), frozenset({"welsh"}), [NOTHING], False, ()),
        (("welsh",), NOTHING, [frozenset({"welsh"}), NOTHING], False, ("welsh",)),
    ],
)
def test_what_a_visit_does_not_meet(
    needs: tuple[str, ...], features: frozenset[str], occupied: list[frozenset[str]], is_longer: bool, unmet: tuple[str]
):
    assert unmet_needs(frozenset(needs), features, occupied, is_longer=is_longer) == unmet


def booked_at(database: Database, town: Town, site: str, mode: str = "in_person") -> Booked:
    """An appointment for advice, by somebody who has said nothing of what they need."""
    with database.reading() as db:
        query = SlotQuery((town.services["advice"],), (town.sites[site],), mode)
        slot = all_slots(db, catalogue_by_id(db, town.authority_id), query, NOW)[10]
    booking = Booking(town.authority_id, "online", ROBIN, slot_key=slot.slot_key)
    return book(make_runtime(database), booking, actor=Actor.resident())


def ask_for(database: Database, town: Town, booked: Booked, *needs: str) -> AppointmentView:
    """The appointment after the needs were changed by its link."""
    details = Details(support_needs=needs)
    change_details(make_runtime(database), town.authority_id, booked.reference, details, actor=Actor.resident())
    with database.reading() as db:
        return by_reference(db, catalogue_by_id(db, town.authority_id), booked.reference)


@pytest.mark.parametrize(
    ("site", "mode", "unmet"),
    [
        ("library", "in_person", ("step-free", "hearing-loop", "extra-time")),
        ("office", "in_person", ("hearing-loop", "extra-time")),
        ("hub", "in_person", ("extra-time",)),
        ("remote", "phone", ("extra-time",)),
        ("remote", "video", ("extra-time",)),
    ],
)
def test_needs_that_are_named_after_booking_are_compared_with_what_is_booked(
    database: Database, town: Town, site: str, mode: str, unmet: tuple[str, ...]
):
    """Pages, the API and messages read the same; who chooses a time for these needs has all of them."""
    booked = booked_at(database, town, site, mode)
    assert ask_for(database, town, booked).unmet_needs == ()
    view = ask_for(database, town, booked, "step-free", "hearing-loop", "extra-time")
    assert view.unmet_needs == unmet
    assert never_met_at(view.site, view.support_needs) == tuple(need for need in unmet if need != "extra-time")
    with database.reading() as db:
        assert message_facts(db, [view.id])[view.id].unmet_needs == unmet


@pytest.mark.parametrize("mode", ["in_person", "phone", "video"])
def test_every_time_that_is_offered_for_needs_meets_them(database: Database, town: Town, mode: str):
    booked, needs = booked_at(database, town, "library"), tuple(NEEDS)
    view = ask_for(database, town, booked, *needs)
    with database.reading() as db:
        catalogue = catalogue_by_id(db, town.authority_id)
        query = SlotQuery((town.services["advice"],), mode=mode, needs=frozenset(needs))
        slots = all_slots(db, catalogue, query, NOW)
    assert slots
    move = Move(slot_key=slots[0].slot_key)
    actor = Actor("staff", 1, "Agnes Agent")
    reschedule(make_runtime(database), town.authority_id, view.reference, move, actor=actor, enforce_cutoff=False)
    with database.reading() as db:
        moved = by_reference(db, catalogue, view.reference)
    assert moved.unmet_needs == ()
    assert moved.ends_at - moved.starts_at > timedelta(minutes=45)
