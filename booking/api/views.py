"""The routes of the JSON API, each with what it takes, what it answers and who may ask."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from booking.api import answers, appointments, availability, days, holds, places, schemas
from booking.api.operations import operation
from people.access import api_scope

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

CALENDAR = "text/calendar"
REFERENCE = {"reference": "The appointment's reference. Case, spaces and look-alikes are forgiven."}
BODY_PROBLEMS = (400, 413, 415, 422)
Values = dict[str, Any]


@blueprint.get("/services")
@api_scope("read", open_when_published=True)
@operation(
    "What residents can be seen about",
    query=schemas.ServicesQuery,
    answers={200: answers.Services},
    problems=(400, 404),
)
def services(query: Values) -> Response:
    return places.services(query)


@blueprint.get("/sites")
@api_scope("read", open_when_published=True)
@operation("Where people can go", query=schemas.SitesQuery, answers={200: answers.Sites}, problems=(400, 404))
def sites(query: Values) -> Response:
    return places.sites(query)


@blueprint.get("/availability")
@api_scope("read", open_when_published=True)
@operation("Every free slot", query=schemas.AvailabilityQuery, answers={200: answers.Slots}, problems=(400, 404))
def free_slots(query: Values) -> Response:
    return availability.free_slots(query)


@blueprint.post("/holds")
@api_scope("book")
@operation(
    "Hold a slot for ten minutes",
    body=schemas.HoldBody,
    answers={201: answers.Hold},
    problems=(*BODY_PROBLEMS, 404, 409),
)
def hold(body: Values) -> Response:
    return holds.hold(body)


@blueprint.delete("/holds/<hold>")
@api_scope("book")
@operation("Give a hold back", answers={204: None}, paths={"hold": "The hold. One that is gone already is no mistake."})
def release(hold: str) -> Response:
    return holds.release(hold)


@blueprint.post("/appointments")
@api_scope("book")
@operation(
    "Book a slot or a hold",
    body=schemas.BookingBody,
    answers={201: answers.Booked},
    problems=(*BODY_PROBLEMS, 404, 409, 410),
)
def book(body: Values) -> Response:
    return appointments.create(body)


@blueprint.get("/appointments/<reference>")
@api_scope("read")
@operation("An appointment", answers={200: answers.Appointment}, problems=(404,), paths=REFERENCE)
def appointment(reference: str) -> Response:
    return appointments.show(reference)


@blueprint.get("/appointments/<reference>.ics")
@api_scope("read")
@operation("An appointment as a calendar file", answers={200: CALENDAR}, problems=(404,), paths=REFERENCE)
def calendar(reference: str) -> Response:
    return appointments.calendar(reference)


@blueprint.post("/appointments/<reference>/reschedule")
@api_scope("book")
@operation(
    "Move an appointment to another time or place",
    body=schemas.RescheduleBody,
    answers={200: answers.Booked},
    problems=(*BODY_PROBLEMS, 404, 409, 410),
    paths=REFERENCE,
)
def reschedule(reference: str, body: Values) -> Response:
    return appointments.move_to(reference, body)


@blueprint.post("/appointments/<reference>/cancel")
@api_scope("book")
@operation(
    "Cancel an appointment",
    body=schemas.CancelBody,
    answers={200: answers.Booked},
    problems=(*BODY_PROBLEMS, 404, 409),
    paths=REFERENCE,
)
def cancel(reference: str, body: Values) -> Response:
    return appointments.call_off(reference, body)


@blueprint.post("/appointments/<reference>/outcome")
@api_scope("book")
@operation(
    "Record what became of an appointment, or put a wrong click right",
    body=schemas.OutcomeBody,
    answers={200: answers.Booked},
    problems=(*BODY_PROBLEMS, 404, 409),
    paths=REFERENCE,
)
def outcome(reference: str, body: Values) -> Response:
    return appointments.record_outcome(reference, body)


@blueprint.get("/sites/<site>/days/<date>")
@api_scope("read")
@operation(
    "A site's day",
    query=schemas.PageQuery,
    answers={200: answers.Day},
    problems=(400, 404),
    paths={"site": "The site's slug.", "date": "The date at the site, like 2026-11-24."},
)
def day_list(site: str, date: str, query: Values) -> Response:
    return days.day_list(site, date, query)
