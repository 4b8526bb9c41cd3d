"""Somebody who asks that no service is named reads no service's name, whatever is sent to them, by whatever channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from core.database import Database
from locations.model import ServiceFacts
from locations.own_words import Told
from people.residents.details import ResidentDetails
from people.residents.resident_repository import change_contact, find_or_create
from people.residents.tables import Resident
from reminders.appointment_queries import message_facts
from reminders.delivery_decisions import MessageFacts
from reminders.former_owners import FormerOwner
from reminders.letters import LetterBody
from reminders.offered_time import OfferedTime
from reminders.recipients import FAMILIES, SEVERAL_BOOKINGS, TEXT_ANSWER, Delivery
from reminders.site_text import SiteText
from reminders.texts import TextBody
from tests.reminders.channels import RecordingChannel, worker_for, writer
from tests.reminders.make_bulk_notifications import owe
from tests.reminders.test_messages import FACTS
from tests.support.factories import NOW, make_runtime, make_world

KINDS = sorted({*(f"{family}_1" for family in FAMILIES), "confirmation", "rescheduled", "cancelled", SEVERAL_BOOKINGS})
NAMES = ("Xqz Eviction", "Xqz Homelessness", "Xqz Benefits", "Xqz Troi allan")
SERVICES = st.builds(
    lambda english, welsh, neutral: replace(
        FACTS.services[0],
        name=english,
        message_name=neutral,
        documents=("Xqz papers",),
        translations={"name_cy": welsh} if welsh else {},
    ),
    st.sampled_from(NAMES),
    st.sampled_from(("", *NAMES)),
    st.sampled_from(("", "", "your visit")),
)


def facts_of(services: list[ServiceFacts], **changes: Any) -> MessageFacts:
    """The facts of an appointment of somebody who has asked, as `reminders.appointment_queries` makes them."""
    told = Told(services, is_neutral=True)
    site = replace(FACTS.site, name="Xqz Help Point", address="1 High Street\nTestshire", translations={})
    offer = OfferedTime(told.site(site), FACTS.starts_at, FACTS.starts_at - timedelta(days=1))
    former = FormerOwner(1, 1, FACTS.contacts, FACTS.starts_at, FACTS.ends_at, FACTS.changed_at, True, True)
    said = SiteText(1, FACTS.starts_at.date(), f"Bring it to {services[0].name}", f"I {services[0].name.lower()}")
    facts: dict[str, Any] = {
        "services": told.services,
        "site": told.site(site),
        "hidden_names": told.hidden_names,
        "offer": offer,
    }
    facts |= {"former": {1: former}, "site_texts": {1: said}}
    return replace(FACTS, **(facts | changes))


def everything_sent(kind: str, facts: MessageFacts, language: str) -> Iterator[str]:
    """All that is written of a message, by every channel."""
    to = Delivery("email", "robin@example.org", "Robin Sample", language=language)
    email = writer().write(kind, facts, to)
    yield from (email.subject, email.text, email.html, email.calendar.replace("\r\n ", ""))
    text = writer().body(kind, facts, replace(to, channel="text", address="07700 900123"), TextBody)
    assert isinstance(text, TextBody)
    yield text.text
    if kind.partition("_")[0] in ("confirmation", "rescheduled", "cancelled", "reminder", "arrangement"):
        letter = writer().body(kind, facts, replace(to, channel="letter", address="1 Low St\nNW11 9QS"), LetterBody)
        assert isinstance(letter, LetterBody)
        yield from (letter.heading, letter.text)


@settings(max_examples=20, derandomize=True, database=None, deadline=None)
@given(
    services=st.lists(SERVICES, min_size=1, max_size=3),
    kind=st.sampled_from([kind for kind in KINDS if not kind.startswith(TEXT_ANSWER)]),
    language=st.sampled_from(["en", "cy", ""]),
    mode=st.sampled_from(["in_person", "phone", "video"]),
)
def test_no_message_names_a_service(services: list[ServiceFacts], kind: str, language: str, mode: str) -> None:
    authority = replace(FACTS.authority, languages=("en", "cy"), first_language="cy")
    facts = facts_of(services, authority=authority, mode=mode)
    assert [one for one in everything_sent(kind, facts, language) if "xqz" in one.lower()] == []


def test_several_services_are_one_appointment_to_read() -> None:
    two = [replace(FACTS.services[0], name=name, message_name="") for name in NAMES[:2]]
    email = writer().write("confirmation", facts_of(two), Delivery("email", "robin@example.org", "Robin Sample"))
    assert "SUMMARY:Appointment\\, " in email.calendar


def test_it_is_read_when_the_message_is_written(database: Database) -> None:
    """Not when it was planned: somebody who asks today is not betrayed by a reminder of last week."""
    world = make_world(database)
    (appointment,) = owe(database, world, 1)
    names = {}
    for is_asked in (False, True):
        with database.writing() as db:
            db.execute(update(Resident).values(uses_neutral_name=is_asked))
        with database.reading() as db:
            facts = message_facts(db, [appointment])[appointment]
        names[is_asked] = ([one.name for one in facts.services], facts.site.name, facts.hidden_names)
    assert names[False] == (["Certify documents"], "High Street Library", ())
    assert names[True] == (["Appointment"], "1 High Street, Testshire", ("Certify documents",))


def test_it_reaches_them_all_the_same(database: Database) -> None:
    """Nothing that staff wrote is hidden in a message that staff did not write."""
    owe(database, make_world(database), 1, person={"uses_neutral_name": True})
    channel = RecordingChannel()
    worker_for(make_runtime(database), channel).send_due()
    assert len(channel.sent) == 1


def test_words_of_staff_are_hidden_whole() -> None:
    """Not inside another word: "Tax" is no part of "taxi"."""
    assert SiteText(english="Come by taxi, with tax papers").without(["Tax"]).english == (
        "Come by taxi, with Appointment papers"
    )


def test_only_staff_take_it_back(database: Database) -> None:
    """Whoever books for them online may ask for it; a stranger who books in their name does not end it."""
    world = make_world(database)
    robin = ResidentDetails("Robin Sample", email="robin@example.org")
    with database.writing() as db:
        row = find_or_create(db, world.authority_id, robin, NOW)
        for uses_neutral_name in (True, False):
            again = replace(robin, uses_neutral_name=uses_neutral_name)
            assert find_or_create(db, world.authority_id, again, NOW).id == row.id
            db.refresh(row)
            assert row.uses_neutral_name
        change_contact(db, row, robin)
        assert not row.uses_neutral_name
