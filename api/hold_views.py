"""Holds for programs."""

from __future__ import annotations

from flask import Response

from api import request_schemas, response_schemas, serializers
from api.blueprint import blueprint
from api.operations import BODY_PROBLEMS, Values, idempotency_key, json_answer, operation, requested_slot, signed_in_key
from api.slot_conflicts import with_alternatives
from booking.use_cases.holds import hold_slot, release_hold
from core.errors import SlotTaken
from core.flask_context import current_runtime
from locations.catalogue_queries import catalogue_by_id
from people.staff.access_marks import api_scope


@blueprint.post("/holds")
@api_scope("book")
@operation(
    body=request_schemas.HoldBodySchema,
    answers={201: response_schemas.HoldSchema},
    problems=(*BODY_PROBLEMS, 404, 409),
)
def hold(body: Values) -> Response:
    """Hold a slot for ten minutes."""
    slot_key, needs = requested_slot(body["slot"]), frozenset(body.get("support_needs", ()))
    try:
        held = hold_slot(current_runtime(), slot_key, for_public=True, needs=needs, idempotency=idempotency_key())
    except SlotTaken as error:
        raise with_alternatives(error, slot_key, needs) from error
    with current_runtime().database.reading() as db:
        zone = catalogue_by_id(db, signed_in_key().authority_id).authority.zone
    return json_answer({"hold": held.token, "expires_at": serializers.moment(held.expires_at, zone)}, 201)


@blueprint.delete("/holds/<hold>")
@api_scope("book")
@operation(answers={204: None}, paths={"hold": "The hold. One that is gone already is no mistake."})
def release(hold: str) -> Response:
    """Give a hold back."""
    release_hold(current_runtime(), signed_in_key().authority_id, hold)
    return Response(status=204)
