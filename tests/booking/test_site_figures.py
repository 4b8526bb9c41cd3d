"""The figures of sites on the staff's home page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from booking.queries.site_figures import figures_of
from core.database import Database
from tests.support.factories import NOW, catalogue, make_appointment, make_runtime, make_site, make_world

pytestmark = pytest.mark.databases("sqlite")


def test_of_more_sites_than_are_shown_those_with_news_today_come_first(database: Database) -> None:
    """Somebody is late at the last site; how full it is stands there only where no site is left out."""
    world = make_world(database)
    for number in range(3):
        make_site(database, world.authority_id, f"annexe-{number}", name=f"Annexe {number}")
    make_appointment(make_runtime(database), world, NOW + timedelta(hours=1))
    known, dates = catalogue(database, world), [NOW.date(), NOW.date() + timedelta(days=1)]
    late = NOW + timedelta(hours=1, minutes=10)
    assert known.sites[-1].id == world.site_id
    with database.reading() as db:
        two = figures_of(db, known, known.sites, dates, late, most=2)
        all_of_them = figures_of(db, known, known.sites, dates, late, most=4)
        before = figures_of(db, known, known.sites, dates, NOW, most=4)
    assert [today.site.slug for today, _ in two] == ["high-street", "annexe-0"]
    assert [(today.late, today.due, today.fill_percent) for today, _ in two] == [(1, 0, None), (0, 0, None)]
    assert [today.late for today, _ in all_of_them] == [1, 0, 0, 0]
    assert all_of_them[0][0].fill_percent is not None
    assert [(today.site.slug, today.due) for today, _ in before][-1] == ("high-street", 1)
