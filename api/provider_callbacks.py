"""What GOV.UK Notify calls by itself: what became of a message, and a text that somebody sent.

A bearer token takes the place of a key. Whatever is no message of ours is answered as done, so that the provider does not
repeat it for ever. Source: docs.notifications.service.gov.uk, "Delivery receipts" and "Received text messages", read
2026-11-26.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, Schema, fields, validate

from api.error_handlers import problem_answer
from api.operations import json_body, read_body
from core.errors import ServiceError
from core.flask_context import current_runtime
from people.staff.access_marks import callback
from reminders.inbound_texts import ReceivedText, receive_text
from reminders.provider_states import ID_LENGTH, RETURNED, state_in
from reminders.receipts import learn

IS_ID = validate.And(validate.Length(1, ID_LENGTH), validate.Regexp(r"[!-~]+\Z"))
LONGEST_BODY = 20_000  # bytes: a text of ten segments, and what is said about it, has less than 5,000
blueprint = Blueprint("provider_callbacks", __name__, url_prefix="/webhooks/notify")
blueprint.register_error_handler(ServiceError, problem_answer)
DONE = ("", 204)


class ReceiptSchema(Schema):
    """What became of a message. Its reference is null where whoever sent it gave none."""

    class Meta:
        """The provider adds fields as it likes."""

        unknown = EXCLUDE

    id = fields.String(required=True, validate=IS_ID)
    reference = fields.String(required=True, allow_none=True, validate=validate.Length(max=1000))
    status = fields.String(required=True, validate=validate.Length(1, 40))
    completed_at = fields.String(allow_none=True)
    sent_at = fields.String(allow_none=True)


class ReturnedLetterSchema(Schema):
    """A letter that the post brought back."""

    class Meta:
        """The provider adds fields as it likes."""

        unknown = EXCLUDE

    notification_id = fields.String(required=True, validate=IS_ID)
    reference = fields.String(required=True, allow_none=True, validate=validate.Length(max=1000))


class InboundTextSchema(Schema):
    """A text that somebody sent."""

    class Meta:
        """The provider adds fields as it likes."""

        unknown = EXCLUDE

    id = fields.String(required=True, validate=IS_ID)
    source_number = fields.String(required=True, validate=validate.Length(1, 40))
    destination_number = fields.String(load_default="", allow_none=True)
    message = fields.String(required=True)
    date_received = fields.AwareDateTime(load_default=None, allow_none=True)


@blueprint.before_request
def _limit_body() -> None:
    request.max_content_length = LONGEST_BODY


@blueprint.post("/receipts")
@callback
def receipts() -> ResponseReturnValue:
    """Write what became of a message."""
    runtime = current_runtime()
    told = _read_receipt()
    with runtime.database.writing() as db:
        learn(db, state_in(told), runtime.clock.now())
    return DONE


def _read_receipt() -> dict[str, Any]:
    """What the receipt says; of a letter that came back there is a `notification_id` in place of id and status."""
    body = json_body()
    if "status" in body or "notification_id" not in body:
        return read_body(ReceiptSchema())
    returned = read_body(ReturnedLetterSchema())
    return {"id": returned["notification_id"], "reference": returned["reference"], "status": RETURNED}


@blueprint.post("/inbound-texts")
@callback
def inbound_texts() -> ResponseReturnValue:
    """Keep a text that somebody sent."""
    runtime = current_runtime()
    sent = read_body(InboundTextSchema())
    now = runtime.clock.now()
    at = sent["date_received"]
    to_number = sent["destination_number"] or ""
    received = ReceivedText(sent["id"], sent["source_number"], sent["message"], min(at, now) if at else now, to_number)
    receive_text(runtime, received)
    return DONE
