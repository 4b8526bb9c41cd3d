"""Urgent requests: kept at once, with one name and never two, an alarm and an email after 15 minutes, closed with words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from booking.urgent.tables import UrgentAlert, UrgentRequest
from booking.urgent.urgent_queries import are_urgent_requests_named, unnamed_counts, urgent_requests
from booking.urgent.urgent_rules import UrgentAsk
from booking.use_cases.urgent_requests import (
    answered_otherwise,
    close_urgent,
    give_back_urgent,
    keep_urgent,
    know_who_asked,
    take_urgent,
)
from core.audit import Actor
from core.database import Database
from core.errors import Invalid, NotFound, Stale
from core.runtime import Runtime
from locations.tables import Authority
from people.staff.tables import StaffMember
from reminders.urgent_alerts import raise_urgent_alerts, send_urgent_alerts
from tests.support.callers import add_agent
from tests.support.factories import NOW, World, catalogue, make_runtime, make_world

ASK = UrgentAsk("key", "housing", "online", ("homeless_tonight",), "Somewhere to sleep? No")


@pytest.fixture
def world(database: Database) -> World:
    """A council."""
    return make_world(database)


@pytest.fixture
def runtime(database: Database) -> Runtime:
    """At eight on a Monday."""
    return make_runtime(database)


@pytest.fixture
def colleagues(database: Database, world: World) -> list[Actor]:
    """Two members of staff."""
    emails = ("first@example.org", "second@example.org")
    return [Actor("staff", add_agent(database, world.authority_id, NOW, email=one), one) for one in emails]


def kept(runtime: Runtime, world: World, ask: UrgentAsk = ASK) -> UrgentRequest:
    keep_urgent(runtime, world.authority_id, ask, actor=Actor.resident())
    with runtime.database.reading() as db:
        return db.scalars(select(UrgentRequest).order_by(UrgentRequest.id.desc())).first() or UrgentRequest()


def test_one_visit_is_one_request_whose_first_words_stay(runtime: Runtime, world: World) -> None:
    first = kept(runtime, world)
    again = kept(
        runtime, world, UrgentAsk("key", "housing", "online", ("danger_at_home",), "Somewhere to sleep? Not safe")
    )
    know_who_asked(runtime, world.authority_id, "key", name="Robin Sample", phone="07700 900123", left_page=True)
    answered_otherwise(runtime, world.authority_id, "key", "Somewhere to sleep? Yes", is_corrected=False)
    with runtime.database.reading() as db:
        (one,) = urgent_requests(db, catalogue(runtime.database, world), NOW).requests
    assert (again.id, one.row.words, one.row.later) == (first.id, ASK.words, "Somewhere to sleep? Yes")
    assert (one.name, one.phone, one.row.left_page) == ("Robin Sample", "07700 900123", True)
    assert one.row.meanings == ["homeless_tonight", "danger_at_home"]


def test_a_wrong_answer_of_a_call_is_over_when_it_is_corrected(runtime: Runtime, world: World) -> None:
    kept(runtime, world)
    answered_otherwise(runtime, world.authority_id, "key", "Somewhere to sleep? Yes", is_corrected=True)
    assert are_urgent_requests_named(runtime)
    with runtime.database.reading() as db:
        assert unnamed_counts(db, world.authority_id, NOW + timedelta(hours=1)) == (0, 0)


def test_of_two_who_take_it_at_once_one_has_it(runtime: Runtime, world: World, colleagues: list[Actor]) -> None:
    request = kept(runtime, world)

    def take(actor: Actor) -> bool:
        try:
            take_urgent(runtime, world.authority_id, request.id, None, actor=actor)
        except Stale:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        taken = list(threads.map(take, colleagues))
    assert sorted(taken) == [False, True]


def test_it_is_closed_by_whoever_has_it_with_what_was_done(
    runtime: Runtime, world: World, colleagues: list[Actor]
) -> None:
    request, council, (first, second) = kept(runtime, world), world.authority_id, colleagues
    take_urgent(runtime, council, request.id, None, actor=first)
    with pytest.raises(Stale):
        close_urgent(runtime, council, request.id, "Rang them.", actor=second)
    with pytest.raises(Invalid):
        close_urgent(runtime, council, request.id, "", actor=first)
    take_urgent(runtime, council, request.id, first.id, actor=second)
    give_back_urgent(runtime, council, request.id, actor=second)
    take_urgent(runtime, council, request.id, None, actor=first)
    close_urgent(runtime, council, request.id, "A room at the hostel.", actor=first)
    take_urgent(runtime, council, request.id, first.id, actor=second)  # closed: it stays as it is
    close_urgent(runtime, council, request.id, "A room at the hostel.", actor=first)  # the same form sent twice
    with pytest.raises(Stale):  # in another tab, where it was still open: what was written there is not lost
        close_urgent(runtime, council, request.id, "They did not answer.", actor=first)
    with pytest.raises(NotFound):
        close_urgent(runtime, council + 1, request.id, "Of another council.", actor=first)
    with runtime.database.reading() as db:
        (one,) = urgent_requests(db, catalogue(runtime.database, world), NOW).requests
    assert (one.row.done, one.row.staff_id, one.taken_by != "") == ("A room at the hostel.", first.id, True)


@pytest.mark.parametrize(
    ("minutes", "is_taken", "is_alarm"), [(14, False, False), (15, False, True), (15, True, False)]
)
def test_without_a_name_for_15_minutes_it_is_an_alarm_and_one_email(
    database: Database, world: World, colleagues: list[Actor], minutes: int, is_taken: bool, is_alarm: bool
) -> None:
    runtime = make_runtime(database)
    with database.writing() as db:
        db.execute(update(Authority).values(urgent_email="duty@example.org"))
    request = kept(runtime, world)
    if is_taken:
        take_urgent(runtime, world.authority_id, request.id, None, actor=colleagues[0])
    with database.writing() as db:
        db.execute(update(UrgentRequest).values(asked_at=NOW - timedelta(minutes=minutes)))
    for _ in range(2):
        send_urgent_alerts(runtime, {})
    with database.reading() as db:
        owed = db.scalars(select(UrgentAlert.email)).all()
        assert unnamed_counts(db, world.authority_id, NOW)[1] == is_alarm
    assert (are_urgent_requests_named(runtime), list(owed)) == (not is_alarm, ["duty@example.org"] * is_alarm)


def test_many_late_ones_are_one_email_to_whom_the_council_names_later(runtime: Runtime, world: World) -> None:
    for number in range(3):
        kept(runtime, world, replace(ASK, key=str(number)))
    with runtime.database.writing() as db:
        db.execute(update(UrgentRequest).values(asked_at=NOW - timedelta(minutes=20)))
    assert raise_urgent_alerts(runtime) == 0  # nobody is named yet
    with runtime.database.writing() as db:
        db.execute(update(Authority).values(urgent_email="duty@example.org"))
    assert [raise_urgent_alerts(runtime) for _ in range(2)] == [1, 0]


def test_what_is_worse_than_what_was_taken_or_comes_hours_later_needs_a_name_of_its_own(
    runtime: Runtime, world: World, colleagues: list[Actor]
) -> None:
    first = kept(runtime, world)
    take_urgent(runtime, world.authority_id, first.id, None, actor=colleagues[0])
    assert kept(runtime, world).id == first.id
    worse = kept(runtime, world, replace(ASK, meanings=("danger_at_home",), words="Not safe"))
    assert worse.id != first.id
    with runtime.database.writing() as db:
        db.execute(update(UrgentRequest).values(asked_at=NOW - timedelta(hours=4)))
    assert kept(runtime, world).id not in (first.id, worse.id)


def test_a_name_that_has_gone_or_forgotten_it_is_an_alarm_again(
    runtime: Runtime, world: World, colleagues: list[Actor]
) -> None:
    request = kept(runtime, world)
    take_urgent(runtime, world.authority_id, request.id, None, actor=colleagues[0])
    with runtime.database.writing() as db:
        db.execute(update(UrgentRequest).values(asked_at=NOW - timedelta(hours=5)))
    assert are_urgent_requests_named(runtime)
    with runtime.database.writing() as db:
        db.execute(update(UrgentRequest).values(taken_at=NOW - timedelta(hours=4)))
    assert not are_urgent_requests_named(runtime)
    with runtime.database.writing() as db:
        db.execute(update(UrgentRequest).values(taken_at=NOW))
        db.execute(update(StaffMember).where(StaffMember.id == colleagues[0].id).values(is_active=False))
        assert unnamed_counts(db, world.authority_id, NOW) == (1, 1)
    take_urgent(runtime, world.authority_id, request.id, colleagues[0].id, actor=colleagues[1])
    assert are_urgent_requests_named(runtime)
