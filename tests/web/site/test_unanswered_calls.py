"""Site staff note with one click that nobody answered, and whoever was rung reads it on their page."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from booking.tables import Appointment
from core.clock import FixedClock
from core.database import Database
from people.staff.sign_in_sessions import COOKIE
from tests.booking.test_remote_visits import book_remote
from tests.support.callers import add_agent, make_callers, sign_in
from tests.support.pages import check_page


@pytest.mark.databases("sqlite")
def test_each_click_adds_the_time_of_a_call_to_the_row(app: Flask, database: Database, clock: FixedClock) -> None:
    callers = make_callers(database, clock.now())
    admin = add_agent(database, callers.town.authority_id, clock.now(), role="authority_admin")
    booked = book_remote(database, callers.town, "phone")
    with database.reading() as db:
        row = db.scalars(select(Appointment).where(Appointment.reference == booked.reference)).one()
        day, clock.instant = row.local_date, row.starts_at
    resident = app.test_client()
    page = resident.get(booked.manage_url_path, follow_redirects=True)
    assert "We rang you" not in page.text
    client, path = app.test_client(), f"/staff/sites/remote/days/{day.isoformat()}"
    client.set_cookie(COOKIE, sign_in(database, admin, clock.now()))
    for number in (1, 2):
        form = check_page(client.get(path).text).form_to("/unanswered")
        assert client.post(form.action, data=form.fields).status_code == 303
        assert client.post(form.action, data=form.fields).status_code == 303  # the same form sent twice is one call
        shown = client.get(path).text
        assert "nobody answered" in shown
        with database.reading() as db:
            calls = select(Appointment.unanswered_calls).where(Appointment.reference == booked.reference)
            assert len(db.scalars(calls).one()) == number
    assert "We rang you at" in resident.get(page.request.path).text
