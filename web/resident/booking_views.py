"""From a held time to a booking: say who it is for, check, done. Each write carries its idempotency key."""

from __future__ import annotations

from typing import Any

from flask import redirect, request
from flask import session as flask_session
from flask.typing import ResponseReturnValue

from booking.slot_tokens import decode
from booking.use_cases.book import book
from booking.use_cases.holds import release_hold
from core.audit import Actor
from core.errors import HoldExpired, LimitReached, SlotTaken, TooFar, TooSoon
from core.tokens import digest, mark_of_digest
from people.staff.access_marks import public
from web.message_routes import route_of_appointment
from web.page_context import PageContext, council_context
from web.request_language import current_language
from web.resident import drafts
from web.resident.appointment_page import open_appointment_context
from web.resident.booking_page import BookingPage
from web.resident.booking_request import booking_of, person_of, route_of_draft
from web.resident.forms import DetailsForm, HelperForm, WhoForm
from web.resident.page_rendering import lacks_phone_for_interpreter, postcode_like, show
from web.resident.search_state import parse_search_state
from web.resident.slot_hold_views import hold_for_draft, show_alternatives, show_refusal
from web.resident.urls import blueprint

# What each page shows of the draft beside the time: its form is for exactly these.
ON_WHO: tuple[str, ...] = ("helper",)
ON_REPRESENTATIVE: tuple[str, ...] = ("helper",)
ON_DETAILS: tuple[str, ...] = ("person", "helper")
ON_CHECK: tuple[str, ...] = ("person", "helper", "needs", "language")


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
            page.save(person=person_of(form))
            return redirect(page.url("check"), code=303)
        return page.show("details", form=form, back=back, seen=seen)


def _details_form(context: PageContext, page: BookingPage) -> DetailsForm:
    form = DetailsForm(data=page.draft.person)
    form.postcode.example = postcode_like(context.catalogue)
    form.describe_for_mode(page.visit.mode)
    if page.draft.is_for_somebody_else:
        form.describe_for_representative()
    return form


@blueprint.route("/<authority:authority>/book/<visit>/check", methods=["GET", "POST"])
@public
def check(authority: str, visit: str) -> ResponseReturnValue:
    """Everything once more; sending it books."""
    with council_context(authority) as context:
        # The second click of a double click finds the hold used up, and must still get the first one's answer.
        page = BookingPage(context, visit, must_hold=request.method == "GET")
        if page.response is not None:
            return page.response
        if not page.draft.person:
            return redirect(page.url("who"), code=303)
        if page.has_changed(*ON_CHECK):
            return _show_current(context, page)
        if request.method == "POST":
            return _book(context, page)
        return page.show("check", **_check_values(page))


def _check_values(page: BookingPage) -> dict[str, Any]:
    return {
        "search": parse_search_state(page.draft.search_query),
        "back": page.url("details"),
        "seen": page.stamp(*ON_CHECK),
        "route": route_of_draft(page.draft),
    }


def _show_current(context: PageContext, page: BookingPage) -> ResponseReturnValue:
    """The current page of the booking, for somebody whose page showed something else."""
    current = BookingPage(context, page.draft.visit)
    if current.response is not None:
        return current.response
    if current.draft.person:
        return current.show_changed("check", **_check_values(current))
    form, back = WhoForm(formdata=None), f"{context.base}/times?{current.draft.search_query}"
    return current.show_changed("who", form=form, back=back, seen=current.stamp(*ON_WHO))


def _book(context: PageContext, page: BookingPage) -> ResponseReturnValue:
    draft, booking = page.draft, booking_of(context.authority.id, page.draft, current_language().code)
    idempotency = context.form_key("book", booking, request.form.get("idempotency_key") or draft.key)
    try:
        booked = book(context.runtime, booking, actor=Actor.resident(), idempotency=idempotency)
    except HoldExpired:
        return page.show_expired()
    except SlotTaken:  # shut since it was held: the hold is of no use to anybody
        release_hold(context.runtime, context.authority.id, draft.hold)
        return show_alternatives(context, draft, decode(draft.slot_token))
    except (LimitReached, TooSoon, TooFar) as error:
        return show_refusal(context, error, draft)
    drafts.record_booking(flask_session, draft.visit, booked.reference, booked.manage_url_path)
    link_mark = mark_of_digest(digest(booked.manage_url_path.rpartition("/")[2]))
    drafts.open_appointment(flask_session, booked.reference, link_mark, context.now)
    return redirect(page.url("done"), code=303)


@blueprint.post("/<authority:authority>/book/<visit>/again")
@public
def again(authority: str, visit: str) -> ResponseReturnValue:
    """Hold the same time again after the hold has expired, with everything that was typed."""
    with council_context(authority) as context:
        page = BookingPage(context, visit, must_hold=False)
        if page.response is not None:
            return redirect(f"{context.base}/", code=303)
        if page.has_changed():
            return _show_current(context, page)
        return hold_for_draft(context, page.draft, page.draft.slot_token)


@blueprint.post("/<authority:authority>/book/<visit>/leave")
@public
def leave(authority: str, visit: str) -> ResponseReturnValue:
    """Release the time and delete what was typed."""
    with council_context(authority) as context:
        page = BookingPage(context, visit, must_hold=False)
        if page.response is None:
            if page.has_changed():
                return _show_current(context, page)
            release_hold(context.runtime, context.authority.id, page.draft.hold)
            drafts.delete_draft(flask_session, visit)
        return show("abandoned", context)


@blueprint.get("/<authority:authority>/book/<visit>/done")
@public
def done(authority: str, visit: str) -> ResponseReturnValue:
    """Booked: the reference, what to bring, how to get there, how to change it."""
    with council_context(authority) as context:
        reference = drafts.reference_of(flask_session, visit)
        if reference is None:
            return redirect(f"{context.base}/find", code=303)
    with open_appointment_context(authority, reference) as page:
        return page.show(
            "done",
            link=drafts.link_of(flask_session, visit),
            route=route_of_appointment(page.view),
            lacks_phone=lacks_phone_for_interpreter(page.view),
        )
