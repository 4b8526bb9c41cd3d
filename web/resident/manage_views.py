"""Pages of a booked appointment for whoever opened its link: see it, move it, cancel it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from werkzeug.utils import secure_filename

from booking.calendar.event import Audience, appointment_event
from booking.calendar.ical import single_file
from booking.queries import appointments
from booking.queries.alternatives import nearest_alternatives
from booking.queries.appointments import AppointmentView
from booking.slot_tokens import SlotKey, decode, encode
from booking.states import State, has_link_ended
from booking.use_cases.cancel import cancel
from booking.use_cases.reschedule import Move, reschedule
from core.audit import Actor
from core.errors import IllegalMove, NotFound, SlotTaken, Stale, TooFar, TooSoon
from core.flask_context import current_runtime
from locations.catalogue_queries import authorities, catalogue_by_id
from people.staff.access_marks import public
from web.message_routes import route_of_booked
from web.page_context import PageContext, council_context
from web.request_language import current_language
from web.resident import drafts
from web.resident.appointment_page import AppointmentPage, appointment_over, link_unknown, open_appointment_context
from web.resident.forms import CancelForm
from web.resident.page_rendering import VisitView, show, visit_of
from web.resident.search_state import SearchState
from web.resident.urls import blueprint


@dataclass(frozen=True)
class Banner:
    """The title and the text of a banner that says what was done."""

    title: LazyString
    text: LazyString


# The banners of an appointment's page, by the code in its address.
MESSAGES = {
    "moved": Banner(_l("Changed"), _l("Your appointment has a new time.")),
    "cancelled": Banner(_l("Cancelled"), _l("Your appointment is cancelled. Somebody else can have the time.")),
    "changed": Banner(_l("Changed"), _l("We have kept your new details.")),
}


@blueprint.get("/manage/<token>")
@public
def open_link(token: str) -> ResponseReturnValue:
    """Exchange the link's token for a cookie and a clean address. Nothing is changed: mail scanners open links too."""
    runtime = current_runtime()
    with runtime.database.reading() as db:
        try:
            authority_id, appointment_id = appointments.by_manage_token(db, token)
        except NotFound:
            return link_unknown(authorities(db))
        catalogue = catalogue_by_id(db, authority_id)
        view = appointments.by_id(db, catalogue, appointment_id)
        context = PageContext(runtime, db, catalogue, Actor.resident(), runtime.clock.now())
        if has_link_ended(view.ends_at, context.now):
            return appointment_over(context)
        drafts.open_appointment(context, view.reference, view.link_mark)
    return redirect(f"/{catalogue.authority.slug}/appointment/{view.reference}", code=303)


@blueprint.get("/<authority:authority>/appointment")
@public
def last_appointment(authority: str) -> ResponseReturnValue:
    """The appointment that this browser opened last, or the page that finds one."""
    with council_context(authority) as context:
        reference = drafts.last_opened(context)
    return redirect(f"{context.base}/{f'appointment/{reference}' if reference else 'find'}", code=303)


@blueprint.get("/<authority:authority>/appointment/<reference>")
@public
def appointment(authority: str, reference: str) -> ResponseReturnValue:
    """What, when, where, and what can be done about it."""
    with open_appointment_context(authority, reference) as page:
        message, route = _message(page.view), route_of_booked(page.context.db, page.view)
        return page.show("appointment", search=_search_for(page.view), message=message, route=route)


def _search_for(view: AppointmentView) -> SearchState:
    """The search for another time of the appointment: for the same services and needs, at the same place."""
    return SearchState(
        services=tuple(service.slug for service in view.services),
        needs=view.support_needs,
        language=view.resident.language if "language" in view.support_needs else "",
        site="" if view.site.is_virtual else view.site.slug,
        mode=view.mode,
        moving=view.reference,
    )


def _message(view: AppointmentView) -> Banner | None:
    """The banner that the address names, unless the appointment is not as it says."""
    code = request.args.get("said", "")
    is_over = code == "cancelled" and view.state is not State.CANCELLED_BY_RESIDENT
    return None if is_over else MESSAGES.get(code)


@blueprint.get("/<authority:authority>/appointment/<reference>.ics")
@public
def calendar(authority: str, reference: str) -> ResponseReturnValue:
    """The appointment as a calendar file, without the link that could change it."""
    with open_appointment_context(authority, reference) as page:
        settings = page.context.runtime.settings
        event = appointment_event(
            page.view,
            page.context.authority,
            Audience.RESIDENT,
            current_language(),
            public_url=settings.public_url,
            mail_from=settings.mail_from,
        )
    name = secure_filename(f"appointment-{reference}.ics")
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(single_file(event), mimetype="text/calendar", headers=headers)


@blueprint.route("/<authority:authority>/appointment/<reference>/move", methods=["GET", "POST"])
@public
def move(authority: str, reference: str) -> ResponseReturnValue:
    """The new time once more; sending it moves the appointment, or shows the nearest free times if it is booked."""
    with open_appointment_context(authority, reference) as page:
        refusal = page.refuse_unless_booked()
        if refusal is not None:
            return refusal
        slot_key = _slot_of_same_visit(page)
        visit = visit_of(page.context.catalogue, slot_key)
        if request.method == "GET":
            return page.show("move", **_move_values(page, visit, slot_key))
        try:
            reschedule(
                page.context.runtime,
                page.view.authority_id,
                reference,
                Move(slot_key=slot_key),
                actor=Actor.resident(),
                enforce_cutoff=True,
                seen=page.seen,
                idempotency=page.form_key(f"move {slot_key}"),
            )
        except Stale:
            return page.show_stale("move", **_move_values(page, visit, slot_key))
        except SlotTaken:
            needs = frozenset(page.view.support_needs)
            with page.context.runtime.database.reading() as db:
                alternatives = nearest_alternatives(
                    db, page.context.catalogue, slot_key, page.context.now, for_public=True, needs=needs
                )
            return Response(
                page.show("move_slot_taken", visit=visit, alternatives=alternatives, back=page.url), status=409
            )
        except (TooSoon, TooFar, IllegalMove) as error:
            return page.show_refusal(error.code)
        return page.redirect("moved")


def _slot_of_same_visit(page: AppointmentPage) -> SlotKey:
    """The new time that was chosen. Raises: NotFound for one of another council or for other services."""
    slot_key = decode(request.values.get("slot", ""))
    if slot_key.authority_id != page.context.authority.id:
        raise NotFound.because("time_of_another_council")
    if slot_key.service_ids != tuple(service.id for service in page.view.services):
        raise NotFound.because("time_of_another_service")
    return slot_key


def _move_values(page: AppointmentPage, visit: VisitView, slot_key: SlotKey) -> dict[str, Any]:
    view = page.view
    is_same = (visit.site.id, visit.mode, visit.starts_at) == (view.site.id, view.mode, view.starts_at)
    return {
        "visit": visit,
        "slot": encode(slot_key),
        "is_same_time": is_same,
        "search": _search_for(view),
        "back": f"{page.context.base}/when?{_search_for(view).query()}",
    }


@blueprint.route("/<authority:authority>/appointment/<reference>/cancel", methods=["GET", "POST"], endpoint="cancel")
@public
def cancel_page(authority: str, reference: str) -> ResponseReturnValue:
    """Ask once, then cancel."""
    with open_appointment_context(authority, reference) as page:
        form = CancelForm()
        refusal = page.refuse_unless_booked() if request.method == "GET" else None
        if refusal is not None:
            return refusal
        if not form.validate_on_submit():
            return page.show("cancel", form=form, back=page.url)
        try:
            cancel(
                page.context.runtime,
                page.view.authority_id,
                reference,
                actor=Actor.resident(),
                by="resident",
                reason=form.reason.data or "",
                enforce_cutoff=True,
                seen=page.seen,
                idempotency=page.form_key("cancel"),
            )
        except Stale:
            return page.show_stale("cancel", form=form, back=page.url)
        except (TooSoon, IllegalMove) as error:
            return page.show_refusal(error.code)
        return page.redirect("cancelled")


@blueprint.post("/<authority:authority>/forget")
@public
def forget(authority: str) -> ResponseReturnValue:
    """Delete all that is kept for this browser of anybody."""
    with council_context(authority) as context:
        drafts.forget_browser(context)
        return show("device_forgotten", context)
