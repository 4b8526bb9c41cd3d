"""Messages word for word, against files kept in golden/.

After a deliberate change: REWRITE_GOLDEN=1 pytest tests/reminders/test_messages.py, then read the difference.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.arrangements import ArrangementState
from booking.documents.paper_list import NeededPaper
from booking.proposals.time_ranking import ProposedChange
from core.settings import ROOT
from locations.document_cases import document_case
from locations.model import AuthorityFacts, ServiceFacts, SiteFacts
from locations.own_words import Told, words_in
from locations.paper_rules import paper_rule
from locations.session_facts import HolidayRule
from reminders.after_kinds import AfterVisit, ProgressNews
from reminders.confirming.confirm_facts import ConfirmFacts
from reminders.contacts import Contacts, Person
from reminders.delivery_decisions import MessageFacts
from reminders.former_owners import FormerOwner
from reminders.messages import EmailBody, template_of
from reminders.offered_time import OfferedTime
from reminders.recipients import Delivery
from reminders.site_text import SiteText
from reminders.texts import TextBody
from tests.reminders.channels import writer

GOLDEN = Path(__file__).with_name("golden")
STARTS = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)

AUTHORITY = AuthorityFacts(
    id=1,
    slug="testshire",
    name="Testshire & District Council",
    zone="Europe/London",
    division="england-and-wales",
    brand_colour="#1d4f7c",
    logo=None,
    service_order=(),
    phone="01632 960000",
    email="",
    opening_words="",
    publishes_availability=True,
    closes_on_bank_holidays=True,
    lead_minutes=0,
    horizon_days=56,
    open_limit=2,
    cancel_cutoff_minutes=120,
    extra_time_minutes=15,
    interpreter_lead_days=3,
    bsl_contact="",
    reminder_plan=(),
    privacy={},
    accessibility={},
    is_demo=True,
    plan_version=1,
)
SITE = SiteFacts(
    id=1,
    slug="high-street",
    name="High Street Library",
    kind="library",
    address="1 High Street\nTestshire",
    postcode="NW11 9QS",
    easting=None,
    northing=None,
    features=frozenset(),
    phone="",
    directions="The lift is behind the desk.",
    resources=(),
    recurrences=(),
    dated_sessions=(),
    closures=(),
    holidays=HolidayRule("england-and-wales", True),
    plan_version=1,
)


def service(name: str, *documents: str) -> ServiceFacts:
    return ServiceFacts(
        id=1,
        slug="certify",
        name=name,
        topic="",
        summary="",
        duration_minutes=30,
        turnaround_minutes=0,
        grid_minutes=30,
        modes=("in_person",),
        documents=documents,
        triage_questions=(),
        online_instead="",
        online_url="",
        post_instead="",
        bookable_online=True,
        lead_minutes=0,
        horizon_days=56,
        open_limit=2,
        cancel_cutoff_minutes=120,
        reminder_plan=(),
        requirements=(),
    )


FACTS = MessageFacts(
    appointment_id=1,
    reference="K7PM4QX2",
    version=1,
    state="booked",
    mode="in_person",
    starts_at=STARTS,
    ends_at=STARTS + timedelta(minutes=30),
    changed_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
    manage_nonce="nonce",
    manage_digest="",
    contacts=Contacts(Person("Zoë Sample", "zoe@example.org")),
    mail_address="zoe@example.org",
    authority=AUTHORITY,
    site=SITE,
    services=(service("Certify documents", "Passport", "Tenancy agreement"), service("Housing advice", "Passport")),
)
TO_RESIDENT = Delivery("email", "zoe@example.org", "Zoë Sample")
TO_CARER = Delivery("email", "ceri@example.org", "Ceri <Carer>", acts_for="Zoë Sample")

WITH_PHONE = Contacts(Person("Zoë Sample", "zoe@example.org", "07700 900123"))
TO_OLD_ADDRESS = Delivery("email", "old@example.org", "Zoë Sample")

NEEDS_ASKED: dict[str, Any] = {
    "support_needs": ("bsl", "extra-time", "language", "step-free"),
    "spoken_language": "Polish",
    "arrangements": {"bsl": ArrangementState.ASKED, "language": ArrangementState.ASKED},
    "authority": replace(
        AUTHORITY, email="help@testshire.example.org", bsl_contact="https://testshire.example.org/bsl"
    ),
}
NEEDS_CONFIRMED = NEEDS_ASKED | {
    "arrangements": {"bsl": ArrangementState.CONFIRMED, "language": ArrangementState.ASKED}
}
NEEDS_NOT_MET = NEEDS_ASKED | {
    "arrangements": {"bsl": ArrangementState.CONFIRMED, "language": ArrangementState.NOT_POSSIBLE}
}

# The new owner has moved it since: none of that is in the message.
FORMER = {2: FormerOwner(1, 1, FACTS.contacts, STARTS, FACTS.ends_at, FACTS.changed_at, True, True)}

EARLIER = OfferedTime(SITE, STARTS - timedelta(days=4), STARTS - timedelta(days=6))

LATER_THAT_DAY = replace(
    FACTS,
    appointment_id=8,
    reference="M3RT7WX5",
    mode="phone",
    contacts=WITH_PHONE,
    starts_at=STARTS + timedelta(hours=4),
    ends_at=FACTS.ends_at + timedelta(hours=4),
)

ASKED: dict[str, Any] = {"confirming": ConfirmFacts(answer_by=STARTS - timedelta(days=5))}
GIVEN_BACK: dict[str, Any] = {"state": "cancelled_by_authority", "confirming": ConfirmFacts(is_given_back=True)}
NOT_NEEDED: dict[str, Any] = {"state": "cancelled_by_authority", "not_needed": "papers"}

SAID = AfterVisit("Copies <made>", "A letter by 12 January", visit_id=7, rating_nonce="nonce")
AFTER: dict[str, Any] = {"state": "attended", "after": SAID}
AFTER_HIDDEN: dict[str, Any] = {"state": "attended", "after": AfterVisit("Copies", "A letter", is_hidden=True)}

NEWS: dict[str, Any] = {"state": "attended", "progress": ProgressNews("paper_needed", "Rent <book>", is_wanted=True)}
NEWS_HIDDEN: dict[str, Any] = {"progress": replace(NEWS["progress"], is_hidden=True)}

CASES: dict[str, tuple[str, dict[str, Any], Delivery]] = {
    "confirmation": ("confirmation", {}, TO_RESIDENT),
    "reminder-for-a-carer": ("reminder_1d", {}, TO_CARER),
    "reminder-by-phone": ("reminder_2h", {"mode": "phone", "contacts": WITH_PHONE}, TO_RESIDENT),
    "reminder-by-video": ("reminder_7d", {"mode": "video", "join_url": "https://video.example.org/0a1b"}, TO_RESIDENT),
    "reminders-of-a-day": ("reminder_1d", {"same_day": (LATER_THAT_DAY,)}, TO_RESIDENT),
    "reminders-of-a-day-for-a-carer": ("reminder_1d", {"same_day": (LATER_THAT_DAY,)}, TO_CARER),
    "confirmation-with-needs": ("confirmation", NEEDS_ASKED, TO_RESIDENT),
    "interpreter-confirmed": ("arrangement_1", NEEDS_CONFIRMED, TO_RESIDENT),
    "interpreter-not-possible": ("arrangement_2", NEEDS_NOT_MET, TO_CARER),
    "rescheduled": ("rescheduled", {"version": 2}, TO_RESIDENT),
    "cancelled-by-resident": ("cancelled", {"version": 2, "state": "cancelled_by_resident"}, TO_RESIDENT),
    "cancelled-by-authority": ("cancelled", {"version": 2, "state": "cancelled_by_authority"}, TO_RESIDENT),
    "not-needed": ("cancelled", NOT_NEEDED, TO_RESIDENT),
    "not-needed-for-a-carer": ("cancelled", NOT_NEEDED, TO_CARER),
    "not-needed-hidden": ("cancelled", NOT_NEEDED | {"not_needed": "hidden"}, TO_RESIDENT),
    "given-back": ("cancelled", GIVEN_BACK, TO_RESIDENT),
    "to-confirm": ("to_confirm_1", ASKED, TO_RESIDENT),
    "to-confirm-for-a-carer": ("to_confirm_2", ASKED, TO_CARER),
    "missed": ("missed_1", {"state": "did_not_attend"}, TO_RESIDENT),
    "missed-for-a-carer": ("missed_1", {"state": "did_not_attend"}, TO_CARER),
    "summary": ("summary_1", AFTER, TO_RESIDENT),
    "summary-for-a-carer": ("summary_corrected_2", AFTER, TO_CARER),
    "summary-hidden": ("summary_1", AFTER_HIDDEN, TO_RESIDENT),
    "no-summary": ("no_summary_2", AFTER, TO_RESIDENT),
    "progress": ("progress_1", NEWS, TO_RESIDENT),
    "progress-for-a-carer": ("progress_corrected_2", {"progress": ProgressNews(is_wanted=True)}, TO_CARER),
    "progress-hidden": ("progress_1", NEWS_HIDDEN, TO_RESIDENT),
    "manage-link": ("manage_link_1", {}, TO_RESIDENT),
    "several-bookings": ("several_bookings", {}, TO_RESIDENT),
    "contact-changed": ("contact_changed_1", {}, TO_OLD_ADDRESS),
    "earlier-time": ("earlier_time_1", {"offer": EARLIER}, TO_RESIDENT),
    "wish-paused": ("wish_paused_3", {}, TO_CARER),
    "earlier-gone": ("earlier_gone_1", {}, TO_RESIDENT),
    "earlier-time-of-several": ("earlier_time_1", {"offer": replace(EARLIER, is_shared=True)}, TO_RESIDENT),
    "handed-over": ("handed_over_2", {"version": 3, "owner_since": 2, "former": FORMER}, TO_RESIDENT),
    "handed-over-for-a-carer": ("handed_over_2", {"version": 3, "owner_since": 2, "former": FORMER}, TO_CARER),
}
# Whoever reads the old address, or for whom it was not meant, need not know when and where.
SAYS_NO_TIME = {"several-bookings", "contact-changed", "handed-over", "handed-over-for-a-carer"}


def written(case: str) -> Any:
    kind, values, recipient = CASES[case]
    return writer().write(kind, replace(FACTS, **values), recipient)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("form", ["txt", "html", "ics"])
def test_messages_read_as_agreed(case: str, form: str) -> None:
    words = written(case)
    text = {"txt": f"{words.subject}\n\n{words.text}", "html": words.html, "ics": words.calendar}[form]
    text = text.replace("\r\n", "\n")
    file = GOLDEN / f"{case}.{form}"
    if os.environ.get("REWRITE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


class Outline(HTMLParser):
    """What a screen reader would lean on."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.language = ""
        self.headings: list[int] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "html":
            self.language = dict(attrs).get("lang") or ""
        if tag in ("h1", "h2", "h3"):
            self.headings.append(int(tag[1]))


@pytest.mark.parametrize("case", CASES)
def test_html_has_a_language_a_title_one_heading_and_nothing_that_loads(case: str) -> None:
    outline = Outline(written(case).html)
    assert outline.language == "en"
    assert outline.tags.count("title") == outline.tags.count("h1") == outline.tags.count("main") == 1
    assert outline.headings[0] == 1
    assert all(after - before <= 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False))
    assert not {"img", "script", "link", "iframe", "style"} & set(outline.tags)


@pytest.mark.parametrize("case", sorted(CASES.keys() - SAYS_NO_TIME))
def test_every_message_says_when_in_words_and_the_reference_for_reading_aloud(case: str) -> None:
    words = written(case)
    for text in (words.text, words.html):
        assert "Tuesday 24 November 2026 at 10:30am" in text
        assert "K7PM 4QX2" in text
        assert "01632 960000" in text


def test_the_old_address_learns_neither_the_new_one_nor_when_and_where_nor_a_link() -> None:
    words = written("contact-changed")
    for text in (words.text, words.html):
        assert "K7PM 4QX2" in text
        assert "01632 960000" in text
        assert not [said for said in ("zoe@", "/manage/", "November", "High Street") if said in text]
    assert words.calendar == ""


def test_summer_time_is_told_as_the_clock_on_the_wall_shows_it() -> None:
    starts_at = datetime(2027, 7, 6, 9, 30, tzinfo=UTC)
    facts = replace(FACTS, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1))
    words = writer().write("confirmation", facts, TO_RESIDENT)
    assert "Tuesday 6 July 2027 at 10:30am" in words.subject
    assert "1 hour" in words.text


def test_what_a_resident_wrote_is_text_and_not_markup() -> None:
    recipient = Delivery("email", "x@example.org", '<script>alert("x")</script>')
    words = writer().write("confirmation", FACTS, recipient)
    assert "<script>" not in words.html
    assert "&lt;script&gt;" in words.html
    assert "<script>" in words.text  # plain text needs no escaping


def test_a_council_whose_mail_is_read_may_be_answered() -> None:
    read = replace(FACTS, authority=replace(AUTHORITY, email="hello@testshire.example.org"))
    assert "do not answer" in writer().write("confirmation", FACTS, TO_RESIDENT).text
    assert "do not answer" not in writer().write("confirmation", read, TO_RESIDENT).text


def test_a_council_without_a_telephone_names_none() -> None:
    facts = replace(FACTS, authority=replace(AUTHORITY, phone=""))
    for kind in ("confirmation", "manage_link_1"):
        words = writer().write(kind, facts, TO_RESIDENT)
        assert "ring" not in words.text.replace("bring", "").lower()


STRANGERS_WORDS = st.text(max_size=80) | st.sampled_from(
    [
        "Claim your refund at http://evil.example Sir",
        "www.evil.example",
        "evil.example/pay",
        "HTTPS://EVIL.EXAMPLE",
        "Ann <script>alert(1)</script> evil.example:80/x",
        "{{ 7 * 7 }} %(name)s %s",
    ]
)


@given(STRANGERS_WORDS, STRANGERS_WORDS)
def test_no_message_leads_where_a_stranger_wants(name: str, acting: str) -> None:
    """Whatever somebody typed as a name: no page's address and no markup of theirs, in text, HTML or calendar."""
    words = writer().write("confirmation", FACTS, Delivery("email", "zoe@example.org", acting, acts_for=name))
    plain = Delivery("email", "zoe@example.org", "Ann", acts_for="Bea" if name else "")
    ours = writer().write("confirmation", FACTS, plain)
    links = re.compile(r"(?i)https?://[^\s<>\"]+|www\.\S+")
    assert set(links.findall(words.text)) == set(links.findall(ours.text))
    assert set(links.findall(words.html)) == set(links.findall(ours.html))
    assert set(links.findall(unfolded(words.calendar))) == set(links.findall(unfolded(ours.calendar)))
    assert Counter(Outline(words.html).tags) <= Counter(Outline(ours.html).tags)
    assert words.subject == ours.subject


def unfolded(calendar: str) -> str:
    return calendar.replace("\r\n ", "")


@pytest.mark.parametrize("is_same_place", [True, False])
def test_an_offer_says_that_nobody_is_to_come_there_only_where_the_place_changes(*, is_same_place: bool) -> None:
    change = ProposedChange(
        days=0,
        is_same_time=True,
        miles=None,
        is_from_home=False,
        mode="in_person",
        is_other_mode=False,
        adviser="Ben",
        needs=(),
        is_same_place=is_same_place,
    )
    facts = replace(FACTS, offer=OfferedTime(SITE, STARTS, STARTS - timedelta(hours=2), change))
    words = writer().write("offer_1", facts, TO_RESIDENT)
    assert {"there" in text for text in (words.subject, words.text, words.html)} == {not is_same_place}


@pytest.mark.parametrize(("said", "is_instead"), [("offer_1", True), ("offer_2", False), ("confirmation", False)])
@pytest.mark.parametrize("language", ["en", "cy"])
def test_a_second_offer_says_that_the_first_is_gone(said: str, language: str, *, is_instead: bool) -> None:
    """Two emails that each hold a time for them look as if they had both."""
    authority = replace(FACTS.authority, languages=("en", "cy"))
    offer = OfferedTime(SITE, STARTS, STARTS - timedelta(hours=2))
    facts = replace(FACTS, authority=authority, offer=offer, said={said: STARTS})
    words = writer().write("offer_2", facts, replace(TO_RESIDENT, language=language))
    gone = {"en": "before. We do not hold that one any more.", "cy": "Nid ydym yn cadw hwnnw i chi bellach."}[language]
    assert [gone in text for text in (words.text, words.html)] == [is_instead] * 2


def test_a_name_of_nothing_but_an_address_is_left_out() -> None:
    words = writer().write("confirmation", FACTS, Delivery("email", "zoe@example.org", "http://evil.example"))
    assert words.text.startswith("Dear resident,")


KINDS = {
    "confirmation": {},
    "confirmation_2": {},
    "reminder_7d": NEEDS_ASKED,
    "reminder_2h": {"mode": "phone", "contacts": WITH_PHONE},
    "reminder_1d": {"mode": "video", "join_url": "https://video.example.org/0a1b"},
    "reminder_1d ": {"same_day": (LATER_THAT_DAY,)},
    "arrangement_1": NEEDS_CONFIRMED,
    "arrangement_2": NEEDS_NOT_MET,
    "rescheduled": {"version": 2, "told_starts_at": STARTS - timedelta(days=1)},
    "rescheduled ": {"version": 2, "told_starts_at": STARTS},
    "cancelled": {"version": 2, "state": "cancelled_by_resident", "told_starts_at": STARTS - timedelta(days=1)},
    "cancelled ": {"version": 2, "state": "cancelled_by_authority"},
    "manage_link_1": {},
    "missed_1": {"state": "did_not_attend"},
    "summary_1": AFTER,
    "summary_1 ": AFTER_HIDDEN,
    "summary_corrected_2": AFTER,
    "no_summary_2": AFTER,
    "progress_1": NEWS,
    "progress_1 ": NEWS_HIDDEN,
    "progress_corrected_2": NEWS,
    "to_confirm_1": ASKED,
    "cancelled  ": GIVEN_BACK,
    "cancelled   ": NOT_NEEDED,
    "contact_changed_1": {},
    "handed_over_2": {"version": 2, "manage_nonce": ""},
    "offer_1": {"offer": OfferedTime(SITE, STARTS + timedelta(days=1), STARTS - timedelta(hours=2))},
    "earlier_time_1": {"offer": OfferedTime(SITE, STARTS - timedelta(hours=20), STARTS - timedelta(hours=23))},
    "earlier_gone_1": {},
    "wish_paused_1": {},
    "going_ahead_1": {},
    "site_message_1": {"site_texts": {1: SiteText(1, STARTS.date(), "The lift is broken.")}},
}
PAPERS = (service("Certify documents", "Your passport", "Tenancy agreement"), service("Housing advice", "Passport"))
# About nobody's appointment: whoever reads the address is meant.
NOT_ABOUT_ONE = {"invitation", "several_bookings", "staff_link", "urgent_alert", "waiting", "waiting_offer"}
# What a helper is told of themselves: they got the message, they hold the link and the calendar, they may ask.
OF_THE_HELPER = re.compile(
    r"You act for|If you did not ask for it|came to you|If you have a question|you need do nothing|If it was you"
    r"|we told you before|How we reach you|You can choose another time|keep it to yourself"
    r"|If you delete this|in your calendar|to remind you of the|if you cannot hear or speak on the phone"
    r"|We wrote to you that the appointment for|before you press a button"
    r"|did not hear from you|If we hear nothing from you|we will try to reach you"
    r"|not meant for you|If it is in your calendar, you can|If you have another appointment|If you think that this"
)
OF_WHOM_IT_IS_FOR = re.compile(r"\b(?:you|your|yours|yourself)\b", re.IGNORECASE)


def said_to_the_wrong_person(text: str) -> list[str]:
    """The lines that speak to a helper as if it were for them, but for a list of papers that says whom it speaks to."""
    text = (
        text.replace("Your passport", "") if "In this list, “you” is Zoë Sample." in text.replace("\\,", ",") else text
    )
    text = re.sub("In this list(?:,|\\\\,) “you” is", "", text)
    return [line for line in text.splitlines() if OF_WHOM_IT_IS_FOR.search(OF_THE_HELPER.sub("", line))]


def test_every_kind_of_message_is_read_as_a_helper_reads_it() -> None:
    templates = {file.stem for file in (ROOT / "templates" / "messages").glob("*.txt")} - {"_parts"}
    assert {template_of(kind.strip(), replace(FACTS, **KINDS[kind])) for kind in KINDS} == templates - NOT_ABOUT_ONE


@pytest.mark.parametrize("kind", KINDS)
def test_a_helper_reads_of_the_persons_appointment_and_not_of_their_own(kind: str) -> None:
    facts = replace(FACTS, services=PAPERS, **KINDS[kind])
    ours = writer().write(kind.strip(), facts, TO_CARER)
    for text in (ours.subject, ours.text, ours.html, unfolded(ours.calendar)):
        assert not said_to_the_wrong_person(text)
    assert "Zoë Sample" in ours.text
    assert "Zoë Sample" in ours.html
    theirs = writer().write(kind.strip(), facts, TO_RESIDENT)
    assert OF_WHOM_IT_IS_FOR.search(theirs.text)
    assert "act for" not in theirs.text


@pytest.mark.parametrize("kind", KINDS)
def test_a_helper_whose_person_has_no_name_to_show_is_a_helper_all_the_same(kind: str) -> None:
    nameless = replace(TO_CARER, acts_for="http://evil.example")
    words = writer().write(kind.strip(), replace(FACTS, **KINDS[kind]), nameless)
    assert "You act for the resident." in words.text
    assert not said_to_the_wrong_person(words.text)


def test_what_only_some_bring_stands_with_its_case_in_one_line_in_the_language_of_the_person() -> None:
    case = {"case": "If you rent", "documents": ["Tenancy agreement", "Rent book"], "case_cy": "Os ydych yn rhentu"}
    certify = replace(FACTS.services[0], documents_by_case=(document_case(case),))
    words = writer().write("confirmation", replace(FACTS, services=(certify,)), TO_RESIDENT)
    assert isinstance(words, EmailBody)
    for text in (words.text, unfolded(words.calendar).replace("\\n", "\n").replace("\\,", ",")):
        assert "What to bring\n- Passport\n- Tenancy agreement\n- If you rent: Tenancy agreement, Rent book\n" in text
    assert "<li>If you rent: Tenancy agreement, Rent book</li>" in words.html
    in_welsh = words_in(certify, "cy").papers
    assert in_welsh[-1] == "Os ydych yn rhentu: Tenancy agreement, Rent book"
    assert Told((replace(certify, message_name="Your visit"),)).services[0].papers == ()


def test_what_a_site_says_first_comes_before_the_way_in_and_is_left_out_where_it_could_say_too_much() -> None:
    place = replace(SITE, opening_words="The lift is being mended.")
    words = writer().write("confirmation", replace(FACTS, site=place), TO_RESIDENT)
    assert isinstance(words, EmailBody)
    for text in (words.text, words.html, unfolded(words.calendar)):
        assert 0 < text.index("The lift is being mended.") < text.index("The lift is behind the desk.")
    assert Told((replace(FACTS.services[0], message_name="Your visit"),)).site(place).opening_words == ""


def test_the_papers_of_two_services_stand_under_their_names() -> None:
    facts = replace(FACTS, services=PAPERS)
    words = writer().write("confirmation", facts, TO_RESIDENT)
    assert isinstance(words, EmailBody)
    lines = "What to bring\nCertify documents:\n- Your passport\n- Tenancy agreement\nHousing advice:\n- Passport\n"
    assert lines in words.text
    assert lines in unfolded(words.calendar).replace("\\n", "\n")
    assert words.html.index("<h3") < words.html.index("Certify documents</h3>") < words.html.index("Your passport")
    alone = writer().write("confirmation", replace(FACTS, services=PAPERS[:1]), TO_RESIDENT)
    assert "What to bring\n- Your passport\n" in alone.text


def test_a_move_names_the_time_that_was_told_before_or_says_that_it_is_the_same() -> None:
    def written(told: datetime | None) -> EmailBody:
        found = writer().write("rescheduled", replace(FACTS, version=2, told_starts_at=told), TO_RESIDENT)
        assert isinstance(found, EmailBody)
        return found

    moved, same, unknown = written(STARTS - timedelta(days=1)), written(STARTS), written(None)
    assert moved.subject.startswith("New time: ")
    assert "Your appointment has a new time.\nThe time that we told you before, Monday 23 November 2026" in moved.text
    assert same.subject == "Changed: the appointment on Tuesday 24 November 2026 at 10:30am"
    for body in (same.text, same.html):
        assert "Your appointment is at the same time, but its place or its length is new." in body
        assert "new time" not in body.casefold()
    assert "has a new time or place" in unknown.text


def test_a_confirmation_says_on_which_day_they_first_asked_and_nothing_else_does() -> None:
    """The day is a proof: in an email, and so in a letter, and in a text."""
    asked = replace(FACTS, asked_at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC))
    for kind, is_said in {"confirmation": True, "rescheduled": True, "reminder_1": False}.items():
        mail = writer().write(kind, asked, TO_RESIDENT)
        for text in (mail.text, mail.html):
            assert ("First asked us on" in text, "Friday 20 November 2026" in text) == (is_said, is_said)
    assert "First asked us on" not in writer().write("confirmation", FACTS, TO_RESIDENT).text
    short = writer().body("confirmation", asked, replace(TO_RESIDENT, channel="sms"), TextBody)
    assert isinstance(short, TextBody)
    assert "First asked us on Fri 20 Nov." in short.text


PAYSLIPS: dict[str, Any] = {
    "document": "Payslips",
    "weekly": 5,
    "fortnightly": 3,
    "monthly": 2,
    "without": "Ask your employer.",
}
RENT = {"document": "Rent book", "document_cy": "Llyfr rhent"}
ANSWERED = {
    "paid": "weekly",
    "paid_on": "2026-11-20",
    "cases": {},
    "have": {"Rent book": NeededPaper(paper_rule(RENT), 1).mark},
}


def with_papers(**facts: Any) -> MessageFacts:
    """The appointment with two papers that are counted, of which somebody lacks one."""
    certify = replace(FACTS.services[0], documents=(), documents_by_rule=(paper_rule(PAYSLIPS), paper_rule(RENT)))
    return replace(FACTS, **{"services": (certify,), "paper_answers": ANSWERED} | facts)


@pytest.mark.parametrize("kind", ["confirmation", "reminder_1d", "rescheduled"])
def test_every_message_has_the_own_list_and_what_to_do_about_what_is_missing(kind: str) -> None:
    words = writer().write(kind, with_papers(), TO_RESIDENT)
    assert isinstance(words, EmailBody)
    payslips = "Payslips: bring 5, of 23, 30 October, 6, 13, 20 November. Still missing: Ask your employer."
    assert f"- {payslips}\n- Rent book\n" in words.text
    assert f"<li>{payslips}</li>" in words.html
    assert (
        "- Payslips: 5 weekly, 3 fortnightly or 2 monthly\n" in writer().write(kind, plain_papers(), TO_RESIDENT).text
    )


def plain_papers() -> MessageFacts:
    """The same of somebody who has not answered."""
    return replace(with_papers(), paper_answers={})


def test_a_text_says_how_many_papers_are_missing_and_none_of_their_names() -> None:
    text = writer().body("reminder_1d", with_papers(), TO_RESIDENT, TextBody)
    assert isinstance(text, TextBody)
    assert "Papers missing: 1." in text.text
    assert "Payslips" not in text.text
    assert "missing" not in text_of(writer().body("reminder_1d", plain_papers(), TO_RESIDENT, TextBody))


def text_of(body: object) -> str:
    assert isinstance(body, TextBody)
    return body.text


def test_a_neutral_message_has_no_papers_and_misses_none() -> None:
    told = Told(with_papers().services, is_neutral=True)
    facts = with_papers(services=told.services)
    assert "Payslips" not in writer().write("reminder_1d", facts, TO_RESIDENT).text
    assert "missing" not in text_of(writer().body("reminder_1d", facts, TO_RESIDENT, TextBody))


def test_the_own_list_of_each_visit_of_a_day_stands_in_one_reminder() -> None:
    """Also where only a later one has answers."""
    later = with_papers(
        reference="BBBB2222", starts_at=STARTS + timedelta(hours=2), ends_at=STARTS + timedelta(hours=3)
    )
    facts = replace(plain_papers(), same_day=(later,))
    words = writer().write("reminder_1d", facts, TO_RESIDENT)
    assert "Payslips: bring 5, of" in words.text
    assert "Payslips: 5 weekly" in words.text
    both = replace(with_papers(), same_day=(later,))
    assert "Papers missing: 2." in text_of(writer().body("reminder_1d", both, TO_RESIDENT, TextBody))
    assert "Papers missing: 1." in text_of(writer().body("to_confirm_1", with_papers(), TO_RESIDENT, TextBody))
