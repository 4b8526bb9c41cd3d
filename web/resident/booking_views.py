"""Between a held time and the last step of a booking: who it is for, their details; or hold it longer, again, or leave."""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue

from booking.searches.search_ends import NOT_BOOKED
from booking.use_cases.holds import prolong_hold, release_hold
from core.errors import HoldExpired
from people.staff.access_marks import public
from reminders.recipients import LETTER
from web.message_routes import ways_to_choose
from web.page_context import PageContext, council_context
from web.resident import drafts
from web.resident.check_views import ON_WHO, show_current, times_before
from web.resident.drafts import STEPS, BookingPage, Draft
from web.resident.ended_searches import count_end
from web.resident.forms import DetailsForm, HelperForm, WhoForm
from web.resident.opened_appointments import limit_reached_here
from web.resident.page_rendering import postcode_like, show
from web.resident.reach_choices import offer_no_letters, offer_ways
from web.resident.search_state import parse_search_state
from web.resident.slot_hold_views import hold_for_draft
from web.resident.triage_state import forget_given
from web.resident.urls import blueprint

# What each page shows of the draft beside the time: its form is for exactly these.
ON_REPRESENTATIVE: tuple[str, ...] = ("helper",)
ON_DETAILS: tuple[str, ...] = ("person", "helper")
ABOUT_ONESELF = ("name", "email", "phone")


@blueprint.route("/<authority:authority>/book/<visit>/who", methods=["GET", "POST"])
@public
def who(authority: str, visit: str) -> ResponseReturnValue:
    """Who it is for."""
    with council_context(authority) as context:
        page = BookingPage(context, visit, "who")
        if page.response is not None:
            return page.response
        saved = {"who": "other"} if page.draft.is_for_somebody_else else {}
        form = WhoForm(data=page.draft.values_on("who", saved))
        back = times_before(context, page.draft)
        limit = limit_reached_here(context, page.visit.services)
        if page.has_changed(*ON_WHO):
            return page.show_changed("who", form=form, back=back, limit=limit, seen=page.stamp(*ON_WHO))
        if form.validate_on_submit():
            is_other = form.who.data == "other"
            page.save(**_changes_of_person(page.draft, is_other=is_other))
            return redirect(page.url("acting" if is_other else "details"), code=303)
        return page.show("who", form=form, back=back, limit=limit, seen=page.stamp(*ON_WHO))


def _changes_of_person(draft: Draft, *, is_other: bool) -> dict[str, Any]:
    """What changes in the draft with the answer to who it is for: what somebody typed about themselves stays theirs."""
    if is_other == draft.is_for_somebody_else:
        return {"step": draft.step, "typed": draft.typed}
    own = (draft.person if is_other else draft.helper) or {}
    typed = {name: own[name] for name in ABOUT_ONESELF if name in own}
    return {
        "helper": {} if is_other else None,
        "person": {},
        "step": "acting" if is_other else "details",
        "typed": typed,
    }


@blueprint.route("/<authority:authority>/book/<visit>/acting", methods=["GET", "POST"], endpoint="acting")
@public
def representative(authority: str, visit: str) -> ResponseReturnValue:
    """Who books for somebody else, and on what basis."""
    with council_context(authority) as context:
        page = BookingPage(context, visit, "acting")
        if page.response is not None:
            return page.response
        form = _helper_form(page)
        back, seen = page.url("who"), page.stamp(*ON_REPRESENTATIVE)
        if page.has_changed(*ON_REPRESENTATIVE):
            return page.show_changed("representative", form=form, back=back, seen=seen)
        if form.validate_on_submit():
            page.save(helper=form.values())
            return redirect(page.url("check" if page.draft.person else "details"), code=303)
        return page.show("representative", form=form, back=back, seen=seen)


@blueprint.route("/<authority:authority>/book/<visit>/details", methods=["GET", "POST"])
@public
def details(authority: str, visit: str) -> ResponseReturnValue:
    """Name, contact and how to be reminded."""
    with council_context(authority) as context:
        page = BookingPage(context, visit, "details")
        if page.response is not None:
            return page.response
        form = _details_form(context, page)
        back, seen = page.url("acting" if page.draft.is_for_somebody_else else "who"), page.stamp(*ON_DETAILS)
        if page.has_changed(*ON_DETAILS):
            return page.show_changed("details", form=form, back=back, seen=seen)
        if request.method == "GET" and "missing" in request.args:
            form.check_reach(page.visit.mode, page.draft.helper)
        if form.is_submitted() and form.validate_with_reach(page.visit.mode, page.draft.helper):
            draft = page.save(person=_person_of(form, _home_of(page)))
            return redirect(page.url(draft.missing_page or page.after_details), code=303)
        return page.show("details", form=form, back=back, seen=seen)


def _helper_form(page: BookingPage) -> HelperForm:
    helper = page.draft.helper or {}
    address = {f"helper_{name}": helper.get(name, "") for name in ("address", "postcode")}
    form = HelperForm(data=page.draft.values_on("acting", helper | address))
    if LETTER not in ways_to_choose(page.visit.starts_at):
        offer_no_letters(form)
    return form


def _home_of(page: BookingPage) -> str:
    """The postcode that a service has asked for; empty where none did."""
    return parse_search_state(page.draft.search_query).home


def _person_of(form: DetailsForm, home: str) -> dict[str, Any]:
    """What was typed, as plain values for the cookie; where they live, as they said before they looked for a time."""
    fields = ((name, form[name].data if name in form else None) for name in STEPS["details"])
    typed = {name: "" if value is None else value for name, value in fields}
    return typed | {"postcode": typed["postcode"] or home}


def _details_form(context: PageContext, page: BookingPage) -> DetailsForm:
    form = DetailsForm(data=page.draft.values_on("details", page.draft.person or {"postcode": _home_of(page)}))
    form.postcode.example = postcode_like(context.catalogue)
    offer_ways(form, ways_to_choose(page.visit.starts_at), is_for_other=page.draft.is_for_somebody_else)
    form.describe_for_mode(page.visit.mode)
    if page.draft.is_for_somebody_else:
        form.describe_for_representative()
    return form


@blueprint.get("/<authority:authority>/book/<visit>")
@public
def resume(authority: str, visit: str) -> ResponseReturnValue:
    """The page on which this booking goes on: for whoever opens an address again that only takes forms."""
    with council_context(authority) as context:
        page = BookingPage(context, visit, must_hold=False)
        return page.response or redirect(page.url(page.draft.next_page), code=303)


@blueprint.post("/<authority:authority>/book/<visit>/keep/<step>")
@public
def keep(authority: str, visit: str, step: str) -> ResponseReturnValue:
    """Hold the time longer, and show the page again with what has been typed there."""
    if step not in STEPS:
        abort(404)
    with council_context(authority) as context:
        page = BookingPage(context, visit, step)
        if page.response is not None:
            return page.response
        page.keep_typed()
        try:
            prolong_hold(context.runtime, context.authority.id, page.draft.hold)
        except HoldExpired:
            return page.show_expired()
        return redirect(page.url(step), code=303)


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
            count_end(context, parse_search_state(page.draft.search_query), NOT_BOOKED)
            if context.authority.triages:
                forget_given(context, visit)
        return show("abandoned", context)
