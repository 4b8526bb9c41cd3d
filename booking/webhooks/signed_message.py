"""A message to another program, signed so that it can tell it from a forged or a repeated one. Pure.

The id stays the same for every try of one message, the time is of the try, and both are signed.
Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, read 2026-11-28.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

RECEIPTS_HANDED_OVER = "receipts.handed_over"
BOOKED, RESCHEDULED = "appointment.booked", "appointment.rescheduled"
CANCELLED, OUTCOME = "appointment.cancelled", "appointment.outcome"
APPOINTMENT_EVENTS = (BOOKED, RESCHEDULED, CANCELLED, OUTCOME)
EVENTS = (*APPOINTMENT_EVENTS, RECEIPTS_HANDED_OVER)
SECRET_PREFIX = "whsec_"
_SECRET_BYTES = 32  # "between 24 and 64"


@dataclass(frozen=True)
class WebhookMessage:
    """What happened; `id` names it for ever, `happened_at` is when, `data` is plain JSON."""

    id: str
    type: str
    happened_at: datetime
    data: Mapping[str, object]

    @property
    def body(self) -> bytes:
        """The bytes that are sent: the same at every try."""
        facts = {"type": self.type, "timestamp": self.happened_at.isoformat(timespec="seconds"), "data": self.data}
        return json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()


def new_webhook_secret() -> str:
    """A secret that signs the messages to one address."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signed_headers(message: WebhookMessage, secret: str, now: datetime) -> dict[str, str]:
    """The headers with which the message is sent now."""
    timestamp = str(int(now.timestamp()))
    content = b".".join((message.id.encode(), timestamp.encode(), message.body))
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return {
        "Content-Type": "application/json",
        "webhook-id": message.id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }


class WebhookFailure(StrEnum):
    """Why a message was not taken."""

    PRIVATE = "private"  # the address leads into this network
    SILENT = "silent"  # nobody answered
    REFUSED = "refused"  # the answer was not that it was taken
    SEALED = "sealed"  # none of our keys opens the address
    BROKEN = "broken"  # it could not even be made
