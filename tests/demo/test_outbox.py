"""The demo's outbox in the browser."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from core.clock import FixedClock
from core.database import Database
from core.settings import Settings
from locations.tables import Authority
from people.residents.details import phone_key
from people.residents.tables import Resident
from reminders.appointment_queries import message_facts
from reminders.channels.stored import StoredChannel
from reminders.delivery_decisions import ClaimedRow, EarlierTries, ReadyMessage
from reminders.letters import LetterBody
from reminders.recipients import Delivery
from reminders.tables import DemoMessage, InboundText, Notification
from reminders.texts import TextBody
from tests.reminders.calendar_readers import read_with_vobject
from tests.reminders.channels import worker_on, writer
from tests.reminders.make_bulk_notifications import owe
from tests.support.factories import make_world

pytestmark = pytest.mark.databases("sqlite")

SENDER = "appointments@testshire.example.org"
TOKEN = re.compile(r'name="(csrf_token)"[^>]*value="([^"]+)"')


@pytest.fixture
def settings(database_url: str) -> Settings:
    return Settings(database_url=database_url, secret_key="a secret for tests", is_test=True, is_demo=True)


def send(database: Database, clock: FixedClock, count: int) -> None:
    owe(database, make_world(database), count, now=clock.now())
    counts = worker_on(database, clock, StoredChannel(database, SENDER)).send_due()
    assert counts.sent == count


@pytest.mark.databases("sqlite", "postgresql")
def test_an_empty_outbox_says_how_to_get_a_message(client: FlaskClient) -> None:
    answer = client.get("/demo/outbox")
    assert answer.status_code == 200
    assert "No message has been sent yet" in answer.text


@pytest.mark.databases("sqlite", "postgresql")
def test_messages_are_listed_newest_first_a_page_at_a_time(
    client: FlaskClient, database: Database, clock: FixedClock
) -> None:
    send(database, clock, 30)
    first, second, beyond = (client.get(f"/demo/outbox?page={page}").text for page in (1, 2, 99))
    assert first.index("robin.30@") < first.index("robin.6@")
    assert "robin.5@" not in first
    assert "Older messages" in first
    assert "Newer messages" not in first
    assert second.index("robin.5@") < second.index("robin.1@")
    assert "robin.1@" in beyond


@pytest.mark.databases("sqlite", "postgresql")
def test_a_message_can_be_read_and_its_link_followed(
    client: FlaskClient, database: Database, clock: FixedClock
) -> None:
    send(database, clock, 1)
    page = client.get("/demo/outbox/1").text
    assert "Reminder: your appointment on Tuesday 24 November 2026" in page
    assert "Dear Robin Sample 1," in page
    assert 'href="http' in page
    assert "/manage/" in page


def test_the_html_is_shown_under_a_policy_that_lets_nothing_run_or_load(
    client: FlaskClient, database: Database, clock: FixedClock
) -> None:
    send(database, clock, 1)
    answer = client.get("/demo/outbox/1/html")
    assert "<h1" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy


def test_the_calendar_file_can_be_downloaded(client: FlaskClient, database: Database, clock: FixedClock) -> None:
    send(database, clock, 1)
    answer = client.get("/demo/outbox/1.ics")
    assert answer.mimetype == "text/calendar"
    assert "attachment" in answer.headers["Content-Disposition"]
    (event,) = read_with_vobject(answer.text)
    assert event.starts_at == clock.now() + timedelta(days=1)


@pytest.mark.parametrize("path", ["/demo/outbox/9", "/demo/outbox/9/html", "/demo/outbox/9.ics"])
def test_an_unknown_message_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.fixture
def real_client(settings: Settings, database: Database, clock: FixedClock) -> FlaskClient:
    from wsgi import create_app

    app: Flask = create_app(replace(settings, is_demo=False), database=database, clock=clock)
    return app.test_client()


@pytest.mark.parametrize("path", ["/demo/outbox", "/demo/outbox/1", "/demo/outbox/1/html", "/demo/outbox/1.ics"])
def test_outside_the_demo_there_is_nothing(
    real_client: FlaskClient, database: Database, clock: FixedClock, path: str
) -> None:
    send(database, clock, 1)
    assert real_client.get(path).status_code == 404


@pytest.mark.databases("sqlite", "postgresql")
def test_texts_and_letters_are_shown_as_they_arrive_with_their_length(
    client: FlaskClient, database: Database, clock: FixedClock
) -> None:
    world, now = make_world(database), clock.now()
    owed = [owe(database, world, 1, now=now, channel=channel)[0] for channel in ("text", "letter")]
    with database.reading() as db:
        facts = message_facts(db, owed)
        rows = db.scalars(select(Notification).order_by(Notification.id)).all()
    address = "1 High Street\nTestshire\nNW11 9QS"
    deliveries = (
        Delivery("text", "07700 900123", "Robin Sample"),
        Delivery("letter", address, "Robin Sample", letter_format="large_print"),
    )
    for row, body, delivery in zip(rows, (TextBody, LetterBody), deliveries, strict=True):
        claimed = ClaimedRow(row.id, row.authority_id, row.appointment_id, 1, row.kind, row.channel, now, 1, now)
        ready = ReadyMessage(claimed, facts[row.appointment_id], delivery, EarlierTries())
        StoredChannel(database, SENDER, body).send(writer().render(ready, body, now))
    listed, text, letter = (client.get(f"/demo/outbox{path}").text for path in ("", "/1", "/2"))
    assert listed.index("Letter") < listed.index("Text")
    assert "Text to 07700 900123" in text
    assert "2 texts" in text
    assert "nobody can answer it" in text
    assert "1 High Street, Testshire, NW11 9QS" in letter
    assert "Large print" in letter
    assert "2 pages" in letter
    for page in ("/1/html", "/1.ics", "/2/html", "/2.ics"):
        assert client.get(f"/demo/outbox{page}").status_code == 404


def test_a_text_from_a_number_is_answered_as_by_the_provider(
    client: FlaskClient, database: Database, clock: FixedClock
) -> None:
    world = make_world(database)
    owe(database, world, 1, now=clock.now(), channel="text")
    with database.writing() as db:
        row = db.scalars(select(Notification)).one()
        said = {"to": "07700 900123", "subject": "", "raw": b"Please come."}
        db.add(DemoMessage(authority_id=row.authority_id, notification_id=row.id, at=clock.now(), **said))
        db.execute(update(Resident).values(phone="07700 900123", phone_key=phone_key("07700 900123")))
    assert "nobody can answer it" in client.get("/demo/outbox/1").text  # it comes from a name
    with database.writing() as db:
        db.execute(update(Authority).values(text_number="07700 900982"))
    form = dict(TOKEN.findall(client.get("/demo/outbox/1").text))
    assert client.post("/demo/outbox/1/answer", data={**form, "text": ""}).status_code == 400
    answered = client.post("/demo/outbox/1/answer", data={**form, "text": "CANCEL"}, follow_redirects=True)
    assert "within seconds" in answered.text
    with database.writing() as db:
        db.execute(update(Authority).values(text_number=""))
    assert client.post("/demo/outbox/1/answer", data={**form, "text": "CANCEL"}).status_code == 404
    with database.reading() as db:
        kept = db.scalars(select(InboundText)).one()
    assert (kept.text, kept.phone_key, kept.outcome) == ("CANCEL", phone_key("07700 900123"), "")


@pytest.mark.databases("sqlite", "postgresql")
def test_a_message_that_arrived_is_known_by_our_reference(database: Database, clock: FixedClock) -> None:
    """So that a worker which died after sending is not followed by a second message."""
    send(database, clock, 2)
    channel = StoredChannel(database, SENDER)
    assert channel.arrived(["notification-1-1", "notification-7-1"]) == {"notification-1-1"}
