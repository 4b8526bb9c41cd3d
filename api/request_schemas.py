"""What programs send and what they get: the schemas that check requests and that the OpenAPI document shows."""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from api.schema_fields import (
    DateOrInstant,
    EmailText,
    Instant,
    MultiLineText,
    NameText,
    PhoneText,
    PostalText,
    PostcodeText,
    SingleLineText,
    Slug,
)
from booking.documents.progress_steps import Step
from booking.slot_tokens import LARGEST_COUNT, MAX_SERVICES
from booking.states import CHANNELS, State
from locations.model import MODES
from people.residents.details import BASES, CONTACT_PREFERENCES, NEEDS

LONGEST_NOTES, LONGEST_REASON = 2000, 500
LONGEST_TOKEN = 300
LARGEST_PAGE = 10_000
USUAL_PAGE = 1_000
OWN_AREA = "Sites in an area for whose people a service is first of all (`catchment`) come before, when it lies there."
AFTER = (
    "An earlier appointment of the resident: times with the adviser whom they have. Needs a key with the scope `book`."
)
EXAMPLE_SLOT = "1.1.1.1.p.0.5b530c"


def about(text: str, **more: Any) -> dict[str, Any]:
    """The metadata that the OpenAPI document shows: a description and, say, an example."""
    return {"description": text, **more}


def each_once(slugs: list[str]) -> None:
    """Raises: ValidationError when a service is named twice."""
    if len(set(slugs)) < len(slugs):
        raise ValidationError("Name each service once.")


class RequestSchema(Schema):
    """The base of requests. Unknown fields are ignored, so that programs may send more than is needed."""

    class Meta:
        """Unknown fields are left out."""

        unknown = EXCLUDE


def one_of(choices: Any, **options: Any) -> fields.String:
    """A text that is one of `choices`."""
    known = sorted(choices)
    message = f"Use one of: {', '.join(known)}."
    return fields.String(validate=validate.OneOf(known, error=message), **options)


def _name(**options: Any) -> NameText:
    missing = "Enter a name."
    at_least = [validate.Length(min=1, error=missing)]
    return NameText(required=True, validate=at_least, error_messages={"required": missing}, **options)


def _needs(**options: Any) -> fields.List[Any]:
    return fields.List(one_of(NEEDS), validate=validate.Length(max=len(NEEDS)), **options)


def numbers(text: str, **options: Any) -> fields.List[Any]:
    """The answers to what services count, in the order of the services."""
    one = fields.Integer(validate=validate.Range(1, LARGEST_COUNT, error="Use a number from {min} to {max}."))
    return fields.List(one, validate=validate.Length(max=MAX_SERVICES), metadata=about(text, example=[3]), **options)


def _limit(usual: int) -> fields.Integer:
    return fields.Integer(
        load_default=usual,
        validate=validate.Range(1, LARGEST_PAGE, error="Use a number from {min} to {max}."),
        metadata=about(f"How many items at most. Without it, {usual}."),
    )


class AuthorityQuerySchema(RequestSchema):
    """Whose data, where the key does not say it."""

    authority = Slug(metadata=about("The council, when no key names it and there are several.", example="barnet"))


class PageQuerySchema(RequestSchema):
    """One page of a list."""

    limit = _limit(USUAL_PAGE)
    cursor = SingleLineText(LONGEST_TOKEN, metadata=about("`next_cursor` of the page before."))


class ServicesQuerySchema(AuthorityQuerySchema, PageQuerySchema):
    """Which services."""


class SitesQuerySchema(AuthorityQuerySchema, PageQuerySchema):
    """Which sites."""

    service = fields.List(Slug(), metadata=about("Only sites that offer this service; repeat it for several."))
    near = SingleLineText(
        20, metadata=about(f"A postcode, or its beginning: nearest sites first. {OWN_AREA}", example="N12 0GA")
    )


class AvailabilityQuerySchema(AuthorityQuerySchema, PageQuerySchema):
    """Which slots."""

    limit = _limit(LARGEST_PAGE)
    service = fields.List(
        Slug(),
        required=True,
        validate=[validate.Length(1, MAX_SERVICES, error=f"Send one to {MAX_SERVICES} services."), each_once],
        metadata=about(
            "What for. Repeat it for one visit with several services, back to back; each of them once.",
            example=["certify"],
        ),
        error_messages={"required": "Say which service."},
    )
    site = fields.List(Slug(), metadata=about("Only at this site; repeat it for several."))
    near = SingleLineText(
        20, metadata=about(f"A postcode, or its beginning: slots of the nearest site first. {OWN_AREA}", example="N12")
    )
    first = DateOrInstant(data_key="from", metadata=about("From this date or instant on.", type="string"))
    last = DateOrInstant(
        data_key="to", metadata=about("To the end of this date, or before this instant.", type="string")
    )
    mode = one_of(MODES, metadata=about("How the visit is held."))
    need = _needs(
        metadata=about("A support need that must be met; repeat it for several. `welsh` is a meeting in Welsh.")
    )
    number = numbers(
        "How many of what a service counts, for each that does; see `counts` of services. Without it, one."
    )
    after = SingleLineText(40, metadata=about(AFTER, example="K7MP4QRX"))


class HoldBodySchema(RequestSchema):
    """What to hold."""

    slot = SingleLineText(
        LONGEST_TOKEN, required=True, metadata=about("A slot from the availability.", example=EXAMPLE_SLOT)
    )
    support_needs = _needs(metadata=about("Support needs that the place must meet."))


class ResidentBodySchema(RequestSchema):
    """Who it is for. Only the name is needed."""

    name = _name(metadata=about("In any script.", example="Maria Nowak"))
    email = EmailText(allow_none=True, metadata=about("For messages.", example="maria@example.org"))
    phone = PhoneText(allow_none=True, metadata=about("A telephone number.", example="07700 900123"))
    address = PostalText(
        allow_none=True, metadata=about("The lines above the postcode, for letters.", example="1 Elm Road")
    )
    postcode = PostcodeText(allow_none=True, metadata=about("A whole postcode.", example="N12 0GA"))
    language = SingleLineText(40, allow_none=True, metadata=about("The language they speak."))
    contact_preference = one_of(
        CONTACT_PREFERENCES,
        metadata=about(
            "How to reach them; without it, by email. A number that gets no texts is not texted: the next way is taken."
        ),
    )
    do_not_text = fields.Boolean(metadata=about("Never send a text message."))
    leave_no_message = fields.Boolean(metadata=about("Never leave a voice message."))
    uses_neutral_name = fields.Boolean(metadata=about("Name no service in messages, letters and calendars."))


class RepresentativeBodySchema(RequestSchema):
    """Who acts for the resident."""

    name = _name()
    basis = one_of(BASES, required=True, metadata=about("On what basis."))
    email = EmailText(allow_none=True)
    phone = PhoneText(allow_none=True)
    address = PostalText(allow_none=True, metadata=about("The lines above the postcode; letters then go there."))
    postcode = PostcodeText(allow_none=True, metadata=about("A whole postcode.", example="N12 0GA"))


class BookingBodySchema(RequestSchema):
    """What to book, for whom."""

    slot = SingleLineText(
        LONGEST_TOKEN,
        allow_none=True,
        metadata=about("A slot from the availability; or else a hold.", example=EXAMPLE_SLOT),
    )
    hold = SingleLineText(LONGEST_TOKEN, allow_none=True, metadata=about("A hold that is alive; or else a slot."))
    resident = fields.Nested(ResidentBodySchema, required=True, error_messages={"required": "Say who it is for."})
    representative = fields.Nested(RepresentativeBodySchema, allow_none=True)
    support_needs = _needs(metadata=about("What they need. `welsh`: they would like the meeting in Welsh."))
    notes = MultiLineText(LONGEST_NOTES, allow_none=True, metadata=about("What staff should know."))
    after = SingleLineText(40, allow_none=True, metadata=about("As the availability was asked for."))
    case_number = SingleLineText(
        40, allow_none=True, metadata=about("The number or code that a service asks for, where it does.")
    )
    channel = one_of(CHANNELS, load_default="api", metadata=about("How the resident came."))


class RescheduleBodySchema(RequestSchema):
    """Where to move an appointment."""

    slot = SingleLineText(
        LONGEST_TOKEN,
        allow_none=True,
        metadata=about("A slot for the same services; or else a hold.", example=EXAMPLE_SLOT),
    )
    hold = SingleLineText(LONGEST_TOKEN, allow_none=True, metadata=about("A hold that is alive; or else a slot."))
    reason = MultiLineText(LONGEST_REASON, allow_none=True)
    changes_numbers = fields.Boolean(
        load_default=False,
        metadata=about("Whether the slot may be for other numbers than the appointment has: longer or shorter."),
    )


class CancelBodySchema(RequestSchema):
    """Why an appointment is cancelled, and by whom."""

    reason = MultiLineText(
        LONGEST_REASON, allow_none=True, metadata=about("Needed when the authority cancels.", example="Feels ill")
    )
    by = one_of(("resident", "authority"), load_default="resident", metadata=about("Who cancels.", example="resident"))


class OutcomeBodySchema(RequestSchema):
    """The state to move to, or how far it has come after the visit."""

    outcome = one_of(
        [one.value for one in (*State, *Step)],
        required=True,
        error_messages={"required": "Say what became of it."},
        metadata=about(
            "The state to move to, or, with a reason, to go back to. Or, without a change of the state, a step after the"
            f" visit that the resident reads on their page: {', '.join(Step)}.",
            example=State.ARRIVED.value,
        ),
    )
    reason = MultiLineText(
        LONGEST_REASON,
        allow_none=True,
        metadata=about("Needed for some outcomes and for every correction; of `paper_needed` the name of the paper."),
    )


class ClosureBodySchema(RequestSchema):
    """What is shut, from when until when. Without a place, service, topic or mode it is the whole authority."""

    site = Slug(allow_none=True, metadata=about("The site that is shut.", example="high-street"))
    resource = Slug(
        allow_none=True, metadata=about("Only this resource of the site; without a site, a person of the council.")
    )
    service = Slug(allow_none=True, metadata=about("Only this service.", example="certify"))
    topic = SingleLineText(100, allow_none=True, metadata=about("Only the services of this topic."))
    mode = one_of(MODES, allow_none=True, metadata=about("Only visits held in this way."))
    starts_at = Instant(
        required=True,
        error_messages={"required": "Say from when."},
        metadata=about("From this instant on.", type="string", format="date-time", example="2026-12-03T09:00:00+00:00"),
    )
    ends_at = Instant(
        required=True,
        error_messages={"required": "Say until when."},
        metadata=about("Until this instant.", type="string", format="date-time", example="2026-12-03T17:00:00+00:00"),
    )
    reason = SingleLineText(200, allow_none=True, metadata=about("Why, for staff.", example="The boiler is broken"))
    preview = fields.Boolean(
        load_default=False, metadata=about("Only count who is affected; nothing is changed.", example=False)
    )


class OffersBodySchema(RequestSchema):
    """Nothing is needed."""
