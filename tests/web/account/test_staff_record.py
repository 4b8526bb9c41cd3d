"""What staff did and saw: the audit and the access log as one list, filtered, paged, as a file, itself on record."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from booking.queries.staff_record import ACCOUNTS, CHANGES, VIEWS, RecordFilter, record_entries
from core.audit import Actor, AuditEntry, record
from core.clock import FixedClock
from core.database import Database
from people.residents.access_log import log_access
from people.residents.tables import Resident, ResidentView
from people.staff.sign_in_sessions import COOKIE
from tests.support.callers import Callers, add_agent, book_for, make_callers, sign_in
from tests.support.pages import check_page, read_page
from tests.support.town import make_town
from tests.web.account.pages import token_on
from web.account.staff_record_views import PAGE_SIZE

PATH = "/staff/record"


@pytest.fixture
def callers(database: Database, clock: FixedClock) -> Callers:
    return make_callers(database, clock.now())


@pytest.fixture
def admin(client: FlaskClient, database: Database, clock: FixedClock, callers: Callers) -> FlaskClient:
    """An administrator's browser."""
    staff = add_agent(database, callers.town.authority_id, clock.now(), "authority_admin")
    client.set_cookie(COOKIE, sign_in(database, staff, clock.now()))
    return client


def rows(client: FlaskClient, query: str = "") -> list[str]:
    """The entries of the page, each as its text."""
    answer = client.get(f"{PATH}{query}")
    assert answer.status_code == 200, answer.text
    check_page(answer.text)
    found = re.findall(r"<dt class=.govuk-summary-list__key.>(.*?)</dd>", answer.text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in found]


def test_it_says_who_changed_and_who_looked_and_from_which_screen(admin: FlaskClient, callers: Callers) -> None:
    admin.get(f"/staff/calls/residents/{callers.people['amina']}")
    shown = rows(admin)
    reference = callers.booked.reference
    assert any(
        "Agnes Agent Booked the appointment" in row and f"{reference[:4]} {reference[4:]}" in row for row in shown
    )
    (looked,) = [row for row in shown if "Looked at a resident" in row]
    assert "Amina Yusuf" in looked
    assert looked.endswith("From: Call screen")
    (own,) = [row for row in rows(admin) if "Looked at this record" in row]
    assert "Amina Yusuf" in own  # whoever reads it sees names, and that is on record, too
    assert "Staff home and accounts" in own


@pytest.mark.parametrize(
    ("query", "there", "not_there"),
    [
        ("?kind=changes", "Booked the appointment", "Looked at"),
        ("?kind=views", "Found residents", "Booked"),
        ("?kind=accounts", "Added a colleague, or gave them a role", "Booked"),
        ("?person=system", "Added a colleague", "Booked"),
        ("?since=2026-11-24", "", "Booked"),
        ("?until=2026-11-22", "", "Booked"),
        ("?since=2026-11-23&until=2026-11-23", "Booked the appointment", "Residents, online"),
    ],
)
def test_it_is_filtered(admin: FlaskClient, query: str, there: str, not_there: str) -> None:
    sent = {"csrf_token": token_on(admin, "/staff/calls/"), "q": "amin"}
    admin.post("/staff/calls/find", data=sent, follow_redirects=True)
    shown = "\n".join(rows(admin, query))
    assert there in shown
    assert not_there not in shown


def test_one_persons_entries_and_those_of_one_appointment(
    admin: FlaskClient, database: Database, callers: Callers, clock: FixedClock
) -> None:
    actor = Actor("staff", callers.agent_id, "Agnes Agent")
    amina, silent = callers.people["amina"], callers.people["silent"]
    book_for(database, callers.town, silent, datetime(2026, 12, 2, 11, tzinfo=UTC), actor, clock.now())
    with database.writing() as db:
        for residents in ([amina, silent], [silent], [amina * 1000 + 1]):
            authority_id = callers.town.authority_id
            log_access(db, authority_id, None, actor, "day_list", clock.now(), residents=residents)
    mine = rows(admin, f"?person=staff-{callers.agent_id}")
    assert len(mine) == 5
    assert all("Agnes Agent" in row for row in mine)
    assert all("somebody whose data was erased" in row or "Agnes" in row for row in mine)
    of_one = rows(admin, f"?reference={callers.booked.reference.lower()}&person=staff-{callers.agent_id}")
    assert len(of_one) == 2  # its booking, and the list in which its resident stood
    assert "Amina Yusuf, Silas Silent" in of_one[0] + of_one[1]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?person=staff-999999", "person"),
        ("?kind=everything", "kind"),
        ("?since=2026-02-30", "since"),
        ("?since=2026-11-24&until=2026-11-23", "until"),
        ("?reference=99999999", "reference"),
    ],
)
def test_a_filter_that_means_nothing_says_so_at_its_field(admin: FlaskClient, query: str, field: str) -> None:
    answer = admin.get(PATH + query)
    assert answer.status_code == 400
    check_page(answer.text)
    assert f'href="#{field}"' in answer.text
    assert admin.get(f"{PATH}.csv{query}").status_code == 404


@pytest.mark.parametrize(
    "after", ["x", "2026-11-23~a~1", "2026-11-23T10:00:00+00:00~a~x", "~~", "2026-11-23T10:00:00+00:00~a~-1"]
)
def test_a_place_that_is_none_is_unknown(admin: FlaskClient, after: str) -> None:
    assert admin.get(PATH, query_string={"after": after}).status_code == 404


def test_the_pages_show_every_entry_once(
    admin: FlaskClient, database: Database, callers: Callers, clock: FixedClock
) -> None:
    """Entries of both sources at the same instants, more than a page of each."""
    actor, authority_id = Actor("staff", callers.agent_id, "Agnes Agent"), callers.town.authority_id
    with database.writing() as db:
        for number in range(PAGE_SIZE + 5):
            at = clock.now() + timedelta(seconds=number // 7)
            record(db, actor, "feed_made", ("calendar_feed", number), authority_id=authority_id, now=at)
            log_access(db, authority_id, callers.people["amina"], actor, "call", at)
        wanted, place, read = RecordFilter(), None, []
        while entries := record_entries(db, authority_id, wanted, 13, place):
            read += [entry.place for entry in entries]
            place = read[-1]
        assert len(read) == len(set(read)) == len(record_entries(db, authority_id, wanted, 10_000))
        assert read == sorted(read, key=lambda one: (one.at, one.source, one.id), reverse=True)
        counts = {
            kind: len(record_entries(db, authority_id, RecordFilter(kind), 10_000))
            for kind in (CHANGES, VIEWS, ACCOUNTS)
        }
        assert sum(counts.values()) == len(read)
    page = read_page(admin.get(f"{PATH}?kind=views").text)
    older = rows(admin, page.link("Older entries").removeprefix(PATH))
    assert len(older) >= 5
    assert all("Looked at" in row for row in older)


def test_the_file_has_safe_cells_and_is_on_record(
    admin: FlaskClient, database: Database, callers: Callers, clock: FixedClock
) -> None:
    with database.writing() as db:
        db.get_one(Resident, callers.people["amina"]).name = "=HYPERLINK(1)"
        log_access(
            db, callers.town.authority_id, callers.people["amina"], Actor("api", None), "api_appointment", clock.now()
        )
    answer = admin.get(f"{PATH}.csv?kind=views")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="record-2026-11-23.csv"'
    table = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert table[0][:3] == ["Date", "Time", "Who"]
    (line,) = [line for line in table if line[3] == "A program read an appointment"]
    assert line == ["2026-11-23", line[1], "Programs", line[3], "'=HYPERLINK(1)", "", ""]
    with database.reading() as db:
        (exported,) = db.scalars(select(AuditEntry).where(AuditEntry.action == "staff_record_exported")).all()
        viewed = db.scalars(select(ResidentView).where(ResidentView.purpose == "staff_record")).all()
    assert exported.facts["screen"] == "staff.staff_record_file"
    assert callers.people["amina"] in viewed[-1].facts["residents"]


def test_another_council_has_a_record_of_its_own(
    app: Flask, admin: FlaskClient, database: Database, clock: FixedClock
) -> None:
    town = make_town(database, slug="elsewhere")
    staff = add_agent(database, town.authority_id, clock.now(), "authority_admin", "far@example.org")
    other = app.test_client()
    other.set_cookie(COOKIE, sign_in(database, staff, clock.now()))
    assert "Agnes Agent Booked" not in "".join(rows(other))
    assert "Agnes Agent Booked" in "".join(rows(admin))
