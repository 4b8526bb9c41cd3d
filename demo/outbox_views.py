"""The demo's outbox in the browser. Outside the demo there is nothing here."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from core.errors import NotFound
from core.flask_context import current_runtime
from core.runtime import Runtime
from demo.outbox_reader import OutboxEmail, OutboxLetter, OutboxMessage, OutboxText, read_message, read_page
from people.staff.access_marks import public

blueprint = Blueprint("demo", __name__, url_prefix="/demo/outbox")

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
        return render_template("demo/text.html", message=found)
    if isinstance(found, OutboxLetter):
        return render_template("demo/letter.html", message=found)
    return render_template("demo/message.html", message=found)


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
