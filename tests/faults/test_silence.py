"""A silent database, a held lock, a slow client: everybody is answered in time, and all is well soon afterwards."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import text

from core.database import Database
from tests.faults.database_proxy import DatabaseProxy, proxied
from tests.faults.web_process import Answer, WebProcess, web_process
from tests.support.factories import make_world

pytestmark = pytest.mark.slow

LONGEST_SECONDS = 12.0
RECOVERY_SECONDS = 10.0
AT_ONCE_SECONDS = 1.0
PAGES = ["/", "/testshire/", "/api/v1/services?authority=testshire", "/manage/abc", "/staff/sign-in"]


@pytest.fixture
def proxy(postgres_url: str) -> Iterator[DatabaseProxy]:
    database = Database(postgres_url)
    make_world(database)
    database.dispose()
    with proxied(postgres_url) as proxy:
        yield proxy


@pytest.fixture
def web(proxy: DatabaseProxy, tmp_path: Path) -> Iterator[WebProcess]:
    with web_process(proxy.url, tmp_path / "web.log") as web:
        assert web.get("/testshire/").status == 200
        yield web


def assert_all_refused_in_time(answers: list[Answer]) -> None:
    """Check that each is a 503 that says when to come back, and came before anybody gave up."""
    assert {answer.status for answer in answers} == {503}
    assert [answer.text for answer in answers if int(answer.headers.get("Retry-After", "0")) < 1] == []
    assert max(answer.seconds for answer in answers) < LONGEST_SECONDS


def test_a_frozen_database_is_answered_for_in_time_and_comes_back(proxy: DatabaseProxy, web: WebProcess) -> None:
    """More visitors than turns: those who wait for a turn are answered in the same time."""
    proxy.freeze()
    answers = web.get_all(["/", "/testshire/", "/api/v1/services?authority=testshire"] * 6 + ["/healthz"] * 3)
    assert_all_refused_in_time(answers[:-3])
    assert [answer.status for answer in answers[-3:]] == [200] * 3
    assert max(answer.seconds for answer in answers[-3:]) < AT_ONCE_SECONDS
    ready = web.get("/readyz")
    assert (ready.status, ready.seconds < LONGEST_SECONDS) == (503, True)
    proxy.thaw()
    assert web.seconds_until_answered("/testshire/") < RECOVERY_SECONDS


def test_connections_that_go_silent_are_replaced_while_new_ones_work(proxy: DatabaseProxy, web: WebProcess) -> None:
    web.get_all(["/testshire/"] * 4)
    proxy.forget()
    assert web.seconds_until_answered("/testshire/") < RECOVERY_SECONDS
    assert [answer.status for answer in web.get_all(["/testshire/"] * 8)] == [200] * 8


def test_a_database_that_is_away_is_answered_for_at_once(proxy: DatabaseProxy, web: WebProcess) -> None:
    proxy.close()
    answers = web.get_all(PAGES[:4])
    assert_all_refused_in_time(answers)
    assert web.get("/healthz").status == 200


def test_a_lock_that_is_held_keeps_nobody_waiting_for_it(
    proxy: DatabaseProxy, web: WebProcess, postgres_url: str
) -> None:
    database = Database(postgres_url)
    with database.engine.connect() as holder:
        # Somebody else's connection, such as a backup's: nothing of ours ends it.
        holder.execute(text("SET idle_in_transaction_session_timeout = 0"))
        holder.execute(text("LOCK TABLE authorities IN ACCESS EXCLUSIVE MODE"))
        answers = web.get_all(["/testshire/"] * 12 + ["/healthz"])
        assert_all_refused_in_time(answers[:-1])
        assert answers[-1].status == 200
        assert answers[-1].seconds < AT_ONCE_SECONDS
        holder.rollback()
    assert web.seconds_until_answered("/testshire/") < RECOVERY_SECONDS
    database.dispose()


def test_clients_that_send_half_a_request_keep_nobody_waiting(web: WebProcess) -> None:
    half = b"POST /staff/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"
    with ExitStack() as slow:
        for rest in [b"", b"\r\nemail="] * 10:
            client = slow.enter_context(socket.create_connection(("127.0.0.1", web.port)))
            client.sendall(half + rest)
        answers = web.get_all(["/testshire/", "/healthz"])
        assert [answer.status for answer in answers] == [200, 200]
        assert max(answer.seconds for answer in answers) < AT_ONCE_SECONDS
