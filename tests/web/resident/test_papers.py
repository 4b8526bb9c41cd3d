"""Papers that are counted and dated: asked for while booking and after it, ticked, and said wherever one is missing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from booking.queries.appointments import by_reference
from booking.tables import Appointment
from core.database import Database
from locations.catalogue_queries import bump_plan, catalogue_by_id
from locations.tables import Service
from tests.support.town import Town
from tests.web.resident.browser import Visitor, fill_in, go_to_times

pytestmark = pytest.mark.databases("sqlite")
ASK_BANK = "Ask your bank. You can still come."
RULES: list[dict[str, Any]] = [
    {"document": "Payslips", "weekly": 5, "fortnightly": 3, "monthly": 2, "new_starter": "Your contract"},
    {"document": "Bank statements", "full_months": 2, "each": "account", "without": ASK_BANK, "taken": ["copy"]},
    {"document": "Photo identification", "one_of": ["Passport", "Driving licence"], "each": "adult"},
    {"document": "Proof of rent", "question": "Do you rent your home?"},
]
ANSWERS = {"paid": "weekly", "paid_on": "2026-11-20", "accounts": "2", "adults": "1", "case_0": "no"}
FIVE_PAYSLIPS = "Payslips: bring 5, of 23, 30 October, 6, 13, 20 November"


def with_rules(database: Database, town: Town, rules: list[dict[str, Any]] | None = None) -> None:
    """Let the service count and date papers."""
    with database.writing() as db:
        where = (Service.authority_id == town.authority_id, Service.slug == "certify")
        db.execute(update(Service).where(*where).values(documents_by_rule=RULES if rules is None else rules))
        bump_plan(db, town.authority_id)


@pytest.fixture
def booking(database: Database, town: Town, visitor: Visitor) -> Visitor:
    """Somebody who has a time on 24 November and has given their details."""
    with_rules(database, town)
    go_to_times(visitor)
    visitor.take_first_time()
    fill_in(visitor)
    assert visitor.at.endswith("/papers")
    return visitor


def kept(database: Database) -> dict[str, Any]:
    """What is kept of the only appointment."""
    with database.reading() as db:
        return db.scalars(select(Appointment.paper_answers)).one()


def book_with(visitor: Visitor, *have: str, **answers: str) -> str:
    """Answer, tick and book; the reference."""
    visitor.send("/papers", **(answers or ANSWERS))
    visitor.send("/bring", have=["", *have])
    visitor.send("/check")
    return visitor.page.title.split(":")[1].split("–")[0].strip().replace(" ", "")


def test_a_few_answers_make_a_list_with_dates_and_what_is_missing_is_said_before_booking(
    database: Database, booking: Visitor
) -> None:
    booking.send("/papers", **ANSWERS)
    assert booking.at.endswith("/bring")
    for line in (
        FIVE_PAYSLIPS,
        "Bank statements of the whole of September and October, for 2 accounts",
        "Photo identification, for 1 adult: one of Passport; Driving licence",
    ):
        assert line in booking.page.text
    assert "Proof of rent" not in booking.page.text
    booking.send("/bring", have=["", "Payslips", "Photo identification"])
    assert booking.at.endswith("/check")
    assert "You do not have 1 paper yet" in booking.page.text
    assert ASK_BANK in booking.page.text
    booking.send("/check")
    assert "You do not have 1 paper yet" in booking.page.text
    assert FIVE_PAYSLIPS in booking.page.text
    assert set(kept(database)["have"]) == {"Payslips", "Photo identification"}


def test_back_keeps_the_answers_and_the_ticks(booking: Visitor) -> None:
    booking.send("/papers", **ANSWERS)
    booking.send("/bring", have=["", "Payslips"])
    booking.follow("Change your answers, or tick what you have")
    assert booking.page.form_to("/bring").fields["have"] == ["", "Payslips"]
    booking.follow("Back")
    assert booking.page.form_to("/papers").fields["paid_on"] == ["2026-11-20"]
    booking.send("/papers", accounts="3")
    assert booking.page.form_to("/bring").fields["have"] == ["", "Payslips"]
    assert "for 3 accounts" in booking.page.text


def test_somebody_may_leave_everything_open_and_book(database: Database, booking: Visitor) -> None:
    booking.send("/papers")
    assert "Payslips: 5 weekly, 3 fortnightly or 2 monthly" in booking.page.text
    assert "This depends on what you have not answered:" in booking.page.text
    booking.send("/bring")
    booking.send("/check")
    assert booking.page.title.startswith("Booked")


def test_the_page_of_answers_leads_to_the_papers_where_nobody_has_answered(booking: Visitor) -> None:
    booking.open(f"{booking.at.rpartition('/')[0]}/check")
    booking.follow("Work out which papers you need, and of which dates")
    assert booking.at.endswith("/papers")


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("paid_on", "yesterday", "Enter a day"),
        ("accounts", "11", "Accounts: enter a number from 0 to 10"),
        ("adults", "0", "Adults: enter a number from 1 to 10"),
        ("started_on", "31 13 2026", "Enter a day"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_stays(
    booking: Visitor, field: str, typed: str, message: str
) -> None:
    booking.send("/papers", **(ANSWERS | {field: typed}))
    assert booking.at.endswith("/papers")
    assert "There is a problem" in booking.page.text
    assert booking.page.form_to("/papers").fields[field] == [typed]
    assert booking.page.form_to("/papers").fields["paid"] == ["weekly"]


def test_the_list_is_changed_on_the_page_of_the_appointment(database: Database, booking: Visitor) -> None:
    reference = book_with(booking, "Payslips")
    booking.open(f"/appointment/{reference}")
    assert "You do not have 2 papers yet" in booking.page.text
    booking.follow("Change your answers, or tick what you have")
    stale = booking.page.form_to("/bring")
    booking.send("/bring", have=["", "Payslips", "Bank statements", "Photo identification"])
    assert "We have kept which papers you have." in booking.page.text
    assert "You do not have" not in booking.page.text
    answer = booking.post(stale, {"have": [""]})
    assert answer.status_code == 409
    assert len(kept(database)["have"]) == 3


def test_who_has_not_answered_yet_is_asked_on_the_page_of_the_appointment(database: Database, booking: Visitor) -> None:
    base = booking.at.rpartition("/")[0]
    booking.open(f"{base}/check")
    booking.send("/check")
    booking.follow("Work out which papers you need, and of which dates")
    booking.send("/papers", **ANSWERS)
    booking.send("/bring", have=["", "Payslips"])
    assert kept(database)["paid"] == "weekly"
    assert "You do not have 2 papers yet" in booking.page.text


def test_no_page_of_papers_is_there_for_a_service_without_rules(
    database: Database, town: Town, visitor: Visitor
) -> None:
    go_to_times(visitor)
    visitor.take_first_time()
    fill_in(visitor)
    assert visitor.at.endswith("/check")
    visitor.open(f"{visitor.at.rpartition('/')[0]}/bring")
    assert visitor.at.endswith("/check")
    visitor.send("/check")
    reference = visitor.page.title.split(":")[1].split("–")[0].strip().replace(" ", "")
    visitor.open(f"/appointment/{reference}/papers")
    assert visitor.at == f"/appointment/{reference}"


def test_the_calendar_has_the_own_list(booking: Visitor, town_app: Flask) -> None:
    reference = book_with(booking, "Payslips")
    text = booking.client.get(f"/testshire/appointment/{reference}.ics").get_data(as_text=True)
    assert "bring 5\\, of 23\\, 30 October" in text.replace("\r\n ", "")


def test_a_paper_that_the_council_takes_away_is_not_missed(database: Database, town: Town, booking: Visitor) -> None:
    reference = book_with(booking, "Payslips")
    with_rules(database, town, RULES[:1])
    booking.open(f"/appointment/{reference}")
    assert "You do not have" not in booking.page.text
    with_rules(database, town, [])
    assert FIVE_PAYSLIPS not in booking.open(f"/appointment/{reference}").text


@pytest.mark.databases("sqlite", "postgresql")
def test_answers_are_kept_on_every_database(database: Database, town: Town, booking: Visitor) -> None:
    reference = book_with(booking, "Payslips")
    with database.reading() as db:
        view = by_reference(db, catalogue_by_id(db, town.authority_id), reference)
    assert view.paper_answers["cases"] == {"Do you rent your home?": "no"}


def test_what_was_ticked_for_other_dates_is_missing_after_a_move(database: Database, booking: Visitor) -> None:
    reference = book_with(booking, "Payslips", "Bank statements", "Photo identification")
    assert "You do not have" not in booking.open(f"/appointment/{reference}").text
    with database.writing() as db:
        db.execute(update(Appointment).values(local_date=date(2026, 12, 22)))
    page = booking.open(f"/appointment/{reference}?said=moved")
    assert "Your list of papers is for the new day: look at it again." in page.text
    assert "You do not have 2 papers yet" in page.text
    assert "of 20, 27 November, 4, 11, 18 December Missing" in page.text


def test_more_accounts_are_not_had_because_one_was(booking: Visitor) -> None:
    reference = book_with(booking, "Bank statements")
    booking.open(f"/appointment/{reference}/papers")
    booking.send("/papers", accounts="3")
    assert booking.page.form_to("/bring").fields["have"] == [""]
