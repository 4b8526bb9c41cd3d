"""Who gets a message: a table of cases, to be read as the specification.

R is the resident and A who acts for them; `-` is nobody, or no address. The last two columns say who gets it, and where.
"Video" among what the appointment says for itself is its mode; else people come.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from booking.states import link_sent_to, written_to
from reminders.recipients import (
    CONFIRMATION,
    MANAGE_LINK,
    RESCHEDULED,
    ChannelRules,
    Contacts,
    Delivery,
    OwnContact,
    Person,
    Withheld,
    deliveries_for,
    family_of,
)

EMAIL_ONLY = ChannelRules(frozenset({"email"}))
WITH_TEXTS = ChannelRules(frozenset({"email", "text"}))
R_MAIL, A_MAIL, OWN_MAIL, OLD_MAIL = "r@example.org", "a@example.org", "own@example.org", "old@example.org"
R_PHONE, A_PHONE = "07700 900111", "07700 900222"


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    resident: str
    representative: str
    preference: str
    own: str
    kind: str
    gets_it: str
    where: str


def table(text: str) -> list[Case]:
    """The rows of a table, without its heading and its rule."""
    return [Case(*(cell.strip() for cell in line.split("|")[1:-1])) for line in text.strip().splitlines()[2:]]


BY_EMAIL = table("""
| resident  | representative | preference | own contact      | kind              | gets it | where             |
|-----------|----------------|------------|------------------|-------------------|---------|-------------------|
| email     | -              | email      | -                | confirmation      | R       | r@example.org     |
| email     | no email       | email      | -                | confirmation      | R       | r@example.org     |
| email     | email          | email      | -                | confirmation      | A       | a@example.org     |
| -         | email          | email      | -                | confirmation      | A       | a@example.org     |
| -         | -              | email      | -                | confirmation      | -       | no_address        |
| -         | no email       | email      | -                | confirmation      | -       | no_address        |
| email     | -              | text       | -                | confirmation      | R       | r@example.org     |
| email     | email          | text       | -                | reminder_1d       | A       | a@example.org     |
| -         | -              | text       | -                | reminder_1d       | -       | no_address        |
| email     | -              | letter     | -                | confirmation      | -       | prefers_letters   |
| email     | email          | letter     | -                | reminder_1d       | -       | prefers_letters   |
| email     | -              | none       | -                | reminder_1d       | -       | no_contact_wanted |
| email     | email          | none       | -                | cancelled         | -       | no_contact_wanted |
| email     | -              | email      | email            | confirmation      | R       | own@example.org   |
| -         | -              | email      | email            | rescheduled       | R       | own@example.org   |
| email     | email          | email      | email            | confirmation      | A       | a@example.org     |
| email     | -              | email      | no email         | confirmation      | -       | no_address        |
| email     | -              | none       | prefers email    | confirmation      | R       | r@example.org     |
| email     | -              | email      | prefers letters  | confirmation      | -       | prefers_letters   |
| email     | -              | email      | leave no message | reminder_2h       | R       | r@example.org     |
| email     | -              | email      | -                | manage_link_1     | R       | r@example.org     |
| email     | email          | email      | -                | manage_link_2     | A       | a@example.org     |
| email     | -              | none       | -                | manage_link_1     | R       | r@example.org     |
| email     | -              | letter     | -                | manage_link_1     | R       | r@example.org     |
| email     | email          | none       | -                | manage_link_1     | A       | a@example.org     |
| -         | -              | none       | -                | manage_link_1     | -       | no_address        |
| email     | -              | none       | video            | confirmation      | R       | r@example.org     |
| email     | -              | none       | video            | confirmation_2    | R       | r@example.org     |
| email     | email          | letter     | video            | rescheduled       | A       | a@example.org     |
| -         | -              | none       | video            | confirmation      | -       | no_address        |
| email     | -              | none       | video            | reminder_1d       | -       | no_contact_wanted |
| email     | -              | none       | video            | cancelled         | -       | no_contact_wanted |
| email     | -              | none       | video            | arrangement_1     | -       | no_contact_wanted |
| email     | -              | email      | video            | reminder_1d       | R       | r@example.org     |
| email     | -              | none       | -                | contact_changed_1 | R       | old@example.org   |
| email     | email          | letter     | email            | contact_changed_1 | R       | old@example.org   |
| email     | email          | email      | -                | contact_changed_2 | A       | a@example.org     |
| email     | -              | email      | -                | contact_changed_3 | -       | no_address        |
| email     | -              | email      | -                | contact_changed_9 | -       | no_address        |
""")
BY_TEXT_TOO = table("""
| resident  | representative | preference | own contact      | kind              | gets it | where             |
|-----------|----------------|------------|------------------|-------------------|---------|-------------------|
| phone     | -              | text       | -                | confirmation      | R       | 07700 900111      |
| phone     | phone          | text       | -                | confirmation      | A       | 07700 900222      |
| phone     | email          | text       | -                | confirmation      | A       | a@example.org     |
| both      | -              | text       | -                | reminder_1d       | R       | 07700 900111      |
| both      | -              | email      | -                | reminder_1d       | R       | r@example.org     |
| both      | -              | text       | do not text      | reminder_1d       | R       | r@example.org     |
| phone     | -              | text       | do not text      | reminder_1d       | -       | no_address        |
| phone     | -              | text       | leave no message | reminder_1d       | R       | 07700 900111      |
| email     | -              | text       | -                | reminder_1d       | R       | r@example.org     |
""")
OWN = {
    "email": OwnContact(email=OWN_MAIL),
    "no email": OwnContact(email=""),
    "prefers email": OwnContact(preference="email"),
    "prefers letters": OwnContact(preference="letter"),
    "leave no message": OwnContact(leave_no_message=True),
}


def mode_of(case: Case) -> str:
    """The mode of the row's appointment."""
    return "video" if case.own == "video" else "in_person"


def contacts(case: Case) -> Contacts:
    """The people that the row describes."""

    def person(name: str, has: str, email: str, phone: str) -> Person:
        return Person(name, email if has in ("email", "both") else "", phone if has in ("phone", "both") else "")

    acting = None if case.representative == "-" else person("A", case.representative, A_MAIL, A_PHONE)
    return Contacts(
        resident=person("R", case.resident, R_MAIL, R_PHONE),
        representative=acting,
        preference=case.preference,
        do_not_text=case.own == "do not text",
        own=OWN.get(case.own, OwnContact()),
        earlier_emails=(OLD_MAIL, A_MAIL, ""),
        language="cy",
        mode=mode_of(case),
    )


def expected(case: Case) -> tuple[Delivery, ...] | Withheld:
    """What the row says."""
    if case.gets_it == "-":
        return Withheld(case.where)
    channel = "email" if "@" in case.where else "text"
    return (Delivery(channel, case.where, case.gets_it, "R" if case.gets_it == "A" else "", "cy"),)


@pytest.mark.parametrize("case", BY_EMAIL, ids=str)
def test_who_gets_a_message_where_there_is_only_email(case: Case) -> None:
    assert deliveries_for(contacts(case), case.kind, EMAIL_ONLY) == expected(case)


@pytest.mark.parametrize("case", BY_TEXT_TOO, ids=str)
def test_who_gets_a_message_where_texts_are_sent_too(case: Case) -> None:
    assert deliveries_for(contacts(case), case.kind, WITH_TEXTS) == expected(case)


@pytest.mark.parametrize("case", BY_EMAIL, ids=str)
def test_booking_renews_links_by_the_same_rule(case: Case) -> None:
    """It may not import this rule; the address whose readers know the link must be the one that messages go to."""
    people = contacts(case)
    email = people.resident.email if people.own.email is None else people.own.email
    helper = people.representative.email if people.representative else ""
    address = case.where if "@" in case.where else ""
    if family_of(case.kind) == MANAGE_LINK:
        assert link_sent_to(email, helper) == address
    elif family_of(case.kind) in (CONFIRMATION, RESCHEDULED):
        assert written_to(people.wanted, email, helper, mode=people.mode) == address
