"""What of a service and its visits programs get besides its name: numbers, and for whom it is."""

from __future__ import annotations

from marshmallow import Schema, fields


class CountsSchema(Schema):
    """What a service counts: the visit is longer for each."""

    question = fields.String(required=True, metadata={"description": "What people are asked."})
    minutes_each = fields.Integer(required=True, metadata={"description": "Added to `duration_minutes` for each."})
    most = fields.Integer(required=True, metadata={"description": "The highest number."})


class NumberSchema(Schema):
    """How many of what a service counts the visit is for."""

    service = fields.String(required=True, metadata={"description": "The service's slug."})
    question = fields.String(required=True, metadata={"description": "What people were asked."})
    number = fields.Integer(required=True)


class DocumentCaseSchema(Schema):
    """What people bring in one case, beside what everybody brings."""

    case = fields.String(required=True, metadata={"description": "In which: `If you rent`."})
    documents = fields.List(fields.String(), required=True, metadata={"description": "What to bring then."})


class CatchmentSchema(Schema):
    """For whom a service is, by where they live."""

    areas = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Outward codes, sectors and whole postcodes: N12, N12 0, N12 0GA."},
    )
    wards = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "The names of the wards whose people it is for, too."},
    )
    is_rule = fields.Boolean(required=True, metadata={"description": "Whether nobody else can book it."})
    instead = fields.String(required=True, metadata={"description": "What others do instead."})
