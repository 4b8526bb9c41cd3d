"""The day itself for programs: somebody arrives, with an appointment or without, and a desk calls who is next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Response
from sqlalchemy.orm import Session

from api import serializers, visit_schemas
from api.appointment_views import REFERENCE
from api.blueprint import blueprint
from api.catalogue_views import known_services
from api.key_guard import api_actor
from api.operations import (
    BODY_PROBLEMS,
    Values,
    idempotency_key,
    json_answer,
    operation,
    published_catalogue,
    signed_in_key,
)
from api.repeated_answers import repeated_while_unchanged
from booking.states import State
from booking.use_cases.call_next import call_next
from booking.use_cases.check_in import check_in
from booking.use_cases.take_walk_in import take_walk_in
from booking.visits.queue_state_queries import site_waits
from booking.visits.visit_queries import VisitOfDay, visit_by_id, visit_of_appointment
from booking.visits.visit_states import NewWalkIn
from booking.visits.wait_estimate import WaitRange
from core.flask_context import current_runtime
from locations.catalogue_queries import catalogue_by_id
from locations.model import Catalogue
from people.residents.access_log import log_access
from people.staff.access_marks import api_scope

SITE = {"site": "The slug of a site."}


@blueprint.post("/appointments/<reference>/check-in", endpoint="check_in")
@api_scope("visits")
@operation(
    body=visit_schemas.CheckInBodySchema,
    answers={200: visit_schemas.VisitSchema},
    problems=(*BODY_PROBLEMS, 404, 409),
    paths=REFERENCE,
)
def check_in_appointment(reference: str, body: Values) -> Response:
    """Say that somebody has arrived, for all their appointments of this visit. Doing it twice changes nothing."""
    booked = check_in(
        current_runtime(),
        signed_in_key().authority_id,
        reference,
        actor=api_actor(),
        site=body.get("site"),
        idempotency=idempotency_key(),
    )
    return _visit_answer(visit_of_appointment, booked.appointment_id, State(booked.state))


@blueprint.post("/sites/<site>/walk-ins", endpoint="walk_in")
@api_scope("visits")
@operation(
    body=visit_schemas.WalkInBodySchema,
    answers={201: visit_schemas.TicketSchema},
    problems=(*BODY_PROBLEMS, 404, 409),
    paths=SITE,
)
def take(site: str, body: Values) -> Response:
    """Give a ticket to somebody who comes without an appointment."""
    runtime, authority_id = current_runtime(), signed_in_key().authority_id
    new = NewWalkIn(body["name"], tuple(body.get("support_needs", ())), body["urgent"], "api")
    ticket = take_walk_in(
        runtime, authority_id, site, body["service"], new, actor=api_actor(), idempotency=idempotency_key()
    )
    answer = {"ticket": ticket.number, "reference": ticket.reference, "estimated_wait_minutes": _range(ticket.wait)}
    return json_answer(answer, 201)


@blueprint.post("/sites/<site>/next", endpoint="next")
@api_scope("visits")
@operation(
    body=visit_schemas.NextBodySchema,
    answers={200: visit_schemas.VisitSchema, 204: None},
    problems=(*BODY_PROBLEMS, 404, 409),
    paths=SITE,
)
def call(site: str, body: Values) -> Response:
    """Call who is next at a desk; 204 when nobody waits whom it can serve. No two desks ever call the same person."""
    runtime, authority_id = current_runtime(), signed_in_key().authority_id
    called = call_next(runtime, authority_id, site, body["resource"], actor=api_actor(), idempotency=idempotency_key())
    if called is None:
        return Response(status=204)
    return _visit_answer(visit_by_id, called.visit_id, State.ARRIVED, body["resource"], called.at)


@blueprint.get("/sites/<site>/waits", endpoint="waits")
@api_scope("read", open_when_published=True)
@repeated_while_unchanged
@operation(
    query=visit_schemas.WaitsQuerySchema,
    answers={200: visit_schemas.SiteWaitsSchema},
    problems=(400, 404),
    paths=SITE,
)
def waits(site: str, query: Values) -> Response:
    """How many wait at a site, and how long somebody waits who comes now without an appointment."""
    now = current_runtime().clock.now()
    with current_runtime().database.reading() as db:
        catalogue = published_catalogue(db, query.get("authority"))
        service_ids = known_services(catalogue, [query["service"]] if "service" in query else [])
        service = catalogue.service_by_id(service_ids[0]) if service_ids else None
        found = site_waits(db, catalogue, catalogue.public_site(site), now, service=service)
    as_of = serializers.moment(now, catalogue.authority.zone)
    return json_answer({"waiting": found.waiting, "estimated_wait_minutes": _range(found.range), "as_of": as_of})


def _range(wait: WaitRange) -> dict[str, int]:
    return {"low": wait.low, "high": wait.high}


def _visit_answer(
    find: Callable[[Session, Catalogue, int], VisitOfDay],
    number: int,
    state: State,
    resource: str | None = None,
    called_at: datetime | None = None,
) -> Response:
    """The visit that `find` finds by `number`, as it stood after the change; that a program has seen it is on record."""
    with current_runtime().database.writing() as db:
        catalogue = catalogue_by_id(db, signed_in_key().authority_id)
        visit, now, zone = find(db, catalogue, number), current_runtime().clock.now(), catalogue.authority.zone
        log_access(db, catalogue.authority.id, visit.resident_id, api_actor(), "api_visit", now, visit=visit.id)
    body = serializers.visit(visit, zone) | {"status": state.value, "resource": resource}
    return json_answer(body | {"called_at": serializers.moment(called_at, zone) if called_at else None})
