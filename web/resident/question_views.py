"""The questions that decide whether a service is the right one: asked before a time is looked for. No answer is kept."""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms.validators import InputRequired

from locations.triage_questions import TriageQuestion
from people.staff.access_marks import public
from web.components.form_fields import Choice, Form
from web.page_context import PageContext, council_context
from web.resident.ended_pages import show_ended
from web.resident.page_rendering import show_search
from web.resident.search_state import ASKED, SearchState, deciding_questions, ended_in, read_search_state, services_of
from web.resident.urls import blueprint

ANSWERS = (("yes", _l("Yes")), ("no", _l("No")))


@blueprint.route("/<authority:authority>/questions", methods=["GET", "POST"])
@public
def questions(authority: str) -> ResponseReturnValue:
    """Ask what decides; then on to the search, or to what people do instead."""
    with council_context(authority) as context:
        search = read_search_state(request.args.to_dict(flat=False))
        if ended := ended_in(context.catalogue, search, context.today):
            return show_ended(context, ended, search)
        asked = deciding_questions(services_of(context.catalogue, search))
        form = _form(asked)
        if not asked or form.validate_on_submit():
            wrong = [
                question for question, field in zip(asked, form, strict=False) if field.data == question.wrong_answer
            ]
            if not wrong:
                return redirect(f"{context.base}/needs?{search.query(asked=ASKED)}", code=303)
            return _page("not_this_service", context, search, wrong=wrong)
        return _page("questions", context, search, form=form, fields=[form[f"question_{n}"] for n in range(len(asked))])


def _form(asked: Sequence[TriageQuestion]) -> Any:
    """A form of these questions, each with yes and no."""
    fields = {
        f"question_{number}": Choice(
            question.ask, choices=list(ANSWERS), validators=[InputRequired(_l("Choose yes or no"))]
        )
        for number, question in enumerate(asked)
    }
    return type("QuestionForm", (Form,), fields)()


def _page(template: str, context: PageContext, search: SearchState, **values: Any) -> Response:
    back = f"{context.base}/services/{search.services[0]}?visit={search.visit}"
    page = show_search(template, context, search, back=back, **values)
    page.headers["Cache-Control"] = "no-store"  # what somebody answered is nobody else's
    return page
