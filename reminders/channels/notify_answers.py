"""What a refusal by GOV.UK Notify is about: this service, one message, or only this moment. Pure.

Source: the tables of error codes of docs.notifications.service.gov.uk/python.html, read 2026-11-26.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.errors import DeliveryFailed
from reminders.channels.base import ChannelUnavailable, DeliveryUnclear
from reminders.reasons import (
    ALLOWANCE_USED_UP,
    CLOCK_DIFFERS,
    INVALID_NUMBER,
    KEY_REFUSED,
    KEY_RESTRICTED,
    MESSAGE_TOO_LONG,
    PROVIDER_BUSY,
    PROVIDER_UNUSABLE,
    PROVIDER_WENT_AWAY,
    RECIPIENT_REFUSED,
    TEMPLATE_UNUSABLE,
    UNDELIVERABLE_ADDRESS,
    with_detail,
)

DETAIL_LENGTH = 150
BAD_REQUEST, FORBIDDEN, NOT_FOUND, TOO_MANY, UNAVAILABLE = 400, 403, 404, 429, 503
DAILY = "TooManyRequestsError"  # of a 429: the allowance of a day is used up
# Whom it is for, or what it says: the message is refused for good.
_ABOUT_MESSAGE: tuple[tuple[str, str], ...] = (
    ("phone_number", INVALID_NUMBER),
    ("international mobile", INVALID_NUMBER),
    ("email_address", RECIPIENT_REFUSED),
    ("address_line", UNDELIVERABLE_ADDRESS),
    ("address", UNDELIVERABLE_ADDRESS),
    ("postcode", UNDELIVERABLE_ADDRESS),
    ("character", MESSAGE_TOO_LONG),
    ("too long", MESSAGE_TOO_LONG),
)
# What somebody has to put right in the service's account, whoever a message is for.
_ABOUT_SERVICE: tuple[tuple[str, str], ...] = (
    ("team-only", KEY_RESTRICTED),
    ("team api key", KEY_RESTRICTED),
    ("trial mode", KEY_RESTRICTED),
    ("template", TEMPLATE_UNUSABLE),
    ("missing personalisation", TEMPLATE_UNUSABLE),
    ("service is not allowed to send text", KEY_RESTRICTED),
    ("service is not allowed to send email", KEY_RESTRICTED),
    ("service is not allowed to send letter", KEY_RESTRICTED),
    ("cannot send text", KEY_RESTRICTED),
    ("cannot send letters", KEY_RESTRICTED),
)
_LONG_NUMBER = re.compile(r"\+?\d[\d ]{5,}")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is no success: its status, what it says, and after how many seconds to come back (0: unsaid).

    Without an answer the status is 0; then `has_begun` says whether any part of the request was sent.
    """

    status: int
    kind: str = ""
    text: str = ""
    retry_after: float = 0
    has_begun: bool = True

    @property
    def is_too_fast(self) -> bool:
        """Whether the key has made too many requests: another thing than an allowance of a day that is used up."""
        return self.status == TOO_MANY and self.kind != DAILY


def failure_of(answer: Answer) -> DeliveryFailed:
    """What `answer` to a request to send means for the message."""
    if not answer.status and not answer.has_begun:
        return ChannelUnavailable(detail=_detailed(PROVIDER_UNUSABLE, answer))
    if answer.status == BAD_REQUEST:
        return _bad_request(answer)
    if 0 < answer.status < 500 or answer.status == UNAVAILABLE:
        return _refusal_of_service(answer)
    # It may have been accepted: an error after that, or a connection that broke off.
    return DeliveryUnclear(detail=_detailed(PROVIDER_WENT_AWAY, answer))


def question_failed(answer: Answer) -> ChannelUnavailable:
    """What `answer` to a question means: nothing was sent, so nothing can have arrived."""
    known = _refusal_of_service(answer)
    return known if answer.status else ChannelUnavailable(detail=_detailed(PROVIDER_UNUSABLE, answer))


def is_about_template(error: DeliveryFailed) -> bool:
    """Whether the template that a message named has to be looked for again."""
    return error.detail.startswith(TEMPLATE_UNUSABLE)


def _bad_request(answer: Answer) -> DeliveryFailed:
    text = answer.text.lower()
    if code := next((code for part, code in _ABOUT_SERVICE if part in text), ""):
        return ChannelUnavailable(detail=_detailed(code, answer))
    if code := next((code for part, code in _ABOUT_MESSAGE if part in text), ""):
        return DeliveryFailed(detail=_detailed(code, answer), permanent=True)
    # Not known: it must neither stop all others nor give a resident up.
    return DeliveryFailed(detail=_detailed(RECIPIENT_REFUSED, answer))


def _refusal_of_service(answer: Answer) -> ChannelUnavailable:
    code = PROVIDER_UNUSABLE
    if answer.status == FORBIDDEN:
        code = CLOCK_DIFFERS if "clock" in answer.text else KEY_REFUSED
    elif answer.status == TOO_MANY:
        code = ALLOWANCE_USED_UP if answer.kind == DAILY else PROVIDER_BUSY
    return ChannelUnavailable(detail=_detailed(code, answer), retry_after=answer.retry_after)


def _detailed(code: str, answer: Answer) -> str:
    """`code` and what was said, without an address or a number: providers like to repeat the recipient's."""
    words = f"{answer.status or ''} {answer.text}".split()
    said = _LONG_NUMBER.sub("(number)", " ".join("(address)" if "@" in word else word for word in words))
    return with_detail(code, said[:DETAIL_LENGTH])
