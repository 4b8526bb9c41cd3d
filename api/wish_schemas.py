"""What a program sends to put somebody on the waiting list."""

from __future__ import annotations

from marshmallow import fields, validate

from api.request_schemas import LONGEST_TOKEN, RequestSchema, ResidentBodySchema, about, numbers, one_of
from api.schema_fields import WEEKDAYS, DayText, SingleLineText, Slug, WallTime, Weekday
from booking.proposals.wish_rules import BY_EMAIL, BY_PHONE, BY_TEXT


class WishBodySchema(RequestSchema):
    """Who waits for an earlier time: an appointment, or else services and a resident. What is left out is any."""

    appointment = SingleLineText(
        LONGEST_TOKEN,
        allow_none=True,
        metadata=about("The reference of the appointment that somebody wants earlier.", example="K7PM4QX2"),
    )
    services = fields.List(
        Slug(), allow_none=True, metadata=about("Without an appointment: what for, in one visit.", example=["certify"])
    )
    resident = fields.Nested(
        ResidentBodySchema, allow_none=True, metadata=about("Without an appointment: who waits, and how to tell them.")
    )
    sites = fields.List(
        Slug(), allow_none=True, metadata=about("Only at these sites; without any, the appointment's own, or anywhere.")
    )
    days = fields.List(
        Weekday(),
        allow_none=True,
        validate=validate.Length(max=len(WEEKDAYS)),
        metadata=about("Only on these days of the week.", example=["monday", "friday"]),
    )
    from_time = WallTime(allow_none=True, metadata=about("Not before this time of the day.", example="09:00"))
    to_time = WallTime(allow_none=True, metadata=about("Beginning before this time of the day.", example="12:00"))
    until = DayText(allow_none=True, metadata=about("Not after this date.", example="2026-12-24"))
    numbers = numbers(
        "Without an appointment: how many of what the services count, as in the availability.", allow_none=True
    )
    own_adviser = fields.Boolean(
        allow_none=True,
        metadata=about("Only with the adviser whom they have: named for them, of the appointment, or seen last."),
    )
    told_by = one_of(
        (BY_EMAIL, BY_TEXT, BY_PHONE),
        allow_none=True,
        metadata=about(
            "How they are told of a time. Left out: as about the appointment; without one, staff ring.", example=BY_TEXT
        ),
    )
