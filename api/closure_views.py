"""Closures for programs: what is shut, who is affected, and other times that are offered to them."""

from __future__ import annotations

from flask import Response

from api import request_schemas, response_schemas
from api.blueprint import blueprint
from api.key_guard import api_actor
from api.operations import BODY_PROBLEMS, Values, idempotency_key, json_answer, operation, signed_in_key
from booking.use_cases.make_closure import NewClosure, closure_progress, make_closure, preview_closure
from booking.use_cases.offers import make_offers, request_offers
from core.errors import NotFound
from core.flask_context import current_runtime
from people.staff.access_marks import api_scope
from reminders.reach_queries import can_be_told

CLOSURE = {"closure": "The id of a closure."}
# So long a request seeks other times itself; the scheduler goes on with what is left.
SECONDS = 2.0
LONGEST_NUMBER = 18  # figures, of what every database can look up


@blueprint.post("/closures")
@api_scope("manage")
@operation(
    body=request_schemas.ClosureBodySchema,
    answers={201: response_schemas.MadeClosureSchema, 200: response_schemas.MadeClosureSchema},
    problems=(*BODY_PROBLEMS, 404, 409),
)
def close(body: Values) -> Response:
    """Shut something: nothing can be booked there from now on, and whoever is booked is listed."""
    runtime, authority_id = current_runtime(), signed_in_key().authority_id
    new = NewClosure(
        starts_at=body["starts_at"],
        ends_at=body["ends_at"],
        reason=body.get("reason") or "",
        site=body.get("site"),
        resource=body.get("resource"),
        service=body.get("service"),
        topic=body.get("topic") or "",
        mode=body.get("mode") or "",
    )
    if body["preview"]:
        preview = preview_closure(runtime, authority_id, new)
        return json_answer({"id": None, "affected": preview.affected})
    made = make_closure(runtime, authority_id, new, actor=api_actor(), idempotency=idempotency_key())
    return json_answer({"id": made.id, "affected": made.affected}, 201)


@blueprint.post("/closures/<closure>/offers")
@api_scope("manage")
@operation(
    body=request_schemas.OffersBodySchema,
    answers={202: response_schemas.ClosureSchema},
    problems=(*BODY_PROBLEMS, 404, 409),
    paths=CLOSURE,
)
def offer(closure: str, body: Values) -> Response:
    """Seek another time for everybody affected, hold it, and offer it. It goes on when this has answered."""
    idempotency_key()  # one that cannot be is refused; to ask twice is no mistake
    runtime, authority_id = current_runtime(), signed_in_key().authority_id
    number = _number(closure)
    request_offers(runtime, authority_id, number, actor=api_actor())
    make_offers(runtime, can_be_told, closure_id=number, seconds=SECONDS)
    return _progress(number, 202)


@blueprint.get("/closures/<closure>")
@api_scope("manage")
@operation(answers={200: response_schemas.ClosureSchema}, problems=(404,), paths=CLOSURE)
def progress(closure: str) -> Response:
    """What has become of everybody affected."""
    return _progress(_number(closure), 200)


def _progress(closure: int, status: int) -> Response:
    with current_runtime().database.reading() as db:
        counts = closure_progress(db, signed_in_key().authority_id, closure)
    return json_answer({"id": closure, **counts}, status)


def _number(text: str) -> int:
    """The id of a closure as an address gives it. Raises: NotFound for what can be none."""
    if not text.isascii() or not text.isdigit() or len(text) > LONGEST_NUMBER:
        raise NotFound.because("closure_unknown")
    return int(text)
