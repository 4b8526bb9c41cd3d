"""How the texts of a council look before anybody gets one, and how many each is charged as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from booking.states import State
from locations.model import AuthorityFacts, ServiceFacts, SiteFacts, modes_of_site
from reminders.contacts import Contacts, Person
from reminders.delivery_decisions import MessageFacts
from reminders.example_messages import ExampleWriter
from reminders.gsm7 import TextSize, text_size
from reminders.recipients import CANCELLED, CONFIRMATION, REMINDER, RESCHEDULED, TEXT, Delivery
from reminders.texts import TextBody, WholeText

EXAMPLE_KINDS = (CONFIRMATION, REMINDER, RESCHEDULED, CANCELLED)
A_WEEK = timedelta(days=7)  # later than they knew, where it is moved
EXAMPLE_NAME = "Alex Example"
AVERAGE_ID = 1_000_000  # of an appointment whose link is as long as theirs


@dataclass(frozen=True)
class TextExample:
    """A text as it is sent, and the whole of it where that was longer."""

    kind: str
    text: str
    size: TextSize
    whole: str
    whole_size: TextSize

    @property
    def is_shortened(self) -> bool:
        """Whether it says less than it could."""
        return self.text != self.whole


def text_examples(
    writer: ExampleWriter,
    authority: AuthorityFacts,
    service: ServiceFacts,
    site: SiteFacts,
    starts_at: datetime,
    language: str,
    *,
    now: datetime,
) -> Sequence[TextExample]:
    """The texts about an appointment like that, for somebody who reads `language`, "" where nobody has asked."""
    facts = _facts(authority, service, site, starts_at, language, now)
    delivery = Delivery(TEXT, facts.contacts.resident.phone, EXAMPLE_NAME, language=language)
    return [_example(writer, kind, facts, delivery) for kind in EXAMPLE_KINDS]


def _example(writer: ExampleWriter, kind: str, facts: MessageFacts, delivery: Delivery) -> TextExample:
    if kind == CANCELLED:
        facts = replace(facts, state=State.CANCELLED_BY_AUTHORITY.value)
    if kind == RESCHEDULED:
        facts = replace(facts, told_starts_at=facts.starts_at - A_WEEK)
    sent, whole = (writer.text(kind, facts, delivery, body_type) for body_type in (TextBody, WholeText))
    return TextExample(kind, sent, text_size(sent), whole, text_size(whole))


def _facts(
    authority: AuthorityFacts, service: ServiceFacts, site: SiteFacts, starts_at: datetime, language: str, now: datetime
) -> MessageFacts:
    modes = modes_of_site(site.kind)
    return MessageFacts(
        appointment_id=AVERAGE_ID,
        reference="",
        version=1,
        state=State.BOOKED.value,
        mode=next((mode for mode in service.modes if mode in modes), modes[0]),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=service.duration_minutes),
        changed_at=now,
        manage_nonce="example",
        manage_digest="",
        contacts=Contacts(Person(EXAMPLE_NAME), language=language),
        authority=authority,
        site=site,
        services=(service,),
        told_starts_at=starts_at,
    )
