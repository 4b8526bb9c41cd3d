"""The shapes of the day itself: arrivals, walk-ins, calls and waits."""

from __future__ import annotations

from marshmallow import fields, validate

from api.request_schemas import LONGEST_TOKEN, AuthorityQuerySchema, RequestSchema, about
from api.schema_fields import NameText, SingleLineText, Slug
from booking.states import State
from people.residents.details import NEEDS

MISSING_NAME, MISSING_SERVICE, MISSING_DESK = "Enter a name.", "Send the slug of a service.", "Send the slug of a desk."


class CheckInBodySchema(RequestSchema):
    """Where somebody has arrived, if that is to be checked."""

    site = Slug(allow_none=True, metadata=about("The slug of the site at which they are.", example="high-street"))


class WalkInBodySchema(RequestSchema):
    """Somebody who comes without an appointment."""

    service = Slug(
        required=True,
        error_messages={"required": MISSING_SERVICE},
        metadata=about("The slug of what they come for.", example="certify"),
    )
    name = NameText(
        required=True,
        validate=[validate.Length(min=1, error=MISSING_NAME)],
        error_messages={"required": MISSING_NAME},
        metadata=about("Who they are.", example="Wendy Walker"),
    )
    support_needs = fields.List(
        fields.String(validate=validate.OneOf(sorted(NEEDS), error=f"Use one of: {', '.join(sorted(NEEDS))}.")),
        validate=validate.Length(max=len(NEEDS)),
        metadata=about("What they need; a desk that has it calls them."),
    )
    urgent = fields.Boolean(load_default=False, metadata=about("Called before others without an appointment."))


class NextBodySchema(RequestSchema):
    """A desk that calls."""

    resource = Slug(
        required=True,
        error_messages={"required": MISSING_DESK},
        metadata=about("The slug of the desk, or of the person who sees people.", example="desk-1"),
    )


class WaitsQuerySchema(AuthorityQuerySchema):
    """The waits for what."""

    service = SingleLineText(LONGEST_TOKEN, metadata=about("The slug of a service; without it, of all together."))


class WaitRangeSchema(RequestSchema):
    """Nine in ten wait at least `low` and at most `high` minutes."""

    low = fields.Integer(required=True)
    high = fields.Integer(required=True)


class TicketSchema(RequestSchema):
    """What a walk-in is given."""

    ticket = fields.Integer(required=True, metadata=about("The number by which they are called, of this site and day."))
    reference = fields.String(required=True, metadata=about("Of the visit.", example="K7PM4QX2"))
    estimated_wait_minutes = fields.Nested(WaitRangeSchema, required=True)


class SiteWaitsSchema(RequestSchema):
    """How long people wait at a site."""

    waiting = fields.Integer(required=True, metadata=about("How many wait to be called."))
    estimated_wait_minutes = fields.Nested(WaitRangeSchema, required=True)
    as_of = fields.String(required=True, metadata=about("ISO 8601 with offset.", format="date-time"))


class PersonHereSchema(RequestSchema):
    """Who has come."""

    name = fields.String(required=True)


def _moment(text: str, *, is_always: bool = True) -> fields.String:
    return fields.String(required=True, allow_none=not is_always, metadata=about(text, format="date-time"))


class VisitSchema(RequestSchema):
    """Somebody who has come: their appointment as it is on the day, or their visit without one. No contacts, no notes."""

    reference = fields.String(required=True, metadata=about("Of the appointment, or of the visit without one."))
    version = fields.Integer(required=True, metadata=about("Of the appointment; 1 without one."))
    status = fields.String(
        required=True,
        validate=validate.OneOf(sorted(state.value for state in State)),
        metadata=about("Where it stands, in the states of an appointment."),
    )
    starts_at = _moment("What is booked; null without an appointment.", is_always=False)
    ends_at = _moment("What is booked; null without an appointment.", is_always=False)
    site = fields.String(required=True, metadata=about("The site's slug."))
    service = fields.String(required=True, metadata=about("The slug of what they are seen about next."))
    resident = fields.Nested(PersonHereSchema, required=True)
    support_needs = fields.List(fields.String(), required=True)
    is_walk_in = fields.Boolean(required=True, metadata=about("Whether they have no appointment."))
    ticket = fields.Integer(required=True, metadata=about("The number by which they are called, of this site and day."))
    resource = fields.String(
        required=True, allow_none=True, metadata=about("The slug of the desk that called them; null before that.")
    )
    arrived_at = _moment("In the site's own zone.")
    called_at = _moment("When they were called last; null before that.", is_always=False)
