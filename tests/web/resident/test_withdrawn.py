"""A withdrawn service or place, kept for its history alone, is neither listed nor found by name."""

from __future__ import annotations

import pytest
from sqlalchemy import delete

from core.database import Database
from locations.catalogue_queries import bump_plan
from locations.tables import SessionService
from tests.support.factories import make_service, make_site
from tests.support.town import Town
from tests.web.resident.browser import Visitor, book_one

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def _withdrawn(database: Database, town: Town) -> None:
    """A service and a place that no session opens."""
    make_service(database, town.authority_id, "blue-badge", name="Blue badge renewals")
    make_site(database, town.authority_id, "old-hall", name="Old Hall", kind="hub")
    with database.writing() as db:
        bump_plan(db, town.authority_id)


@pytest.mark.usefixtures("_withdrawn")
def test_the_start_page_lists_only_services_that_can_be_booked(visitor: Visitor) -> None:
    visitor.open("/")
    assert "Certify documents" in visitor.page.text
    assert "Blue badge renewals" not in visitor.page.text


@pytest.mark.usefixtures("_withdrawn")
@pytest.mark.parametrize(
    "path",
    [
        "/services/blue-badge",
        "/services/blue-badge/together",
        "/needs?service=blue-badge",
        "/where?service=blue-badge",
        "/when?service=blue-badge",
        "/times?service=blue-badge&day=2026-11-24",
        "/when?service=certify&site=old-hall",
        "/times?service=certify&site=old-hall&day=2026-11-24",
    ],
)
def test_a_withdrawn_service_or_place_is_not_found_by_name(path: str, visitor: Visitor) -> None:
    visitor.open(path)
    assert visitor.status == 404


@pytest.mark.databases("sqlite", "postgresql")
def test_who_has_an_appointment_can_still_look_for_another_time(
    database: Database, town: Town, visitor: Visitor
) -> None:
    """A council may take no more of a service while some of it is booked: there is no time, and the page says so."""
    reference = book_one(visitor).replace(" ", "")
    with database.writing() as db:
        db.execute(delete(SessionService).where(SessionService.service_id == town.services["certify"]))
        bump_plan(db, town.authority_id)
    visitor.open("/when?service=certify")
    assert visitor.status == 404
    visitor.open(f"/when?service=certify&site=high-street&moving={reference}")
    assert visitor.status == 200
