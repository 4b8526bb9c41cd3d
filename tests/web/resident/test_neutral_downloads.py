"""What a resident downloads names a service as messages do, and a video is joined from its file."""

from __future__ import annotations

import pytest
from icalendar import Calendar
from sqlalchemy import update

from core.database import Database
from locations.tables import Authority, Service, Site
from tests.web.resident.browser import Visitor
from tests.web.resident.test_manage_pages import book_and_open

pytestmark = pytest.mark.databases("sqlite")

PRIVATE = ("Eviction", "eviction", "Homeless", "Certify", "notice")


def test_the_download_of_a_neutral_appointment_is_neutral(database: Database, visitor: Visitor) -> None:
    reference = book_and_open(visitor)
    with database.writing() as db:
        db.execute(update(Service).values(name="Eviction advice", documents=["The notice"], message_name="your visit"))
        db.execute(update(Site).values(name="Homeless Help Point", address="1 High Street\nTestshire"))
        db.execute(update(Authority).values(plan_version=Authority.plan_version + 1))
        db.execute(update(Site).values(plan_version=Site.plan_version + 1))
    text = visitor.client.get(f"/testshire/appointment/{reference}.ics").text.replace("\r\n ", "")
    assert [word for word in PRIVATE if word in text] == []
    (event,) = Calendar.from_ical(text).events
    assert str(event["SUMMARY"]).startswith("your visit, ")
    assert str(event["LOCATION"]).startswith("1 High Street, Testshire")
    assert {str(alarm["DESCRIPTION"]).partition(": ")[0] for alarm in event.walk("VALARM")} == {
        "Tomorrow",
        "In 2 hours",
    }
