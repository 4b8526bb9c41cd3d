"""What texts and letters say."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.language import language_for
from core.tokens import is_short_token, number_of_short_token, short_token
from reminders.after_kinds import AfterVisit
from reminders.contacts import Contacts, Person
from reminders.delivery_decisions import MessageFacts
from reminders.former_owners import FormerOwner
from reminders.gsm7 import Alphabet, plain, text_size, without_marks
from reminders.letters import LetterBody
from reminders.offered_time import OfferedTime
from reminders.recipients import (
    CANCELLED,
    CONTACT_CHANGED,
    EARLIER_TIME,
    FAMILIES,
    HANDED_OVER,
    OFFERS,
    RESCHEDULED,
    SEVERAL_BOOKINGS,
    SITE_MESSAGE,
    TEXT_ANSWER,
    WISH_PAUSED,
    Delivery,
    family_of,
)
from reminders.text_answers import TextAnswer
from reminders.texts import TextBody
from tests.reminders.channels import writer
from tests.reminders.test_messages import AUTHORITY, FACTS, SITE, STARTS, TO_RESIDENT

BY_TEXT = Delivery("text", "07700 900123", "Zoë Sample")
BY_POST = Delivery("letter", "1 High Street\nTestshire\nNW11 9QS", "Zoë Sample")
OFFER = OfferedTime(SITE, STARTS + timedelta(days=3), STARTS - timedelta(days=2))
FORMER = FormerOwner(1, 1, Contacts(Person("Robin Sample")), STARTS, STARTS + timedelta(minutes=30), STARTS, True)
KINDS = sorted(
    {*(f"{family}_1" for family in FAMILIES if family != TEXT_ANSWER), RESCHEDULED, CANCELLED, SEVERAL_BOOKINGS}
)
ALL_FACTS = replace(FACTS, offer=OFFER, former={1: FORMER}, told_starts_at=STARTS - timedelta(days=1))
# The families whose texts say no time or place, and those without a link: they go to whoever had the number before.
ABOUT_NO_TIME = (CONTACT_CHANGED, HANDED_OVER, SEVERAL_BOOKINGS, WISH_PAUSED)
WITHOUT_LINK = (CONTACT_CHANGED, HANDED_OVER)
MODES = {"in_person": "", "phone": "By telephone.", "video": "By video."}
SENDER = "00000000-0000-4000-8000-000000000982"
BY_NUMBER: Any = {"text_number": "07700 900982", "text_sender_id": SENDER}
REPLY = {"en": "Reply", "cy": "CADARNHAU"}
WALES = replace(
    AUTHORITY,
    name="Aberwyn County Council (demo)",
    languages=("en", "cy"),
    first_language="cy",
    translations={"name_cy": "Cyngor Aberwyn"},
)
ANSWERS = ("cancelled", "confirmed", "accepted", "declined", "kept", "asked", "too_late", "stopped", "to_read")
SECRETS = ("Certify", "Housing", "Passport", "Tenancy", "K7PM", "interpreter")


def text(kind: str, facts: MessageFacts = FACTS, delivery: Delivery = BY_TEXT) -> str:
    body = writer().body(kind, facts, delivery, TextBody)
    assert isinstance(body, TextBody)
    return body.text


def letter(kind: str, facts: MessageFacts = FACTS, delivery: Delivery = BY_POST) -> LetterBody:
    body = writer().body(kind, facts, delivery, LetterBody)
    assert isinstance(body, LetterBody)
    return body


def test_a_reminder_says_who_writes_and_when_and_where() -> None:
    url = f"https://appointments.example.org/s/{short_token('for-tests-only', 1, 'nonce')}"
    assert text("reminder_1d") == (
        "Testshire & District Council: a reminder of your appointment on Tue 24 Nov 10:30am. "
        "Where: High Street Library, 1 High Street, Testshire, NW11 9QS. "
        f"See, change or cancel it: {url} Or contact us: 01632 960000. To stop texts, use the link."
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_a_text_of_one_line_that_says_nothing_private(kind: str) -> None:
    said = text(kind, ALL_FACTS)
    assert said.startswith("Testshire & District Council: ")
    assert "\n" not in said
    assert said.count("https://") == (family_of(kind) not in WITHOUT_LINK)
    assert "reply" not in said.lower()
    assert not [secret for secret in SECRETS if secret in said]
    assert "960000 " not in said  # a sentence ends with it


@given(
    kind=st.sampled_from([kind for kind in KINDS if family_of(kind) not in ABOUT_NO_TIME] + ["reminders"]),
    language=st.sampled_from(["", "cy", "en"]),
    mode=st.sampled_from(sorted(MODES)),
    site=st.sampled_from(["Neuadd y Dref", "Llyfrgell Tŷ Coch a’r Hwb Cymunedol", "Caffi Łódź", "Māori Café"]),
    site_cy=st.sampled_from(["", "Hwb Dŵr a Thân"]),
    number=st.sampled_from(["", "07700 900982"]),
    name=st.sampled_from(["Robin Sample", "Siân Tŵr", "محمد علي", "Łukasz Żółć", "Zoë 😀"]),
    message_name=st.sampled_from(["", "Your visit to talk about the plans that you have sent to us"]),
    others=st.integers(1, 2),
)
def test_every_text_in_every_language_says_who_when_where_and_has_one_link(
    kind: str,
    language: str,
    mode: str,
    site: str,
    site_cy: str,
    number: str,
    name: str,
    message_name: str,
    others: int,
) -> None:
    place = replace(SITE, name=site, translations={"name_cy": site_cy} if site_cy else {})
    services = tuple(replace(service, message_name=message_name) for service in FACTS.services)
    council = replace(WALES, text_number=number, text_sender_id=number and SENDER)
    facts = replace(ALL_FACTS, authority=council, mode=mode, site=place, services=services, appointment_id=2048123)
    facts = replace(facts, offer=replace(OFFER, site=place), told_starts_at=None if kind == CANCELLED else STARTS)
    if kind == "reminders":
        hours = range(1, others + 1)
        later = (replace(facts, appointment_id=hour, starts_at=STARTS + timedelta(hours=hour)) for hour in hours)
        facts = replace(facts, same_day=tuple(later))
    said = text("reminder_1d" if kind == "reminders" else kind, facts, replace(BY_TEXT, name=name, language=language))
    assert re.match(r"(Cyngor )?Aberwyn( County Council( \(demo\))?)?: ", said)
    assert said.count("https://") == 1 or (kind == "reminders" and language)
    for code in (language,) if language else ("cy", "en"):
        words = language_for(code)
        starts = OFFER.starts_at if family_of(kind) == EARLIER_TIME else STARTS
        assert (words.day_short(starts) if kind == "reminders" else words.moment_short(starts)) in said
        name_of_site = site_cy if code == "cy" and site_cy else site
        is_there = mode == "in_person" or family_of(kind) in (*OFFERS, SITE_MESSAGE)
        assert plain(without_marks(name_of_site if is_there else words.gettext(MODES[mode]))) in said
        assert number or REPLY[code] not in said
    assert text_size(said).segments <= 2 or kind not in ("reminder_1", "reminders")
    if kind == "reminder_1":  # one of several appointments may have no room left
        assert re.search("STOP|top texts|tal tecstau|atal negeseuon", said), said
        assert ("Croeso i'r Gymraeg" in said) == (language != "en")
        assert ("Welsh is welcome" in said) == (language == "en")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_a_letter_that_can_be_answered_from_paper(kind: str) -> None:
    body = letter(kind, ALL_FACTS)
    assert body.address_lines == ("Zoë Sample", "1 High Street", "Testshire", "NW11 9QS")
    assert body.heading
    assert "/manage/" not in body.text or kind == SEVERAL_BOOKINGS
    assert "this email" not in body.text or kind == SEVERAL_BOOKINGS


@given(
    council=st.text(min_size=1, max_size=60),
    site=st.text(max_size=60),
    name=st.text(max_size=60),
    directions=st.text(max_size=200),
    address=st.text(max_size=200),
)
def test_a_reminder_takes_two_segments_at_most_and_drops_the_name_first(
    council: str, site: str, name: str, directions: str, address: str
) -> None:
    place = replace(SITE, name=site, directions=directions, address=address)
    facts = replace(FACTS, authority=replace(AUTHORITY, name=council), site=place)
    said = text("reminder_1d", facts, replace(BY_TEXT, name=name))
    size = text_size(said)
    assert size.segments <= 2
    assert "10:30am" in said
    assert "/s/" in said
    without = text("reminder_1d", facts, replace(BY_TEXT, name="a"))
    assert size.alphabet is Alphabet.GSM_7 or text_size(without).alphabet is Alphabet.UCS_2 or name in said


def test_a_short_reminder_names_the_person() -> None:
    facts = replace(FACTS, site=replace(SITE, directions=""), authority=replace(AUTHORITY, name="Testshire", phone=""))
    assert text("reminder_1d", facts, replace(BY_TEXT, name="Robin Sample")).startswith(
        "Testshire: for Robin Sample, a"
    )


def test_a_name_of_another_script_is_dropped_before_the_place() -> None:
    said = text("reminder_1d", delivery=replace(BY_TEXT, name="محمد علي"))
    assert "محمد" not in said
    assert "High Street Library" in said
    assert text_size(said).alphabet is Alphabet.GSM_7


@given(number=st.integers(0, 2**62 // 9), nonce=st.text(min_size=1), other=st.text(min_size=1))
def test_a_short_link_names_its_appointment_and_opens_no_other(number: int, nonce: str, other: str) -> None:
    token = short_token("key", number, nonce)
    assert number_of_short_token(token.lower()) == number
    assert is_short_token(("new key", "key"), number, nonce, token.lower())
    assert not is_short_token(("new key",), number, nonce, token)
    assert not is_short_token(("key",), number + 1, nonce, token)
    assert nonce == other or not is_short_token(("key",), number, other, token)


@given(st.text())
def test_any_other_text_is_no_short_link(typed: str) -> None:
    found = number_of_short_token(typed)
    assert found is None or not is_short_token(("key",), found, "nonce", typed)


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("kind", [*KINDS, *(f"{TEXT_ANSWER}_{number}" for number in range(1, len(ANSWERS) + 1))])
def test_every_sentence_of_a_text_begins_with_a_large_letter(kind: str, language: str) -> None:
    """But for the first, which goes on after the council's name."""
    answers = {number: TextAnswer(outcome, "07700 900123") for number, outcome in enumerate(ANSWERS, start=1)}
    council = replace(AUTHORITY, languages=("en", "cy"), **BY_NUMBER)
    facts = replace(ALL_FACTS, authority=council, answers=answers)
    said = text(kind, facts, replace(BY_TEXT, language=language))
    assert not re.search(r"[.!?] [a-zŵŷâêîôû]", re.sub(r"https?://\S+", "", said)), said


@pytest.mark.parametrize(("pounds", "said"), [("", ""), ("30", "costs us about £30.")])
def test_a_reminder_names_the_cost_of_a_missed_visit_where_the_council_does(pounds: str, said: str) -> None:
    """Nothing else does, and a text that gets too long leaves it out."""
    council = replace(AUTHORITY, missed_visit_pounds=pounds)
    facts = replace(FACTS, authority=council, site=replace(SITE, directions=""))
    email = writer().write("reminder_1d", facts, TO_RESIDENT)
    for body in (text("reminder_1d", facts), email.text, email.html):
        assert ("A visit that is missed" in body, said in body) == (bool(pounds), True)
    assert "A visit that is missed" not in text("confirmation", facts)
    long = replace(facts, site=replace(FACTS.site, address="Behind the market, " * 16))
    assert "A visit that is missed" not in text("reminder_1d", long)


def test_nobody_is_asked_to_cancel_by_text_when_it_is_too_late() -> None:
    council = replace(AUTHORITY, **BY_NUMBER)
    facts = replace(FACTS, authority=council)
    ends = STARTS - timedelta(minutes=120)
    assert "Reply CONFIRM or CANCEL. " in text("reminder_2h", facts.at(ends - timedelta(seconds=1)))
    assert "Reply CONFIRM. " in text("reminder_2h", facts.at(ends))


@pytest.mark.parametrize("language", ["en", "cy"])
@given(number=st.integers(1, 5), site=st.text("abc ŵ", min_size=1, max_size=60), name=st.text(max_size=60))
def test_a_text_about_a_whole_day_has_every_time_and_two_segments_at_most(
    language: str, number: int, site: str, name: str
) -> None:
    council = replace(AUTHORITY, languages=("en", "cy"), **BY_NUMBER)
    here = replace(FACTS, authority=council, site=replace(SITE, name=site))
    hours = [timedelta(hours=hour) for hour in range(1, number + 1)]
    others = tuple(replace(here, appointment_id=7 + n, starts_at=STARTS + hour) for n, hour in enumerate(hours))
    said = text("reminder_1d", replace(here, same_day=others), replace(BY_TEXT, name=name, language=language))
    assert text_size(said).segments <= 2
    assert said.count(":30") == number + 1
    assert "/s/" in said


@pytest.mark.parametrize(
    ("kind", "words", "expected"),
    [
        ("summary_1", AfterVisit("Checked", "A decision"), "we have written down what was done and what happens next."),
        ("summary_1", AfterVisit("Checked", ""), "we have written down what was done. Where: "),
        ("summary_1", AfterVisit("", "A decision"), "we have written down what happens next. Where: "),
        ("summary_corrected_2", AfterVisit("Checked", ""), "was not right. We have put right what was done. Where"),
    ],
)
def test_a_text_after_a_visit_says_what_there_is_to_read_and_not_the_words(
    kind: str, words: AfterVisit, expected: str
) -> None:
    said = text(kind, replace(FACTS, after=words))
    assert expected in said
    assert "Checked" not in said
    assert "A decision" not in said
