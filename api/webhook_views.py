"""Which programs are told what happened."""

from __future__ import annotations

from collections.abc import Collection

from flask import Response

from api import batch_schemas, request_schemas, serializers
from api.blueprint import blueprint
from api.key_guard import api_actor
from api.operations import BODY_PROBLEMS, Values, idempotency_key, json_answer, operation, page_of, signed_in_key
from booking.use_cases.webhooks import add_webhook, remove_webhook
from booking.webhooks.signed_message import APPOINTMENT_EVENTS, RECEIPTS_HANDED_OVER
from booking.webhooks.webhook_queries import target_of, webhooks_of
from core.errors import Invalid, NotFound
from core.flask_context import current_runtime
from locations.catalogue_queries import catalogue_by_id
from people.staff.access_marks import api_scope
from people.staff.policy import Scope

LONGEST_NUMBER = 18  # figures, of what every database can look up


@blueprint.get("/webhooks", endpoint="webhooks")
@api_scope("manage")
@operation(query=request_schemas.PageQuerySchema, answers={200: batch_schemas.WebhooksSchema}, problems=(400,))
def webhooks(query: Values) -> Response:
    """The addresses that are told what happened."""
    authority_id = signed_in_key().authority_id
    with current_runtime().database.reading() as db:
        zone = catalogue_by_id(db, authority_id).authority.zone
        found = webhooks_of(db, authority_id)
    page, cursor = page_of(found, lambda one: str(one.id), query)
    items = [
        {
            "id": one.id,
            "host": one.host,
            "events": list(one.events),
            "created_at": serializers.moment(one.created_at, zone),
            "failing_since": serializers.moment(one.failing_since, zone) if one.failing_since else None,
            "failure": one.failure,
        }
        for one in page
    ]
    return json_answer({"items": items, "next_cursor": cursor})


@blueprint.post("/webhooks", endpoint="add_webhook")
@api_scope("manage")
@operation(
    body=batch_schemas.WebhookBodySchema,
    answers={201: batch_schemas.AddedWebhookSchema},
    problems=(*BODY_PROBLEMS, 404, 409),
)
def add(body: Values) -> Response:
    """Tell an address what happens from now on, signed with the secret of the answer."""
    runtime, authority_id = current_runtime(), signed_in_key().authority_id
    events = body["events"] or _events_of(signed_in_key().scopes)
    added = add_webhook(runtime, authority_id, body["url"], events, actor=api_actor(), idempotency=idempotency_key())
    with runtime.database.reading() as db:
        try:
            secret = target_of(db, runtime.settings.secret_keys, authority_id, added).secret
        except NotFound as error:
            raise NotFound.because("webhook_unknown") from error  # repeated, and removed since
    return json_answer({"id": added, "secret": secret}, 201)


def _events_of(scopes: Collection[str]) -> list[str]:
    """All that a key with these scopes could look up. Raises: Invalid when that is nothing."""
    events = [*APPOINTMENT_EVENTS] if Scope.READ in scopes else []
    events += [RECEIPTS_HANDED_OVER] if Scope.RECEIPTS in scopes else []
    if not events:
        raise Invalid.in_field("events", "webhook_events")
    return events


@blueprint.delete("/webhooks/<webhook>", endpoint="remove_webhook")
@api_scope("manage")
@operation(answers={204: None}, problems=(404,), paths={"webhook": "The id of an address."})
def remove(webhook: str) -> Response:
    """Tell the address nothing any more."""
    if not webhook.isascii() or not webhook.isdigit() or len(webhook) > LONGEST_NUMBER:
        raise NotFound.because("webhook_unknown")
    try:
        remove_webhook(current_runtime(), signed_in_key().authority_id, int(webhook), actor=api_actor())
    except NotFound as error:
        raise NotFound.because("webhook_unknown") from error
    return Response(status=204)
