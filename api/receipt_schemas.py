"""The shape of a receipt for documents."""

from __future__ import annotations

from marshmallow import Schema, fields

from api.request_schemas import about


class ReceiptItemSchema(Schema):
    """One document of a receipt."""

    document = fields.String(required=True)
    result = fields.String(
        required=True, metadata=about("`seen` for an original, `missing`, or empty where it was not looked at.")
    )
    files = fields.Integer(required=True, metadata=about("How many pictures or files of it were kept."))
    copies = fields.Integer(required=True, metadata=about("How many certified copies of it count."))
    revoked = fields.Integer(required=True, metadata=about("How many were revoked since the receipt was given."))


class ReceiptSchema(Schema):
    """A receipt for documents, as it was when it was given."""

    number = fields.String(required=True)
    given_at = fields.String(required=True, metadata=about("ISO 8601 with offset.", format="date-time"))
    site = fields.String(required=True, metadata=about("The site's slug."))
    reference = fields.String(required=True, metadata=about("Of the appointment, or of the visit without one."))
    items = fields.List(fields.Nested(ReceiptItemSchema), required=True)
