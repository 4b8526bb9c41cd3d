"""What staff make and send in a form that we cannot write in: who makes it, what it has to say, and how that ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.queries.appointments import AppointmentView, of_ids
from core.errors import IdempotencyMismatch, NotFound
from people.residents.access_log import log_access
from people.residents.details import HAND_MADE
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.hand_made.made_queries import ToMake, to_make, what_it_says
from reminders.hand_made.made_tasks import MadeOutcome, end_task, take_task
from reminders.messages import MessageWriter
from reminders.posting import last_post
from reminders.recipients import family_of
from web.agent.message_views import blueprint
from web.labels import label_of
from web.language_labels import language_to_ring_in
from web.message_labels import LETTER_FORMATS, MESSAGE_KINDS
from web.page_context import StaffContext, staff_context

MOST_SHOWN = 200
PATH = "/staff/untold/make/<int:task>"


@dataclass(frozen=True)
class MakeLine:
    """A message to make: of which appointment, in which form, until when it is sent, and who makes it, if anybody."""

    task: int
    view: AppointmentView
    kind: str
    form: str
    send_by: datetime
    is_too_late: bool
    language: str
    maker: str
    maker_id: int | None
    is_mine: bool


def lines_to_make(context: StaffContext, only: int | None = None) -> list[MakeLine]:
    """What is to be made now, the soonest visit first; site staff see their sites."""
    place = (context.db, context.authority.id, context.now)
    found = to_make(*place, site_ids=context.served_sites, limit=MOST_SHOWN, only=only)
    views = of_ids(context.db, context.catalogue, [one.appointment_id for one in found])
    return [_line(context, one, views[one.appointment_id]) for one in found]


def _line(context: StaffContext, one: ToMake, view: AppointmentView) -> MakeLine:
    until = last_post(view.starts_at, context.authority.zone, context.authority.division)[1]
    code = view.resident.letter_format
    return MakeLine(
        task=one.notification_id,
        view=view,
        kind=label_of(MESSAGE_KINDS, family_of(one.kind)),
        form=label_of(LETTER_FORMATS, code if code in HAND_MADE else ""),
        send_by=until.astimezone(ZoneInfo(context.zone)),
        is_too_late=until <= context.now,
        language=language_to_ring_in(context.authority, view.resident),
        maker=one.maker,
        maker_id=one.staff_id,
        is_mine=one.staff_id == context.staff.staff_id,
    )


@blueprint.get(PATH)
@requires(Action.SEE_RESIDENT)
def hand_made(task: int) -> ResponseReturnValue:
    """One message to make: what it has to say, where it goes, and the buttons for how it ended."""
    with staff_context() as context:
        return _page(context, task)


@blueprint.post(f"{PATH}/take")
@requires(Action.SEE_RESIDENT)
def take_hand_made(task: int) -> ResponseReturnValue:
    """Take it, or take it over from who had it when the page was shown."""
    seen = request.form.get("maker", "")
    with staff_context() as context:
        is_mine = take_task(
            context.runtime,
            context.authority.id,
            task,
            context.staff.staff_id,
            instead_of=int(seen) if seen.isascii() and seen.isdigit() else None,
            actor=context.actor,
            site_ids=context.served_sites,
        )
    if not is_mine:
        with staff_context() as context:
            return _page(context, task, is_taken=True), 409
    return redirect(url_for("messages.hand_made", task=task), code=303)


@blueprint.post(PATH)
@requires(Action.SEE_RESIDENT)
def end_hand_made(task: int) -> ResponseReturnValue:
    """Write how it ended, and go back to the list."""
    outcome = next((one for one in MadeOutcome if one.value == request.form.get("outcome")), None)
    if outcome is None:
        raise NotFound
    with staff_context() as context:
        try:
            is_written = end_task(
                context.runtime,
                context.authority.id,
                task,
                context.staff.staff_id,
                outcome,
                actor=context.actor,
                site_ids=context.served_sites,
                idempotency=context.form_key("end_hand_made", (str(task), outcome.value)),
            )
        except IdempotencyMismatch:
            is_written = False
    if not is_written:
        with staff_context() as context:
            return _page(context, task, is_taken=True), 409
    return redirect(url_for("messages.untold_list", done=f"made_{outcome.value}"), code=303)


def _page(context: StaffContext, task: int, *, is_taken: bool = False) -> str:
    line = _only(lines_to_make(context, task))
    body = what_it_says(context.db, task, _writer(context), context.now)
    with context.runtime.database.writing() as db:
        residents = [line.view.resident.id]
        log_access(db, context.authority.id, None, context.actor, "untold", context.now, residents=residents)
    return render_template("staff/hand_made.html", line=line, body=body, is_taken=is_taken)


def _only(lines: Sequence[MakeLine]) -> MakeLine:
    if not lines:
        raise NotFound
    return lines[0]


def _writer(context: StaffContext) -> MessageWriter:
    settings = context.runtime.settings
    keys = settings.old_secret_keys
    return MessageWriter(settings.public_url, settings.secret_key, settings.mail_from, old_secret_keys=keys)
