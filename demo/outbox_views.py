"""The demo's outbox in the browser. Outside the demo there is nothing here."""

from __future__ import annotations

from uuid import uuid4

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms.validators import DataRequired

from core.errors import NotFound
from core.flask_context import current_runtime
from core.runtime import Runtime
from demo.outbox_reader import OutboxEmail, OutboxLetter, OutboxMessage, OutboxText, read_message, read_page
from people.staff.access_marks import public
from reminders.inbound_texts import TEXT_LENGTH, ReceivedText, receive_text
from web.components.form_fields import AtMost, Form, Text

blueprint = Blueprint("demo", __name__, url_prefix="/demo/outbox")


class AnswerForm(Form):
    """What somebody answers."""

    text = Text(
        _("Your answer"),
        description=_("YES, NO, CANCEL, CONFIRM or STOP, IE, NA, CANSLO, CADARNHAU or STOPIO, or anything else"),
        validators=[DataRequired(_("Enter what the answer says")), AtMost(TEXT_LENGTH)],
        render_kw={"classes": "govuk-input--width-20", "autocomplete": "off"},
    )


# An email has inline styles; nothing else may run or load. This policy is for its page alone.
EMAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@blueprint.get("")
@public
def outbox() -> str:
    """The messages, newest first."""
    with _demo_runtime().database.reading() as db:
        page = read_page(db, request.args.get("page", 1, type=int))
    return render_template("demo/outbox.html", page=page)


@blueprint.get("/<int:message_id>")
@public
def message(message_id: int) -> str:
    """One message."""
    found = _message(message_id)
    if isinstance(found, OutboxText):
        return _text_page(found, AnswerForm())
    if isinstance(found, OutboxLetter):
        return render_template("demo/letter.html", message=found)
    return render_template("demo/message.html", message=found)


@blueprint.post("/<int:message_id>/answer")
@public
def answer(message_id: int) -> ResponseReturnValue:
    """Answer a text, as whoever got it would: it comes in by the way by which a provider passes one on."""
    found = _message(message_id)
    if not isinstance(found, OutboxText) or not found.number:
        raise NotFound.because("nothing_here")
    form = AnswerForm()
    if not form.validate_on_submit():
        return _text_page(found, form), 400
    runtime = _demo_runtime()
    said = ReceivedText(f"demo-{uuid4()}", found.summary.to, form.text.data, runtime.clock.now(), found.number)
    receive_text(runtime, said)
    return redirect(url_for("demo.message", message_id=message_id, answered=1), code=303)


@blueprint.get("/<int:message_id>/html")
@public
def message_html(message_id: int) -> Response:
    """The message as a mail program shows it."""
    response = Response(_email(message_id).html, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = EMAIL_POLICY
    return response


@blueprint.get("/<int:message_id>.ics")
@public
def message_calendar(message_id: int) -> Response:
    """The message's calendar file."""
    calendar = _email(message_id).calendar
    if not calendar:
        raise NotFound.because("message_without_calendar")
    response = Response(calendar, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = "attachment; filename=appointment.ics"
    return response


def _text_page(found: OutboxText, form: AnswerForm) -> str:
    return render_template("demo/text.html", message=found, form=form, was_answered=request.args.get("answered") == "1")


def _demo_runtime() -> Runtime:
    runtime = current_runtime()
    if not runtime.settings.is_demo:
        raise NotFound.because("nothing_here")
    return runtime


def _message(message_id: int) -> OutboxMessage:
    with _demo_runtime().database.reading() as db:
        return read_message(db, message_id)


def _email(message_id: int) -> OutboxEmail:
    found = _message(message_id)
    if not isinstance(found, OutboxEmail):
        raise NotFound.because("nothing_here")
    return found
