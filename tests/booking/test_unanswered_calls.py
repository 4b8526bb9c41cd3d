"""Who does not answer when rung: each call is noted once with its time, for the time that is booked now and no other."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from booking.queries.appointments import AppointmentView, by_reference
from booking.states import MOST_UNANSWERED, RUNG_EARLY, State, calls_of_time
from booking.use_cases.book import Booked
from booking.use_cases.outcomes import record_outcome
from booking.use_cases.unanswered_calls import note_unanswered
from core.audit import Actor
from core.database import Database
from core.errors import IllegalMove, Stale
from core.idempotency import IdempotencyKey
from locations.catalogue_queries import catalogue_by_id
from tests.booking.test_remote_visits import book_remote
from tests.booking.test_ring_instead import ring
from tests.support.factories import NOW, make_runtime
from tests.support.town import Town, make_town

ADVISER = Actor("staff", 1, "Ada Adviser")


@pytest.fixture
def town(database: Database) -> Town:
    return make_town(database)


def seen(database: Database, town: Town, booked: Booked) -> AppointmentView:
    with database.reading() as db:
        return by_reference(db, catalogue_by_id(db, town.authority_id), booked.reference)


def note(database: Database, town: Town, booked: Booked, at: datetime, *, version: str = "1", key: str = "") -> None:
    idempotency = IdempotencyKey.of("staff:1", key, b"unanswered") if key else None
    runtime = make_runtime(database, at)
    note_unanswered(
        runtime, town.authority_id, booked.reference, actor=ADVISER, version=version, idempotency=idempotency
    )


def test_each_call_is_noted_once_from_shortly_before_the_time_until_the_visit_is_over(database: Database, town: Town):
    booked = book_remote(database, town, "phone")
    starts_at = seen(database, town, booked).starts_at
    with pytest.raises(IllegalMove):
        note(database, town, booked, starts_at - RUNG_EARLY - timedelta(seconds=1))
    times = [starts_at - RUNG_EARLY + timedelta(minutes=5 * number) for number in range(MOST_UNANSWERED)]
    for at in times:
        for _click in range(2):
            note(database, town, booked, at, key=at.isoformat())
    assert seen(database, town, booked).unanswered_calls == tuple(times)
    with pytest.raises(IllegalMove):
        note(database, town, booked, times[-1] + timedelta(minutes=1))
    runtime = make_runtime(database, times[-1])
    record_outcome(runtime, town.authority_id, booked.reference, State.DID_NOT_ATTEND, actor=ADVISER)
    with pytest.raises(IllegalMove):
        note(database, town, booked, times[-1])


def test_only_who_is_rung_is_noted_at_the_time_that_was_seen(database: Database, town: Town):
    video = book_remote(database, town, "video")
    view = seen(database, town, video)
    with pytest.raises(IllegalMove):
        note(database, town, video, view.starts_at)
    ring(database, town, video)
    with pytest.raises(Stale):
        note(database, town, video, view.starts_at, version=str(view.version + 1))
    note(database, town, video, view.starts_at)
    assert seen(database, town, video).unanswered_calls == (view.starts_at,)


def test_calls_at_an_earlier_time_do_not_count_at_a_later_one():
    calls = [(NOW + timedelta(minutes=minutes)).isoformat() for minutes in (0, 44, 45, 60)]
    assert len(calls_of_time(calls, NOW + timedelta(hours=1))) == 2
