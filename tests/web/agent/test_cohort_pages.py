"""A list of people: the file and its mistakes, the preview, the page of the list, its file, and pause, go on and stop."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event, select, update

from booking.events import appointment_changed, invitation_changed
from booking.invitations.tables import Cohort, Invitation
from booking.use_cases.send_waves import send_waves
from core.database import Database
from locations.catalogue_queries import bump_plan
from locations.tables import Service
from people.residents.details import phone_key
from people.residents.tables import Resident
from reminders.invitation_mails import plan_invitation_mail
from reminders.outbox import plan_notifications
from tests.support.callers import Callers
from tests.support.invitations import cohort_of
from tests.support.pages import Page
from tests.web.agent.conftest import Agent
from tests.web.agent.test_invitation_pages import runtime_of

pytestmark = pytest.mark.databases("sqlite")
HERE = "/staff/invitations/lists"
FILE = "name,email,reference\nCora Listed,cora@example.org,HB 12\n<b>Bo</b> =SUM(1),bo@example.org,\n"


@pytest.fixture(autouse=True)
def _planned() -> Iterator[None]:
    """Messages are planned, as in the whole application."""
    planned = invitation_changed.connected_to(plan_invitation_mail)
    with appointment_changed.connected_to(plan_notifications), planned:
        yield


def send(agent: Agent, text: str, status: int = 303, **typed: str) -> str | Page:
    """The address of the preview, or the page that says what is wrong."""
    form = agent.open(f"{HERE}/new").form_to("/new")
    values: dict[str, Any] = form.values(name="Rent reviews", service="certify", pace="number", per_wave="1") | typed
    values["file"] = (io.BytesIO(text.encode()), "list.csv")
    answer = agent.client.post(form.action, data=values, content_type="multipart/form-data")
    return str(answer.location) if status == 303 else agent.checked(answer, status)


def take(agent: Agent, address: str, status: int = 303, **typed: str) -> str | Page:
    form = agent.open(address).form_to(address)
    answer = agent.client.post(form.action, data=form.values(**typed))
    return str(answer.location) if status == 303 else agent.checked(answer, status)


@pytest.mark.databases("sqlite", "postgresql")
def test_from_the_file_to_the_list(agent: Agent, callers: Callers, database: Database) -> None:
    assert "There is no list yet." in agent.open(HERE).text
    assert agent.open("/staff/invitations").link("Invite a list, and lists that are invited") == HERE
    preview = str(send(agent, FILE))
    page = agent.open(preview)
    assert "Nothing is saved yet." in page.text
    assert "Cora Listed" in page.text
    assert "<b>Bo</b> =SUM(1)" in page.text
    with database.reading() as db:
        assert db.scalars(select(Cohort)).all() == []
    at = re.sub(r"\?.*", "", str(take(agent, preview)))
    assert str(take(agent, preview)).startswith(at), "sent twice it is taken once"
    send_waves(runtime_of(agent), ("email",))
    page = agent.open(at)
    assert "2 people" in page.text
    assert "HB 12" in page.text
    assert "Cora Listed" in agent.open(f"{at}?standing=invited").text
    assert "Cora Listed" not in agent.open(f"{at}?standing=waiting").text
    assert "Nobody." in agent.open(f"{at}?standing=booked").text
    assert "Rent reviews" in agent.open(HERE).text
    for page_number in ("0", "-1", "9" * 20, "9" * 900, "²", "x"):
        assert "2 people" in agent.open(f"{at}?page={page_number}").text
    answer = agent.client.get(f"{at}/people.csv")
    assert answer.status_code == 200
    lines = answer.text.removeprefix("\ufeff").splitlines()
    assert lines[1] == '"Cora Listed","HB 12","1","Invited",""'
    assert len(lines) == 3


def test_mistakes_are_shown_by_line_and_what_was_typed_stays(
    agent: Agent, callers: Callers, database: Database
) -> None:
    page = send(agent, "name,email\nCora,cora@\n", 400, words="Bring the letter.")
    assert isinstance(page, Page)
    assert "Line 2" in page.text
    assert page.form_to("/new").fields["words"] == ["Bring the letter."]
    assert page.title.startswith("Error:")
    page = send(agent, FILE, 400, per_wave="", pace="number")
    assert isinstance(page, Page)
    assert "Choose the file again" in page.text
    page = send(agent, FILE, 400, last_date="2026-11-01")
    assert isinstance(page, Page)
    assert "The last day has to be the first day, or after it" in page.text
    with database.reading() as db:
        assert db.scalars(select(Cohort)).all() == []


def test_a_number_without_the_form_that_the_service_wants_is_a_mistake_of_its_line(
    agent: Agent, callers: Callers, database: Database
) -> None:
    with database.writing() as db:
        db.execute(update(Service).values(case_number="Claim number", case_number_form="HB######"))
        bump_plan(db, callers.town.authority_id)
    page = send(agent, "name,email,reference\nCora,cora@example.org,HB123456\nDan,dan@example.org,12\n", 400)
    assert isinstance(page, Page)
    assert "Line 3" in page.text
    assert "It looks like HB123456" in page.text


def test_a_record_is_chosen_and_never_silently(agent: Agent, callers: Callers, database: Database) -> None:
    with database.writing() as db:
        amina = db.get_one(Resident, callers.people["amina"])
        amina.email = "amina@example.org"
        name, number = amina.name, len(db.scalars(select(Resident.id)).all())
    text = f"name,email\n{name},amina@example.org\nAnother Person,amina@example.org\n"
    preview = str(send(agent, text))
    page = agent.open(preview)
    assert "May be in the records already" in page.text
    form = page.form_to(preview)
    assert form.fields["line_2"] == [str(callers.people["amina"])]
    assert form.fields["line_3"] == [""], "the same address is not the same person, but may be: nothing is chosen"
    for typed in ({}, {"line_3": "999999"}):
        refused = take(agent, preview, 400, **typed)
        assert isinstance(refused, Page)
        assert "Line 3: choose whose record it is" in refused.text
        assert "Line 2: choose whose record it is" not in refused.text
    take(agent, preview, line_3="skip")
    with database.reading() as db:
        assert db.scalars(select(Invitation.resident_id)).all() == [callers.people["amina"]]
        assert len(db.scalars(select(Resident.id)).all()) == number
    second = str(send(agent, text))
    again = agent.open(second)
    assert "is invited for this already" in again.text
    assert again.form_to(second).fields["line_2"] == ["skip"]


def test_beside_a_record_it_says_what_its_person_has_asked_for(
    agent: Agent, callers: Callers, database: Database
) -> None:
    with database.writing() as db:
        amina = db.get_one(Resident, callers.people["amina"])
        amina.email, amina.contact_preference, amina.do_not_text = "safe@example.org", "none", True
        amina.phone, amina.phone_key = "07700 900123", phone_key("07700 900123")
        name = amina.name
    text = f"name,email,telephone\n{name},old@example.org,07700 900123\n"
    preview = str(send(agent, text))
    page = agent.open(preview)
    assert "wants no messages" in page.text
    assert "asked for no texts" in page.text
    assert page.form_to(preview).fields["line_2"] == [""]
    refused = take(agent, preview, 400)
    assert isinstance(refused, Page)
    assert "Line 2: choose whose record it is" in refused.text
    with database.reading() as db:
        assert db.scalars(select(Invitation)).all() == []


def test_pause_go_on_and_stop_say_first_what_they_do(agent: Agent, callers: Callers, database: Database) -> None:
    number = cohort_of(runtime_of(agent), callers.town.authority_id)
    at = f"{HERE}/{number}"
    page = agent.open(f"{at}/change?to=pause")
    assert "1 person was not invited yet." in page.text
    stale = page.form_to("/change").values()
    answer = agent.client.post(f"{at}/change", data=stale, follow_redirects=True)
    assert "The list is paused." in agent.checked(answer).text
    refused = agent.checked(agent.client.post(f"{at}/change", data=stale), 409)
    assert "This cannot be done any more" in refused.text
    form = agent.open(f"{at}/change?to=stop").form_to("/change")
    answer = agent.client.post(f"{at}/change", data=form.values(), follow_redirects=True)
    assert "Taken off the list" in agent.checked(answer).text
    assert agent.client.get(f"{at}/change?to=nothing").status_code == 404


def test_the_page_says_that_the_service_has_ended(agent: Agent, callers: Callers, database: Database) -> None:
    runtime = runtime_of(agent)
    number = cohort_of(runtime, callers.town.authority_id)
    said = "Nobody more is invited: the service has ended"
    assert said not in agent.open(f"{HERE}/{number}").text
    with database.writing() as db:
        db.execute(update(Service).values(closed_from=runtime.clock.now().date()))
        bump_plan(db, callers.town.authority_id)
    assert said in agent.open(f"{HERE}/{number}").text


def test_the_page_of_a_list_has_as_many_statements_for_many(agent: Agent, callers: Callers, database: Database) -> None:
    runtime, numbers = runtime_of(agent), []
    number = cohort_of(runtime, callers.town.authority_id)
    agent.open(f"{HERE}/{number}")
    for _ in range(2):
        statements = list[str]()

        def remember(*given: object, statements: list[str] = statements) -> None:
            statements.append(str(given[2]))

        event.listen(database.engine, "before_cursor_execute", remember)
        agent.open(f"{HERE}/{number}")
        event.remove(database.engine, "before_cursor_execute", remember)
        numbers.append(len(statements))
        with database.writing() as db:
            one = db.scalars(select(Invitation).where(Invitation.cohort_id == number)).first()
            assert one is not None
            for extra in range(20):
                values = {c.name: getattr(one, c.name) for c in Invitation.__table__.columns if c.name != "id"}
                db.add(Invitation(**values | {"link_digest": f"{len(numbers)}{extra:063d}"}))
    assert numbers[0] == numbers[1]
