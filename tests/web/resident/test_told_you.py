"""Under the buttons of residents stands how they are told: channel, masked address, time and language."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask, g

from reminders.expected import Expected
from reminders.reasons import NO_ADDRESS, NO_CONTACT_WANTED
from reminders.recipients import CALL, CONFIRMATION, EMAIL, LETTER, REMINDER, TEXT, Delivery
from tests.reminders.test_messages import FACTS
from tests.web.resident.browser import Visitor, fill_in, go_to_times
from web.resident.told_you import told_you

pytestmark = pytest.mark.databases("sqlite")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TITLE = "How you will be told"


def expected(kind: str, channel: str, address: str = "", **more: object) -> Expected:
    delivery = Delivery(channel, address, "Robin") if address else None
    first = Expected(kind, channel, delivery, NOON, "Robin", languages=("en",))
    return replace(first, **more)  # type: ignore[arg-type]


MAIL = expected(CONFIRMATION, EMAIL, "robin@example.org")
LATER = {"is_at_once": False, "at": NOON + timedelta(days=1)}
CASES: list[tuple[list[Expected], list[str]]] = [
    ([MAIL], ["We confirm it by email to r***@example.org."]),
    (
        [MAIL, expected(REMINDER, EMAIL, "robin@example.org", at=NOON + timedelta(days=1))],
        ["We confirm it by email to r***@example.org.", "We remind you in the same way."],
    ),
    (
        [
            expected(CONFIRMATION, TEXT, "07700 900123", **LATER),
            expected(REMINDER, CALL, "07700 900123"),
        ],
        [
            "We confirm it by text message to 07••• ••• 123.",
            "That will be on Tue 24 Nov midday.",
            "We ring 07••• ••• 123 to remind you.",
        ],
    ),
    (
        [expected(CONFIRMATION, LETTER, "1 Road", **LATER)],
        ["We confirm it by letter to your address.", "We post it on Tue 24 Nov."],
    ),
    (
        [replace(MAIL, paused_by="Ann Agent")],
        ["We confirm it by email to r***@example.org.", "It may take longer than usual."],
    ),
    (
        [expected(CONFIRMATION, EMAIL, code=NO_CONTACT_WANTED)],
        ["We send you no message, as you asked."],
    ),
    (
        [expected(CONFIRMATION, EMAIL, code=NO_ADDRESS, is_to_ring=True)],
        ["We cannot send you an email or a text about it. We try to reach you in another way."],
    ),
    ([], ["We send you no message about it."]),
]


@pytest.mark.parametrize(("found", "lines"), CASES)
def test_the_lines_say_how_and_to_which_masked_address(app: Flask, found: list[Expected], lines: list[str]):
    with app.test_request_context("/testshire/"):
        g.authority = FACTS.authority
        assert list(told_you(found)) == lines
        g.authority = replace(FACTS.authority, languages=("en", "cy"))
        named = list(told_you([replace(one, languages=("cy", "en")) for one in found]))
    is_told = any(one.delivery for one in found)
    assert named == [*lines, *(["The messages are in Welsh and English."] if is_told else [])]


@pytest.mark.usefixtures("town")
def test_who_books_and_cancels_reads_it_under_the_button(app: Flask):
    visitor = Visitor(app.test_client())
    go_to_times(visitor)
    visitor.take_first_time()
    fill_in(visitor)
    line = "We confirm it by email to r***@example.org."
    assert TITLE in visitor.page.text
    assert line in visitor.page.text
    visitor.send("/check")
    visitor.open("/appointment")
    visitor.follow("Cancel the appointment")
    assert TITLE in visitor.page.text
    assert line in visitor.page.text
