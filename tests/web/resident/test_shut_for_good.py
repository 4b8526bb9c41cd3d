"""A site or a service that is shut for good: every link to it says since when, and where to go now."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, update

from booking.tables import Appointment
from core.database import Database
from locations.catalogue_queries import bump_plan
from locations.tables import Service, Site
from tests.support.town import Town
from tests.web.resident.browser import Visitor, book_one

pytestmark = pytest.mark.databases("sqlite")
TODAY = date(2026, 11, 23)
SITE = {"closed_from": TODAY, "successor": "riverside-hub", "where_to_go": "Take bus 12 to the hub."}
SERVICE = {"closed_from": TODAY, "successor": "", "where_to_go": "Send copies by post."}


@pytest.fixture
def ended(database: Database, town: Town) -> str:
    """The slug of the library, which is shut from today on; nobody certifies documents any more either."""
    slug = "high-street"
    with database.writing() as db:
        db.execute(update(Site).where(Site.slug == slug).values(SITE))
        db.execute(update(Service).where(Service.slug == "certify").values(SERVICE))
        bump_plan(db, town.authority_id)
    return slug


@pytest.mark.parametrize(
    "page", ["/sites/{}", "/when?service=advice&site={}", "/times?service=advice&site={}&day=2026-12-01"]
)
def test_links_to_the_site_lead_to_its_successor(visitor: Visitor, ended: str, page: str) -> None:
    visitor.open(page.format(ended))
    assert visitor.status == 200
    for words in ("has closed for good", "Monday 23 November 2026", "Take bus 12 to the hub."):
        assert words in visitor.page.text
    visitor.follow("Go to Riverside Community Hub instead")
    assert visitor.status == 200
    assert "Riverside Community Hub" in visitor.page.text
    assert "closed for good" not in visitor.page.text


@pytest.mark.parametrize(
    "path",
    [
        "/services/certify",
        "/services/certify/together",
        "/needs?service=certify",
        "/where?service=certify",
        "/when?service=certify",
        "/times?service=certify&day=2026-12-01",
        "/wait?service=certify",
    ],
)
@pytest.mark.usefixtures("ended")
def test_links_to_the_service_say_what_to_do_instead(visitor: Visitor, path: str) -> None:
    visitor.open(path)
    assert visitor.status == 200
    assert "Send copies by post." in visitor.page.text


def test_whoever_moves_an_appointment_there_looks_at_the_successor(
    visitor: Visitor, database: Database, town: Town
) -> None:
    book_one(visitor)
    with database.writing() as db:
        there = db.scalars(select(Site.slug).join(Appointment, Appointment.site_id == Site.id)).one()
        other = "riverside-hub" if there != "riverside-hub" else "high-street"
        db.execute(update(Site).where(Site.slug == there).values(SITE | {"successor": other}))
        bump_plan(db, town.authority_id)
    visitor.open(f"!{visitor.page.link('See, change or cancel')}")
    visitor.follow("Choose another time")
    assert "has closed for good" in visitor.page.text
    visitor.follow("instead")
    assert visitor.status == 200
    assert "closed for good" not in visitor.page.text


@pytest.mark.usefixtures("ended")
def test_what_is_shut_for_good_is_not_offered(visitor: Visitor) -> None:
    visitor.open("/")
    assert "Certify documents" not in visitor.page.text
    visitor.open("/where?service=advice")
    assert "High Street" not in visitor.page.text
