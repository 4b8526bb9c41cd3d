"""What of a service and its visits programs get besides its name: numbers, and for whom it is."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from locations.paper_rules import TAKEN


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


class DocumentRuleSchema(Schema):
    """A paper that is counted or dated, or that one of several is enough of."""

    document = fields.String(required=True, metadata={"description": "What it is called."})
    says = fields.String(required=True, metadata={"description": "The rule in words: how many, and for whom."})
    taken = fields.List(
        fields.String(validate=validate.OneOf(sorted(TAKEN))),
        required=True,
        metadata={"description": "How it is taken."},
    )


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
