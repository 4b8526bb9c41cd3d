"""The list of texts from residents that somebody has to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.queries.appointments import AppointmentView, of_ids
from core.contact_values import grouped_phone
from people.residents.access_log import log_access
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.inbound import mark_read
from reminders.inbound_queries import appointments_of_numbers, texts_to_read
from reminders.tables import InboundText
from reminders.text_answers import Outcome
from web.agent.message_views import blueprint
from web.page_context import StaffContext, staff_context

MOST_SHOWN = 100


@dataclass(frozen=True)
class TextLine:
    """A text to read: what it says, from which number, and the appointments to come of whoever has that number."""

    id: int
    text: str
    number: str
    at: datetime
    is_too_late: bool
    has_stopped: bool
    appointments: Sequence[AppointmentView]


@blueprint.get("/staff/texts")
@requires(Action.RING_PEOPLE)
def text_list() -> ResponseReturnValue:
    """What residents have texted and no rule understands, the oldest first."""
    with staff_context() as context:
        found = texts_to_read(context.db, context.authority.id, MOST_SHOWN + 1)
        lines = _lines(context, found[:MOST_SHOWN])
        residents = sorted({view.resident.id for line in lines for view in line.appointments})
        with context.runtime.database.writing() as db:
            log_access(db, context.authority.id, None, context.actor, "texts", context.now, residents=residents)
        was_read = request.args.get("read") == "1"
        return render_template("staff/texts.html", lines=lines, is_cut=len(found) > MOST_SHOWN, was_read=was_read)


@blueprint.post("/staff/texts/<int:inbound_text>/read")
@requires(Action.RING_PEOPLE)
def text_read(inbound_text: int) -> ResponseReturnValue:
    """Record that somebody has done what the text asks for, and go back to the list."""
    with staff_context() as context:
        mark_read(context.runtime, context.authority.id, inbound_text, actor=context.actor)
    return redirect(url_for("messages.text_list", read=1), code=303)


def _lines(context: StaffContext, rows: Sequence[InboundText]) -> list[TextLine]:
    ids = appointments_of_numbers(context.db, context.authority.id, {row.phone_key for row in rows}, context.now)
    views = of_ids(context.db, context.catalogue, {id_ for found in ids.values() for id_ in found})
    return [_line(row, [views[id_] for id_ in ids.get(row.phone_key, ()) if id_ in views]) for row in rows]


def _line(row: InboundText, appointments: Sequence[AppointmentView]) -> TextLine:
    number = grouped_phone(_as_dialled(row.from_number))
    is_too_late, has_stopped = row.outcome == Outcome.TOO_LATE, row.outcome == Outcome.STOPPED
    return TextLine(row.id, row.text, number, row.received_at, is_too_late, has_stopped, appointments)


def _as_dialled(number: str) -> str:
    """A number as a provider writes it, without the sign before the code of the country."""
    return f"+{number}" if number.isdigit() and not number.startswith("0") else number
