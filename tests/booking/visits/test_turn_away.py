"""Somebody is turned away because a document is missing: recorded, counted, booked again, and taken back as a whole."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.documents.document_owner import CheckResult, DocumentOwner
from booking.documents.tables import DocumentCheck
from booking.missing.missing_count_repository import missing_counts
from booking.missing.tables import MissingDocumentCount
from booking.queries.counter_visits import CounterVisit, counter_visit, next_times
from booking.states import State
from booking.tables import Appointment
from booking.use_cases.book import Booking
from booking.use_cases.end_of_visit import AtCounter
from booking.use_cases.keep_documents import check_documents
from booking.use_cases.next_booking import beside_of
from booking.use_cases.outcomes import correct
from booking.use_cases.turn_away import TurnedAway, take_back_turned_away, turn_away
from booking.visits.tables import DayVisit
from booking.visits.visit_states import VisitState
from core.errors import IllegalMove, Invalid, SlotTaken, Stale
from locations.catalogue_queries import bump_plan, catalogue_by_id
from locations.tables import Service
from people.residents.details import ResidentDetails
from people.staff.tables import StaffMember
from reminders.appointment_queries import message_facts
from tests.booking.visits.conftest import HERE, NINE, Counter
from tests.support.factories import AGENT, slot_key_at

TOMORROW = NINE + timedelta(days=1)


@pytest.fixture(autouse=True)
def _agent(counter: Counter) -> None:
    """What was found of a document names who found it."""
    facts = {"email": "agent@example.org", "name": AGENT.name, "created_at": NINE}
    with counter.database.writing() as db:
        db.add(StaffMember(id=AGENT.id, authority_id=counter.world.authority_id, **facts))


def seen(counter: Counter, reference: str) -> CounterVisit:
    with counter.database.reading() as db:
        catalogue = catalogue_by_id(db, counter.world.authority_id)
        return counter_visit(db, catalogue, catalogue.site(HERE), reference)


def here(counter: Counter, reference: str, stamp: str | None = None) -> AtCounter:
    return AtCounter(counter.world.authority_id, counter.world.site_id, reference, stamp)


def booking(counter: Counter, reference: str, days: int = 1) -> Booking:
    with counter.database.reading() as db:
        row = db.scalars(select(Appointment).where(Appointment.reference == reference)).one_or_none()
    slot = slot_key_at(counter.world, NINE + timedelta(days=days))
    if row is None:
        person = ResidentDetails("Wendy Walker", phone="07700 900123")
        return Booking(counter.world.authority_id, "counter", person, slot_key=slot)
    return Booking(counter.world.authority_id, "counter", row.resident_id, slot_key=slot, beside=beside_of(row))


def away(counter: Counter, reference: str, *missing: str, is_booked: bool = True, stamp: str | None = None) -> str:
    turned = TurnedAway(here(counter, reference, stamp), missing or ("Passport",))
    return turn_away(counter.runtime, turned, booking(counter, reference) if is_booked else None, actor=AGENT)


def counted(counter: Counter) -> list[tuple[str, int]]:
    today = NINE.date()
    with counter.database.reading() as db:
        found = missing_counts(db, counter.world.authority_id, [HERE], today, today)
    return [(one.document, one.number) for one in found]


def checks(counter: Counter) -> list[tuple[str, str]]:
    with counter.database.reading() as db:
        return [(one.document, one.result) for one in db.scalars(select(DocumentCheck))]


def walked_in(counter: Counter) -> str:
    number = counter.walk_in()
    with counter.database.reading() as db:
        return db.get_one(DayVisit, number).reference or ""


@pytest.mark.parametrize("is_walk_in", [False, True], ids=["booked", "walk-in"])
def test_the_visit_ends_and_the_next_one_says_what_was_missing(counter: Counter, is_walk_in: bool) -> None:
    reference = walked_in(counter) if is_walk_in else counter.book(0)
    following = away(counter, reference, "Passport", "A letter")
    visit = seen(counter, reference).visit
    assert visit is not None
    assert (visit.state, visit.missing) == (VisitState.NOT_COMPLETED, ("Passport", "A letter"))
    assert visit.booked_next == following
    assert checks(counter) == [("Passport", "missing"), ("A letter", "missing")]
    assert counted(counter) == [("Passport", 1), ("other", 1), ("people", 1)]
    with counter.database.reading() as db:
        row = db.scalars(select(Appointment).where(Appointment.reference == following)).one()
        facts = message_facts(db, [row.id])[row.id]
    assert (row.starts_at, row.missing_before, row.resident_id) == (
        TOMORROW,
        ["Passport", "A letter"],
        visit.resident_id,
    )
    assert facts.missing_before == ("Passport", "A letter")


def test_the_next_one_has_what_was_answered_about_papers_and_nothing_ticked(counter: Counter) -> None:
    """What they had for the first day may not do for the next."""
    reference = counter.book(0)
    with counter.database.writing() as db:
        row = db.scalars(select(Appointment).where(Appointment.reference == reference)).one()
        row.paper_answers = {"paid": "weekly", "cases": {}, "have": {"Payslips": "5"}}
    following = away(counter, reference)
    with counter.database.reading() as db:
        row = db.scalars(select(Appointment).where(Appointment.reference == following)).one()
    assert row.paper_answers == {"paid": "weekly", "cases": {}}


def test_the_display_calls_somebody_by_what_they_said_at_the_door(counter: Counter) -> None:
    """Their record may have a name that they do not want to hear in a waiting room."""
    reference = walked_in(counter)
    with counter.database.writing() as db:
        row = db.scalars(select(DayVisit).where(DayVisit.reference == reference)).one()
        row.name, row.shows_name = "Alex", True
    away(counter, reference)
    take_back_turned_away(counter.runtime, here(counter, reference), actor=AGENT, reason="A slip", version="1")
    visit = seen(counter, reference).visit
    assert visit is not None
    assert (visit.name, visit.called_name) == ("Wendy Walker", "Alex")


def test_it_is_taken_back_as_a_whole(counter: Counter) -> None:
    reference = counter.book(0)
    following = away(counter, reference)
    take_back_turned_away(counter.runtime, here(counter, reference), actor=AGENT, reason="A slip", version="1")
    visit = seen(counter, reference).visit
    assert visit is not None
    assert (visit.state, visit.missing, visit.booked_next) == (VisitState.BEING_SEEN, (), "")
    assert (counted(counter), checks(counter)) == ([], [])
    assert seen(counter, following).booked is not None
    with counter.database.reading() as db:
        state = db.scalars(select(Appointment.state).where(Appointment.reference == following)).one()
    assert state == State.CANCELLED_BY_RESIDENT
    assert away(counter, reference, is_booked=False) == ""
    assert counted(counter) == [("Passport", 1), ("people", 1)]


def test_the_plain_undo_counts_nobody_any_more_and_leaves_what_was_booked(counter: Counter) -> None:
    reference = counter.book(0)
    following = away(counter, reference)
    correct(counter.runtime, counter.world.authority_id, reference, State.IN_PROGRESS, actor=AGENT, reason="A slip")
    assert counted(counter) == []
    with pytest.raises(Stale):  # it has one already
        away(counter, reference)
    visit = seen(counter, reference).visit
    assert visit is not None
    assert visit.booked_next == following


def test_what_is_put_right_elsewhere_can_be_recorded_again_without_a_time(counter: Counter) -> None:
    reference = counter.book(0)
    following = away(counter, reference)
    correct(counter.runtime, counter.world.authority_id, reference, State.IN_PROGRESS, actor=AGENT, reason="A slip")
    assert away(counter, reference, is_booked=False) == ""
    take_back_turned_away(counter.runtime, here(counter, reference), actor=AGENT, reason="A slip")
    with counter.database.reading() as db:
        state = db.scalars(select(Appointment.state).where(Appointment.reference == following)).one()
    assert state == State.CANCELLED_BY_RESIDENT
    assert away(counter, reference) != ""


def test_an_appointment_of_another_day_is_not_ended(counter: Counter) -> None:
    reference = counter.book(24 * 60)
    with pytest.raises(IllegalMove):
        away(counter, reference, is_booked=False)
    stranger = walked_in(counter)
    counter.advance(24 * 60)
    with pytest.raises(IllegalMove):
        away(counter, stranger, is_booked=False)
    assert (counted(counter), checks(counter)) == ([], [])


def test_what_was_found_before_is_theirs_once_it_is_known_who_they_are(counter: Counter) -> None:
    reference = walked_in(counter)
    visit = seen(counter, reference).visit
    assert visit is not None
    owner = DocumentOwner(counter.world.authority_id, counter.world.site_id, visit_id=visit.id)
    check_documents(counter.runtime, owner, {"Passport": CheckResult.SEEN, "Bill": CheckResult.SEEN}, actor=AGENT)
    away(counter, reference)
    with counter.database.reading() as db:
        found = [(one.document, one.result, one.resident_id) for one in db.scalars(select(DocumentCheck))]
        resident_id = db.scalars(select(DayVisit.resident_id)).one()
    assert resident_id is not None
    assert sorted(found) == [("Bill", "seen", resident_id), ("Passport", "missing", resident_id)]


def test_what_was_counted_is_taken_back_though_the_list_has_changed(counter: Counter) -> None:
    reference = counter.book(0)
    away(counter, reference, is_booked=False)
    with counter.database.writing() as db:
        bump_plan(db, counter.world.authority_id, [counter.world.site_id])
        for service in db.scalars(select(Service)):
            service.documents = ["Identity card"]
    take_back_turned_away(counter.runtime, here(counter, reference), actor=AGENT, reason="A slip")
    with counter.database.reading() as db:
        assert set(db.scalars(select(MissingDocumentCount.number))) == {0}


def test_a_document_is_known_by_its_name_alone(counter: Counter) -> None:
    with counter.database.writing() as db:
        bump_plan(db, counter.world.authority_id, [counter.world.site_id])
        rule = {"document": "Proof of identity", "one_of": ["A passport of any country " * 7, "A licence " * 18]}
        db.get_one(Service, counter.world.service_ids[0]).documents_by_rule = [rule]
    view = seen(counter, counter.book(0))
    assert view.papers == ("Passport", "Proof of identity")
    away(counter, view.reference, *view.papers, is_booked=False)
    assert counted(counter) == [("Passport", 1), ("Proof of identity", 1), ("people", 1)]


def test_nothing_is_recorded_when_the_time_has_gone(counter: Counter) -> None:
    reference, other = counter.book(0), counter.book(24 * 60)
    with pytest.raises(SlotTaken):
        away(counter, reference)
    assert seen(counter, reference).visit is None
    assert (counted(counter), checks(counter)) == ([], [])
    assert other


def test_a_stale_page_and_a_visit_that_is_over_change_nothing(counter: Counter) -> None:
    reference = counter.book(0)
    stamp = seen(counter, reference).stamp
    counter.arrive(reference)
    with pytest.raises(Stale):
        away(counter, reference, stamp=stamp)
    visit = counter.call()
    assert visit is not None
    counter.step(visit, VisitState.BEING_SEEN)
    counter.step(visit, VisitState.ENDED)
    with pytest.raises(IllegalMove):
        away(counter, reference)
    with pytest.raises(Invalid):
        turn_away(counter.runtime, TurnedAway(here(counter, reference), ()), None, actor=AGENT)
    assert counted(counter) == []


def test_it_is_too_late_to_take_back_after_a_while(counter: Counter) -> None:
    reference = walked_in(counter)
    turned = TurnedAway(here(counter, reference), ("Passport",))
    following = turn_away(counter.runtime, turned, booking(counter, reference, days=3), actor=AGENT)
    counter.advance(25 * 60)
    with pytest.raises(IllegalMove):
        take_back_turned_away(counter.runtime, here(counter, reference), actor=AGENT, reason="A slip")
    with counter.database.reading() as db:
        assert db.scalars(select(Appointment.state).where(Appointment.reference == following)).one() == State.BOOKED


def test_the_next_times_are_those_of_the_service_here_and_none_before_they_can_be_back(counter: Counter) -> None:
    reference = counter.book(0)
    view = seen(counter, reference)
    with counter.database.reading() as db:
        catalogue = catalogue_by_id(db, counter.world.authority_id)
        found = next_times(db, catalogue, view, NINE)
        minutes = [int((slot.starts_at - NINE) / timedelta(minutes=1)) for slot in found]
        assert minutes == [30, 60, 90, 24 * 60, 2 * 24 * 60, 3 * 24 * 60]
        assert {slot.site.slug for slot in found} == {HERE}
