"""Staff learn that somebody has sent a paper: on the list of the day, on their home page, and in one list of all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, select, update

from booking.documents.sent_queries import waiting_count, waiting_papers
from booking.documents.tables import DocumentFile
from booking.states import State
from booking.tables import Appointment
from people.residents.tables import Resident, ResidentView
from people.staff.policy import Role
from tests.support.factories import make_authority
from tests.support.pages import check_page
from tests.web.site.conftest import DAY, NINE, SITE, Library
from tests.web.site.test_day_list import counted

pytestmark = pytest.mark.databases("sqlite")
LIST = "/staff/papers"


def send(library: Library, reference: str, document: str = "Rent book", **facts: object) -> int:
    """The id of a paper that was sent for this appointment."""
    with library.database.writing() as db:
        booked = db.scalars(select(Appointment).where(Appointment.reference == reference)).one()
        known = {
            "site_id": booked.site_id,
            "resident_id": booked.resident_id,
            "document": document,
            "source": "resident",
        }
        kind = {"media_type": "image/jpeg", "size": 1, "pages": 1, "stored_name": "kept", "added_at": NINE}
        file = DocumentFile(authority_id=booked.authority_id, appointment_id=booked.id, **{**known, **kind, **facts})
        db.add(file)
        db.flush()
        return file.id


def change(library: Library, reference: str, **values: object) -> None:
    """Change the row of the appointment."""
    with library.database.writing() as db:
        db.execute(update(Appointment).where(Appointment.reference == reference).values(**values))


def number(library: Library) -> int:
    """How many papers wait."""
    with library.database.reading() as db:
        return waiting_count(db, library.world.authority_id, None, library.clock.now().date())


@pytest.mark.databases("sqlite", "postgresql")
def test_a_paper_that_was_sent_is_seen_on_the_day_list_at_home_and_in_the_list(
    library: Library, site_staff: FlaskClient
) -> None:
    one, other = library.book(), library.book(30)
    assert "not yet looked at" not in site_staff.get(DAY).text
    assert "has sent" not in site_staff.get("/staff/").text
    assert "Nothing waits to be looked at." in check_page(site_staff.get(LIST).text).text
    send(library, one)
    send(library, one, "Payslips")
    row = check_page(site_staff.get(DAY).text)
    assert row.link("2 papers sent, not yet looked at") == f"{SITE}/documents/{one}"
    assert row.text.count("not yet looked at") == 1
    assert "2 papers sent, not yet looked at" in site_staff.get(f"{DAY}/print").text
    send(library, other)
    home = check_page(site_staff.get("/staff/").text)
    assert home.link("Look at 3 papers that residents have sent") == LIST
    page = check_page(site_staff.get(LIST).text)
    assert "2 papers sent, not yet looked at: Rent book; Payslips" in page.text
    assert [href for _, href in page.links if "/documents/" in href] == [
        f"{SITE}/documents/{one}",
        f"{SITE}/documents/{other}",
    ]


def test_the_soonest_visit_is_first_whenever_its_papers_came(library: Library, site_staff: FlaskClient) -> None:
    late, soon = library.book(120), library.book(30)
    send(library, late)
    send(library, soon)
    page = check_page(site_staff.get(LIST).text)
    assert [href.rpartition("/")[2] for _, href in page.links if "/documents/" in href] == [soon, late]


@pytest.mark.databases("sqlite", "postgresql")
def test_the_number_of_them_reads_no_other_file_of_the_council(library: Library) -> None:
    asked: list[str] = []

    def remember(_connection: object, _cursor: object, statement: str, values: Any, *_rest: object) -> None:
        asked.append(statement)
        values_of[statement] = values

    values_of: dict[str, Any] = {}
    event.listen(library.database.engine, "before_cursor_execute", remember)
    number(library)
    event.remove(library.database.engine, "before_cursor_execute", remember)
    (statement,) = (one for one in asked if "document_files" in one)
    with library.database.engine.begin() as connection:
        if library.database.engine.dialect.name == "sqlite":
            explain = "EXPLAIN QUERY PLAN"
        else:  # few rows are read faster without an index
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            explain = "EXPLAIN"
        plan = connection.exec_driver_sql(f"{explain} {statement}", values_of[statement]).all()
    assert "ix_document_files_waiting" in str(plan), plan


@pytest.mark.databases("sqlite", "postgresql")
def test_only_what_can_still_be_looked_at_waits(library: Library) -> None:
    booked = library.book()
    for facts in (
        {"source": "counter"},
        {"review": "accepted"},
        {"review": "again"},
        {"stored_name": ""},
    ):
        send(library, booked, **facts)
    assert number(library) == 0
    send(library, booked)
    assert number(library) == 1
    for state in ("cancelled_by_resident", "cancelled_by_authority", "attended", "did_not_attend"):
        change(library, booked, state=state)
        assert number(library) == 0
    change(library, booked, state="arrived")
    assert number(library) == 1


def test_papers_of_whoever_had_the_appointment_before_do_not_wait(library: Library, site_staff: FlaskClient) -> None:
    booked = library.book()
    send(library, booked)
    with library.database.writing() as db:
        known = db.scalars(select(Resident)).first()
        assert known is not None
        other = Resident(authority_id=known.authority_id, name="Other Person", support_needs=[], created_at=NINE)
        db.add(other)
        db.flush()
        db.execute(update(Appointment).values(resident_id=other.id))
    assert number(library) == 0
    assert "not yet looked at" not in site_staff.get(DAY).text


def test_papers_follow_an_appointment_to_another_site(library: Library, site_staff: FlaskClient) -> None:
    booked = library.book()
    send(library, booked)
    change(library, booked, site_id=library.other_site_id)
    assert booked not in site_staff.get(LIST).text
    assert "has sent" not in site_staff.get("/staff/").text
    there = library.sign_in(Role.SITE_STAFF, library.other_site_id)
    assert f"/staff/sites/mill-lane/documents/{booked}" in there.get(LIST).text
    assert "Look at 1 paper that a resident has sent" in there.get("/staff/").text


def test_nobody_of_another_council_sees_them_nor_an_agent(library: Library) -> None:
    booked = library.book()
    send(library, booked)
    other = library.sign_in(Role.AUTHORITY_ADMIN, authority_id=make_authority(library.database, "elsewhere"))
    assert booked not in other.get(LIST).text
    assert "has sent" not in other.get("/staff/").text
    agent = library.sign_in(Role.TRIAGE_AGENT)
    assert agent.get(LIST).status_code in (403, 404)
    assert "has sent" not in agent.get("/staff/").text
    admin = library.sign_in(Role.AUTHORITY_ADMIN)
    assert booked in admin.get(LIST).text


def test_who_looked_at_the_list_is_on_record(library: Library, site_staff: FlaskClient) -> None:
    send(library, library.book())
    site_staff.get(LIST)
    with library.database.reading() as db:
        assert db.scalar(select(func.count()).where(ResidentView.purpose == "papers_sent")) == 1


def test_no_page_asks_the_database_more_for_more_papers(library: Library, site_staff: FlaskClient) -> None:
    references = [library.book(minutes) for minutes in (0, 30, 60, 90)]
    pages = (DAY, LIST, "/staff/")
    send(library, references[0])

    def statements() -> list[int]:
        found = []
        for page in pages:
            with counted(library.database) as sent:
                site_staff.get(page)
            found.append(len(sent))
        return found

    statements()
    of_one = statements()
    for reference in references:
        send(library, reference, "Payslips")
    assert statements() == of_one


@pytest.mark.databases("sqlite", "postgresql")
def test_a_list_that_is_cut_has_the_soonest_with_all_their_papers(library: Library) -> None:
    references = [library.book(minutes) for minutes in (60, 30, 0)]
    for reference in references:
        for document in ("Rent book", "Payslips", "Rent book"):
            send(library, reference, document)
    with library.database.reading() as db:
        found = waiting_papers(db, library.world.authority_id, None, NINE.date(), limit=2)
        starts = {row.id: row.starts_at for row in db.execute(select(Appointment.id, Appointment.starts_at))}
    assert [(one.files, one.documents) for one in found] == [(3, ("Rent book", "Payslips"))] * 2
    assert [starts[one.appointment_id] for one in found] == [NINE, NINE + timedelta(minutes=30)]


def test_a_row_that_is_over_says_nothing_of_papers(library: Library, site_staff: FlaskClient) -> None:
    booked = library.book()
    send(library, booked)
    library.record(booked, State.ARRIVED, State.IN_PROGRESS, State.ATTENDED)
    assert "not yet looked at" not in site_staff.get(DAY).text


def test_papers_of_a_visit_that_is_past_wait_no_more(library: Library) -> None:
    """Nobody closes a visit that nobody came to: it stays booked, and would stand first for ever."""
    send(library, library.book())
    assert number(library) == 1
    library.clock.advance(timedelta(days=1))
    assert number(library) == 0
