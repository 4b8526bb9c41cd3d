"""Waiting for a time without an appointment: what somebody can do whom no free time suits, or who finds none."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.proposals.wish_rules import BY_EMAIL, BY_TEXT
from booking.searches.search_ends import WAITS
from booking.use_cases.online_wishes import OnlineWish, wait_online
from core.errors import Invalid, LimitReached
from core.origin import origin_of
from core.problems import joined_texts
from core.rate_limits import SlowingLimit, check_slowing_limit, subject_digest
from people.residents.details import ResidentDetails
from people.staff.access_marks import public
from reminders.recipients import EARLIER_TIME, TEXT
from web.message_routes import rules_of_page
from web.page_context import PageContext, council_context
from web.request_language import current_language, language_to_keep
from web.resident.ended_pages import show_ended
from web.resident.ended_searches import count_end
from web.resident.page_rendering import show_search
from web.resident.search_state import SearchState, ended_in, must_answer, read_search_state, slot_query_of
from web.resident.triage_due import triage_due
from web.resident.urls import blueprint
from web.resident.wait_form import WaitForm

PREFERENCES = {BY_EMAIL: "email", BY_TEXT: "text"}  # of who is not rung
# Of strangers from one origin, as of bookings: nobody has proved that the address or the number is theirs.
WAIT_LIMIT = SlowingLimit("20/day", beyond="1/10 minutes")


@blueprint.route("/<authority:authority>/wait", methods=["GET", "POST"])
@public
def wait(authority: str) -> ResponseReturnValue:
    """Ask which times would suit, and put them on the waiting list. The address says for what, as that of a search."""
    with council_context(authority) as context:
        search = read_search_state(request.args.to_dict(flat=False))
        search = replace(search, moving="", known="" if search.invitation is not None else search.known)
        if ended := ended_in(context.catalogue, search, context.today):
            return show_ended(context, ended, search)
        if context.authority.triages and (due := triage_due(context, search)):
            return due
        if must_answer(context.catalogue, search):
            return redirect(f"{context.base}/questions?{search.query()}", code=303)
        form = WaitForm()
        anywhere = slot_query_of(context.catalogue, replace(search, site="", mode=""))
        form.offer_all_ways(by_text=TEXT in rules_of_page().channels_for(EARLIER_TIME))
        form.offer_for(context.catalogue, anywhere, search, context.today)
        if not form.is_submitted() or not form.validate_with_reach():
            return _page(context, search, form)
        origin = origin_of(request.remote_addr)
        check_slowing_limit(context.runtime, WAIT_LIMIT, "wait", origin)
        wanted = _wish(context, search, form, origin)
        try:
            wait_online(context.runtime, context.authority.id, wanted, idempotency=context.form_key("wait", wanted))
        except LimitReached:
            form.refuse(
                form.field_of(wanted.told_by),
                _("We have several wishes for this already. Open the link in our message, or contact us"),
            )
            return _page(context, search, form, status=409)
        except Invalid as error:
            if not form.refuse_all(error):
                form.refuse("weeks", joined_texts(error, current_language()))
            return _page(context, search, form, status=400)
        count_end(context, search, WAITS)
    return redirect(f"{context.base}/wait/asked?{search.query()}&by={wanted.told_by}", code=303)


@blueprint.get("/<authority:authority>/wait/asked")
@public
def asked(authority: str) -> ResponseReturnValue:
    """What happens now. It is the same for everybody who asks, whether they waited before or not."""
    with council_context(authority) as context:
        search = read_search_state(request.args.to_dict(flat=False))
        slot_query_of(context.catalogue, search)
        return show_search("wait_asked", context, search, by=request.args.get("by", ""))


def _page(context: PageContext, search: SearchState, form: WaitForm, status: int = 200) -> Response:
    back = f"{context.base}/when?{search.query()}"
    page = show_search("wait", context, search, form=form, back=back)
    page.status_code = status
    return page


def _wish(context: PageContext, search: SearchState, form: WaitForm, origin: str) -> OnlineWish:
    person = ResidentDetails(
        name=form.name.data,
        email=form.email.data or "",
        phone=form.phone.data or "",
        postcode=search.home,
        language=search.language,
        support_needs=search.needs,
        contact_preference=PREFERENCES.get(form.told_by.data, "none"),
        message_language=language_to_keep(),
    )
    return OnlineWish(
        services=search.services,
        resident=person,
        told_by=form.told_by.data,
        # Counted apart from the holds of whoever is at the same computers now.
        origin=subject_digest(context.runtime.settings.secret_key, "wish", origin),
        until=form.last_date(context.today),
        sites=form.sites,
        weekdays=form.wanted_weekdays,
        hours=form.hours,
        numbers=search.numbers,
    )
