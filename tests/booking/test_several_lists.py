"""Who falls out in two ways is offered one time and told once; who fits again is told once, and nobody is left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from booking.events import appointment_changed
from booking.proposals.tables import Proposal
from booking.rebooking import RebookState
from booking.tables import RebookItem
from booking.use_cases.make_closure import NewClosure, lift_closure, make_closure
from booking.use_cases.offers import make_offers, request_offers, request_offers_to_misfits
from core.audit import Actor
from core.database import Database
from core.runtime import Runtime
from locations.catalogue_queries import catalogue_of
from reminders.outbox import plan_notifications
from reminders.reach_queries import can_be_told
from reminders.tables import Notification
from tests.booking.test_import_locations import FILE, FLOOD, SHORTER, TOMORROW, booked, bring_in
from tests.support.factories import make_runtime

MANAGER = Actor("staff", 2, "Mina Manager")


@pytest.fixture
def runtime(database: Database) -> Iterator[Runtime]:
    """A database with Smallville in it; messages are planned, as in the application."""
    runtime = make_runtime(database)
    bring_in(runtime, FILE)
    with appointment_changed.connected_to(plan_notifications):
        yield runtime


def council(runtime: Runtime) -> int:
    with runtime.database.reading() as db:
        return catalogue_of(db, "smallville").authority.id


def shut(runtime: Runtime, authority: int) -> int:
    """The id of a closure of tomorrow, for which other times are wanted."""
    made = make_closure(
        runtime, authority, NewClosure(TOMORROW, TOMORROW + timedelta(hours=8), site="hall"), actor=MANAGER
    )
    assert made.id is not None
    request_offers(runtime, authority, made.id, actor=MANAGER)
    return made.id


def items(runtime: Runtime) -> list[tuple[bool, str]]:
    """Of each item whether it is a closure's, and its state."""
    with runtime.database.reading() as db:
        return [
            (row.closure_id is not None, row.state) for row in db.scalars(select(RebookItem).order_by(RebookItem.id))
        ]


def kinds(runtime: Runtime) -> list[tuple[str, str]]:
    """The messages about other times and about going ahead, with their states."""
    with runtime.database.reading() as db:
        rows = db.execute(select(Notification.kind, Notification.status).order_by(Notification.id))
        return [(kind, status) for kind, status in rows if kind.startswith(("offer", "going"))]


def send_all(runtime: Runtime) -> None:
    with runtime.database.writing() as db:
        db.execute(update(Notification).where(Notification.status == "pending").values(status="sent"))


def open_proposals(runtime: Runtime) -> int:
    with runtime.database.reading() as db:
        return len(db.scalars(select(Proposal).where(Proposal.state == "open")).all())


def test_two_closures_over_one_visit_make_one_offer_and_one_word_that_it_goes_ahead(runtime: Runtime) -> None:
    booked(runtime, 0)
    authority = council(runtime)
    closures = [shut(runtime, authority), shut(runtime, authority)]
    make_offers(runtime, can_be_told)
    assert items(runtime) == [(True, RebookState.OFFERED)] * 2
    assert kinds(runtime) == [("offer_1", "pending")]
    send_all(runtime)
    lift_closure(runtime, authority, closures[0], actor=MANAGER)
    assert kinds(runtime) == [("offer_1", "sent")]
    assert open_proposals(runtime) == 1  # the other closure still stands against it
    lift_closure(runtime, authority, closures[1], actor=MANAGER)
    assert items(runtime) == [(True, RebookState.KEPT)] * 2
    assert kinds(runtime) == [("offer_1", "sent"), ("going_ahead_1", "pending")]
    assert open_proposals(runtime) == 0


def test_whom_the_plan_drops_under_a_closure_is_not_stranded_when_it_is_lifted(runtime: Runtime) -> None:
    booked(runtime, 60)
    authority = council(runtime)
    closure = shut(runtime, authority)
    make_offers(runtime, can_be_told)
    send_all(runtime)
    bring_in(runtime, SHORTER)
    request_offers_to_misfits(runtime, authority, None, actor=MANAGER)
    make_offers(runtime, can_be_told)
    lift_closure(runtime, authority, closure, actor=MANAGER)
    assert items(runtime) == [(True, RebookState.KEPT), (False, RebookState.OFFERED)]
    assert kinds(runtime) == [("offer_1", "sent")]
    bring_in(runtime, FILE)
    assert items(runtime) == [(True, RebookState.KEPT), (False, RebookState.KEPT)]
    assert kinds(runtime) == [("offer_1", "sent"), ("going_ahead_1", "pending")]


def test_who_fits_again_before_the_closure_is_lifted_leaves_both_lists(runtime: Runtime) -> None:
    booked(runtime, 60)
    authority = council(runtime)
    closure = shut(runtime, authority)
    bring_in(runtime, SHORTER)
    bring_in(runtime, FILE)
    lift_closure(runtime, authority, closure, actor=MANAGER)
    assert items(runtime) == [(True, RebookState.KEPT), (False, RebookState.KEPT)]


def test_a_closure_that_the_file_drops_leaves_nobody_believing_it(runtime: Runtime) -> None:
    booked(runtime, 0)
    booked(runtime, 60)
    authority = bring_in(runtime, FILE + FLOOD).changes.authority_id
    with runtime.database.reading() as db:
        (closure,) = set(db.scalars(select(RebookItem.closure_id)))
    assert closure is not None
    request_offers(runtime, authority, closure, actor=MANAGER)
    make_offers(runtime, can_be_told)
    send_all(runtime)
    bring_in(runtime, SHORTER)
    assert items(runtime) == [(False, RebookState.KEPT), (False, RebookState.OFFERED)]
    assert open_proposals(runtime) == 1
    assert kinds(runtime) == [("offer_1", "sent")] * 2 + [("going_ahead_1", "pending")]


def test_who_falls_out_again_is_listed_once_and_offered_again(runtime: Runtime) -> None:
    booked(runtime, 60)
    authority = council(runtime)
    for number in (1, 2):
        bring_in(runtime, SHORTER)
        request_offers_to_misfits(runtime, authority, None, actor=MANAGER)
        make_offers(runtime, can_be_told)
        assert items(runtime) == [(False, RebookState.OFFERED)]
        send_all(runtime)
        bring_in(runtime, FILE)
        assert kinds(runtime)[-1] == (f"going_ahead_{number}", "pending")
