"""Appointments for programs: book, see, move, cancel, record what became of them."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from api import serializers
from api.key_guard import api_actor
from api.request_context import idempotency_key, json_answer, signed_in_key
from api.slot_conflicts import slot_key_of, with_alternatives
from booking.calendar.event import Audience, appointment_event
from booking.calendar.ical import single_file
from booking.queries.appointments import AppointmentView, by_reference
from booking.states import CANCELLED, CORRECTIONS, State
from booking.use_cases.book import Booked, Booking, book
from booking.use_cases.changes import Move, cancel, reschedule
from booking.use_cases.outcomes import correct, move
from core.flask_context import current_runtime
from core.language import DEFAULT_LANGUAGE, language_for
from locations.catalogue import Catalogue
from locations.catalogue_queries import cached_catalogue, catalogue_by_id
from people.residents.access_log import log_access
from people.residents.details import Representation, ResidentDetails

Body = dict[str, Any]


def create(body: Body) -> Response:
    """A new appointment."""
    authority_id = signed_in_key().authority_id
    slot_key = slot_key_of(body["slot"], authority_id) if body.get("slot") else None
    booking = Booking(
        authority_id=authority_id,
        channel=body["channel"],
        resident=_person(body["resident"], body),
        slot_key=slot_key,
        hold=body.get("hold") or None,
        representative=_representation(body.get("representative")),
        support_needs=tuple(body.get("support_needs", ())),
        notes=body.get("notes") or "",
    )
    with with_alternatives(slot_key, frozenset(booking.support_needs)):
        booked = book(current_runtime(), booking, actor=api_actor(), idempotency=idempotency_key())
    answer = _changed(booked, 201)
    answer.headers["Location"] = f"/api/v1/appointments/{booked.reference}"
    return answer


def show(reference: str) -> Response:
    """The appointment, whole. That it was looked at is put on record."""
    with current_runtime().database.writing() as db:
        view, _catalogue = _looked_at(db, reference, "api_appointment")
    return json_answer(serializers.appointment(view))


def calendar(reference: str) -> Response:
    """The appointment as a calendar file, without the link that could change it."""
    with current_runtime().database.writing() as db:
        view, catalogue = _looked_at(db, reference, "api_calendar")
    settings = current_runtime().settings
    event = appointment_event(
        view,
        catalogue.authority,
        Audience.RESIDENT,
        language_for(DEFAULT_LANGUAGE),
        public_url=settings.public_url,
        mail_from=settings.mail_from,
    )
    answer = Response(single_file(event), content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{view.reference}.ics"'
    return answer


def move_to(reference: str, body: Body) -> Response:
    """The appointment at its new time."""
    authority_id = signed_in_key().authority_id
    slot_key = slot_key_of(body["slot"], authority_id) if body.get("slot") else None
    where = Move(slot_key=slot_key, hold=body.get("hold") or None, reason=body.get("reason") or "")
    with with_alternatives(slot_key, frozenset()):
        booked = reschedule(
            current_runtime(),
            authority_id,
            reference,
            where,
            actor=api_actor(),
            enforce_cutoff=True,
            idempotency=idempotency_key(),
        )
    return _changed(booked)


def call_off(reference: str, body: Body) -> Response:
    """The appointment, cancelled by its resident or, with a reason, by the authority."""
    return _changed(_cancelled(reference, by=body["by"], reason=body.get("reason") or ""))


def record_outcome(reference: str, body: Body) -> Response:
    """The appointment in its new state."""
    wanted, reason = State(body["outcome"]), body.get("reason") or ""
    if wanted in CANCELLED:
        by = "resident" if wanted is State.CANCELLED_BY_RESIDENT else "authority"
        return _changed(_cancelled(reference, by=by, reason=reason))
    authority_id = signed_in_key().authority_id
    with current_runtime().database.reading() as db:
        current = by_reference(db, catalogue_by_id(db, authority_id), reference).state
    # The use case decides again, on the locked row; a step back is another deed than a step on.
    deed = correct if wanted in CORRECTIONS.get(current, ()) else move
    moved = deed(
        current_runtime(),
        authority_id,
        reference,
        wanted,
        actor=api_actor(),
        reason=reason,
        idempotency=idempotency_key(),
    )
    return _changed(moved)


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


def _changed(booked: Booked, status: int = 200) -> Response:
    with current_runtime().database.reading() as db:
        catalogue = cached_catalogue(db, signed_in_key().authority_id)
    return json_answer(serializers.booked(booked, catalogue, current_runtime().settings.public_url), status)


def _looked_at(db: Session, reference: str, purpose: str) -> tuple[AppointmentView, Catalogue]:
    catalogue = catalogue_by_id(db, signed_in_key().authority_id)
    view = by_reference(db, catalogue, reference)
    now = current_runtime().clock.now()
    log_access(db, view.authority_id, view.resident.id, api_actor(), purpose, now, appointment=view.id)
    return view, catalogue


def _person(values: Body, body: Body) -> ResidentDetails:
    return ResidentDetails(
        name=values["name"],
        email=values.get("email") or "",
        phone=values.get("phone") or "",
        postcode=values.get("postcode") or "",
        language=values.get("language") or "",
        support_needs=tuple(body.get("support_needs", ())),
        contact_preference=values.get("contact_preference", "email"),
        do_not_text=values.get("do_not_text", False),
        leave_no_message=values.get("leave_no_message", False),
    )


def _representation(values: Body | None) -> Representation | None:
    if values is None:
        return None
    return Representation(
        name=values["name"],
        basis=values["basis"],
        email=values.get("email") or "",
        phone=values.get("phone") or "",
    )
