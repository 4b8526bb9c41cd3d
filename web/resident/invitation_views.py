"""The link of somebody who is invited: what for and until when, the times, and the last step before it is booked."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from booking.invitations.invitation_queries import InvitationView, invitation_by_token
from booking.invitations.invitation_rules import InvitationState
from booking.invitations.tables import Invitation
from booking.queries import appointments
from booking.queries.unmet_needs import spoken_in_hold
from booking.slot_tokens import decode
from booking.use_cases.book import Booking, book
from booking.use_cases.holds import release_hold
from core.audit import Actor
from core.errors import HoldExpired, Invalid, LimitReached, LinkEnded, NotFound, SameTime, SlotTaken, TooFar, TooSoon
from core.flask_context import current_runtime
from core.origin import origin_of
from core.rate_limits import check_slowing_limit
from core.tokens import mark_of_digest
from locations.catalogue_queries import catalogue_by_id
from people.residents.details import missing_contact
from people.residents.resident_repository import resident_of
from people.staff.access_marks import public
from reminders.expected_queries import NewVisit, contacts_of_resident
from web.page_context import PageContext, council_context, resident_context
from web.request_language import follow_link
from web.resident import drafts
from web.resident.appointment_page import link_unknown
from web.resident.check_views import BOOKING_LIMIT, DESPITE, NUMBER_FIELD, USED_BEFORE, keep_booked, times_before
from web.resident.drafts import BookingPage, Draft
from web.resident.invited_search import INVITED_HERE, invitation_opened, is_given
from web.resident.opened_links import link_mark_of
from web.resident.page_rendering import show
from web.resident.search_state import INVITED, SearchState, parse_search_state
from web.resident.slot_hold_views import show_alternatives, show_refusal
from web.resident.told_you import told_of_booking
from web.resident.urls import blueprint


@blueprint.get("/<authority:authority>/invitation/<token>")
@public
def open_invitation_link(authority: str, token: str) -> ResponseReturnValue:
    """Exchange the token for a cookie and a clean address. Nothing is changed: mail scanners open links too."""
    runtime = current_runtime()
    with runtime.database.reading() as db:
        try:
            row = invitation_by_token(db, token)
        except NotFound:
            with council_context(authority) as context:
                return link_unknown([context.authority])
        context = resident_context(runtime, db, catalogue_by_id(db, row.authority_id))
        return open_invitation(context, db, row)


def open_invitation(context: PageContext, db: Session, row: Invitation) -> ResponseReturnValue:
    """Let this browser see the invitation at its clean address."""
    follow_link(resident_of(db, row.authority_id, row.resident_id).message_language)
    drafts.open_by_link(context, f"{INVITED_HERE}{row.id}", mark_of_digest(row.link_digest))
    return redirect(f"/{context.authority.slug}/invited/{row.id}", code=303)


@blueprint.get("/<authority:authority>/invited/<int:invitation>")
@public
def invited(authority: str, invitation: int) -> ResponseReturnValue:
    """Who invites them, for what, until when; or why nothing can be booked by it any more."""
    with council_context(authority) as context:
        view = invitation_opened(context, invitation)
        if view is None:
            return Response(show("link_expired", context), status=404)
        if view.state is InvitationState.BOOKED:
            return _booked(context, view)
        if not view.is_open(context.today):
            return Response(show("invitation_over", context, view=view), status=410)
        if not is_given(context, view):
            return Response(show("invitation_over", context, view=view, is_open=True), status=410)
        return show("invited", context, view=view, times_url=_times_url(context, view))


def _booked(context: PageContext, view: InvitationView) -> ResponseReturnValue:
    """On to the appointment in a browser that has it open already, as the one that booked it; the link itself opens none."""
    opened = link_mark_of(context, view.reference) if view.reference else ""
    if opened and opened == appointments.by_reference(context.db, context.catalogue, view.reference).link_mark:
        return redirect(f"{context.base}/appointment/{view.reference}", code=303)
    return Response(show("invitation_over", context, view=view), status=410)


def _times_url(context: PageContext, view: InvitationView) -> str:
    """The page of the search on which it begins: with what they need, as we know it, and only what is not said yet."""
    resident = resident_of(context.db, context.authority.id, view.resident_id)
    needs = tuple(resident.support_needs)
    language = resident.language if "language" in needs else ""
    site = view.sites[0].slug if len(view.times.site_ids) == 1 and view.sites else ""
    search = SearchState(
        services=(view.service.slug,),
        needs=needs,
        language=language,
        site=site,
        mode=view.times.mode,
        known=f"{INVITED}{view.id}",
    )
    return f"{context.base}/{'when' if site or view.times.mode else 'where'}?{search.query()}"


@blueprint.route("/<authority:authority>/book/<visit>/invited", methods=["GET", "POST"])
@public
def book_invited(authority: str, visit: str) -> ResponseReturnValue:
    """Everything once more; sending it books. Who it is for is known, and not asked again."""
    with council_context(authority) as context:
        page = BookingPage(context, visit, "invited", must_hold=request.method == "GET")
        if page.response is not None:
            return page.response
        number = parse_search_state(page.draft.search_query).invitation or 0
        view = invitation_opened(context, number)
        if view is None or not view.is_open(context.today):
            return redirect(f"{context.base}/invited/{number}", code=303)
        if page.has_changed("needs", "language"):
            current = BookingPage(context, visit)
            return current.response or current.show_changed("invited_check", **_check_values(current, view))
        if request.method == "POST":
            return _book(context, page, view)
        return page.show("invited_check", **_check_values(page, view))


def _check_values(page: BookingPage, view: InvitationView) -> dict[str, Any]:
    context, visit = page.context, page.visit
    contacts = contacts_of_resident(context.db, view.resident_id)
    who = contacts.resident
    return {
        "view": view,
        "who": who,
        "missing": missing_contact(visit.mode, email=who.email, phone=who.phone),
        "back": times_before(context, page.draft),
        "search": parse_search_state(page.draft.search_query),
        "seen": page.stamp("needs", "language"),
        "spoken": spoken_in_hold(context.db, visit.site, page.draft.hold),
        "told": told_of_booking(context, contacts, NewVisit(visit.services[0], visit.starts_at, visit.mode)),
    }


def _book(context: PageContext, page: BookingPage, view: InvitationView) -> ResponseReturnValue:
    draft = page.draft
    booking = _booking_of(context, draft, view)
    idempotency = context.form_key("book invited", booking, request.form.get("idempotency_key") or draft.key)
    check_slowing_limit(context.runtime, BOOKING_LIMIT, "book", origin_of(request.remote_addr))
    try:
        booked = book(context.runtime, booking, actor=Actor.resident(), idempotency=idempotency)
    except HoldExpired:
        return page.show_expired()
    except SlotTaken:  # shut since it was held: the hold is of no use to anybody
        release_hold(context.runtime, context.authority.id, draft.hold)
        return show_alternatives(context, draft, decode(draft.slot_token))
    except LinkEnded:  # in another window, or withdrawn a moment ago
        release_hold(context.runtime, context.authority.id, draft.hold)
        return redirect(f"{context.base}/invited/{view.id}", code=303)
    except SameTime:
        return _again(page, view, same_time=True)
    except Invalid as error:  # it cannot be had so: they are told to contact us
        if NUMBER_FIELD in error.errors and error.errors[NUMBER_FIELD][0].code == USED_BEFORE:
            return _again(page, view, used_before=True)
        if NUMBER_FIELD in error.errors:
            return _again(page, view, has_one=True)
        return _again(page, view, is_refused=True)
    except (LimitReached, TooSoon, TooFar) as error:
        return show_refusal(context, error, draft)
    keep_booked(context, draft.visit, booked)
    return redirect(page.url("done"), code=303)


def _again(page: BookingPage, view: InvitationView, **why: bool) -> ResponseReturnValue:
    """The page once more, which says why it was not booked. What was said to an earlier warning holds."""
    why |= {name: True for name, field in DESPITE.items() if request.form.get(field)}
    current = BookingPage(page.context, page.draft.visit)
    if current.response is not None:
        return current.response
    return Response(current.show("invited_check", **why, **_check_values(current, view)), status=409)


def _booking_of(context: PageContext, draft: Draft, view: InvitationView) -> Booking:
    return Booking(
        authority_id=context.authority.id,
        channel="online",
        hold=draft.hold,
        resident=view.resident_id,
        support_needs=draft.needs,
        despite_same_time=bool(request.form.get("despite_same_time")),
        known_resident=view.resident_id,
        invitation=view.id,
        despite_number=bool(request.form.get("despite_number")),
    )
