"""What staff see of an appointment's messages: which went out, and why one did not."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.queries.appointments import AppointmentView, by_reference
from core.tokens import spoken_reference
from people.residents.access_log import log_access
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.contacts import Contacts
from reminders.delivery_decisions import PENDING, WITHHELD
from reminders.history_queries import MessageHistoryEntry, message_history
from reminders.recipients import CONTACT_CHANGED, HANDED_OVER, Withheld, deliveries_for
from web.agent.text_again_form import TextAgainForm
from web.confirmation_lines import confirmation_lines
from web.labels import labels_of
from web.message_labels import FAILURE_RESULTS, MESSAGE_CHANNELS, MESSAGE_KINDS, MESSAGE_OUTCOMES, message_reason
from web.message_routes import contacts_of_appointment, rules_of_page
from web.page_context import StaffContext, staff_context
from web.told import ToldLine

blueprint = Blueprint("messages", __name__)


@blueprint.get("/staff/messages/<reference>")
@requires(Action.SEE_RESIDENT)
def account(reference: str) -> str:
    """The messages of one appointment, and whose it is; that somebody looked is put into the access log."""
    with staff_context() as context:
        return messages_page(context, by_reference(context.db, context.catalogue, reference), TextAgainForm())


def messages_page(context: StaffContext, appointment: AppointmentView, form: TextAgainForm) -> str:
    """The page of an appointment's messages, with the form that has texts sent again to whoever acts for the resident."""
    with context.runtime.database.writing() as db:
        residents = [appointment.resident.id]
        log_access(db, context.authority.id, None, context.actor, "messages", context.now, residents=residents)
    return render_template(
        "staff/messages.html",
        appointment=appointment,
        confirmation=confirmation_lines(context.runtime, context.db, [appointment], context.now).get(appointment.id),
        entries=history_of(context.db, appointment),
        message_kinds=MESSAGE_KINDS,
        message_channels=MESSAGE_CHANNELS,
        channel_names=lambda codes: labels_of(MESSAGE_CHANNELS, codes),
        message_statuses=MESSAGE_OUTCOMES,
        message_reason=message_reason,
        failure_results=FAILURE_RESULTS,
        form=form,
        told_again=told_of_texts(appointment),
        may_book=context.serves(appointment.site.id),
        spoken_reference=spoken_reference,
    )


def told_of_texts(appointment: AppointmentView) -> tuple[ToldLine, ...]:
    """Who is told when texts go again to whoever acts for the resident."""
    helper = appointment.representative
    return (ToldLine(str(_("messages that are still to come go by text again")), helper.name),) if helper else ()


def history_of(db: Session, appointment: AppointmentView) -> list[MessageHistoryEntry]:
    """Every message that the appointment was owed, as it is or as it will be."""
    contacts = contacts_of_appointment(appointment)
    return [_as_it_will_be(entry, contacts) for entry in message_history(db, appointment.id)]


def _as_it_will_be(entry: MessageHistoryEntry, contacts: Contacts) -> MessageHistoryEntry:
    """A message that waits, and that nobody will get as things stand, is shown as what it comes to."""
    if entry.status != PENDING or entry.kind in (CONTACT_CHANGED, HANDED_OVER):
        return entry
    found = deliveries_for(contacts, entry.full_kind, rules_of_page())
    return replace(entry, status=WITHHELD, reason=found.code) if isinstance(found, Withheld) else entry
