"""Every code that is stored about a message has a text, and the text of a provider is kept beside it."""

from __future__ import annotations

import pytest
from flask import Flask

from reminders import delivery_decisions, reasons
from reminders.message_outcomes import OUTCOMES
from reminders.recipients import CANCELLED, FAMILIES, RESCHEDULED, SEVERAL_BOOKINGS
from web.message_labels import MESSAGE_KINDS, MESSAGE_OUTCOMES, MESSAGE_REASONS, MESSAGE_STATUSES, message_reason

pytestmark = pytest.mark.databases("sqlite")

STATUSES = ("PENDING", "SENT", "FAILED", "VOID", "LATE", "WITHHELD", "IN_DOUBT")


def test_every_code_has_a_text() -> None:
    codes = {value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str)}
    assert codes == reasons.CODES == set(MESSAGE_REASONS)
    assert {getattr(delivery_decisions, name) for name in STATUSES} == set(MESSAGE_STATUSES)
    assert set(OUTCOMES) == set(MESSAGE_OUTCOMES)
    assert {*FAMILIES, CANCELLED, RESCHEDULED, SEVERAL_BOOKINGS} == set(MESSAGE_KINDS)


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("", ""),
        ("prefers_letters", "Prefers letters: send one, or ring."),
        ("550 5.1.1 nobody here: really", "550 5.1.1 nobody here: really"),
        ("gave_up: 451 busy", "Gave up after the last try. 451 busy"),
        (
            "gave_up: internal_error",
            "Gave up after the last try. A mistake in the program; see the log.",
        ),
    ],
)
def test_a_reason_reads_as_its_text_and_the_text_of_the_provider(app: Flask, reason: str, text: str) -> None:
    with app.test_request_context():
        assert message_reason(reason) == text
