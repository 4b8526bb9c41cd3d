"""The waiting list for programs: somebody waits for an earlier time, or does so no more."""

from __future__ import annotations

from flask import Response

from api import response_schemas, wish_schemas
from api.appointment_views import resident_details
from api.blueprint import blueprint
from api.key_guard import api_actor
from api.operations import BODY_PROBLEMS, Values, idempotency_key, json_answer, operation, signed_in_key
from booking.use_cases.wishes import NewWish, make_wish, withdraw_wish
from core.errors import NotFound
from core.flask_context import current_runtime
from people.staff.access_marks import api_scope

LONGEST_NUMBER = 18  # figures, of what every database can look up


@blueprint.post("/waiting-list")
@api_scope("book")
@operation(
    body=wish_schemas.WishBodySchema,
    answers={201: response_schemas.WishSchema},
    problems=(*BODY_PROBLEMS, 404, 409),
)
def wait(body: Values) -> Response:
    """Wait for an earlier time: of an appointment, or of a resident who has none."""
    resident = body.get("resident")
    new = NewWish(
        channel="api",
        appointment=body.get("appointment") or None,
        services=tuple(body.get("services") or ()),
        resident=None if resident is None else resident_details(resident),
        sites=tuple(body.get("sites") or ()),
        weekdays=tuple(body.get("days") or ()),
        from_time=body.get("from_time"),
        to_time=body.get("to_time"),
        until=body.get("until"),
        numbers=tuple(body.get("numbers") or ()),
        told_by=body.get("told_by") or "",
        own_adviser=bool(body.get("own_adviser")),
    )
    authority_id = signed_in_key().authority_id
    wish_id = make_wish(current_runtime(), authority_id, new, actor=api_actor(), idempotency=idempotency_key())
    return json_answer({"id": wish_id}, 201)


@blueprint.delete("/waiting-list/<wish>", endpoint="stop_waiting")
@api_scope("book")
@operation(answers={204: None}, problems=(404,), paths={"wish": "The id of a wish for an earlier time."})
def stop_waiting(wish: str) -> Response:
    """Wait no longer. A time that is held is free again; one that was taken stays. A second time it changes nothing."""
    if not wish.isascii() or not wish.isdigit() or len(wish) > LONGEST_NUMBER:
        raise NotFound.because("wish_unknown")
    withdraw_wish(current_runtime(), signed_in_key().authority_id, int(wish), actor=api_actor())
    return Response(status=204)
