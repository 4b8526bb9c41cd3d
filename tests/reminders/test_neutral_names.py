"""A service with a neutral name is named by it in whatever is sent."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update

from core.database import Database
from locations.tables import Authority, Service, Site
from reminders.appointment_queries import message_facts
from reminders.letters import LetterBody
from reminders.recipients import Delivery
from reminders.texts import TextBody
from tests.reminders.channels import writer
from tests.reminders.make_bulk_notifications import owe
from tests.support.factories import make_world

PRIVATE = ("Eviction", "eviction", "notice", "Homeless", "Passport", "Certify")


@pytest.mark.parametrize("kind", ["confirmation", "reminder_1d", "cancelled", "rescheduled", "manage_link_1"])
def test_neutral_is_neutral_everywhere(database: Database, kind: str) -> None:
    world = make_world(database)
    (appointment,) = owe(database, world, 1)
    with database.writing() as db:
        db.execute(update(Service).values(name="Eviction advice", documents=["The notice"], message_name="your visit"))
        db.execute(update(Site).values(name="Homeless Help Point", address="1 High Street\nTestshire"))
        db.execute(update(Authority).values(plan_version=Authority.plan_version + 1))
        db.execute(update(Site).values(plan_version=Site.plan_version + 1))
    with database.reading() as db:
        facts = message_facts(db, [appointment])[appointment]
    to = Delivery("email", "robin@example.org", "Robin Sample")
    email = writer().write(kind, facts, to)
    text = writer().body(kind, facts, Delivery("text", "07700 900123", "Robin Sample"), TextBody)
    letter = writer().body(kind, facts, Delivery("letter", "1 Low Street\nNW11 9QS", "Robin Sample"), LetterBody)
    assert isinstance(text, TextBody)
    assert isinstance(letter, LetterBody)
    calendar = email.calendar.replace("\r\n ", "")
    sent = [email.subject, email.text, email.html, calendar, text.text, letter.heading, letter.text]
    assert [word for word in PRIVATE for one in sent if word in one] == []
    assert "your visit" in email.text
    assert "your visit" in text.text
    assert not calendar or "SUMMARY:your visit" in calendar
    assert not calendar or "1 High Street" in calendar


def test_a_neutral_name_is_said_in_welsh_where_there_is_one(database: Database) -> None:
    world = make_world(database)
    (appointment,) = owe(database, world, 1)
    words = {"name_cy": "Cyngor ar droi allan", "message_name_cy": "eich ymweliad"}
    with database.writing() as db:
        db.execute(update(Service).values(name="Eviction advice", message_name="your visit", translations=words))
        db.execute(update(Authority).values(languages=["en", "cy"], plan_version=Authority.plan_version + 1))
    with database.reading() as db:
        facts = message_facts(db, [appointment])[appointment]
    to = Delivery("email", "robin@example.org", "Robin Sample", language="cy")
    email = writer().write("confirmation", facts, to)
    text = writer().body("confirmation", facts, replace(to, channel="text", address="07700 900123"), TextBody)
    assert isinstance(text, TextBody)
    sent = [email.subject, email.text, email.html, email.calendar.replace("\r\n ", ""), text.text]
    assert [word for word in ("troi allan", "Eviction", "your visit") for one in sent if word in one] == []
    assert "eich ymweliad" in email.text
    assert "eich ymweliad" in text.text
