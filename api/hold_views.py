"""Holds for programs."""

from __future__ import annotations

from typing import Any

from flask import Response

from api import serializers
from api.request_context import idempotency_key, json_answer, signed_in_key
from api.slot_conflicts import slot_key_of, with_alternatives
from booking.use_cases.holds import hold_slot, release_hold
from core.flask_context import current_runtime
from locations.catalogue_queries import catalogue_by_id


def hold(body: dict[str, Any]) -> Response:
    """The slot, held for some minutes."""
    authority_id = signed_in_key().authority_id
    slot_key, needs = slot_key_of(body["slot"], authority_id), frozenset(body.get("support_needs", ()))
    with with_alternatives(slot_key, needs):
        held = hold_slot(current_runtime(), slot_key, for_public=True, needs=needs, idempotency=idempotency_key())
    with current_runtime().database.reading() as db:
        zone = catalogue_by_id(db, authority_id).authority.zone
    return json_answer({"hold": held.token, "expires_at": serializers.moment(held.expires_at, zone)}, 201)


def release(token: str) -> Response:
    """Nothing; the hold is gone, or was so already."""
    release_hold(current_runtime(), signed_in_key().authority_id, token)
    return Response(status=204)
