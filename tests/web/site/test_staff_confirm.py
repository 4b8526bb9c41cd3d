"""Staff write of somebody who was asked to confirm that they come, or that nobody may take their time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from booking.tables import Appointment
from locations.tables import Authority, Service
from people.residents.tables import Resident
from people.staff.policy import Role
from reminders.recipients import CHANNELS
from reminders.tables import Notification
from tests.support.pages import check_page
from tests.web.site.conftest import Library

pytestmark = pytest.mark.databases("sqlite")


@pytest.mark.parametrize(("pressed", "column"), [("/confirm", "confirmed_version"), ("/urgent", "is_urgent")])
def test_one_press_of_staff_keeps_their_time(
    library: Library, monkeypatch: pytest.MonkeyPatch, pressed: str, column: str
) -> None:
    database, now = library.database, library.clock.now()
    monkeypatch.setitem(database.facts, CHANNELS, frozenset({"email", "text", "call"}))
    with database.writing() as db:
        db.execute(update(Service).values(confirm_days_before=1))
        db.execute(update(Authority).values(plan_version=Authority.plan_version + 1))
    library.book()
    with database.writing() as db:
        db.execute(update(Resident).values(email="robin@example.org", phone="07700 900123", phone_key="07700900123"))
        row = db.scalars(select(Appointment)).one()
        question = {"authority_id": row.authority_id, "appointment_id": row.id, "version": row.version}
        times = {"due_at": now, "next_try_at": now, "created_at": now, "useful_until": now + timedelta(hours=1)}
        db.add(Notification(**question, **times, kind="to_confirm_1", channel="email", status="sent", closed_at=now))
    library.clock.instant = row.starts_at - timedelta(hours=20)
    agent = library.sign_in(Role.TRIAGE_AGENT)
    call = f"/staff/calls/residents/{row.resident_id}"
    values = check_page(agent.get(call).text).form_to("/stay").values()
    assert agent.post(f"{call}/appointments/{row.reference}{pressed}", data=values).status_code == 303
    with database.reading() as db:
        assert getattr(db.get_one(Appointment, row.id), column) == 1
