"""An appointment in its owner's hands: see it, move it, cancel it. Opening a link changes nothing."""

from __future__ import annotations

from flask import Response, redirect, request
from flask import session as flask_session
from flask.typing import ResponseReturnValue
from werkzeug.utils import secure_filename

from booking.calendar.event import Audience, appointment_event
from booking.calendar.ical import single_file
from booking.queries import appointments
from booking.queries.slots import nearest_alternatives
from booking.slot_tokens import decode
from booking.states import has_link_ended
from booking.use_cases.changes import Move, cancel, reschedule
from core.audit import Actor
from core.errors import IllegalMove, SlotTaken, Stale, TooFar, TooSoon
from core.flask_context import current_runtime
from locations.catalogue_queries import catalogue_by_id
from people.staff.access_marks import public
from web.page_context import PageContext, council_context
from web.request_language import current_language
from web.resident import drafts
from web.resident.appointment_page import ended, own
from web.resident.forms import CancelForm
from web.resident.page_rendering import show
from web.resident.search_state import Steps
from web.resident.urls import blueprint
from web.resident.visit_view import visit_of


@blueprint.get("/manage/<token>")
@public
def open_link(token: str) -> ResponseReturnValue:
    """Exchange the link's token for a cookie and a clean address. Nothing is changed: mail scanners open links too."""
    runtime = current_runtime()
    with runtime.database.reading() as reading:
        authority_id, appointment_id = appointments.by_manage_token(reading, token)
        catalogue = catalogue_by_id(reading, authority_id)
        view = appointments.by_id(reading, catalogue, appointment_id)
        if has_link_ended(view.ends_at, runtime.clock.now()):
            return ended(PageContext(runtime, reading, catalogue, Actor.resident(), runtime.clock.now()))
    drafts.open_appointment(flask_session, view.reference, view.link_mark, runtime.clock.now())
    return redirect(f"/{catalogue.authority.slug}/appointment/{view.reference}", code=303)


@blueprint.get("/<authority:authority>/appointment")
@public
def last_appointment(authority: str) -> ResponseReturnValue:
    """The appointment that this browser opened last, or the page that finds one."""
    with council_context(authority) as context:
        reference = drafts.last_opened(flask_session)
    way = f"appointment/{reference}" if reference and drafts.mark_of(flask_session, reference, context.now) else "find"
    return redirect(f"{context.base}/{way}", code=303)


@blueprint.get("/<authority:authority>/appointment/<reference>")
@public
def appointment(authority: str, reference: str) -> ResponseReturnValue:
    """What, when, where, and what can be done about it."""
    with own(authority, reference) as mine:
        steps = Steps(
            services=tuple(service.slug for service in mine.view.services),
            needs=mine.view.support_needs,
            language=mine.view.resident.language if "language" in mine.view.support_needs else "",
            site="" if mine.view.site.is_virtual else mine.view.site.slug,
            mode=mine.view.mode,
            moving=mine.view.reference,
        )
        return mine.show("appointment", steps=steps, said=request.args.get("said", ""))


@blueprint.get("/<authority:authority>/appointment/<reference>.ics")
@public
def calendar(authority: str, reference: str) -> ResponseReturnValue:
    """The appointment as a calendar file, without the link that could change it."""
    with own(authority, reference) as mine:
        settings = mine.context.runtime.settings
        event = appointment_event(
            mine.view,
            mine.context.authority,
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
    """The new time once more; sending it moves the appointment. When somebody was quicker, the nearest others."""
    with own(authority, reference) as mine:
        slot_key = decode(request.values.get("slot", ""))
        visit = visit_of(mine.context.catalogue, slot_key)
        back = f"{mine.at}"
        if request.method == "GET":
            return mine.show("move", visit=visit, slot=request.args["slot"], back=back)
        try:
            reschedule(
                mine.context.runtime,
                mine.view.authority_id,
                reference,
                Move(slot_key=slot_key),
                actor=Actor.resident(),
                enforce_cutoff=True,
                seen=mine.seen,
                idempotency=mine.key(f"move {slot_key}"),
            )
        except Stale:
            return mine.stale("move", visit=visit, slot=request.form["slot"], back=back)
        except SlotTaken:
            needs = frozenset(mine.view.support_needs)
            with mine.context.runtime.database.reading() as fresh:
                others = nearest_alternatives(
                    fresh, mine.context.catalogue, slot_key, mine.context.now, for_public=True, needs=needs
                )
            return Response(mine.show("move_slot_taken", visit=visit, others=others, back=back), status=409)
        except (TooSoon, TooFar, IllegalMove) as error:
            return Response(mine.show("move_refused", code=error.code, back=back), status=409)
        return mine.to("moved")


@blueprint.route("/<authority:authority>/appointment/<reference>/cancel", methods=["GET", "POST"], endpoint="cancel")
@public
def cancel_page(authority: str, reference: str) -> ResponseReturnValue:
    """Ask once, then cancel."""
    with own(authority, reference) as mine:
        form = CancelForm()
        settled = mine.settled() if request.method == "GET" else None
        if settled is not None:
            return settled
        if not form.validate_on_submit():
            return mine.show("cancel", form=form, back=mine.at)
        try:
            cancel(
                mine.context.runtime,
                mine.view.authority_id,
                reference,
                actor=Actor.resident(),
                by="resident",
                reason=form.reason.data or "",
                enforce_cutoff=True,
                seen=mine.seen,
                idempotency=mine.key("cancel"),
            )
        except Stale:
            return mine.stale("cancel", form=form, back=mine.at)
        except (TooSoon, IllegalMove) as error:
            return Response(mine.show("move_refused", code=error.code, back=mine.at), status=409)
        return mine.to("cancelled")


@blueprint.post("/<authority:authority>/forget")
@public
def forget(authority: str) -> ResponseReturnValue:
    """Leave nothing of anybody on this computer."""
    with council_context(authority) as context:
        drafts.forget_everything(flask_session)
        return show("device_forgotten", context)
