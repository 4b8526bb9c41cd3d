"""Other contact details and needs for an appointment, from whoever holds its link."""

from __future__ import annotations

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _

from booking.resident.booking_of import described, person_of
from booking.resident.context import postcode_like
from booking.resident.forms import DetailsForm, NeedsForm
from booking.resident.own import Own, own
from booking.resident.reach import written_to
from booking.resident.steps import needs_of
from booking.use_cases.changes import Details, change_details
from core.audit import Actor
from core.errors import IllegalMove, Stale
from core.forms import Form
from people.access import public


def add_routes(blueprint: Blueprint) -> None:
    """Put this module's pages on the blueprint."""
    at = "/<authority:authority>/appointment/<reference>"
    for name, ending, view in (("contact", "contact", contact), ("change_needs", "needs", change_needs)):
        blueprint.add_url_rule(f"{at}/{ending}", name, view, methods=["GET", "POST"])


@public
def contact(authority: str, reference: str) -> ResponseReturnValue:
    """Other contact details for the resident."""
    with own(authority, reference) as mine:
        known = mine.view.resident
        helper = mine.view.representative
        form = _contact_form(mine)
        reach = {"email": helper.email, "phone": helper.phone} if helper else None
        if form.validate_on_submit() and form.check_reach(mine.view.mode, reach):
            typed = person_of(form)
            person = described(typed, language=known.language, needs=mine.view.support_needs)
            return _change(mine, Details(person, mine.view.support_needs, typed["notes"]), "contact", form)
        return mine.show("contact", form=form, back=mine.at)


def _contact_form(mine: Own) -> DetailsForm:
    """The details as they are kept. There is no text channel: who once asked for texts and has an email gets emails."""
    known, helper = mine.view.resident, mine.view.representative
    form = DetailsForm(obj=known, data={"notes": mine.view.notes})
    form.postcode_like = postcode_like(mine.context.catalogue)
    form.say_why(mine.view.mode)
    if helper:
        form.say_for_somebody_else()
    if form.contact_preference.data == "text" and written_to("text", known.email, helper.email if helper else ""):
        form.contact_preference.data = "email"
        form.contact_preference.description = _("You asked for text messages. We cannot send them yet, so we use email")
    return form


@public
def change_needs(authority: str, reference: str) -> ResponseReturnValue:
    """Other support needs. Those that decide the place or the length are only noted: the time stays as it is."""
    with own(authority, reference) as mine:
        known = mine.view.resident
        form = NeedsForm(data={"need": list(mine.view.support_needs), "language": known.language})
        if form.validate_on_submit():
            needs = needs_of(form.need.data or (), form.language.data or "")
            typed = {name: getattr(known, name) for name in ("name", "email", "phone", "postcode")}
            typed |= {"contact_preference": known.contact_preference, "leave_no_message": known.leave_no_message}
            person = described(typed, language=form.language.data or "", needs=needs)
            return _change(mine, Details(person, needs), "change_needs", form)
        return mine.show("change_needs", form=form, back=mine.at)


def _change(mine: Own, details: Details, template: str, form: Form) -> ResponseReturnValue:
    try:
        change_details(
            mine.context.runtime,
            mine.view.authority_id,
            mine.view.reference,
            details,
            actor=Actor.resident(),
            seen=mine.seen,
            idempotency=mine.key(f"{template} {details}"),
        )
    except Stale:
        return mine.stale(template, form=form, back=mine.at)
    except IllegalMove as error:
        return Response(mine.show("move_refused", code=error.code, back=mine.at), status=409)
    return mine.to("changed")
