"""Pause the council's messages, or some of them, and resume by one press."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.errors import Invalid, NotFound
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.pauses import SENT_BY_US
from reminders.pausing import pause_messages, resume_messages
from reminders.recipients import rules_in
from web.account.pause_lines import lines_to_resume
from web.manage.manage_blueprint import blueprint
from web.manage.pause_forms import WHILE_PAUSED, PauseForm, pause_form
from web.message_labels import MESSAGE_KINDS
from web.page_context import StaffContext, staff_context

PAUSES_PATH = "/staff/pauses"


@blueprint.get(PAUSES_PATH)
@requires(Action.PAUSE_MESSAGES)
def pauses() -> str:
    """What is paused, with a button to resume; and the form to pause something."""
    with staff_context() as context:
        return _page(context, _form(context, None), request.args.get("done", ""))


@blueprint.post(PAUSES_PATH)
@requires(Action.PAUSE_MESSAGES)
def pause() -> ResponseReturnValue:
    """Pause what the form says, from now on."""
    with staff_context() as context:
        form = _form(context, request.form)
        if not form.validate():
            return _page(context, form), 400
        try:
            pause_messages(context.runtime, context.authority.id, form.new_pause(context.zone), actor=context.actor)
        except Invalid as error:
            form.refuse_all(error)
            return _page(context, form), 400
    return redirect(url_for("manage.pauses", done="paused"), code=303)


@blueprint.post(f"{PAUSES_PATH}/<int:pause>/resume")
@requires(Action.PAUSE_MESSAGES)
def resume(pause: int) -> ResponseReturnValue:
    """End a pause. Of one that is over already, by a colleague or a second press, the page says so."""
    with staff_context() as context:
        try:
            resume_messages(context.runtime, context.authority.id, pause, actor=context.actor)
        except NotFound:
            return _page(context, _form(context, None), done="over"), 404
    return redirect(url_for("manage.pauses", done="resumed"), code=303)


def _form(context: StaffContext, sent: object) -> PauseForm:
    installed = rules_in(context.db.info).channels
    return pause_form(sent, [channel for channel in SENT_BY_US if channel in installed])


def _page(context: StaffContext, form: PauseForm, done: str = "") -> str:
    return render_template(
        "manage/pauses.html",
        form=form,
        has_errors=bool(form.errors),
        lines=lines_to_resume(context),
        meanwhile=[(MESSAGE_KINDS[kind], text) for kind, text in WHILE_PAUSED.items()],
        done=done,
    )
