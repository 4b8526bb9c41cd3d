"""The number of a case that a service asks for, once it is known for whom."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms.validators import DataRequired

from booking.use_cases.claim_number import NumberAsked, check_right, checked_number
from core.audit import Actor
from core.errors import Invalid
from core.origin import origin_of
from core.problems import joined_texts
from core.rate_limits import SlowingLimit, check_slowing_limit
from locations.case_numbers import LONGEST_NUMBER, REFUSE, example_of, number_key
from locations.model import ServiceFacts
from people.staff.access_marks import public
from web.components.form_fields import AtMost, Form, Text
from web.page_context import council_context
from web.request_language import current_language
from web.resident.check_views import person_of_draft
from web.resident.drafts import BookingPage
from web.resident.urls import blueprint

# Of strangers from one origin: who guesses numbers learns little, and slowly.
NUMBER_LIMIT = SlowingLimit("20/day", beyond="1/10 minutes")
ON_NUMBER: tuple[str, ...] = ("number",)
REFUSED = "refused"


class CaseNumberForm(Form):
    """The number, which is called as the council calls it."""

    case_number = Text(
        _("Number or code"),
        validators=[DataRequired(_("Enter the number or code")), AtMost(LONGEST_NUMBER)],
        render_kw={"classes": "govuk-input--width-20", "autocomplete": "off", "spellcheck": "false"},
    )

    def word_for(self, asking: Sequence[ServiceFacts]) -> None:
        """Call it as the council does, and say what it looks like."""
        self.case_number.label.text = asking[0].case_number
        example = example_of(asking[0].case_number_form)
        self.case_number.description = gettext("It looks like %(example)s", example=example) if example else ""


@blueprint.route("/<authority:authority>/book/<visit>/number", methods=["GET", "POST"])
@public
def number(authority: str, visit: str) -> ResponseReturnValue:
    """Ask for the number without which the service cannot be booked."""
    with council_context(authority) as context:
        page = BookingPage(context, visit, "number")
        if page.response is not None:
            return page.response
        asking = [one for one in page.visit.services if one.case_number]
        if not asking:
            draft = page.save(asks_number=False)
            return redirect(page.url(draft.missing_page or page.after_details), code=303)
        if not page.draft.person:
            return redirect(page.url(page.draft.missing_page), code=303)
        form = CaseNumberForm(data=page.draft.values_on("number", {"case_number": page.draft.number}))
        form.word_for(asking)
        back, seen = page.url("details"), page.stamp(*ON_NUMBER)
        shown = {"form": form, "back": back, "seen": seen, "is_for_one": _is_for_one(asking)}
        if page.has_changed(*ON_NUMBER):
            return page.show_changed("number", **shown)
        if form.validate_on_submit() and _may_book(page, form, asking):
            page.save(number=form.case_number.data, asks_number=True)
            return redirect(page.url(page.after_details), code=303)
        if request.method == "GET" and REFUSED in request.args and page.draft.number:
            _may_book(page, form, asking)
        return page.show("number", **shown)


def _is_for_one(asking: Sequence[ServiceFacts]) -> bool:
    return any(one.case_number_again == REFUSE for one in asking)


def _may_book(page: BookingPage, form: CaseNumberForm, asking: Sequence[ServiceFacts]) -> bool:
    """Whether the number can be used, as far as is known now; if not, it is said at the field. Raises: RateLimited."""
    context, person = page.context, person_of_draft(page.draft, "")
    if form.is_submitted():
        check_slowing_limit(context.runtime, NUMBER_LIMIT, "case number", origin_of(request.remote_addr))
    try:
        key = number_key(checked_number(asking, form.case_number.data or ""))
        asked = NumberAsked(tuple(asking), key, person, is_warned=True)
        check_right(context.db, context.catalogue, asked, Actor.resident(), context.now)
    except Invalid as error:
        form.refuse("case_number", joined_texts(error, current_language()))
        return False
    return True
