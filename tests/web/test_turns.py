"""One origin never has all the turns, nor all the places to wait in, and nobody waits for ever."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from core.clock import FixedClock
from core.database import Database
from people.staff.policy import Role
from people.staff.sign_in_sessions import COOKIE, start
from tests.support.council import make_key, make_staff
from tests.support.factories import make_authority
from web.credentials_seen import CredentialsSeen, credential_of
from web.turns import SEARCHES_TURNS, STRANGERS_TURNS, Asker, Turns, asker_of

ANN, BOB = Asker("192.0.2.1", STRANGERS_TURNS), Asker("192.0.2.2", STRANGERS_TURNS)
STAFF = Asker("known", None)


def headers(address: str = "192.0.2.1", **more: str) -> dict[str, str]:
    return {"REMOTE_ADDR": address, **more}


def stranger(path: str, address: str = "192.0.2.1") -> Asker:
    return asker_of(path, headers(address), is_known=False)


def test_one_origin_leaves_turns_to_others():
    turns = Turns(at_once=4, waiting=10)
    assert [turns.acquire(ANN, 0) for _ in range(3)] == [True, True, False]
    assert [turns.acquire(BOB, 0) for _ in range(3)] == [True, True, False]
    turns.release(ANN)
    assert turns.acquire(ANN, 0)


def test_staff_and_programs_may_have_all_that_are_free():
    turns = Turns(at_once=4, waiting=10)
    assert [turns.acquire(STAFF, 0) for _ in range(5)] == [True] * 4 + [False]


def test_who_waits_is_let_in_when_a_turn_comes_back():
    turns = Turns(at_once=2, waiting=4)
    assert turns.acquire(ANN, 0)
    assert turns.acquire(ANN, 0)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(turns.acquire, ANN, 30)
        turns.release(ANN)
        assert waiting.result(30)


def test_one_origin_fills_half_of_the_places_and_not_more():
    turns, waiting = Turns(at_once=2, waiting=4), list[threading.Thread]()
    entered = threading.Semaphore(0)
    assert turns.acquire(STAFF, 0)
    assert turns.acquire(STAFF, 0)

    def wait_as_ann() -> None:
        entered.release()
        turns.acquire(ANN, 30)

    for _ in range(3):
        waiting.append(threading.Thread(target=wait_as_ann))
        waiting[-1].start()
        entered.acquire()
    while turns._present[ANN.name] < 3:
        pass
    with ThreadPoolExecutor(2) as pool:
        refused = pool.submit(turns.acquire, ANN, 30)
        assert refused.result(5) is False  # at once: there is no place for a fourth
        other = pool.submit(turns.acquire, BOB, 30)
        turns.release(STAFF)
        turns.release(STAFF)
        for _ in range(3):
            while not turns._working[ANN.name]:
                pass
            turns.release(ANN)
        assert other.result(30)
    for thread in waiting:
        thread.join()


def test_nothing_is_left_when_all_have_gone():
    turns = Turns(at_once=3, waiting=3)

    def come(number: int) -> None:
        asker = (ANN, BOB, STAFF)[number % 3]
        if turns.acquire(asker, 5):
            turns.release(asker)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(come, range(300)))
    assert not turns._working
    assert not turns._present


@pytest.mark.parametrize("path", ["/api/v1/availability", "/barnet/when", "/barnet/where", "/barnet/times"])
def test_of_one_origin_one_search_is_worked_on_at_a_time(path: str):
    one, other = stranger(path), stranger(path, "192.0.2.2")
    assert one.most == SEARCHES_TURNS == 1
    assert one != other
    assert one != stranger("/barnet/")  # the same origin's other pages do not wait behind its searches


@pytest.mark.parametrize("path", ["/", "/barnet/", "/barnet/book/hold", "/api/v1/services", "/barnet/whenever"])
def test_other_pages_of_strangers_have_two_turns(path: str):
    assert stranger(path).most == STRANGERS_TURNS


def test_an_origin_is_a_network_as_everywhere():
    first, second = (stranger("/barnet/", f"2001:db8:1:2::{n}") for n in (1, 2))
    assert first == second


def test_staff_and_programs_have_no_limit_of_turns():
    assert asker_of("/staff/calls/", headers(), is_known=True).most is None


def test_only_pages_of_staff_and_of_programs_have_a_credential():
    key, cookie = {"HTTP_AUTHORIZATION": "Bearer x"}, {"HTTP_COOKIE": f"a=b; {COOKIE}=x"}
    assert credential_of("/api/v1/availability", headers(**key))
    assert credential_of("/staff/calls/", headers(**cookie))
    assert credential_of("/staff/calls/", headers(HTTP_COOKIE=f"__Host-{COOKIE}=x")) == credential_of(
        "/staff/", headers(**cookie)
    )
    for path in ("/barnet/when", "/api/v1/openapi.json", "/api/docs", "/manage/x"):
        assert not credential_of(path, headers(**key, **cookie))
    for path in ("/staff/sign-in", "/api/v1/availability"):
        assert not credential_of(path, headers())


def test_what_worked_stays_known_and_what_is_new_from_where_something_was_refused_is_not():
    seen = CredentialsSeen()
    assert seen.is_believed("new", "192.0.2.1")
    seen.record("good", "192.0.2.1", works=True)
    seen.record("bad", "192.0.2.1", works=False)
    assert seen.is_believed("good", "192.0.2.1")
    assert not seen.is_believed("new", "192.0.2.1")
    assert seen.is_believed("new", "192.0.2.2")
    seen.record("good", "192.0.2.1", works=False)
    assert not seen.is_believed("good", "192.0.2.1")
    assert not seen.is_believed("", "192.0.2.2")


def test_invented_credentials_are_not_remembered_without_end():
    seen = CredentialsSeen(most=3)
    for number in range(10):
        seen.record(f"good {number}", "192.0.2.1", works=True)
        seen.record(f"bad {number}", f"198.51.100.{number}", works=False)
    assert len(seen._worked) == len(seen._refused) == 3


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/staff/", {"headers": {"Cookie": f"{COOKIE}=invented"}}),
        ("/staff/sign-in", {"headers": {"Cookie": f"{COOKIE}=invented"}}),
        ("/staff/nothing/here", {"headers": {"Cookie": f"{COOKIE}=invented"}}),
        ("/api/v1/services", {"headers": {"Authorization": "Bearer fd_0000_invented"}}),
        ("/api/v1/services", {"headers": {"Authorization": "Basic x"}}),
        ("/api/v1/nothing", {"headers": {"Authorization": "Bearer fd_0000_invented"}}),
    ],
)
@pytest.mark.databases("sqlite")
def test_an_invented_session_or_key_is_a_strangers(app: Flask, path: str, more: dict[str, Any]):
    seen: CredentialsSeen = app.wsgi_app._credentials  # type: ignore[attr-defined]
    assert seen.is_believed("new", "127.0.0.1")
    app.test_client(use_cookies=False).get(path, **more)
    assert not seen.is_believed("new", "127.0.0.1")


@pytest.mark.databases("sqlite")
def test_a_session_and_a_key_that_work_are_known(app: Flask, database: Database, clock: FixedClock):
    authority_id = make_authority(database)
    client, member = app.test_client(), make_staff(database, clock, authority_id, Role.AUTHORITY_ADMIN)
    with database.writing() as db:
        client.set_cookie(COOKIE, start(db, member.id, clock.now()))
    key = {"Authorization": f"Bearer {make_key(database, clock, authority_id, 'read')}"}
    assert client.get("/staff/").status_code == 200
    assert client.get("/api/v1/services", headers=key).status_code == 200
    seen: CredentialsSeen = app.wsgi_app._credentials  # type: ignore[attr-defined]
    assert len(seen._worked) == 2
    assert not seen._refused
