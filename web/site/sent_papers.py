"""Who is told of what staff say of papers that were sent beforehand."""

from __future__ import annotations

from flask_babel import gettext as _

from booking.documents.document_queries import DocumentsOfVisit
from booking.queries.appointments import AppointmentView, by_reference
from booking.states import State
from reminders.paper_messages import reader_of
from reminders.recipients import SITE_MESSAGE
from web.labels import label_of
from web.message_labels import MESSAGE_KINDS, message_reason
from web.page_context import SiteContext
from web.told import ToldLine, how_text


def told_of_wish(context: SiteContext, reference: str, found: DocumentsOfVisit) -> tuple[ToldLine, ...]:
    """Who is told when a paper is wanted again; nothing where none was sent, or the appointment is not to come."""
    if not any(file.is_sent and file.is_kept for file in found.files):
        return ()
    view = by_reference(context.db, context.catalogue, reference)
    if view.state is not State.BOOKED or view.starts_at <= context.now:
        return ()
    return _told_of_wish(context, view)


def _told_of_wish(context: SiteContext, view: AppointmentView) -> tuple[ToldLine, ...]:
    reader = reader_of(context.db, view.id, context.now)
    if reader.delivery is None:
        reason = message_reason(reader.reason) if reader.reason else ""
        return (ToldLine(f"{_('not told.')} {reason}".strip(), view.resident.name, is_told=False),)
    kind = label_of(MESSAGE_KINDS, SITE_MESSAGE)
    text = how_text(kind, reader.channel, reader.delivery)
    return (ToldLine(text, reader.delivery.name, channel=reader.channel),)
