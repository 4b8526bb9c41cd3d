"""Open screens are told of a change at once, by one thread for all of them, and of nothing that is not theirs."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from booking.states import State
from booking.use_cases.outcomes import record_outcome
from booking.use_cases.take_walk_in import take_walk_in
from booking.visits.day_change_queries import SiteDate
from booking.visits.visit_states import NewWalkIn
from core.clock import FixedClock, SystemClock
from core.database import Database
from people.staff.policy import Role
from people.staff.sign_in_sessions import start
from tests.faults.web_process import web_process
from tests.support.council import make_staff
from tests.support.factories import AGENT, NOW, RESIDENT, make_appointment, make_runtime, make_world
from web.admission import THREADS
from web.change_streams import CHANGED, ChangeStreams, Stream

WITHIN_SECONDS = 2.0


@contextmanager
def opened(streams: ChangeStreams, day: SiteDate) -> Iterator[socket.socket]:
    """The browser's end of a stream that has been told to read the day."""
    ours, theirs = socket.socketpair()
    theirs.settimeout(WITHIN_SECONDS)
    streams.add(Stream(ours, day, "staff 1", is_chunked=False))
    with theirs:
        assert theirs.recv(100) == CHANGED
        yield theirs


def test_each_change_of_the_day_is_told_within_two_seconds_to_whoever_looks_at_it(database: Database) -> None:
    world, elsewhere = make_world(database), make_world(database, slug="elsewhere")
    runtime, today = make_runtime(database), NOW.date()
    watching = Database(database.url)  # as another process
    streams = ChangeStreams(watching)
    with (
        opened(streams, SiteDate(world.site_id, today)) as screen,
        opened(streams, SiteDate(elsewhere.site_id, today)) as other,
    ):
        reference = make_appointment(runtime, world, NOW + timedelta(hours=1)).reference
        assert screen.recv(100) == CHANGED
        runtime.clock.advance(timedelta(minutes=50))  # type: ignore[attr-defined]
        record_outcome(runtime, world.authority_id, reference, State.ARRIVED, actor=AGENT)
        assert screen.recv(100) == CHANGED
        take_walk_in(runtime, world.authority_id, "high-street", "certify", NewWalkIn("Robin"), actor=RESIDENT)
        assert screen.recv(100) == CHANGED
        other.setblocking(False)
        with pytest.raises(BlockingIOError):
            other.recv(100)
    streams.close()
    watching.dispose()


@pytest.mark.slow
def test_streams_take_no_web_threads(sqlite_url: str, tmp_path: Path) -> None:
    """More streams than there are threads, and pages are answered as before."""
    database = Database(sqlite_url)
    database.secret_keys = ("for-tests-only",)
    world, now = make_world(database), SystemClock().now()
    owner, at = world.authority_id, {"site_id": world.site_id}
    emails = [f"manager{number}@example.org" for number in range(3)]
    staff = [make_staff(database, FixedClock(now), owner, Role.SITE_MANAGER, email=email, **at) for email in emails]
    with database.writing() as db:
        cookies = [start(db, one.id, now) for one in staff]
    path = f"/staff/sites/high-street/days/{NOW:%Y-%m-%d}/changes"
    with web_process(sqlite_url, tmp_path / "web.log") as web, ExitStack() as screens:
        answers: list[HTTPResponse] = []
        for number in range(THREADS + 6):
            connection = HTTPConnection("127.0.0.1", web.port, timeout=WITHIN_SECONDS)
            screens.callback(connection.close)
            connection.request("GET", path, headers={"Cookie": f"front_door_staff={cookies[number % 3]}"})
            answers.append(connection.getresponse())
        assert {answer.status for answer in answers} == {200}
        assert web.get("/testshire/").status == 200
        assert all(answer.readline().startswith(b"retry:") and answer.readline() == b"\n" for answer in answers)
        assert all(answer.readline() == b"data: changed\n" and answer.readline() == b"\n" for answer in answers)
        make_appointment(make_runtime(database), world, NOW + timedelta(hours=1))
        assert all(answer.readline() == b"data: changed\n" for answer in answers)
    database.dispose()
