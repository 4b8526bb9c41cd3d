"""Site staff have somebody rung with one click, where the video does not work."""

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
def test_one_click_and_the_list_says_by_phone_and_another_undoes_it(
    app: Flask, database: Database, clock: FixedClock
) -> None:
    callers, now = make_callers(database, clock.now()), clock.now()
    admin = add_agent(database, callers.town.authority_id, now, role="authority_admin")
    booked = book_remote(database, callers.town, "video")
    with database.reading() as db:
        day = db.scalars(select(Appointment.local_date).where(Appointment.reference == booked.reference)).one()
    client, path = app.test_client(), f"/staff/sites/remote/days/{day.isoformat()}"
    client.set_cookie(COOKIE, sign_in(database, admin, now))
    for is_rung in (True, False):
        form = check_page(client.get(path).text).form_to("/ring-instead")
        assert client.post(form.action, data=form.fields).status_code == 303
        assert ("By phone, not video" in client.get(path).text) is is_rung


@pytest.mark.databases("sqlite")
def test_a_video_is_joined_from_the_list(app: Flask, database: Database, clock: FixedClock) -> None:
    callers = make_callers(database, clock.now())
    admin = add_agent(database, callers.town.authority_id, clock.now(), role="authority_admin")
    booked = book_remote(database, callers.town, "video")
    with database.reading() as db:
        day = db.scalars(select(Appointment.local_date).where(Appointment.reference == booked.reference)).one()
    client = app.test_client()
    client.set_cookie(COOKIE, sign_in(database, admin, clock.now()))
    page = check_page(client.get(f"/staff/sites/remote/days/{day.isoformat()}").text)
    assert page.link("Join the video").startswith("https://video.example.org/")
