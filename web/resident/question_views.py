"""The questions that are asked before a time is looked for: is it the right service, for people here, and how long.

The answers to the first are not kept. The numbers that make a visit longer stand in the address of the search, and a time
that is chosen carries them.
"""

# WTForms has no types, so that every class here has a base of unknown type.
# mypy: disable-error-code="misc"

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired, InputRequired

from booking.counted import counts_asked, minutes_of_one
from booking.searches.search_ends import NOT_FOR_THEM
from locations.model import ServiceFacts
from locations.triage_questions import TriageQuestion
from people.staff.access_marks import public
from web.components.form_fields import Choice, Form, PostcodeField
from web.components.number_fields import WholeNumber
from web.page_context import PageContext, council_context
from web.request_language import format_minutes
from web.resident.area_pages import rules_of, unmet_page
from web.resident.ended_pages import show_ended
from web.resident.ended_searches import count_end
from web.resident.invited_search import invitation_due
from web.resident.page_rendering import postcode_like, show_search
from web.resident.search_state import (
    ASKED,
    SearchState,
    deciding_questions,
    ended_in,
    read_search_state,
    services_of,
)
from web.resident.triage_due import triage_due
from web.resident.urls import blueprint

ANSWERS = (("yes", _l("Yes")), ("no", _l("No")))


@blueprint.route("/<authority:authority>/questions", methods=["GET", "POST"])
@public
def questions(authority: str) -> ResponseReturnValue:
    """Ask what decides and what makes the visit longer; then on to the search, or to what people do instead.

    Whoever moves an appointment is asked for the numbers alone.
    """
    with council_context(authority) as context:
        search = read_search_state(request.args.to_dict(flat=False))
        if ended := ended_in(context.catalogue, search, context.today):
            return show_ended(context, ended, search)
        if search.is_by_invitation and (due := invitation_due(context, search)):
            return due
        services = services_of(context.catalogue, search)
        if context.authority.triages and (due := triage_due(context, search)):
            return due
        deciding = [] if search.moving else deciding_questions(services)
        counting = [service for service in services if service.counting_question]
        areas = [] if search.moving else rules_of(services)
        form = _form(deciding, counting, search)
        if areas:
            form.home.example = postcode_like(context.catalogue)
        else:
            del form.home
        if (deciding or counting or areas) and not form.validate_on_submit():
            return _page("questions", context, search, form=form, **_fields(form, deciding, counting))
        wrong = [asked for n, asked in enumerate(deciding) if form[f"question_{n}"].data == asked.wrong_answer]
        home = form.home.data if areas else ""
        if page := unmet_page(context, search, areas, home, wrong):
            count_end(context, search, NOT_FOR_THEM)
            return page
        search = replace(search, home=home or search.home)
        numbers = tuple(form[f"number_{n}"].data for n in range(len(counting)))
        return redirect(_next(context, search, numbers), code=303)


def _next(context: PageContext, search: SearchState, numbers: tuple[int, ...]) -> str:
    """Where the search goes on; back to the appointment, where its number stays as it is."""
    if not search.moving:
        return f"{context.base}/needs?{search.query(asked=ASKED, numbers=numbers)}"
    if numbers == search.numbers:
        return f"{context.base}/appointment/{search.moving}"
    return f"{context.base}/when?{search.query(numbers=numbers, day='', month='')}"


def _fields(form: Any, deciding: Sequence[TriageQuestion], counting: Sequence[ServiceFacts]) -> dict[str, Any]:
    return {
        "fields": [form[f"question_{n}"] for n in range(len(deciding))],
        "numbers": [form[f"number_{n}"] for n in range(len(counting))],
        "lives_at": form.home if "home" in form else None,
    }


def _form(deciding: Sequence[TriageQuestion], counting: Sequence[ServiceFacts], search: SearchState) -> Any:
    """A form of these questions, with yes and no, or with a number."""
    fields: dict[str, Any] = {
        f"question_{number}": Choice(
            question.ask, choices=list(ANSWERS), validators=[InputRequired(_l("Choose yes or no"))]
        )
        for number, question in enumerate(deciding)
    }
    fields |= {f"number_{number}": _number(service) for number, service in enumerate(counting)}
    fields["home"] = PostcodeField(
        _l("What is the postcode where you live?"),
        description=_l("This service is for people from some areas. If you book for somebody, give theirs"),
        validators=[DataRequired(_l("Enter the postcode where you live"))],
        render_kw={"classes": "govuk-input--width-10", "autocomplete": "postal-code"},
    )
    services_are_known = counts_asked(counting, search.numbers) is not None
    known = {f"number_{n}": number for n, number in enumerate(search.numbers)} if services_are_known else {}
    return type("QuestionForm", (Form,), fields)(data={**known, "home": search.home})


def _number(service: ServiceFacts) -> WholeNumber:
    question = service.counting_question
    if question is None:
        raise TypeError(service.slug)
    hint = gettext(
        "The visit takes %(time)s for one, and %(more)s more for each further one",
        time=format_minutes(minutes_of_one(service)),
        more=format_minutes(question.minutes_each),
    )
    message = gettext("Enter a number from 1 to %(most)s", most=question.most)
    return WholeNumber(question.ask, description=hint, least=1, most=question.most, message=message)


def _page(template: str, context: PageContext, search: SearchState, **values: Any) -> Response:
    back = f"{context.base}/services/{search.services[0]}?visit={search.visit}"
    if search.moving:
        back = f"{context.base}/appointment/{search.moving}"
    page = show_search(template, context, search, back=back, **values)
    page.headers["Cache-Control"] = "no-store"  # what somebody answered is nobody else's
    return page
