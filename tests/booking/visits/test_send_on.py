"""Somebody is sent on to the next service with the ticket that they have, and a wrong click is taken back as a whole."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from booking.states import State
from booking.tables import Appointment
from booking.use_cases.move_visit import VisitStep, move_visit
from booking.use_cases.outcomes import correct
from booking.use_cases.send_on import SentOn, send_on
from booking.visits.tables import DayVisit
from booking.visits.visit_queries import visit_by_id
from booking.visits.visit_states import HERE as STATES_HERE
from booking.visits.visit_states import VisitState
from core.errors import IllegalMove
from locations.catalogue_queries import catalogue_by_id
from tests.booking.visits.conftest import HERE, Counter
from tests.support.factories import AGENT


def sent(counter: Counter, visit: int) -> None:
    send_on(counter.runtime, counter.world.authority_id, HERE, SentOn(visit, "advice"), actor=AGENT)


def at_desk(counter: Counter, visit: int | None) -> int:
    assert visit is not None
    counter.step(visit, VisitState.BEING_SEEN)
    return visit


def here(counter: Counter) -> list[tuple[int, str]]:
    """The parts of tickets that are here, with their states."""
    with counter.database.reading() as db:
        open_states = [state.value for state in STATES_HERE]
        rows = select(DayVisit.part, DayVisit.state).where(DayVisit.state.in_(open_states)).order_by(DayVisit.id)
        return [(part, state) for part, state in db.execute(rows)]


@pytest.mark.parametrize("is_booked", [False, True], ids=["walk-in", "booked"])
def test_undo_leaves_one_ticket_at_the_desk_and_none_in_the_line(counter: Counter, is_booked: bool) -> None:
    if is_booked:
        counter.arrive(counter.book(0))
    else:
        counter.walk_in()
    first = at_desk(counter, counter.call())
    sent(counter, first)
    assert here(counter) == [(2, "waiting")]
    counter.step(first, VisitState.BEING_SEEN)
    assert here(counter) == [(1, "being_seen")]
    sent(counter, first)  # and once more, for good
    assert here(counter) == [(3, "waiting")]


def test_undo_on_the_list_of_the_day_does_the_same(counter: Counter) -> None:
    reference = counter.book(0)
    counter.arrive(reference)
    sent(counter, at_desk(counter, counter.call()))
    council = counter.world.authority_id
    correct(counter.runtime, council, reference, State.IN_PROGRESS, actor=AGENT, reason="A slip")
    assert here(counter) == [(1, "being_seen")]


def test_who_is_called_for_the_next_service_is_not_taken_back(database: object, counter: Counter) -> None:
    counter.walk_in()
    first = at_desk(counter, counter.call())
    sent(counter, first)
    second = counter.call()
    with pytest.raises(IllegalMove):
        move_visit(
            counter.runtime,
            counter.world.authority_id,
            HERE,
            first,
            VisitStep(VisitState.BEING_SEEN, reason="A slip"),
            actor=AGENT,
        )
    assert here(counter) == [(2, "called")]
    counter.step(at_desk(counter, second), VisitState.ENDED)
    counter.step(first, VisitState.BEING_SEEN)
    assert here(counter) == [(1, "being_seen")]


def test_who_was_sent_on_twice_waits_for_nothing_once_they_are_back_at_the_first_desk(counter: Counter) -> None:
    counter.walk_in()
    first = at_desk(counter, counter.call())
    sent(counter, first)
    second = at_desk(counter, counter.call())
    send_on(counter.runtime, counter.world.authority_id, HERE, SentOn(second, "certify"), actor=AGENT)
    assert here(counter) == [(3, "waiting")]
    counter.step(first, VisitState.BEING_SEEN)
    assert here(counter) == [(1, "being_seen")]


def test_the_part_to_which_somebody_is_sent_on_knows_who_they_are(counter: Counter) -> None:
    counter.arrive(counter.book(0))
    first = at_desk(counter, counter.call())
    sent(counter, first)
    with counter.database.reading() as db:
        resident_id = db.scalars(select(Appointment.resident_id)).one()
        part = db.scalars(select(DayVisit).where(DayVisit.part == 2)).one()
        view = visit_by_id(db, catalogue_by_id(db, counter.world.authority_id), part.id)
    assert (part.resident_id, part.name, part.sent_from_id) == (resident_id, "Robin", first)
    assert (view.resident_id, view.name) == (resident_id, "Robin Sample")
