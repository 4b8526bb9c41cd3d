"""What a message that failed says of an address, and how staff end it. Pure."""

from __future__ import annotations

import re
from enum import StrEnum

from reminders.reasons import (
    ADDRESS_NOT_SUPPORTED,
    ADDRESS_UNKNOWN,
    INVALID_ADDRESS,
    INVALID_NUMBER,
    LETTER_RETURNED,
    MAIL_RETURNED,
    NO_ANSWER,
    NOT_DELIVERED_IN_TIME,
    RECIPIENT_REFUSED,
    TOO_LATE,
    UNDELIVERABLE_ADDRESS,
    WRONG_NUMBER,
    split_reason,
)
from reminders.recipients import BY_HAND, CALL, EMAIL, LETTER, TEXT

# Codes of replies of mail servers. Source: RFC 5321 4.2.3 and RFC 3463 3.3 (X.2.2), read 2026-11-26.
_MAILBOX_FULL = re.compile(r"\b[45]\.2\.2\b|^[45]52\b")
_REFUSED_BY_SERVER = re.compile(r"^[45][0-9]{2}\b")


class FailureKind(StrEnum):
    """What is wrong with how somebody is reached."""

    WRONG_NUMBER = "wrong_number"
    NO_ANSWER = "no_answer"
    MAILBOX_FULL = "mailbox_full"
    REFUSED = "refused"
    RETURNED_MAIL = "returned_mail"
    RETURNED_LETTER = "returned_letter"
    OTHER = "other"


class ContactPart(StrEnum):
    """By which of their contact details somebody is reached."""

    EMAIL = "email"
    PHONE = "phone"
    POST = "post"


class FailureResult(StrEnum):
    """How staff end a failure."""

    CORRECTED = "corrected"
    RETRIED = "retried"
    CHECKED = "checked"  # the address is right, and nothing goes to it again
    RUNG = "rung"
    NOTHING = "nothing"


PART_OF: dict[str, ContactPart] = {
    EMAIL: ContactPart.EMAIL,
    TEXT: ContactPart.PHONE,
    CALL: ContactPart.PHONE,
    LETTER: ContactPart.POST,
    BY_HAND: ContactPart.POST,
}
_KINDS: dict[str, FailureKind] = {
    WRONG_NUMBER: FailureKind.WRONG_NUMBER,
    INVALID_NUMBER: FailureKind.WRONG_NUMBER,
    NO_ANSWER: FailureKind.NO_ANSWER,
    MAIL_RETURNED: FailureKind.RETURNED_MAIL,
    LETTER_RETURNED: FailureKind.RETURNED_LETTER,
    INVALID_ADDRESS: FailureKind.REFUSED,
    ADDRESS_NOT_SUPPORTED: FailureKind.REFUSED,
    RECIPIENT_REFUSED: FailureKind.REFUSED,
    UNDELIVERABLE_ADDRESS: FailureKind.REFUSED,
}


def failure_kind(channel: str, reason: str) -> FailureKind:
    """What a message that failed for this `reason` (see `reminders.reasons`) says of the address."""
    code, detail = split_reason(reason)
    if code == TOO_LATE:
        code, detail = split_reason(detail)
    if channel == EMAIL and _MAILBOX_FULL.search(detail):
        return FailureKind.MAILBOX_FULL
    if code in _KINDS:
        return _KINDS[code]
    if code == ADDRESS_UNKNOWN:
        return FailureKind.WRONG_NUMBER if channel == TEXT else FailureKind.REFUSED
    if code == NOT_DELIVERED_IN_TIME and channel == EMAIL:
        return FailureKind.MAILBOX_FULL
    is_refused = channel == EMAIL and not code and _REFUSED_BY_SERVER.match(detail)
    return FailureKind.REFUSED if is_refused else FailureKind.OTHER
