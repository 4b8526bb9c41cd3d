"""The shapes of answers, for the OpenAPI document. Views write plain dictionaries; tests compare the two."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from api.people_schemas import RepresentativeSchema, ResidentSchema
from api.request_schemas import about
from api.service_schemas import CatchmentSchema, CountsSchema, DocumentCaseSchema, DocumentRuleSchema, NumberSchema
from booking.arrangements import ArrangementState
from booking.documents.progress_steps import Step
from booking.states import CHANNELS, State
from locations.model import MODES, SITE_KINDS
from people.residents.details import NEEDS
from reminders.delivery_decisions import STATES as MESSAGE_STATES


def _text(text: str = "", **more: Any) -> fields.String:
    return fields.String(required=True, metadata=about(text, **more) if text or more else {})


def _moment(text: str) -> fields.String:
    return _text(text, format="date-time", example="2026-11-24T09:00:00+00:00")


def _moment_or_null(text: str) -> fields.String:
    return fields.String(required=True, allow_none=True, metadata=about(text, format="date-time"))


def _one_of(choices: Any, text: str) -> fields.String:
    return fields.String(required=True, validate=validate.OneOf(sorted(choices)), metadata=about(text))


def _list(of: Any, text: str = "") -> fields.List[Any]:
    return fields.List(of, required=True, metadata=about(text))


def _cursor() -> fields.String:
    return fields.String(required=True, allow_none=True, metadata=about("For the next page; null on the last one."))


class ServiceSchema(Schema):
    """Something that residents can be seen about."""

    slug = _text()
    name = _text()
    summary = _text()
    duration_minutes = fields.Integer(
        required=True,
        metadata=about("How long it takes, without what `counts` adds for each: then a visit takes so much longer."),
    )
    modes = _list(_one_of(MODES, "A mode."), "How it can be held.")
    documents = _list(fields.String(), "What to bring.")
    documents_by_case = _list(fields.Nested(DocumentCaseSchema), "What else to bring in some cases.")
    documents_by_rule = _list(fields.Nested(DocumentRuleSchema), "What else to bring, by rules that count and date.")
    bookable_online = fields.Boolean(required=True, metadata=about("Whether residents may book it by themselves."))
    counts = fields.Nested(
        CountsSchema,
        required=True,
        allow_none=True,
        metadata=about("What makes a visit longer; null where it always takes as long."),
    )
    catchment = fields.Nested(
        CatchmentSchema,
        required=True,
        allow_none=True,
        metadata=about("For whom it is; null where it is for everybody. `postcode` of the resident decides."),
    )


class ServicesSchema(Schema):
    """A page of services."""

    items = _list(fields.Nested(ServiceSchema))
    next_cursor = _cursor()


class DropInSchema(Schema):
    """When people come without an appointment."""

    starts_at = _moment("In the site's own zone.")
    ends_at = _moment("In the site's own zone.")
    services = _list(fields.String(), "The slugs of what it is for.")


class SiteSchema(Schema):
    """Where people go."""

    slug = _text()
    name = _text()
    kind = _one_of(SITE_KINDS, "What it is.")
    address = _text()
    postcode = _text()
    features = _list(fields.String(), "Support needs that the whole site meets.")
    distance_miles = fields.Float(
        required=True, allow_none=True, metadata=about("Null without `near`, and for virtual sites.")
    )
    drop_in = _list(fields.Nested(DropInSchema), "The next two weeks' hours in which no appointment is needed.")


class SitesSchema(Schema):
    """A page of sites."""

    items = _list(fields.Nested(SiteSchema))
    next_cursor = _cursor()


class SlotSchema(Schema):
    """A start that could be booked."""

    slot = _text("Opaque: send it back to hold or to book.")
    site = _text("The site's slug.")
    mode = _one_of(MODES, "How it is held.")
    starts_at = _moment("In the site's own zone.")
    ends_at = _moment("When the visit is over.")
    free = fields.Integer(required=True, metadata=about("How many such visits fit side by side."))


class SlotsSchema(Schema):
    """A page of slots."""

    items = _list(fields.Nested(SlotSchema))
    next_cursor = _cursor()


class HoldSchema(Schema):
    """Capacity set aside."""

    hold = _text("Send it to book.")
    expires_at = _moment("When it is given back by itself.")


_JOIN_URL = fields.String(
    required=True, allow_none=True, metadata=about("Where a video appointment is joined; null for another mode.")
)
_RINGS = fields.String(
    required=True, allow_none=True, metadata=about("The number that is rung for a telephone appointment; else null.")
)


class BookedSchema(Schema):
    """An appointment after a change."""

    reference = _text("For reading aloud.", example="K7PM4QX2")
    version = fields.Integer(required=True, metadata=about("Rises when the time changes or it is cancelled."))
    status = _one_of([state.value for state in State], "Where it stands.")
    starts_at = _moment("In the site's own zone.")
    ends_at = _moment("When the visit is over.")
    site = _text("The site's slug.")
    service = _text("The slug of the (first) service.")
    services = _list(fields.String(), "Every service of the visit, in order.")
    mode = _one_of(MODES, "How it is held.")
    join_url = _JOIN_URL
    rings = _RINGS
    manage_url = _text("Where the resident can change or cancel it. Keep it secret.", format="uri")


class ArrangementSchema(Schema):
    """How far the council has arranged what somebody needs."""

    need = _one_of(NEEDS, "A need that is arranged.")
    state = _one_of(
        [state.value for state in ArrangementState],
        "Whether it was found: asked for, or decided; `spoken` by an adviser of the visit, without an interpreter.",
    )


class FirstContactSchema(Schema):
    """When and how somebody first asked for help with homelessness. It never changes; their words are for staff alone."""

    asked_at = _moment("When they asked: the date that counts.")
    channel = _one_of(CHANNELS, "How they asked.")


class ProgressSchema(Schema):
    """A step after the visit; `paper` is which one is needed."""

    step, paper, at = _one_of(list(Step), "What has happened."), _text(), _moment("When it was noted.")


class AppointmentSchema(Schema):
    """An appointment, whole."""

    reference = _text("For reading aloud.", example="K7PM4QX2")
    version = fields.Integer(required=True)
    status = _one_of([state.value for state in State], "Where it stands.")
    reason = _text("Why it was cancelled or not completed.")
    moved_by = fields.String(
        required=True,
        allow_none=True,
        metadata=about("Who wanted its last move, resident or authority; null where it was never moved."),
    )
    starts_at = _moment("In the site's own zone.")
    ends_at = _moment("When the visit is over.")
    site = _text("The site's slug.")
    service = _text("The slug of the (first) service.")
    services = _list(fields.String())
    resources = _list(fields.String(), "The slugs of what it occupies.")
    mode = _one_of(MODES, "How it is held.")
    join_url = _JOIN_URL
    rings = _RINGS
    channel = _one_of(CHANNELS, "How it was booked.")
    is_walk_in = fields.Boolean(required=True)
    old_reference = _text("What it was called in another system, before it was imported; or empty.")
    resident = fields.Nested(ResidentSchema, required=True)
    representative = fields.Nested(RepresentativeSchema, required=True, allow_none=True)
    support_needs = _list(_one_of(NEEDS, "A need."))
    unmet_needs = _list(_one_of(NEEDS, "A need."), "Those of the needs that its place or its length does not meet.")
    arrangements = _list(fields.Nested(ArrangementSchema), "Interpreters, in the order of the needs.")
    documents = _list(fields.String(), "What to bring; what is for some cases alone begins with the case.")
    notes = _text()
    numbers = _list(fields.Nested(NumberSchema), "What makes the visit longer.")
    first_contact = fields.Nested(
        FirstContactSchema,
        required=True,
        allow_none=True,
        metadata=about("How they first asked for help with homelessness; null where it does not follow from that."),
    )
    progress = _list(fields.Nested(ProgressSchema), "How far it has come after the visit, the oldest step first.")
    created_at = _moment("When it was booked.")
    changed_at = _moment("When it last changed.")


class NotificationSchema(Schema):
    """A message that an appointment was owed, and what became of it."""

    kind = _text("What it says.", example="reminder_1d")
    channel = _text("By which way it goes.", example="email")
    version = fields.Integer(required=True, metadata=about("The version of the appointment that it is about."))
    state = _one_of(MESSAGE_STATES, "Where it stands.")
    due_at = _moment("When it is to be sent.")
    sent_at = _moment_or_null("When it was sent.")
    delivered_at = _moment_or_null(
        "When the provider said that it was delivered (of a late one after the visit began); null where none says so."
    )
    tries = fields.Integer(required=True, metadata=about("How often it was tried."))


class NotificationsSchema(Schema):
    """The messages of an appointment, by the time that they are due."""

    items = _list(fields.Nested(NotificationSchema))


class DaySchema(Schema):
    """A site's day."""

    site = _text("The site's slug.")
    date = _text(format="date")
    items = _list(fields.Nested(AppointmentSchema), "By start.")
    next_cursor = _cursor()


class ProblemSchema(Schema):
    """Problem details. Source: RFC 9457. Some codes carry facts of their own."""

    type = _text(example="about:blank")
    title = _text()
    status = fields.Integer(required=True)
    detail = _text("What to do about it.")
    code = _text("Stable, for programs.", example="validation")
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata=about("With `validation`: what is wrong, by field."),
    )
    alternatives = fields.List(fields.Nested(SlotSchema), metadata=about("With `slot_taken`: the nearest free slots."))
    limit_at = fields.String(metadata=about("With `too_soon` and `too_far`: the limit.", format="date-time"))
    limit = fields.Integer(metadata=about("With `limit_reached`: how many open appointments are allowed."))
    current = fields.String(metadata=about("With `illegal_move`: the present state."))
    wanted = fields.String(metadata=about("With `illegal_move`: the state asked for."))


class MadeClosureSchema(Schema):
    """A closure, and how many booked appointments it affects."""

    id = fields.Integer(required=True, allow_none=True, metadata=about("Null in a preview."))
    affected = fields.Integer(required=True)


class ClosureSchema(Schema):
    """What has become of the appointments that a closure affects: each is counted under exactly one state."""

    id = fields.Integer(required=True)
    affected = fields.Integer(required=True, metadata=about("All of them together."))
    offered = fields.Integer(required=True, metadata=about("Another time is held, and was sent."))
    accepted = fields.Integer(required=True, metadata=about("Moved to the time that was offered."))
    moved = fields.Integer(required=True, metadata=about("Moved to another time, or to another desk."))
    declined = fields.Integer(required=True, metadata=about("The time did not suit; somebody rings."))
    cancelled = fields.Integer(required=True)
    to_ring = fields.Integer(required=True, metadata=about("Somebody is to ring."))


class WishSchema(Schema):
    """Somebody who waits for an earlier time."""

    id = fields.Integer(required=True)
