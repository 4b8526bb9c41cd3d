"""Messages of a council in Wales: in the language that somebody wants, and in both where nobody has asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.language import language_for
from locations.own_words import council_name_for
from reminders.letters import LetterBody
from reminders.messages import EmailBody
from reminders.recipients import Delivery
from reminders.texts import TextBody
from tests.reminders.channels import writer
from tests.reminders.test_messages import AUTHORITY, CASES, FACTS, SITE, Outline

WALES = replace(
    AUTHORITY, languages=("en", "cy"), first_language="cy", translations={"name_cy": "Cyngor Testshire"}, email=""
)
LIBRARY = replace(SITE, translations={"name_cy": "Llyfrgell y Stryd Fawr"})
IN_WELSH, IN_ENGLISH = "dydd Mawrth 24 Tachwedd 2026 am 10:30am", "Tuesday 24 November 2026 at 10:30am"
WELCOME = "You are welcome to contact us in Welsh. It causes no delay."
CROESO = language_for("cy").gettext(WELCOME)


def written(case: str, language: str) -> EmailBody:
    """A message to somebody who wants this language, or (empty) was not asked."""
    kind, values, to = CASES[case]
    facts = replace(FACTS, **(values | {"authority": WALES, "site": LIBRARY}))
    return writer().write(kind, facts, replace(to, language=language))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("language", ["cy", "en", ""])
def test_every_message_welcomes_welsh_and_is_sound(case: str, language: str) -> None:
    message = written(case, language)
    for text in (message.text, message.html):
        assert (CROESO in text.replace("&#39;", "'")) == (language != "en")
        assert (WELCOME in text) == (language != "cy")
    outline = Outline(message.html)
    assert outline.language == (language or "cy")
    assert outline.tags.count("html") == outline.tags.count("main") == outline.tags.count("title") == 1
    assert outline.tags.count("h1") == (1 if language else 2)
    assert message.html.rstrip().endswith("</html>")


def test_who_was_not_asked_gets_both_welsh_first_in_one_message() -> None:
    message = written("confirmation", "")
    for text in (message.subject, message.text, message.html, message.calendar):
        assert "10:30am" in text or text is message.calendar
    assert message.text.index(IN_WELSH) < message.text.index(IN_ENGLISH)
    assert message.html.index("Llyfrgell y Stryd Fawr") < message.html.index("High Street Library")
    assert '<div lang="en">' in message.html
    assert message.subject.index("apwyntiad") < message.subject.index(" / ") < message.subject.index("appointment")
    assert "?lang=cy" in message.text
    assert "?lang=en" in message.text
    unfolded = message.calendar.replace("\r\n ", "")
    assert unfolded.count("BEGIN:VEVENT") == 1
    assert "Cyngor Testshire / " in unfolded


@pytest.mark.parametrize(
    ("language", "sender"),
    [
        ("cy", "Cyngor Testshire"),
        ("en", "Testshire & District Council"),
        ("", "Cyngor Testshire / Testshire & District Council"),
    ],
)
def test_the_sender_is_the_council_as_its_reader_calls_it(language: str, sender: str) -> None:
    assert council_name_for(WALES, language) == sender


@pytest.mark.parametrize("language", ["cy", "en"])
def test_who_was_asked_gets_one_language(language: str) -> None:
    message = written("confirmation", language)
    assert (IN_WELSH in message.text) == (language == "cy")
    assert (IN_ENGLISH in message.text) == (language == "en")


def test_a_council_with_english_alone_writes_english_whatever_somebody_chose_elsewhere() -> None:
    for language in ("cy", ""):
        message = writer().write("confirmation", FACTS, Delivery("email", "a@example.org", "A", language=language))
        assert IN_ENGLISH in message.text
        assert "?lang=" not in message.text
        assert "Welsh" not in message.text


def test_what_is_not_translated_is_marked_in_an_email() -> None:
    facts = replace(FACTS, authority=WALES)
    message = writer().write("reminder_1d", facts, Delivery("email", "a@example.org", "A", language="cy"))
    assert '<span lang="en" dir="ltr">High Street Library</span>' in message.html
    assert "<span" not in message.text + message.subject


@pytest.mark.parametrize("kind", ["confirmation", "reminder_1d", "cancelled"])
def test_texts_and_letters_have_both_too(kind: str) -> None:
    facts = replace(FACTS, authority=WALES, site=LIBRARY)
    to: Any = Delivery("text", "07700 900123", "Robin Sample", language="")
    text: Any = writer().body(kind, facts, to, TextBody)
    assert text.text.index("Maw 24 Tach") < text.text.index("Tue 24 Nov")
    letter: Any = writer().body(
        kind, facts, replace(to, channel="letter", address="1 High Street\nN12 0GA"), LetterBody
    )
    assert letter.text.index(IN_WELSH) < letter.text.index(IN_ENGLISH)
    assert " / " in letter.heading
