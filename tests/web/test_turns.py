"""One origin never has all the turns, nor all the places to wait in, and nobody waits for ever."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from web.turns import SEARCHES_TURNS, STRANGERS_TURNS, Asker, Turns, asker_of

ANN, BOB = Asker("192.0.2.1", STRANGERS_TURNS), Asker("192.0.2.2", STRANGERS_TURNS)
STAFF = Asker("known", None)


def headers(address: str = "192.0.2.1", **more: str) -> dict[str, str]:
    return {"REMOTE_ADDR": address, **more}


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
    one, other = asker_of(path, headers()), asker_of(path, headers("192.0.2.2"))
    assert one.most == SEARCHES_TURNS == 1
    assert one != other
    assert one != asker_of("/barnet/", headers())  # the same origin's other pages do not wait behind its searches


@pytest.mark.parametrize("path", ["/", "/barnet/", "/barnet/book/hold", "/api/v1/services", "/barnet/whenever"])
def test_other_pages_of_strangers_have_two_turns(path: str):
    assert asker_of(path, headers()).most == STRANGERS_TURNS


def test_an_origin_is_a_network_as_everywhere():
    first, second = (asker_of("/barnet/", headers(f"2001:db8:1:2::{n}")) for n in (1, 2))
    assert first == second


def test_staff_and_programs_with_a_key_are_known():
    assert asker_of("/staff/calls/", headers()).most is None
    assert asker_of("/api/v1/availability", headers(HTTP_AUTHORIZATION="Bearer x")).most is None
    assert asker_of("/barnet/when", headers(HTTP_AUTHORIZATION="Bearer x")).most == SEARCHES_TURNS
