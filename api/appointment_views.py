"""Appointments for programs: book, read, reschedule, cancel, record the outcome."""

from __future__ import annotations

from dataclasses import replace

from flask import Response
from sqlalchemy.orm import Session

from api import request_schemas, response_schemas, serializers
from api.blueprint import blueprint
from api.key_guard import api_actor
from api.operations import BODY_PROBLEMS, Values, idempotency_key, json_answer, operation, requested_slot, signed_in_key
from api.slot_conflicts import with_alternatives
from booking.calendar.event import Audience, appointment_event
from booking.calendar.ical import single_file
from booking.documents.progress_steps import Step
from booking.documents.tables import LONGEST_DOCUMENT
from booking.queries.appointments import AppointmentView, by_id, by_reference
from booking.slot_tokens import SlotKey, decode
from booking.states import CANCELLED, CORRECTIONS, State
from booking.use_cases import outcomes
from booking.use_cases.book import Booked, Booking, book
from booking.use_cases.cancel import cancel
from booking.use_cases.note_progress import note_progress
from booking.use_cases.reschedule import Move, reschedule
from core.errors import Invalid, InvalidValue, SlotTaken
from core.flask_context import current_runtime
from core.language import DEFAULT_LANGUAGE, language_for
from core.text import clean_line
from core.wall_clock import iso_local
from locations.catalogue_queries import cached_catalogue, catalogue_by_id
from locations.model import VIRTUAL_MODES, Catalogue
from locations.own_words import Told
from people.residents.access_log import log_access
from people.residents.details import Representation, ResidentDetails
from people.staff.access_marks import api_scope

CALENDAR = "text/calendar"
REFERENCE = {"reference": "The appointment's reference. Case, spaces and look-alikes are forgiven."}


@blueprint.post("/appointments", endpoint="book")
@api_scope("book")
@operation(
    body=request_schemas.BookingBodySchema,
    answers={201: response_schemas.BookedSchema},
    problems=(*BODY_PROBLEMS, 404, 409, 410),
)
def book_appointment(body: Values) -> Response:
    """Book a slot or a hold."""
    booking = _booking(body)
    try:
        booked = book(current_runtime(), booking, actor=api_actor(), idempotency=idempotency_key())
    except SlotTaken as error:
        raise with_alternatives(error, booking.slot_key, frozenset(booking.support_needs)) from error
    answer = _booked_answer(booked, 201)
    answer.headers["Location"] = f"/api/v1/appointments/{booked.reference}"
    return answer


@blueprint.get("/appointments/<reference>")
@api_scope("read")
@operation(answers={200: response_schemas.AppointmentSchema}, problems=(404,), paths=REFERENCE)
def appointment(reference: str) -> Response:
    """An appointment."""
    with current_runtime().database.writing() as db:
        view, _catalogue = _viewed(db, reference, "api_appointment")
    return json_answer(serializers.appointment(view))


@blueprint.get("/appointments/<reference>.ics")
@api_scope("read")
@operation(answers={200: CALENDAR}, problems=(404,), paths=REFERENCE)
def calendar(reference: str) -> Response:
    """An appointment as a calendar file."""
    with current_runtime().database.writing() as db:
        view, catalogue = _viewed(db, reference, "api_calendar")
    settings = current_runtime().settings
    told = Told(view.services, is_neutral=view.resident.uses_neutral_name)
    event = appointment_event(  # without the link that could change it
        replace(view, services=told.services, site=told.site(view.site)),
        catalogue.authority,
        Audience.RESIDENT,
        language_for(DEFAULT_LANGUAGE),
        public_url=settings.public_url,
        mail_from=settings.mail_from,
        owner_since=view.owner_since,
    )
    answer = Response(single_file(event), content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{view.reference}.ics"'
    return answer


@blueprint.post("/appointments/<reference>/reschedule", endpoint="reschedule")
@api_scope("book")
@operation(
    body=request_schemas.RescheduleBodySchema,
    answers={200: response_schemas.BookedSchema},
    problems=(*BODY_PROBLEMS, 404, 409, 410),
    paths=REFERENCE,
)
def reschedule_appointment(reference: str, body: Values) -> Response:
    """Move an appointment to another time or place."""
    move = Move(
        _slot_key(body), body.get("hold") or None, body.get("reason") or "", changes_counts=body["changes_numbers"]
    )
    try:
        booked = reschedule(
            current_runtime(),
            signed_in_key().authority_id,
            reference,
            move,
            actor=api_actor(),
            enforce_cutoff=True,
            idempotency=idempotency_key(),
        )
    except SlotTaken as error:
        raise with_alternatives(error, move.slot_key) from error
    return _booked_answer(booked)


@blueprint.post("/appointments/<reference>/cancel", endpoint="cancel")
@api_scope("book")
@operation(
    body=request_schemas.CancelBodySchema,
    answers={200: response_schemas.BookedSchema},
    problems=(*BODY_PROBLEMS, 404, 409),
    paths=REFERENCE,
)
def cancel_appointment(reference: str, body: Values) -> Response:
    """Cancel an appointment."""
    return _booked_answer(_cancelled(reference, by=body["by"], reason=body.get("reason") or ""))


@blueprint.post("/appointments/<reference>/outcome")
@api_scope("book")
@operation(
    body=request_schemas.OutcomeBodySchema,
    answers={200: response_schemas.BookedSchema},
    problems=(*BODY_PROBLEMS, 404, 409),
    paths=REFERENCE,
)
def outcome(reference: str, body: Values) -> Response:
    """Record what became of an appointment, or put a wrong click right."""
    reason = body.get("reason") or ""
    if body["outcome"] in set(Step):
        return _booked_answer(_progressed(reference, Step(body["outcome"]), reason))
    requested_state = State(body["outcome"])
    if requested_state in CANCELLED:
        by = "resident" if requested_state is State.CANCELLED_BY_RESIDENT else "authority"
        return _booked_answer(_cancelled(reference, by=by, reason=reason))
    authority_id = signed_in_key().authority_id
    with current_runtime().database.reading() as db:
        current = by_reference(db, catalogue_by_id(db, authority_id), reference).state
    # The use case checks the state again on the locked row; a correction is a use case of its own.
    use_case = outcomes.correct if requested_state in CORRECTIONS.get(current, ()) else outcomes.record_outcome
    booked = use_case(
        current_runtime(),
        authority_id,
        reference,
        requested_state,
        actor=api_actor(),
        reason=reason,
        idempotency=idempotency_key(),
    )
    return _booked_answer(booked)


def _progressed(reference: str, step: Step, reason: str) -> Booked:
    """Raises: Invalid, IllegalMove, NotFound."""
    try:
        paper = clean_line(reason, LONGEST_DOCUMENT)
    except InvalidValue as error:
        raise Invalid({"reason": [error.reason]}) from error
    key = (current_runtime(), signed_in_key().authority_id, reference)
    return note_progress(*key, step, paper, actor=api_actor(), idempotency=idempotency_key())


def _cancelled(reference: str, *, by: str, reason: str) -> Booked:
    return cancel(
        current_runtime(),
        signed_in_key().authority_id,
        reference,
        actor=api_actor(),
        by="resident" if by == "resident" else "authority",
        reason=reason,
        enforce_cutoff=by == "resident",
        idempotency=idempotency_key(),
    )


def _booking(body: Values) -> Booking:
    return Booking(
        authority_id=signed_in_key().authority_id,
        channel=body["channel"],
        resident=resident_details(body["resident"], tuple(body.get("support_needs", ()))),
        slot_key=_slot_key(body),
        hold=body.get("hold") or None,
        representative=_representation(body.get("representative")),
        support_needs=tuple(body.get("support_needs", ())),
        notes=body.get("notes") or "",
        case_number=body.get("case_number") or "",
        known_resident=_known_resident(body.get("after") or ""),
    )


def _known_resident(reference: str) -> int | None:
    """Whose earlier appointment the program names; None where it names none. Raises: NotFound."""
    if not reference:
        return None
    with current_runtime().database.reading() as db:
        return by_reference(db, catalogue_by_id(db, signed_in_key().authority_id), reference).resident.id


def _slot_key(body: Values) -> SlotKey | None:
    return requested_slot(body["slot"]) if body.get("slot") else None


def _booked_answer(booked: Booked, status: int = 200) -> Response:
    """An appointment after a change, as it stood then."""
    with current_runtime().database.reading() as db:
        catalogue = cached_catalogue(db, signed_in_key().authority_id)
        slot_key, zone = decode(booked.slot_token), catalogue.authority.zone
        view = by_id(db, catalogue, booked.appointment_id) if slot_key.mode in VIRTUAL_MODES else None
    remote = serializers.remote(view) if view else serializers.IN_PERSON
    services = [catalogue.service_by_id(service_id).slug for service_id in slot_key.service_ids]
    body = {
        "reference": booked.reference,
        "version": booked.version,
        "status": booked.state,
        "starts_at": iso_local(slot_key.start_unit, zone),
        "ends_at": iso_local(booked.end_unit, zone),
        "site": catalogue.site_by_id(slot_key.site_id).slug,
        "service": services[0],
        "services": services,
        "mode": slot_key.mode,
        **remote,
        "manage_url": current_runtime().settings.public_url + booked.manage_url_path,
    }
    return json_answer(body, status)


def _viewed(db: Session, reference: str, purpose: str) -> tuple[AppointmentView, Catalogue]:
    catalogue = catalogue_by_id(db, signed_in_key().authority_id)
    view = by_reference(db, catalogue, reference)
    now = current_runtime().clock.now()
    log_access(db, view.authority_id, view.resident.id, api_actor(), purpose, now, appointment=view.id)
    return view, catalogue


def resident_details(values: Values, support_needs: tuple[str, ...] = ()) -> ResidentDetails:
    """The resident that a body describes, with the needs of the visit."""
    return ResidentDetails(
        name=values["name"],
        email=values.get("email") or "",
        phone=values.get("phone") or "",
        address=values.get("address") or "",
        postcode=values.get("postcode") or "",
        language=values.get("language") or "",
        support_needs=support_needs,
        contact_preference=values.get("contact_preference", "email"),
        do_not_text=values.get("do_not_text", False),
        leave_no_message=values.get("leave_no_message", False),
        uses_neutral_name=values.get("uses_neutral_name", False),
    )


def _representation(values: Values | None) -> Representation | None:
    if values is None:
        return None
    return Representation(
        name=values["name"],
        basis=values["basis"],
        email=values.get("email") or "",
        phone=values.get("phone") or "",
        address=values.get("address") or "",
        postcode=values.get("postcode") or "",
    )
