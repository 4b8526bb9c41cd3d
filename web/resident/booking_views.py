"""Between a held time and the last step of a booking: who it is for, their details; or hold it again, or leave."""

from __future__ import annotations

from typing import Any

from flask import redirect
from flask.typing import ResponseReturnValue

from booking.use_cases.holds import release_hold
from people.staff.access_marks import public
from web.page_context import PageContext, council_context
from web.resident import drafts
from web.resident.check_views import ON_WHO, show_current
from web.resident.drafts import BookingPage
from web.resident.forms import DetailsForm, HelperForm, WhoForm
from web.resident.page_rendering import postcode_like, show
from web.resident.slot_hold_views import hold_for_draft
from web.resident.urls import blueprint

# What is typed of a person, by field.
PERSON_FIELDS = ("name", "email", "phone", "postcode", "contact_preference", "leave_no_message", "notes")
# What each page shows of the draft beside the time: its form is for exactly these.
ON_REPRESENTATIVE: tuple[str, ...] = ("helper",)
ON_DETAILS: tuple[str, ...] = ("person", "helper")


@blueprint.route("/<authority:authority>/book/<visit>/who", methods=["GET", "POST"])
@public
def who(authority: str, visit: str) -> ResponseReturnValue:
    """Who it is for."""
    with council_context(authority) as context:
        page = BookingPage(context, visit)
        if page.response is not None:
            return page.response
        form = WhoForm(data={"who": "other" if page.draft.is_for_somebody_else else None})
        back = f"{context.base}/times?{page.draft.search_query}"
        if page.has_changed(*ON_WHO):
            return page.show_changed("who", form=form, back=back, seen=page.stamp(*ON_WHO))
        if form.validate_on_submit():
            is_other = form.who.data == "other"
            page.save(helper=(page.draft.helper or {}) if is_other else None)
            return redirect(page.url("acting" if is_other else "details"), code=303)
        return page.show("who", form=form, back=back, seen=page.stamp(*ON_WHO))


@blueprint.route("/<authority:authority>/book/<visit>/acting", methods=["GET", "POST"], endpoint="acting")
@public
def representative(authority: str, visit: str) -> ResponseReturnValue:
    """Who books for somebody else, and on what basis."""
    with council_context(authority) as context:
        page = BookingPage(context, visit)
        if page.response is not None:
            return page.response
        form = HelperForm(data=page.draft.helper or {})
        back, seen = page.url("who"), page.stamp(*ON_REPRESENTATIVE)
        if page.has_changed(*ON_REPRESENTATIVE):
            return page.show_changed("representative", form=form, back=back, seen=seen)
        if form.validate_on_submit():
            helper = {name: form[name].data or "" for name in ("name", "basis", "email", "phone")}
            page.save(helper=helper)
            return redirect(page.url("check" if page.draft.person else "details"), code=303)
        return page.show("representative", form=form, back=back, seen=seen)


@blueprint.route("/<authority:authority>/book/<visit>/details", methods=["GET", "POST"])
@public
def details(authority: str, visit: str) -> ResponseReturnValue:
    """Name, contact and how to be reminded."""
    with council_context(authority) as context:
        page = BookingPage(context, visit)
        if page.response is not None:
            return page.response
        form = _details_form(context, page)
        back, seen = page.url("acting" if page.draft.is_for_somebody_else else "who"), page.stamp(*ON_DETAILS)
        if page.has_changed(*ON_DETAILS):
            return page.show_changed("details", form=form, back=back, seen=seen)
        if form.validate_on_submit() and form.check_reach(page.visit.mode, page.draft.helper):
            page.save(person=_person_of(form))
            return redirect(page.url("check"), code=303)
        return page.show("details", form=form, back=back, seen=seen)


def _person_of(form: DetailsForm) -> dict[str, Any]:
    """What was typed, as plain values for the cookie."""
    return {name: form[name].data if form[name].data is not None else "" for name in PERSON_FIELDS}


def _details_form(context: PageContext, page: BookingPage) -> DetailsForm:
    form = DetailsForm(data=page.draft.person)
    form.postcode.example = postcode_like(context.catalogue)
    form.describe_for_mode(page.visit.mode)
    if page.draft.is_for_somebody_else:
        form.describe_for_representative()
    return form


@blueprint.post("/<authority:authority>/book/<visit>/again")
@public
def again(authority: str, visit: str) -> ResponseReturnValue:
    """Hold the same time again after the hold has expired, with everything that was typed."""
    with council_context(authority) as context:
        page = BookingPage(context, visit, must_hold=False)
        if page.response is not None:
            return redirect(f"{context.base}/", code=303)
        if page.has_changed():
            return show_current(context, page)
        return hold_for_draft(context, page.draft, page.draft.slot_token)


@blueprint.post("/<authority:authority>/book/<visit>/leave")
@public
def leave(authority: str, visit: str) -> ResponseReturnValue:
    """Release the time and delete what was typed."""
    with council_context(authority) as context:
        page = BookingPage(context, visit, must_hold=False)
        if page.response is None:
            if page.has_changed():
                return show_current(context, page)
            release_hold(context.runtime, context.authority.id, page.draft.hold)
            drafts.delete_draft(context, visit)
        return show("abandoned", context)
