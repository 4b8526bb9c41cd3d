"""Why somebody looks at a resident: asked before the record opens, where the council wants it."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import optional

from core.flask_context import current_runtime
from core.redirects import safe_next
from people.residents.access_log import REASONS, has_said_why, say_why
from people.residents.resident_repository import resident_of
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent import blueprint
from web.components.form_fields import AtMost, Form, Text
from web.page_context import StaffContext, staff_context
from web.record_labels import WHY_LOOKING
from web.staff_guard import signed_in_staff

LONGEST_REASON = 200
OTHER = "other"
PATH = "/residents/<int:resident_id>/why"


class WhyForm(Form):
    """Another reason than those of the buttons."""

    words = Text(
        _l("Another reason"),
        description=_l("In a few words. An administrator reads it."),
        validators=[optional(), AtMost(LONGEST_REASON)],
        render_kw={"autocomplete": "off"},
    )


@blueprint.before_request
def ask_why() -> ResponseReturnValue | None:
    """To the question, when a page about a resident is opened and it was not answered; what is sent goes through."""
    staff, resident_id = signed_in_staff(), (request.view_args or {}).get("resident_id", 0)
    if staff is None or not staff.must_say_why or not resident_id:
        return None
    if request.method != "GET" or request.endpoint == "agent.why":
        return None
    with staff_context() as context:
        if has_said_why(context.db, context.authority.id, resident_id, context.actor, context.now):
            return None
    return redirect(url_for("agent.why", resident_id=resident_id, next=request.full_path.rstrip("?")), code=303)


@blueprint.get(PATH)
@requires(Action.SEE_RESIDENT)
def why(resident_id: int) -> ResponseReturnValue:
    """The question."""
    with staff_context() as context:
        return _page(context, resident_id, WhyForm(formdata=None))


@blueprint.post(PATH)
@requires(Action.SEE_RESIDENT)
def answer_why(resident_id: int) -> ResponseReturnValue:
    """Keep the answer, and open what was to be opened."""
    with staff_context() as context:
        form, reason = WhyForm(), request.form.get("why", OTHER)
        if not form.validate():
            return _page(context, resident_id, form, 400)
        if reason not in REASONS or (reason == OTHER and not form.words.data):
            form.refuse("words", _("Say why, or choose one of the reasons above"))
            return _page(context, resident_id, form, 400)
        resident_of(context.db, context.authority.id, resident_id)
        with current_runtime().database.writing() as db:
            words = (form.words.data or "") if reason == OTHER else ""
            say_why(db, context.authority.id, resident_id, context.actor, reason, context.now, words)
    return redirect(_next(resident_id), code=303)


def _next(resident_id: int) -> str:
    """Where it goes on: a page of this resident."""
    asked, own = safe_next(request.values.get("next", "")), url_for("agent.call", resident_id=resident_id)
    return asked if asked.partition("?")[0] == own or asked.startswith(f"{own}/") else own


def _page(context: StaffContext, resident_id: int, form: WhyForm, status: int = 200) -> Response:
    resident = resident_of(context.db, context.authority.id, resident_id)
    html = render_template(
        "agent/why.html",
        name=resident.name,
        resident_id=resident_id,
        form=form,
        has_errors=bool(form.errors),
        reasons={code: label for code, label in WHY_LOOKING.items() if code != OTHER},
        next_url=_next(resident_id),
    )
    return Response(html, status=status, mimetype="text/html")
