"""Who gets a message: a table of cases, to be read as the specification.

R is the resident and A who acts for them; `-` is nobody, or no address. The last two columns say who gets it, and where.
"Video" among what the appointment says for itself is its mode; else people come.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.states import link_sent_to, written_to
from locations.message_channels import CHANNEL_PLACES, MESSAGE_CHANNELS, MESSAGES_WITH_CHANNELS
from reminders.contacts import Contacts, OwnContact, Person
from reminders.recipients import (
    CONFIRMATION,
    MANAGE_LINK,
    RESCHEDULED,
    USUAL_CHANNELS,
    ChannelRules,
    Delivery,
    Withheld,
    deliveries_for,
    family_of,
    wanted_by,
)

EMAIL_ONLY = ChannelRules(frozenset({"email"}))
WITH_TEXTS = ChannelRules(frozenset({"email", "text"}))
EVERY_CHANNEL = frozenset({"email", "text", "letter", "call"})
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
# With calls too. "Failed" are the channels that this message failed by; "council" is the council's order for it.
BY_COUNCIL = """
| resident | representative | preference | council           | failed     | kind         | gets it | where             |
|----------|----------------|------------|-------------------|------------|--------------|---------|-------------------|
| both     | -              | email      | -                 | -          | reminder_1d  | R       | r@example.org     |
| both     | -              | text       | -                 | -          | reminder_1d  | R       | text              |
| phone    | -              | email      | -                 | -          | reminder_1d  | R       | text              |
| both     | -              | email      | text,email        | -          | reminder_1d  | R       | r@example.org     |
| both     | -              | email      | text              | -          | reminder_1d  | R       | text              |
| both     | -              | text       | email             | -          | reminder_1d  | R       | r@example.org     |
| both     | -              | text       | -                 | text       | reminder_1d  | R       | r@example.org     |
| both     | -              | email      | -                 | email      | reminder_1d  | R       | text              |
| both     | -              | text       | -                 | text,email | reminder_1d  | R       | call              |
| both     | -              | text       | text,call         | text       | reminder_1d  | R       | call              |
| both     | -              | text       | text              | text       | reminder_1d  | -       | no_address        |
| both     | -              | email      | email,call        | email      | cancelled    | R       | call              |
| email    | -              | email      | -                 | email      | reminder_1d  | -       | no_address        |
| phone    | -              | email      | email,call        | -          | confirmation | R       | call              |
| phone    | -              | email      | email,call        | call       | confirmation | -       | no_address        |
| phone    | -              | email      | email,call        | -          | offer_1      | -       | no_address        |
| phone    | -              | email      | -                 | -          | offer_1      | R       | text              |
| both     | -              | letter     | -                 | -          | reminder_1d  | R       | call              |
| both     | -              | letter     | email,letter      | -          | reminder_1d  | -       | prefers_letters   |
| email    | -              | letter     | -                 | -          | reminder_1d  | -       | prefers_letters   |
| both     | -              | letter     | -                 | -          | offer_1      | -       | prefers_letters   |
| both     | -              | none       | -                 | -          | cancelled    | -       | no_contact_wanted |
| phone    | -              | none       | -                 | -          | manage_link  | R       | text              |
| both     | phone          | email      | -                 | -          | reminder_1d  | A       | text              |
| both     | phone          | email      | email,call        | -          | reminder_1d  | R       | r@example.org     |
| phone    | phone          | email      | email,call        | -          | reminder_1d  | A       | call              |
| both     | -              | email      | -                 | email      | several_bookings  | - | no_address         |
| both     | -              | email      | -                 | email      | contact_changed_1 | - | no_address         |
| phone    | -              | email      | -                 | -          | several_bookings  | - | no_address         |
"""
# Whoever needs a form that only staff make, or email in place of letters; "post" has a postal address as well.
BY_FORM = """
| resident | representative | preference | form      | failed       | kind          | gets it | where             |
|----------|----------------|------------|-----------|--------------|---------------|---------|-------------------|
| post     | -              | email      | braille   | -            | confirmation  | R       | by_hand           |
| post     | -              | letter     | easy_read | -            | reminder_7d   | R       | by_hand           |
| post     | -              | text       | audio     | -            | going_ahead_1 | R       | by_hand           |
| post     | -              | none       | braille   | -            | reminder_7d   | -       | no_contact_wanted |
| post     | -              | email      | braille   | by_hand      | confirmation  | R       | call              |
| post     | -              | email      | braille   | by_hand,call | confirmation  | R       | r@example.org     |
| post     | -              | letter     | braille   | by_hand,call | confirmation  | -       | prefers_letters   |
| post     | -              | email      | braille   | -            | offer_1       | -       | needs_format      |
| post     | -              | email      | braille   | -            | to_confirm_1  | -       | needs_format      |
| post     | -              | letter     | braille   | -            | manage_link_1 | R       | r@example.org     |
| post     | -              | letter     | braille   | -            | handed_over_2 | -       | prefers_letters   |
| phone    | -              | email      | braille   | -            | confirmation  | R       | call              |
| -        | -              | email      | braille   | -            | confirmation  | -       | no_address        |
| post     | email          | email      | braille   | -            | confirmation  | A       | a@example.org     |
| post     | phone          | letter     | braille   | -            | confirmation  | R       | by_hand           |
| post     | -              | letter     | email     | -            | confirmation  | R       | r@example.org     |
| post     | -              | letter     | large_print | -          | confirmation  | R       | letter            |
| post     | -              | call       |           | -            | confirmation  | R       | call              |
| post     | -              | call       |           | -            | offer_1       | R       | r@example.org     |
| post     | email          | call       |           | call         | confirmation  | A       | a@example.org     |
"""
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


@pytest.mark.parametrize("line", BY_COUNCIL.strip().splitlines()[2:])
def test_who_gets_a_message_by_the_channels_of_a_council(line: str) -> None:
    resident, acting, preference, council, failed, kind, whom, where = (part.strip() for part in line.split("|")[1:-1])
    case = Case(resident, acting, preference, "-", kind, whom, where)
    orders = [dict(zip(("message", *CHANNEL_PLACES), (family_of(kind), *council.split(",")), strict=False))]
    rules = ChannelRules(EVERY_CHANNEL, [] if council == "-" else orders)
    found = deliveries_for(contacts(case), kind, rules, frozenset(failed.split(",")))
    number = {"R": R_PHONE, "A": A_PHONE}.get(whom, "")
    if isinstance(found, Withheld):
        assert (whom, where) == ("-", found.code)
    else:
        assert [(one.name, one.address) for one in found] == [(whom, where if "@" in where else number)]
        assert found[0].channel == ("email" if "@" in where else where)


@pytest.mark.parametrize("line", BY_FORM.strip().splitlines()[2:])
def test_who_gets_a_message_in_which_form(line: str) -> None:
    resident, acting, preference, form, failed, kind, whom, where = (part.strip() for part in line.split("|")[1:-1])
    known = contacts(Case(resident, acting, preference, "-", kind, whom, where))
    person = replace(known.resident, letter_format=form)
    if resident == "post":
        person = replace(person, email=R_MAIL, phone=R_PHONE, postal="1 Sample Street\nN12 0AA")
    rules = ChannelRules(EVERY_CHANNEL | {"by_hand"})
    found = deliveries_for(replace(known, resident=person), kind, rules, frozenset(failed.split(",")))
    if isinstance(found, Withheld):
        assert (whom, where) == ("-", found.code)
    else:
        assert found[0].name == whom
        assert where in (found[0].channel, found[0].address)


def test_the_order_for_every_other_message_counts_where_a_message_has_none_of_its_own() -> None:
    orders = [{"message": "all", "first": "call"}, {"message": "reminder", "first": "text", "second": "email"}]
    rules = ChannelRules(EVERY_CHANNEL, orders)
    assert rules.channels_for("reminder_7d") == ("text", "email")
    assert rules.channels_for("cancelled") == ("call",)
    assert rules.channels_for("manage_link_1") == ()  # nobody is rung about a link


def test_the_file_knows_every_message_and_channel_that_a_council_may_choose() -> None:
    assert set(MESSAGE_CHANNELS) == set(USUAL_CHANNELS)
    assert all(family_of(message) == message for message in MESSAGES_WITH_CHANNELS)


@given(
    st.sampled_from(["-", "email", "phone", "both"]),
    st.sampled_from(["-", "email", "phone", "both"]),
    st.sampled_from(["email", "text", "letter", "none"]),
    st.lists(st.sampled_from(USUAL_CHANNELS), unique=True),
    st.sampled_from(["confirmation", "cancelled", "reminder_1d", "offer_2", "manage_link_1"]),
)
def test_what_fails_by_every_channel_ends_and_no_channel_comes_twice(
    resident: str, acting: str, preference: str, order: list[str], kind: str
) -> None:
    people = contacts(Case(resident, acting, preference, "-", kind, "", ""))
    places = dict(zip(CHANNEL_PLACES, order, strict=False))
    rules = ChannelRules(EVERY_CHANNEL, [{"message": "all", **places}] if order else [])
    failed: list[str] = []
    while not isinstance(found := deliveries_for(people, kind, rules, frozenset(failed)), Withheld):
        assert found[0].channel not in failed
        assert found[0].channel in rules.channels_for(kind)
        failed.append(found[0].channel)
    assert len(failed) <= len(USUAL_CHANNELS)
    assert preference != "none" or kind == "manage_link_1" or not failed


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
        assert written_to(wanted_by(people), email, helper, mode=people.mode) == address
