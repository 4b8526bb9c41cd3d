"""What staff see of an appointment's messages: which went out, and why one did not."""

from __future__ import annotations

from flask import Blueprint, render_template

from booking.queries.appointments import by_reference
from core.flask_context import current_runtime
from locations.catalogue_queries import catalogue_by_id
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.history_queries import message_history
from web.labels import MESSAGE_KINDS, MESSAGE_STATUSES, message_reason
from web.staff_guard import current_staff

blueprint = Blueprint("messages", __name__)


@blueprint.get("/staff/messages/<reference>")
@requires(Action.SEE_RESIDENT)
def account(reference: str) -> str:
    """The messages of one appointment. It names the appointment and nobody."""
    with current_runtime().database.reading() as db:
        catalogue = catalogue_by_id(db, current_staff().authority_id)
        appointment = by_reference(db, catalogue, reference)
        entries = message_history(db, appointment.id)
    return render_template(
        "staff/messages.html",
        appointment=appointment,
        entries=entries,
        message_kinds=MESSAGE_KINDS,
        message_statuses=MESSAGE_STATUSES,
        message_reason=message_reason,
    )
