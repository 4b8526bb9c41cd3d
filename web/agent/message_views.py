"""What staff see of an appointment's messages: which went out, and why one did not."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, render_template

from booking.queries.appointments import by_reference
from core.flask_context import current_runtime
from locations.catalogue_queries import catalogue_by_id
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.channels.registry import CHANNEL_RULES
from reminders.delivery_decisions import PENDING, WITHHELD
from reminders.due_times import CONTACT_CHANGED, HANDED_OVER
from reminders.history_queries import MessageHistoryEntry, message_history
from reminders.recipients import Contacts, Withheld, deliveries_for
from web.message_labels import MESSAGE_KINDS, MESSAGE_STATUSES, message_reason
from web.message_routes import contacts_of_appointment
from web.staff_guard import current_staff

blueprint = Blueprint("messages", __name__)


@blueprint.get("/staff/messages/<reference>")
@requires(Action.SEE_RESIDENT)
def account(reference: str) -> str:
    """The messages of one appointment. It names the appointment and nobody."""
    with current_runtime().database.reading() as db:
        catalogue = catalogue_by_id(db, current_staff().authority_id)
        appointment = by_reference(db, catalogue, reference)
        contacts = contacts_of_appointment(appointment)
        entries = [_as_it_will_be(entry, contacts) for entry in message_history(db, appointment.id)]
    return render_template(
        "staff/messages.html",
        appointment=appointment,
        entries=entries,
        message_kinds=MESSAGE_KINDS,
        message_statuses=MESSAGE_STATUSES,
        message_reason=message_reason,
    )


def _as_it_will_be(entry: MessageHistoryEntry, contacts: Contacts) -> MessageHistoryEntry:
    """A message that waits, and that nobody will get as things stand, is shown as what it comes to."""
    if entry.status != PENDING or entry.kind in (CONTACT_CHANGED, HANDED_OVER):
        return entry
    found = deliveries_for(contacts, entry.full_kind, CHANNEL_RULES)
    return replace(entry, status=WITHHELD, reason=found.code) if isinstance(found, Withheld) else entry
