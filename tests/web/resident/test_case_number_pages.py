"""A number is asked in plain words once it is known for whom, and what cannot be used is said with what to do."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from booking.tables import Appointment
from core.database import Database
from locations.catalogue_queries import bump_plan
from locations.tables import Service
from tests.support.bad_values import BAD_VALUES, as_sent
from tests.support.callers import Callers
from tests.support.town import Town
from tests.web.agent.conftest import Agent, agent, callers
from tests.web.agent.test_call_pages import call_of
from tests.web.resident.browser import Visitor, fill_in, go_to_times

pytestmark = pytest.mark.databases("sqlite")
__all__ = ["agent", "callers"]
UNUSABLE = "We cannot book with this."


def ask(database: Database, town: Town, **values: Any) -> None:
    row = {"case_number": "Claim number", "case_number_form": "HB######"} | values
    with database.writing() as db:
        where = (Service.authority_id == town.authority_id, Service.slug == "certify")
        db.execute(update(Service).where(*where).values(**row))
        bump_plan(db, town.authority_id)


def to_number(visitor: Visitor, name: str = "Robin Sample") -> None:
    go_to_times(visitor)
    visitor.take_first_time()
    fill_in(visitor, name=name, email=f"{name.split()[0].lower()}@example.org")
    assert visitor.at.endswith("/number")


def book_with(visitor: Visitor, number: str, name: str = "Robin Sample") -> None:
    to_number(visitor, name)
    visitor.send("/number", case_number=number)
    visitor.send("/check")


def numbers(database: Database) -> list[str]:
    with database.reading() as db:
        return list(db.scalars(select(Appointment.case_number).order_by(Appointment.id)))


@pytest.mark.databases("sqlite", "postgresql")
def test_the_number_is_asked_once_it_is_known_for_whom_and_what_is_wrong_is_said_at_the_field(
    database: Database, town: Town, visitor: Visitor
) -> None:
    ask(database, town)
    to_number(visitor)
    assert "It looks like HB123456" in visitor.page.text
    visitor.send("/number", case_number="")
    assert "Enter the number or code" in visitor.page.text
    visitor.send("/number", case_number="HB 12")
    assert "Check it. It looks like HB123456" in visitor.page.text
    assert visitor.page.form_to("/number").fields["case_number"] == ["HB 12"]
    visitor.send("/number", case_number="hb 123 456")
    assert visitor.at.endswith("/check")
    assert "hb 123 456" in visitor.page.text
    visitor.send("/check")
    assert visitor.at.endswith("/done")
    assert numbers(database) == ["hb 123 456"]


def test_no_value_breaks_the_page_and_what_was_typed_stays(database: Database, town: Town, visitor: Visitor) -> None:
    ask(database, town)
    to_number(visitor)
    form = visitor.page.form_to("/number")
    for number, (words, bad) in enumerate(BAD_VALUES.items()):
        origin = {"REMOTE_ADDR": f"192.0.2.{number}"}  # tries are counted
        sent = form.values() | {"case_number": as_sent(bad)}
        answer = visitor.client.post(form.action, data=sent, environ_base=origin)
        assert answer.status_code in (200, 400), words
        assert "number" in answer.request.path


def test_nobody_is_led_to_a_waiting_list_that_does_not_take_them(
    database: Database, town: Town, visitor: Visitor
) -> None:
    pages = [f"/{page}?service=certify&visit=one&site=high-street&mode=in_person" for page in ("when", "where")]
    pages.append("/times?service=certify&visit=one&site=high-street&mode=in_person&day=2026-11-28")
    leads = {page: any("/wait?" in href for _, href in visitor.open(page).links) for page in pages}
    assert any(leads.values())
    ask(database, town)
    for page in pages:
        assert not any("/wait?" in href for _, href in visitor.open(page).links), page


def test_nothing_is_booked_before_the_number(database: Database, town: Town, visitor: Visitor) -> None:
    ask(database, town)
    to_number(visitor)
    visitor.open(visitor.at.replace("/number", "/check"))
    assert visitor.at.endswith("/number")


def test_where_no_number_is_asked_nobody_sees_the_page(database: Database, town: Town, visitor: Visitor) -> None:
    go_to_times(visitor)
    visitor.take_first_time()
    assert visitor.at.endswith("/who")
    visitor.open(visitor.at.replace("/who", "/number"))
    assert visitor.at.endswith("/who")
    fill_in(visitor)
    assert visitor.at.endswith("/check")


def test_a_number_with_an_appointment_is_refused_without_saying_whose_it_is(
    database: Database, town: Town, visitor: Visitor
) -> None:
    ask(database, town)
    book_with(visitor, "HB123456")
    to_number(visitor)
    visitor.send("/number", case_number="HB-123456")
    assert UNUSABLE in visitor.page.text
    assert "Robin" not in visitor.page.text
    assert visitor.page.form_to("/number").fields["case_number"] == ["HB-123456"]


def test_a_number_that_is_taken_meanwhile_leads_back_to_the_field(
    database: Database, town: Town, town_app: Any, visitor: Visitor
) -> None:
    ask(database, town)
    other = Visitor(town_app.test_client())
    to_number(visitor)
    visitor.send("/number", case_number="HB123456")
    book_with(other, "HB123456", name="Kim Other")
    visitor.send("/check")
    assert visitor.at.endswith("/number")
    assert UNUSABLE in visitor.page.text
    visitor.send("/number", case_number="HB999999")
    assert visitor.at.endswith("/check")
    visitor.send("/check")
    assert visitor.at.endswith("/done")
    assert numbers(database) == ["HB123456", "HB999999"]


def test_where_it_warns_a_resident_books_all_the_same(database: Database, town: Town, visitor: Visitor) -> None:
    ask(database, town, case_number_again="warn")
    book_with(visitor, "HB123456")
    book_with(visitor, "HB123456", name="Kim Other")
    assert (visitor.status, visitor.at.endswith("/check")) == (409, True)
    assert "There is an open appointment with this number or code already." in visitor.page.text
    visitor.send("/check")
    assert visitor.at.endswith("/done")
    assert numbers(database) == ["HB123456", "HB123456"]


def test_both_warnings_are_answered_one_after_the_other(database: Database, town: Town, visitor: Visitor) -> None:
    ask(database, town, case_number_again="warn")
    book_with(visitor, "HB123456")
    book_with(visitor, "HB123456")
    for _again in range(2):
        assert visitor.status == 409
        visitor.send("/check")
    assert visitor.at.endswith("/done")


def test_whoever_guesses_numbers_is_slowed(database: Database, town: Town, visitor: Visitor) -> None:
    ask(database, town, case_number_listed=True)
    to_number(visitor)
    for number in range(22):
        visitor.post(visitor.page.form_to("/number"), {"case_number": f"HB{number:06}"})
    answer = visitor.post(visitor.page.form_to("/number"), {"case_number": "HB000099"})
    assert answer.status_code == 429


def test_an_agent_types_it_and_sees_the_other_appointment_before_booking_all_the_same(
    database: Database, callers: Callers, agent: Agent
) -> None:
    ask(database, callers.town, case_number_again="warn")
    here = call_of(callers)

    def confirm(status: int, **typed: str) -> Any:
        token = agent.slots(f"{here}?service=certify")[0][0]
        agent.send(f"{here}/hold?service=certify", data={"slot": token})
        values = {"shown": token, "despite_same_time": "1"} | typed
        return agent.checked(agent.send(f"{here}/confirm?service=certify", data=values), status)

    assert "Enter the number or code" in confirm(400).text
    page = confirm(400, case_number="HB1")
    assert "Check it. It looks like HB123456" in page.text
    confirm(200, case_number="HB123456")
    page = confirm(409, case_number="HB123456")
    assert "This number has an open appointment already." in page.text
    assert "See that appointment" in page.text
    confirm(409, case_number="HB123456", despite_number="HB999999")  # the warning was of another number
    confirm(200, case_number="HB123456", despite_number="HB123456")
    assert numbers(database)[-2:] == ["HB123456", "HB123456"]


def test_an_agent_reads_which_appointment_has_the_number_where_it_is_refused(
    database: Database, callers: Callers, agent: Agent
) -> None:
    ask(database, callers.town)
    here = call_of(callers)
    for status in (200, 400):
        token = agent.slots(f"{here}?service=certify")[0][0]
        agent.send(f"{here}/hold?service=certify", data={"slot": token})
        values = {"shown": token, "despite_same_time": "1", "case_number": "HB123456"}
        page = agent.checked(agent.send(f"{here}/confirm?service=certify", data=values), status)
    assert "There is an open appointment under this number already:" in page.text
