"""The shapes of what a telephone system learns of who rings."""

from __future__ import annotations

from marshmallow import Schema, fields

from api.request_schemas import about


class NextVisitSchema(Schema):
    """The next appointment."""

    reference = fields.String(required=True)
    starts_at = fields.String(required=True, metadata=about("ISO 8601 with offset.", format="date-time"))
    site = fields.String(required=True, metadata=about("The site's slug."))


class CallerSchema(Schema):
    """Somebody who has the number, or for whom its owner acts."""

    name = fields.String(required=True)
    message_language = fields.String(
        required=True, metadata=about("In which they want to be spoken with, as a code; empty where nobody asked.")
    )
    spoken_language = fields.String(
        required=True, metadata=about("For which they need an interpreter; empty for none.")
    )
    support_needs = fields.List(fields.String(), required=True)
    appointments = fields.Integer(required=True, metadata=about("How many are to come."))
    next = fields.Nested(NextVisitSchema, required=True, allow_none=True)
    on_register = fields.Boolean(
        required=True, metadata=about("Cannot get online, and is on the register: put them through to an agent.")
    )
    page = fields.String(
        required=True, metadata=about("The page of the call, for staff who are signed in.", format="uri")
    )


class CallersSchema(Schema):
    """Who may ring, those who have the number themselves first; nobody where it is not known."""

    items = fields.List(fields.Nested(CallerSchema), required=True)
    has_more = fields.Boolean(required=True, metadata=about("More people have the number: ask who it is."))
