"""The short link of texts and letters."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from booking.tables import Appointment
from core.database import Database
from core.tokens import new_nonce, short_token
from locations.catalogue_queries import bump_plan
from locations.tables import Authority, Service, SessionService
from people.residents.details import ResidentDetails
from people.residents.resident_repository import create_resident
from people.residents.tables import Resident
from tests.support.factories import NOW
from tests.support.town import Town
from tests.web.resident.browser import Visitor, fill_in, go_to_times
from tests.web.resident.test_manage_pages import runtime_of, the_row

pytestmark = pytest.mark.databases("sqlite")

PHONE = "07700 900123"


def link_of(app: Flask, database: Database) -> str:
    """The short link of the only appointment."""
    row = the_row(database)
    return f"!/s/{short_token(runtime_of(app).settings.secret_key, row.id, row.manage_nonce)}"


@pytest.fixture
def link(visitor: Visitor, town_app: Flask, database: Database) -> str:
    """The short link of a new appointment of somebody with a telephone."""
    go_to_times(visitor)
    visitor.take_first_time()
    fill_in(visitor, phone=PHONE)
    visitor.send("/check")
    return link_of(town_app, database)


def share_phone(database: Database, town: Town, name: str = "Sam Other") -> None:
    """Somebody else has the number too."""
    with database.writing() as db:
        create_resident(db, town.authority_id, ResidentDetails(name, phone=PHONE), NOW)


@pytest.mark.databases("sqlite", "postgresql")
def test_it_gives_a_clean_address_and_changes_nothing_and_stands_in_no_log(
    database: Database, town_app: Flask, link: str, caplog: pytest.LogCaptureFixture
) -> None:
    before, scanner = the_row(database), Visitor(town_app.test_client())
    with caplog.at_level(logging.DEBUG):
        scanner.open(link.lower().replace("/S/", "/s/"))
    after = the_row(database)
    assert scanner.at == f"/appointment/{after.reference}"
    assert "Cancel" in scanner.page.text
    assert (before.state, before.version, before.changed_at) == (after.state, after.version, after.changed_at)
    assert link.rpartition("-")[2].lower() not in caplog.text.lower()


def test_it_opens_in_the_language_of_the_text_unless_the_browser_has_chosen(
    database: Database, town_app: Flask, link: str
) -> None:
    with database.writing() as db:
        db.execute(update(Authority).values(languages=["en", "cy"], plan_version=Authority.plan_version + 1))
        db.execute(update(Resident).values(message_language="cy"))
    reader = Visitor(town_app.test_client())
    reader.open(link)
    assert "Eich apwyntiad" in reader.page.text
    reader.open(f"{reader.at}?lang=en")
    reader.open(link)
    assert "Your appointment" in reader.page.text


@pytest.mark.databases("sqlite", "postgresql")
def test_on_a_shared_telephone_it_asks_one_fact_first(
    database: Database, town_app: Flask, town: Town, link: str
) -> None:
    share_phone(database, town)
    reader = Visitor(town_app.test_client())
    reader.open(link)
    assert reader.page.title.startswith("Your appointment")
    for secret in ("Robin", "Certify", "10am", "Library"):
        assert secret not in reader.page.text
    reader.send(link[1:], surname="Other")
    assert "It is not the one that we have" in reader.page.text
    reader.send(link[1:], surname="sample")
    assert reader.at == f"/appointment/{the_row(database).reference}"


def test_guesses_of_the_fact_are_limited(database: Database, town_app: Flask, town: Town, link: str) -> None:
    share_phone(database, town)
    reader = Visitor(town_app.test_client())
    reader.open(link)
    form = reader.page.form_to(link[1:])
    answers = [reader.post(form, {"surname": f"Guess {number}"}).status_code for number in range(8)]
    assert answers[:5] == [200] * 5
    assert answers[-1] == 429


def test_it_ends_with_the_nonce_and_a_day_after_the_appointment(database: Database, town_app: Flask, link: str) -> None:
    reader = Visitor(town_app.test_client())
    with database.writing() as db:
        nonce = db.scalars(select(Appointment.manage_nonce)).one()
        db.execute(update(Appointment).values(manage_nonce=new_nonce()))
    reader.open(link)
    assert reader.page.title.startswith("This link does not work")
    with database.writing() as db:
        old = NOW - timedelta(days=3)
        db.execute(update(Appointment).values(manage_nonce=nonce, starts_at=old, ends_at=old + timedelta(hours=1)))
    reader.open(link)
    assert reader.page.title.startswith("This link has ended")
    reader.open("!/s/no-such-link")
    assert reader.page.title.startswith("This link does not work")


def test_it_leads_to_another_visit_for_the_same_for_a_month(
    town_app: Flask, link: str, town: Town, database: Database
) -> None:
    """With what they need, until the appointment's own link is over; not on a telephone that others have."""
    client = town_app.test_client()
    again = f"{link[1:]}/again"
    with database.writing() as db:
        db.execute(update(Appointment).values(support_needs=["step-free"]))
    assert client.get(again).location == "/testshire/where?service=certify&need=step-free"
    ended = NOW - timedelta(days=20)
    with database.writing() as db:
        db.execute(update(Appointment).values(starts_at=ended - timedelta(minutes=30), ends_at=ended))
    assert client.get(link[1:]).status_code == 410
    assert client.get(again).location == "/testshire/where?service=certify"
    share_phone(database, town)
    assert client.get(again).location == "/testshire"
    assert client.get("/s/3-AAAAAAAAAAAAAAAAAAAA/again").status_code == 404


@pytest.mark.parametrize(
    ("changed", "leads_to"),
    [
        ({"bookable_online": False}, "/testshire/services/certify"),
        ({"named_adviser": "named_only"}, "/testshire/where?service=certify"),
        ({}, "/testshire/"),  # no session opens it any more
    ],
)
def test_whatever_has_become_of_the_service_the_page_is_there(
    town_app: Flask, link: str, town: Town, database: Database, changed: dict[str, object], leads_to: str
) -> None:
    with database.writing() as db:
        if changed:
            db.execute(update(Service).where(Service.slug == "certify").values(**changed))
        else:
            db.execute(delete(SessionService))
        bump_plan(db, town.authority_id)
    client = town_app.test_client()
    answer = client.get(f"{link[1:]}/again")
    assert answer.location == leads_to
    assert client.get(answer.location).status_code == 200
