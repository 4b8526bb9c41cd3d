"""The messages of an appointment for programs."""

from __future__ import annotations

from flask import Response

from api import response_schemas, serializers
from api.appointment_views import REFERENCE
from api.blueprint import blueprint
from api.key_guard import api_actor
from api.operations import json_answer, operation, signed_in_key
from booking.queries.appointments import by_reference
from core.flask_context import current_runtime
from locations.catalogue_queries import catalogue_by_id
from people.residents.access_log import log_access
from people.staff.access_marks import api_scope
from reminders.history_queries import message_history


@blueprint.get("/appointments/<reference>/notifications")
@api_scope("read")
@operation(answers={200: response_schemas.NotificationsSchema}, problems=(404,), paths=REFERENCE)
def notifications(reference: str) -> Response:
    """What an appointment was owed, and what became of it."""
    runtime = current_runtime()
    with runtime.database.writing() as db:
        catalogue = catalogue_by_id(db, signed_in_key().authority_id)
        view = by_reference(db, catalogue, reference)
        now = runtime.clock.now()
        log_access(db, view.authority_id, view.resident.id, api_actor(), "api_notifications", now, appointment=view.id)
        entries = message_history(db, view.id)
    return json_answer({"items": [serializers.notification(entry, view.zone) for entry in entries]})
