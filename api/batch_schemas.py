"""The shapes of batches of receipts, and of addresses that are told what happened."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from api.request_schemas import RequestSchema, about
from api.schema_fields import SingleLineText
from booking.webhooks.signed_message import EVENTS, WebhookFailure

FAILURES = {
    WebhookFailure.SILENT: "nobody answered within ten seconds",
    WebhookFailure.REFUSED: "the answer was not 2xx",
    WebhookFailure.PRIVATE: "the address leads into the network of the service",
    WebhookFailure.SEALED: "the service has lost the address: remove it and add it again",
    WebhookFailure.BROKEN: "a fault of the service, which its log names",
}


class BatchFileSchema(Schema):
    """A file of the archive."""

    name = fields.String(required=True)
    bytes = fields.Integer(required=True)
    sha256 = fields.String(required=True)


class BatchSchema(Schema):
    """A batch of receipts."""

    number = fields.String(required=True)
    site = fields.String(required=True, metadata=about("The site's slug."))
    handed_over_at = fields.String(required=True, metadata=about("ISO 8601 with offset.", format="date-time"))
    receipts = fields.Integer(required=True, metadata=about("How many receipts are in it."))
    files = fields.List(fields.Nested(BatchFileSchema), required=True)
    archive = fields.String(required=True, metadata=about("The address of all files as one ZIP."))


class WebhookBodySchema(RequestSchema):
    """Where to tell what."""

    url = SingleLineText(
        2000, required=True, metadata=about("An https address.", example="https://benefits.example.org/front-door")
    )
    events = fields.List(
        fields.String(validate=validate.OneOf(EVENTS)),
        load_default=None,
        validate=validate.Length(min=1, max=len(EVENTS)),
        metadata=about(
            "What it is told of. Without it, all that this key could look up: changes of appointments with the scope"
            " `read`, batches of receipts with the scope `receipts`.",
            example=list(EVENTS),
        ),
    )


class WebhookSchema(Schema):
    """An address that is told; of what it says only the host is shown."""

    id = fields.Integer(required=True)
    host = fields.String(required=True)
    events = fields.List(fields.String(), required=True)
    created_at = fields.String(required=True, metadata=about("ISO 8601 with offset.", format="date-time"))
    failing_since = fields.String(
        required=True,
        allow_none=True,
        metadata=about(
            "Since when it has not taken the next change of an appointment; null while it takes them."
            " ISO 8601 with offset.",
            format="date-time",
        ),
    )
    failure = fields.String(
        required=True,
        metadata=about(
            "Why it has not: " + ", ".join(f"`{one.value}` ({why})" for one, why in FAILURES.items()) + "; or empty."
        ),
    )


class AddedWebhookSchema(Schema):
    """A new address, with the secret that signs what it is told. It is shown this once."""

    id = fields.Integer(required=True)
    secret = fields.String(required=True, metadata=about("As Standard Webhooks has it: begins with `whsec_`."))


class WebhooksSchema(Schema):
    """The addresses of the council."""

    items = fields.List(fields.Nested(WebhookSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
