"""What of the people of an appointment programs get: whom it is for, and who acts for them."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from api.request_schemas import about
from people.residents.details import BASES

LETTERS = "The lines above the postcode, for letters."


class PersonSchema(Schema):
    """Who somebody is, and how they are reached."""

    name = fields.String(required=True)
    email = fields.String(required=True)
    phone = fields.String(required=True)
    address = fields.String(required=True, metadata=about(LETTERS))
    postcode = fields.String(required=True)


class ResidentSchema(PersonSchema):
    """Who it is for."""

    language = fields.String(required=True)
    contact_preference = fields.String(required=True)
    do_not_text = fields.Boolean(required=True)
    leave_no_message = fields.Boolean(required=True)
    uses_neutral_name = fields.Boolean(required=True)


class RepresentativeSchema(PersonSchema):
    """Who acts for the resident."""

    basis = fields.String(required=True, validate=validate.OneOf(sorted(BASES)), metadata=about("On what basis."))
