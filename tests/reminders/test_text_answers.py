"""What texts from residents mean."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.language import LANGUAGES, language_for
from reminders.text_answers import (
    Answer,
    Decision,
    EarlierText,
    Meaning,
    Outcome,
    SentText,
    TextHistory,
    answer_of,
    decide,
)
from tests.support.factories import NOW

CANCEL, CONFIRM, STOP, ONE, TWO = (answer_of(text) for text in ("CANCEL", "YES", "STOP", "1", "2"))
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_a_text_tells_people_to_reply_is_understood_and_in_its_language(code: str) -> None:
    sentences = ("Reply CONFIRM or CANCEL.", "To stop texts, reply STOP.", "STOP: no texts.")
    said = " ".join(language_for(code).gettext(sentence) for sentence in sentences)
    words = re.findall(r"\b[A-Z]{4,}\b", said)
    meanings = (Meaning.CONFIRM, Meaning.CANCEL, Meaning.STOP, Meaning.STOP)
    assert [answer_of(word) for word in words] == [Answer(meaning) for meaning in meanings]
    assert code == "en" or not {"CONFIRM", "CANCEL", "STOP"} & set(words)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("CANCEL", Answer(Meaning.CANCEL)),
        (" cancel. ", Answer(Meaning.CANCEL)),
        ("Canslo!", Answer(Meaning.CANCEL)),
        ("Cancel please", Answer(Meaning.CANCEL)),
        ("Canslo os gwelwch yn dda", Answer(Meaning.CANCEL)),
        ("cancel 2", Answer(Meaning.CANCEL, 2)),
        ("Confirmed, thank you", Answer(Meaning.CONFIRM)),
        ("CADARNHAU", Answer(Meaning.CONFIRM)),
        ("ie", Answer(Meaning.CONFIRM)),
        ("2", Answer(Meaning.NUMBER, 2)),
        ("2.", Answer(Meaning.NUMBER, 2)),
        ("Please do not cancel", Answer(Meaning.OTHER)),
        ("Yes, cancel", Answer(Meaning.OTHER)),
        ("Yes but can I come at 3", Answer(Meaning.OTHER)),
        ("STOP", Answer(Meaning.STOP)),
        ("Stopio, diolch", Answer(Meaning.STOP)),
        ("Please stop the appointment", Answer(Meaning.OTHER)),
        ("HELP", Answer(Meaning.OTHER)),
        ("07700 900123", Answer(Meaning.OTHER)),
        ("Please", Answer(Meaning.OTHER)),
        ("", Answer(Meaning.OTHER)),
    ],
)
def test_what_a_text_says(text: str, answer: Answer) -> None:
    assert answer_of(text) == answer


def told(*ids: int) -> tuple[SentText, ...]:
    """Texts about these appointments, one a day, the newest first."""
    return tuple(SentText(one, NOW - timedelta(days=day + 1)) for day, one in enumerate(ids))


@pytest.mark.parametrize(
    ("answer", "known", "decision"),
    [
        (CANCEL, TextHistory([1], told(1)), Decision(Outcome.CANCEL, 1)),
        (CONFIRM, TextHistory([1]), Decision(Outcome.CONFIRM, 1)),
        (CANCEL, TextHistory([1, 2], told(2, 1)), Decision(Outcome.CANCEL, 2)),
        (CANCEL, TextHistory([1, 2]), Decision(Outcome.ASKED, 1, (1, 2))),
        # The last text was about a visit that is over: the answer is about that one, for a person to read.
        (CANCEL, TextHistory([2], told(9)), Decision(Outcome.TO_READ, 9)),
        (CANCEL, TextHistory([], told(1)), Decision(Outcome.TO_READ)),
        (STOP, TextHistory([1, 2], told(2)), Decision(Outcome.STOP, 2)),
        (STOP, TextHistory([1, 2]), Decision(Outcome.STOP, 1)),
        (STOP, TextHistory(), Decision(Outcome.STOP)),
        (Answer(Meaning.OTHER), TextHistory([1, 2], told(2)), Decision(Outcome.TO_READ, 1)),
        (ONE, TextHistory([1, 2], told(2)), Decision(Outcome.TO_READ, 1)),
    ],
)
def test_which_appointment_is_meant(answer: Answer, known: TextHistory, decision: Decision) -> None:
    assert decide(answer, known, NOW) == decision


def test_two_texts_at_once_make_us_ask() -> None:
    sent = (SentText(2, NOW), SentText(1, NOW - timedelta(minutes=5)))
    assert decide(CANCEL, TextHistory([1, 2], sent), NOW) == Decision(Outcome.ASKED, 1, (1, 2))


def test_a_number_answers_the_question_that_was_asked() -> None:
    asked = EarlierText(CANCEL, Outcome.ASKED, NOW - HOUR, (1, 2))
    assert decide(TWO, TextHistory([1, 2], earlier=asked), NOW) == Decision(Outcome.CANCEL, 2)
    assert decide(TWO, TextHistory([1, 3], earlier=asked), NOW) == Decision(Outcome.TO_READ, 1)  # it is gone
    assert decide(answer_of("3"), TextHistory([1, 2], earlier=asked), NOW) == Decision(Outcome.TO_READ, 1)
    assert decide(answer_of("yes 1"), TextHistory([1, 2], earlier=asked), NOW) == Decision(Outcome.CONFIRM, 1)
    old = EarlierText(CANCEL, Outcome.ASKED, NOW - timedelta(days=2), (1, 2))
    assert decide(TWO, TextHistory([1, 2], earlier=old), NOW) == Decision(Outcome.TO_READ, 1)


@given(
    to_come=st.lists(st.integers(1, 5), unique=True),
    sent=st.lists(st.integers(1, 6)),
    outcome=st.sampled_from([None, *Outcome]),
    minutes=st.integers(0, 3000),
    answer=st.sampled_from([CANCEL, CONFIRM, STOP, ONE, TWO, Answer(Meaning.OTHER)]),
    earlier=st.sampled_from([CANCEL, CONFIRM, STOP, ONE, TWO, Answer(Meaning.OTHER)]),
)
def test_only_what_is_to_come_is_changed_and_nothing_twice(
    to_come: list[int],
    sent: list[int],
    outcome: Outcome | None,
    minutes: int,
    answer: Answer,
    earlier: Answer,
) -> None:
    before = EarlierText(earlier, outcome, NOW - timedelta(minutes=minutes), tuple(to_come[:2]))
    decision = decide(answer, TextHistory(to_come, told(*sent), before), NOW)
    is_done = decision.outcome in (Outcome.CANCEL, Outcome.CONFIRM)
    assert not is_done or decision.appointment_id in to_come
    assert not is_done or answer.meaning is not Meaning.OTHER
    assert not is_done or not (answer == earlier and minutes <= 10)
    assert set(decision.choices) <= set(to_come)
