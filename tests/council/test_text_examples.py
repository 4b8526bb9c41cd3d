"""How texts look before anybody gets one: what a council sees is what a telephone would show, as long as it really is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from locations.catalogue_queries import bump_plan
from locations.tables import Site
from reminders.example_messages import ExampleWriter
from reminders.gsm7 import Alphabet
from reminders.recipients import REMINDER, RESCHEDULED, TEXT, Delivery
from reminders.text_examples import EXAMPLE_KINDS, text_examples
from reminders.texts import TextBody
from tests.council.test_set_up import page_of
from tests.reminders.channels import writer
from tests.reminders.test_messages import FACTS
from tests.support.factories import NOW
from tests.web.site.conftest import Library

pytestmark = pytest.mark.databases("sqlite")
TEXTS = "/staff/set-up/texts"
EXAMPLES = ExampleWriter(writer().public_url, writer().mail_from)
SERVICE = FACTS.services[0]


def test_an_example_is_as_long_as_what_is_sent() -> None:
    facts = replace(FACTS, appointment_id=1_000_000, manage_nonce="nonce")
    delivery = Delivery(TEXT, "07700 900123", "Robin Example")
    sent = writer().body(REMINDER, facts, delivery, TextBody)
    assert isinstance(sent, TextBody)
    assert len(EXAMPLES.text(REMINDER, facts, delivery)) == len(sent.text)


def test_what_does_not_fit_is_said() -> None:
    site = replace(
        FACTS.site, name="Ŵyna Library at the Old Town Hall with Its Reading Room", directions="Ring twice. " * 9
    )
    examples = text_examples(EXAMPLES, FACTS.authority, SERVICE, site, FACTS.starts_at, "en", now=NOW)
    assert [one.kind for one in examples] == list(EXAMPLE_KINDS)
    reminder = next(one for one in examples if one.kind == REMINDER)
    assert reminder.is_shortened
    moved = next(one for one in examples if one.kind == RESCHEDULED)
    assert moved.text.count(" 10:30am") == 2
    assert reminder.size.segments == 2 < reminder.whole_size.segments
    assert "Ring twice." in reminder.whole
    assert "Ring twice." not in reminder.text
    arabic = replace(site, name="مكتبة", directions="")
    reminder = text_examples(EXAMPLES, FACTS.authority, SERVICE, arabic, FACTS.starts_at, "en", now=NOW)[1]
    assert reminder.size.alphabet is Alphabet.UCS_2


def test_a_council_sees_its_texts(library: Library, admin: FlaskClient) -> None:
    page = page_of(admin, page_of(admin, "/staff/set-up").link("How your texts look"))
    assert "charged as 2 texts" in page.text
    assert "What was left out: Reminder" not in page.text
    with library.database.writing() as db:
        db.execute(update(Site).values(directions="Go past the market and in by the side door. " * 5))
        bump_plan(db, library.world.authority_id)
    assert "What was left out: Reminder" in page_of(admin, f"{TEXTS}").text
    assert admin.get(f"{TEXTS}?service=nothing&site=nowhere").status_code == 400
