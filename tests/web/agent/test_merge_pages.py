"""The pages on which two records of one person are put side by side, made one and made two again; without scripts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from booking.merging.tables import DifferentPeople, ResidentMerge
from booking.tables import Appointment
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database
from people.residents.details import ResidentDetails
from people.residents.resident_repository import create_resident
from people.residents.tables import Resident, ResidentView
from people.staff.sign_in_sessions import COOKIE
from tests.support.callers import Callers, add_agent, book_for, sign_in
from tests.web.agent.conftest import Agent

pytestmark = pytest.mark.databases("sqlite")

CALLS = "/staff/calls"
SECOND = ResidentDetails(
    "Amina Youssuf",
    "amina@example.org",
    "+44 7700 900999",
    language="Somali",
    uses_neutral_name=True,
    support_needs=("bsl",),
)


@pytest.fixture
def second(callers: Callers, database: Database) -> int:
    """Amina's other record, with a visit."""
    with database.writing() as db:
        resident_id = create_resident(db, callers.town.authority_id, SECOND, datetime(2026, 11, 23, 9, tzinfo=UTC))
    at, agent = datetime(2026, 12, 2, 10, 30, tzinfo=UTC), Actor("staff", callers.agent_id, "Agnes Agent")
    book_for(database, callers.town, resident_id, at, agent, datetime(2026, 11, 23, 9, tzinfo=UTC))
    return resident_id


def address_of(callers: Callers, second: int) -> str:
    """Where both stand side by side."""
    return f"{CALLS}/residents/{callers.people['amina']}/same-as/{second}"


def owners(database: Database) -> set[int]:
    """Whose appointments there are."""
    with database.reading() as db:
        return set(db.scalars(select(Appointment.resident_id)))


@pytest.mark.databases("sqlite", "postgresql")
def test_from_the_call_to_one_record_and_back(agent: Agent, callers: Callers, database: Database, second: int) -> None:
    amina, at = callers.people["amina"], address_of(callers, second)
    call = agent.open(f"{CALLS}/residents/{amina}")
    assert "May be the same person as" in call.text
    assert at in [href for _, href in call.links]
    page = agent.open(at)
    for words in ("Amina Youssuf", "amina.yusuf@example.org", "amina@example.org", "Hodan Yusuf", "Lost her passport",
                  "Do not text", "Name no service", "Nobody is told of this"):  # fmt: skip
        assert words in page.text, words
    form = page.form_to(at)
    refused = agent.checked(agent.client.post(at, data=form.values()), 400)
    assert "Choose the right name" in refused.text
    values = form.values(name=["kept"], address=["kept"], email=["other"])
    done = agent.checked(agent.client.post(at, data=values, follow_redirects=True))
    assert "Both are one record now." in done.text
    assert owners(database) == {amina}
    with database.reading() as db:
        kept = db.get_one(Resident, amina)
        assert (kept.name, kept.email, kept.do_not_text) == ("Amina Yusuf", "amina@example.org", True)
        assert (kept.uses_neutral_name, kept.support_needs) == (True, ["step-free", "bsl"])
        assert {view.resident_id for view in db.scalars(select(ResidentView))} <= {None, amina}
    assert "1 appointment goes back to them" in done.text
    undone = agent.client.post(f"{CALLS}/residents/{amina}/merges", data=done.form_to("/merges").values())
    assert "They are two records again." in agent.open(undone.location).text
    assert owners(database) == {amina, second}


def test_whoever_has_the_other_page_open_is_led_to_the_kept_record(
    agent: Agent, callers: Callers, database: Database, second: int
) -> None:
    """Nothing that was sent for the record that is a part of another one is done."""
    at = address_of(callers, second)
    form = agent.open(at).form_to(at)
    agent.client.post(at, data=form.values(name=["kept"], address=["kept"], email=["other"]))
    for answer in (
        agent.client.get(f"{CALLS}/residents/{second}"),
        agent.send(f"{CALLS}/residents/{second}/note", follow=False, call_note="Rang again"),
    ):
        page = agent.checked(answer, 410)
        assert "Two records are one now" in page.text
        assert f"{CALLS}/residents/{callers.people['amina']}" in [href for _, href in page.links]
    assert agent.client.get(f"{CALLS}/residents/999999").status_code == 404


def test_what_a_colleague_has_changed_meanwhile_is_shown_first(
    agent: Agent, callers: Callers, database: Database, second: int
) -> None:
    at = address_of(callers, second)
    form = agent.open(at).form_to(at)
    with database.writing() as db:
        db.execute(update(Resident).where(Resident.id == second).values(safe_hours="10:00-12:00"))
    values = form.values(name=["kept"], address=["kept"], email=["other"])
    page = agent.checked(agent.client.post(at, data=values), 409)
    assert "One of the records has changed since you opened this page" in page.text
    assert "10:00-12:00" in page.text
    again = page.form_to(at)
    assert {name: again.fields[name] for name in ("name", "email")} == {"name": ["kept"], "email": ["other"]}
    agent.checked(agent.client.post(at, data=again.values(), follow_redirects=True))
    with database.reading() as db:
        assert db.scalars(select(ResidentMerge)).one()


def test_different_people_are_not_shown_again(agent: Agent, callers: Callers, database: Database, second: int) -> None:
    at, likely = address_of(callers, second), f"{CALLS}/same-people"
    listed = agent.open(likely)
    turned = f"{CALLS}/residents/{second}/same-as/{callers.people['amina']}"
    assert turned in [href for _, href in listed.links]
    form = agent.open(at).form_to(f"{at}/differs")
    page = agent.checked(agent.client.post(f"{at}/differs", data=form.values(), follow_redirects=True))
    assert "We will not put these two side by side again." in page.text
    assert "No records look like one person’s." in page.text
    assert "May be the same person" not in agent.open(f"{CALLS}/residents/{second}").text
    with database.reading() as db:
        assert db.scalars(select(DifferentPeople)).one().first_id == callers.people["amina"]


def test_hours_that_exclude_each_other_leave_no_button(
    agent: Agent, callers: Callers, database: Database, second: int
) -> None:
    with database.writing() as db:
        for resident_id, hours in ((callers.people["amina"], "08:00-09:00"), (second, "18:00-19:00")):
            db.execute(update(Resident).where(Resident.id == resident_id).values(safe_hours=hours))
    page = agent.open(address_of(callers, second))
    assert "Ask them, and correct one first." in page.text
    assert "Make one record of both" not in page.text


def test_what_cannot_be_undone_any_more_says_so(
    agent: Agent, callers: Callers, database: Database, second: int
) -> None:
    at, amina = address_of(callers, second), callers.people["amina"]
    values = agent.open(at).form_to(at).values(name=["kept"], address=["kept"], email=["other"])
    agent.client.post(at, data=values)
    form = agent.open(f"{CALLS}/residents/{amina}/merges").form_to("/merges").values()
    with database.writing() as db:
        db.execute(update(ResidentMerge).values(at=datetime(2026, 10, 1, tzinfo=UTC)))
    page = agent.checked(agent.client.post(f"{CALLS}/residents/{amina}/merges", data=form), 409)
    assert "It cannot be undone any more: that is possible for 30 days." in page.text
    unknown = agent.client.post(f"{CALLS}/residents/{amina}/merges", data={**form, "merge": "999"})
    assert unknown.status_code == 404


def test_who_serves_at_a_counter_of_one_site_neither_sees_nor_merges(
    app: Flask, callers: Callers, database: Database, second: int, clock: FixedClock
) -> None:
    staff = add_agent(database, callers.town.authority_id, clock.now(), "site_staff", "site@example.org")
    client: FlaskClient = app.test_client()
    client.set_cookie(COOKIE, sign_in(database, staff, clock.now()))
    assert "May be the same person" not in client.get(f"{CALLS}/residents/{second}").text
    assert client.get(address_of(callers, second)).status_code == 404


def test_an_empty_council_has_an_empty_list(agent: Agent, callers: Callers) -> None:
    page = agent.open(f"{CALLS}/same-people")
    assert "No records look like one person’s." in page.text
    nothing = agent.open(f"{CALLS}/residents/{callers.people['norbert']}/merges")
    assert "Nothing was merged into this record." in nothing.text
