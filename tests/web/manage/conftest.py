"""A library whose second day can be shut, and people who are booked on it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from booking.use_cases.make_closure import NewClosure, make_closure
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from people.residents.details import ResidentDetails
from tests.support.factories import make_site, make_world
from tests.web.site.conftest import NINE, Library

TOMORROW = NINE + timedelta(days=1)
SECOND_DAY = {
    "site": "high-street",
    "starts": "later",
    "from_day": "2026-11-24",
    "until_day": "2026-11-24",
    "reason": "The boiler is broken",
}


@pytest.fixture
def library(app: Flask, database: Database, clock: FixedClock) -> Library:
    """Testshire's High Street Library at nine on a Monday, and a second site."""
    world = make_world(database, desks=2)
    other = make_site(database, world.authority_id, "mill-lane", name="Mill Lane Library")
    return Library(app, database, clock, world, other)


def book_tomorrow(library: Library, *minutes: int, **facts: Any) -> list[str]:
    """The references of visits that begin so many minutes after nine tomorrow; without `facts`, of people with email."""
    references = []
    for after in minutes:
        person = ResidentDetails(f"Robin {after}", **(facts or {"email": f"robin{after}@example.org"}))
        references.append(library.book(24 * 60 + after, resident=person))
    return references


def shut_tomorrow(library: Library, site: str | None = "high-street") -> int:
    """The id of a closure of the second day."""
    new = NewClosure(TOMORROW - timedelta(hours=9), TOMORROW + timedelta(hours=15), "The boiler is broken", site=site)
    closure_id = make_closure(library.runtime, library.world.authority_id, new, actor=Actor.system()).id
    assert closure_id is not None
    return closure_id
