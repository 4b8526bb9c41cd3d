"""Searches without an appointment are counted once each, whoever counts beside, and nothing says who searched."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.searches.search_count_repository import add_searches, search_counts
from booking.searches.search_ends import NOT_BOOKED, NOTHING_FREE, SEARCH_ENDS, SearchCount, SearchEnd
from booking.slot_tokens import encode
from booking.use_cases.count_abandoned import count_abandoned
from core.browser_states import write_entry
from core.database import Database
from planner.search_count_views import ENDS
from tests.support.factories import NOW, make_runtime, make_world, slot_key_at
from web.search_counting import SearchGatherer

TODAY = NOW.date()


def test_counts_of_several_processes_add_up(database: Database) -> None:
    council = make_world(database).authority_id
    end = SearchEnd(council, TODAY, "certify", "", NOTHING_FREE, "online")
    for number in (2, 3):
        with database.writing() as db:
            add_searches(db, {end: number})
    with database.reading() as db:
        assert search_counts(db, council, TODAY, TODAY) == [
            SearchCount(TODAY, "certify", "", NOTHING_FREE, "online", 5)
        ]


def test_a_page_that_is_shown_again_counts_once_and_is_written_together(database: Database) -> None:
    council = make_world(database).authority_id
    gatherer = SearchGatherer(database)
    end = SearchEnd(council, TODAY, "certify", "", NOTHING_FREE, "online")
    for once in ("a", "a", "b", "", ""):
        assert not gatherer.add([end], once)  # not time to write yet
    for _ in range(2):
        gatherer.write()
    with database.reading() as db:
        assert [one.number for one in search_counts(db, council, TODAY, TODAY)] == [4]


def test_a_time_that_nobody_booked_counts_once_when_it_ends(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    value = {"slot_token": encode(slot_key_at(world, NOW + timedelta(hours=2)))}
    for name, token in (("draft:a", value), ("draft:b", {"slot_token": "of no council"}), ("booked:c", value)):
        write_entry(database, "browser", name, token, now=NOW, expires_at=NOW)
    write_entry(database, "browser", "draft:d", value, now=NOW, expires_at=NOW + timedelta(hours=1))
    for _ in range(2):
        count_abandoned(runtime, NOW)
    with database.reading() as db:
        (counted,) = search_counts(db, world.authority_id, TODAY, TODAY)
    assert (counted.reason, counted.number, counted.site != "") == (NOT_BOOKED, 1, True)


@pytest.mark.databases("sqlite")
def test_every_end_has_words() -> None:
    assert set(ENDS) == set(SEARCH_ENDS)
