"""What was noted without network and sent later counts from when it happened, and says so on record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from booking.tables import Appointment
from booking.visits.tables import DayVisit
from core.audit import AuditEntry
from people.staff.policy import Role
from tests.support.pages import read_page
from tests.web.site.conftest import DAY, NINE, SITE, Library

pytestmark = pytest.mark.databases("sqlite")
SCRIPT = {"Fd-Row-Form": "1"}
LATER = timedelta(minutes=25)


@pytest.mark.parametrize(
    ("ago", "minutes"),
    [
        ("1320", 3),
        ("29", 25),
        ("0", 25),
        ("", 25),
        ("90000", 25),
        ("-60", 25),
        ("6e2", 25),
        ("9" * 40, 25),
        ("٣٠٠", 25),
    ],
)
def test_an_arrival_counts_from_when_it_was_noted_within_a_day(
    library: Library, site_staff: FlaskClient, ago: str, minutes: int
) -> None:
    reference = library.book(0)
    form = read_page(site_staff.get(DAY).text).form_to(f"/appointments/{reference}")
    library.clock.advance(LATER - (library.clock.now() - NINE))
    sent = form.fields | {"to": "arrived", "noted_ago": ago}
    assert site_staff.post(form.action, data=sent, headers=SCRIPT).status_code == 204
    with library.database.reading() as db:
        assert db.scalars(select(Appointment.arrived_at)).one() == NINE + timedelta(minutes=minutes)
        assert db.scalars(select(DayVisit.arrived_at)).one() == NINE + timedelta(minutes=minutes)


def test_steps_that_are_sent_late_keep_their_order_and_their_times(library: Library, site_staff: FlaskClient) -> None:
    reference = library.book(0)
    form = read_page(site_staff.get(DAY).text).form_to(f"/appointments/{reference}")
    library.clock.advance(LATER - (library.clock.now() - NINE))
    steps = [("booked", "arrived", 1200), ("arrived", "in_progress", 900), ("in_progress", "attended", 1100)]
    for number, (state, to, ago) in enumerate(steps):
        sent = form.fields | {"state": state, "to": to, "noted_ago": str(ago), "idempotency_key": f"key-{number}"}
        for _ in range(2):  # the answer was lost the first time
            assert site_staff.post(form.action, data=sent, headers=SCRIPT).status_code == 204
    with library.database.reading() as db:
        visit = db.scalars(select(DayVisit)).one()
        noted = db.scalars(select(AuditEntry.facts).where(AuditEntry.action == "moved").order_by(AuditEntry.id)).all()
    ten_past = NINE + timedelta(minutes=10)  # it cannot have ended before it began
    assert (visit.arrived_at, visit.started_at, visit.ended_at) == (NINE + timedelta(minutes=5), ten_past, ten_past)
    assert len(noted) == 3
    admin = library.sign_in(Role.AUTHORITY_ADMIN)
    assert "noted without network at 9:10am, sent at 9:25am" in admin.get("/staff/record").text
    conflict = site_staff.post(form.action, data=form.fields | {"to": "did_not_attend"}, headers=SCRIPT)
    assert conflict.status_code == 409
    assert "recorded by Site staff at 9:10am" in conflict.text


def test_a_walk_in_waits_since_they_came(library: Library, site_staff: FlaskClient) -> None:
    library.clock.advance(LATER - (library.clock.now() - NINE))
    form = read_page(site_staff.get(f"{SITE}/tickets").text).form_to("/tickets")
    sent = form.fields | {"name": "Wanda Walker", "service": "certify", "noted_ago": "600"}
    for _ in range(2):
        assert site_staff.post(form.action, data=sent, headers=SCRIPT).status_code == 204
    with library.database.reading() as db:
        assert db.scalars(select(DayVisit.arrived_at)).one() == NINE + timedelta(minutes=15)
