"""A session for people without an appointment: residents and programs see when they can come, and nobody can book it."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from flask import Flask

from booking.use_cases.change_set_up import current_tables
from core.database import Database
from locations.importing.parse_plan import plan_of
from tests.support.factories import make_service, make_session, make_world, slots_of
from tests.support.pages import check_page

pytestmark = pytest.mark.databases("sqlite")
SATURDAYS = "FREQ=WEEKLY;BYDAY=SA"


def test_residents_and_programs_see_when_no_appointment_is_needed(app: Flask, database: Database) -> None:
    world = make_world(database)
    forms = make_service(database, world.authority_id, "forms", name="Help with forms")
    hours: dict[str, Any] = {
        "rrule": SATURDAYS,
        "starts": time(10),
        "ends": time(12),
        "slug": "saturdays",
        "drop_in": True,
    }
    make_session(
        database, world.authority_id, world.site_id, world.resource_ids, [world.service_ids[0], forms], **hours
    )
    assert all(slot.starts_at.weekday() < 5 for slot in slots_of(database, world))
    client = app.test_client()
    where = check_page(client.get("/testshire/where?service=certify").text)
    first = "Saturday 28 November 2026, 10am to midday"
    assert f"Drop in, no appointment needed: {first}" in where.text
    assert "Drop in" not in check_page(client.get("/testshire/where?service=advice").text).text
    only = check_page(client.get("/testshire/where?service=forms").text)
    assert "Drop in, no appointment needed:" in only.text
    assert "Nothing free here" in only.text
    when = check_page(client.get("/testshire/when?service=certify&site=high-street").text)
    assert "Drop in, no appointment needed" in when.text
    assert first in when.text
    assert "Drop in" not in check_page(client.get("/testshire/when?service=advice").text).text
    site = check_page(client.get("/testshire/sites/high-street").text)
    assert f"{first}: Certify documents and Help with forms" in site.text
    (found,) = client.get("/api/v1/sites?service=certify").get_json()["items"]
    assert found["drop_in"][0] == {
        "starts_at": "2026-11-28T10:00:00+00:00",
        "ends_at": "2026-11-28T12:00:00+00:00",
        "services": ["certify", "forms"],
    }
    with database.reading() as db:
        tables = current_tables(db, world.authority_id)
    (session,) = (one for one in tables["sites"][0]["sessions"] if one["slug"] == "saturdays")  # type: ignore[index]
    assert session["drop_in"] is True
    assert plan_of(tables).sites[0].sessions[1].values["drop_in"] is True
