"""The routes of the JSON API, each with what it takes, what it answers and who may ask."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from api import (
    appointment_views,
    availability_views,
    catalogue_views,
    hold_views,
    request_schemas,
    response_schemas,
    site_day_views,
)
from api.operations import operation
from people.staff.access_marks import api_scope

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

CALENDAR = "text/calendar"
REFERENCE = {"reference": "The appointment's reference. Case, spaces and look-alikes are forgiven."}
BODY_PROBLEMS = (400, 413, 415, 422)
Values = dict[str, Any]


@blueprint.get("/services")
@api_scope("read", open_when_published=True)
@operation(
    query=request_schemas.ServicesQuery,
    answers={200: response_schemas.Services},
    problems=(400, 404),
)
def services(query: Values) -> Response:
    """What residents can be seen about."""
    return catalogue_views.services(query)


@blueprint.get("/sites")
@api_scope("read", open_when_published=True)
@operation(query=request_schemas.SitesQuery, answers={200: response_schemas.Sites}, problems=(400, 404))
def sites(query: Values) -> Response:
    """Where people can go."""
    return catalogue_views.sites(query)


@blueprint.get("/availability")
@api_scope("read", open_when_published=True)
@operation(query=request_schemas.AvailabilityQuery, answers={200: response_schemas.Slots}, problems=(400, 404))
def free_slots(query: Values) -> Response:
    """Every free slot."""
    return availability_views.free_slots(query)


@blueprint.post("/holds")
@api_scope("book")
@operation(
    body=request_schemas.HoldBody,
    answers={201: response_schemas.Hold},
    problems=(*BODY_PROBLEMS, 404, 409),
)
def hold(body: Values) -> Response:
    """Hold a slot for ten minutes."""
    return hold_views.hold(body)


@blueprint.delete("/holds/<hold>")
@api_scope("book")
@operation(answers={204: None}, paths={"hold": "The hold. One that is gone already is no mistake."})
def release(hold: str) -> Response:
    """Give a hold back."""
    return hold_views.release(hold)


@blueprint.post("/appointments")
@api_scope("book")
@operation(
    body=request_schemas.BookingBody,
    answers={201: response_schemas.Booked},
    problems=(*BODY_PROBLEMS, 404, 409, 410),
)
def book(body: Values) -> Response:
    """Book a slot or a hold."""
    return appointment_views.create(body)


@blueprint.get("/appointments/<reference>")
@api_scope("read")
@operation(answers={200: response_schemas.Appointment}, problems=(404,), paths=REFERENCE)
def appointment(reference: str) -> Response:
    """An appointment."""
    return appointment_views.show(reference)


@blueprint.get("/appointments/<reference>.ics")
@api_scope("read")
@operation(answers={200: CALENDAR}, problems=(404,), paths=REFERENCE)
def calendar(reference: str) -> Response:
    """An appointment as a calendar file."""
    return appointment_views.calendar(reference)


@blueprint.post("/appointments/<reference>/reschedule")
@api_scope("book")
@operation(
    body=request_schemas.RescheduleBody,
    answers={200: response_schemas.Booked},
    problems=(*BODY_PROBLEMS, 404, 409, 410),
    paths=REFERENCE,
)
def reschedule(reference: str, body: Values) -> Response:
    """Move an appointment to another time or place."""
    return appointment_views.move_to(reference, body)


@blueprint.post("/appointments/<reference>/cancel")
@api_scope("book")
@operation(
    body=request_schemas.CancelBody,
    answers={200: response_schemas.Booked},
    problems=(*BODY_PROBLEMS, 404, 409),
    paths=REFERENCE,
)
def cancel(reference: str, body: Values) -> Response:
    """Cancel an appointment."""
    return appointment_views.call_off(reference, body)


@blueprint.post("/appointments/<reference>/outcome")
@api_scope("book")
@operation(
    body=request_schemas.OutcomeBody,
    answers={200: response_schemas.Booked},
    problems=(*BODY_PROBLEMS, 404, 409),
    paths=REFERENCE,
)
def outcome(reference: str, body: Values) -> Response:
    """Record what became of an appointment, or put a wrong click right."""
    return appointment_views.record_outcome(reference, body)


@blueprint.get("/sites/<site>/days/<date>")
@api_scope("read")
@operation(
    query=request_schemas.PageQuery,
    answers={200: response_schemas.Day},
    problems=(400, 404),
    paths={"site": "The site's slug.", "date": "The date at the site, like 2026-11-24."},
)
def day_list(site: str, date: str, query: Values) -> Response:
    """A site's day."""
    return site_day_views.day_list(site, date, query)
