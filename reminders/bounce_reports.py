"""What a mail server reports of a message that it cannot deliver, read from whatever came into a mailbox. Pure.

Source: RFC 3464 (delivery status notifications), RFC 3462 (multipart/report), RFC 3463 (status codes), read 2026-11-26.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message
from enum import StrEnum
from typing import Any

from core.text import one_line
from reminders.bounce_marks import references_in

LARGEST = 1_000_000  # bytes; a report has our own message in it, which has less than a tenth
MOST_PARTS = 50
FAILED_ACTION = "failed"
_STATUS = re.compile(r"\b([245])\.([0-9]{1,3})\.([0-9]{1,3})\b")
_ADDRESSED = ("to", "delivered-to", "x-original-to", "in-reply-to", "references")
# No such mailbox, no such system, no address, moved without a new one, a domain without mail, a mailbox that is closed
# (RFC 3463 3.2 and 3.3, RFC 7505 4.2). Everything else, such as a full mailbox or a sender that is refused, is the fault
# of one try, and may pass.
_ADDRESS_IS_BAD = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)  # of the standard library's parser


class Reading(StrEnum):
    """What came, and so what is done with it. All but those of `UNDERSTOOD` are left where they are."""

    FAILED = "failed"  # the message did not arrive and will not
    DELAYED = "delayed"  # the server tries on
    DELIVERED = "delivered"
    NO_REPORT = "no_report"  # an answer, an automatic reply, advertising
    UNMARKED = "unmarked"  # about no message of ours
    FORGED = "forged"  # with a mark that we did not make
    HUGE = "huge"
    MALFORMED = "malformed"
    BROKEN = "broken"  # it could not be written: a mistake of ours, or bad data


UNDERSTOOD = frozenset({Reading.FAILED, Reading.DELAYED, Reading.DELIVERED})


@dataclass(frozen=True)
class BounceReport:
    """What was read. `status` is such as 5.1.1; `recipients` are the addresses that failed, in lower case.

    At those of `bad` nothing would arrive later either.
    """

    reading: Reading
    reference: str = ""
    status: str = ""
    recipients: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Outcome:
    """What the report says of one recipient."""

    action: str
    status: str
    recipients: tuple[str, ...]  # the address as the last server has it, and as it was at first

    @property
    def is_address_bad(self) -> bool:
        """Whether it failed for good, and because of the address."""
        return self.action == FAILED_ACTION and self.status in _ADDRESS_IS_BAD


def read_report(raw: bytes, secret_keys: Sequence[str]) -> BounceReport:
    """What `raw`, a mail as it came, reports; whatever it is, it is read without an error."""
    if len(raw) > LARGEST:
        return BounceReport(Reading.HUGE)
    try:
        return _read(message_from_bytes(raw), secret_keys)
    except UNREADABLE:
        return BounceReport(Reading.MALFORMED)


def _read(mail: Message, secret_keys: Sequence[str]) -> BounceReport:
    parts = _parts(mail)
    status_part = next((part for part in parts if part.get_content_type() == "message/delivery-status"), None)
    if status_part is None:
        return BounceReport(Reading.NO_REPORT)
    outcomes = list(_outcomes(status_part))
    if not outcomes:
        return BounceReport(Reading.MALFORMED)
    references, has_mark = references_in(_texts_with_mark(mail, parts), secret_keys)
    if len(references) != 1:
        return BounceReport(Reading.FORGED if has_mark and not references else Reading.UNMARKED)
    return _report(references.pop(), outcomes)


def _report(reference: str, outcomes: Sequence[_Outcome]) -> BounceReport:
    failed = [one for one in outcomes if one.action == FAILED_ACTION]
    if not failed:
        is_delayed = any(one.action == "delayed" for one in outcomes)
        return BounceReport(Reading.DELAYED if is_delayed else Reading.DELIVERED, reference)
    bad = [one for one in failed if one.is_address_bad]
    return BounceReport(Reading.FAILED, reference, (bad or failed)[0].status, _addresses(failed), _addresses(bad))


def _addresses(outcomes: Sequence[_Outcome]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address for one in outcomes for address in one.recipients))


def _parts(mail: Message) -> list[Message]:
    """The parts of the mail itself, not those of the message that it brings back."""
    payload = mail.get_payload()
    if not mail.get_content_type().startswith("multipart/") or not isinstance(payload, list):
        return []
    return [part for part in payload if isinstance(part, Message)][:MOST_PARTS]


def _outcomes(part: Message) -> Iterator[_Outcome]:
    """What the groups of fields say, but for the first, which is about the whole message (RFC 3464 2.2)."""
    groups = part.get_payload()
    for group in groups[:MOST_PARTS] if isinstance(groups, list) else ():
        if not isinstance(group, Message) or group.get("action") is None:
            continue
        status = _STATUS.search(str(group.get("status", "")))
        given = [str(group.get(name, "")).partition(";")[2] for name in ("final-recipient", "original-recipient")]
        addresses = tuple(one_line(address).strip(" <>").lower() for address in given if address)
        action = str(group.get("action")).strip().lower()
        yield _Outcome(action, status.group() if status else "4.0.0", addresses)


def _texts_with_mark(mail: Message, parts: Sequence[Message]) -> Iterator[str]:
    """Where our mark may stand: the Message-ID of what is brought back, and whom the report is to."""
    yield from _headers(mail, _ADDRESSED)
    for part in parts:
        payload: Any = part.get_payload()
        if part.get_content_type() == "message/rfc822" and isinstance(payload, list) and payload:
            yield from _headers(payload[0], ("message-id",))
        elif part.get_content_type() == "text/rfc822-headers":
            content = part.get_payload(decode=True)
            text = content.decode("utf-8", "replace") if isinstance(content, bytes) else str(payload)
            yield from _headers(message_from_string(text), ("message-id",))


def _headers(mail: Message, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield from (str(value) for value in mail.get_all(name, [])[:MOST_PARTS])
