"""Pages of a booked appointment for whoever opened its link: see it, move it, cancel it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from werkzeug.utils import secure_filename

from booking.calendar.event import Audience, appointment_event
from booking.calendar.ical import single_file
from booking.calendar.need_lines import need_lines
from booking.counted import numbers_of
from booking.documents.kept_papers import services_as_answered
from booking.documents.progress_steps import may_be_noted
from booking.proposals.wish_rules import BY_PHONE
from booking.queries import appointments, link_tokens
from booking.queries.advisers import adviser_of_appointment
from booking.queries.appointments import AppointmentView
from booking.queries.open_proposals import rebooking_of
from booking.queries.open_wishes import wish_of_appointment
from booking.states import BY_COUNCIL, CANCELLED, State
from booking.use_cases.cancel import cancel
from core.audit import Actor
from core.errors import IllegalMove, NotFound, Stale
from core.flask_context import current_runtime
from locations.catalogue_queries import catalogue_by_id
from locations.own_words import Told, words_in
from people.staff.access_marks import public
from reminders.confirming.confirm_queries import visits_to_confirm
from reminders.reach_queries import ways_to_wait
from web.components.wish_fields import wish_lines
from web.message_routes import route_of_booked
from web.page_context import council_context, resident_context
from web.progress_lines import progress_lines
from web.qr_picture import qr_picture
from web.request_language import current_language
from web.resident import drafts
from web.resident.appointment_page import AppointmentPage, appointment_over, open_appointment_context
from web.resident.forms import CancelForm
from web.resident.move_views import search_for_another_time
from web.resident.own_time import longer_time
from web.resident.page_end import is_page_over
from web.resident.page_rendering import show
from web.resident.search_state import OWN
from web.resident.sent_views import may_send
from web.resident.told_you import told_of_cancelling, told_of_move
from web.resident.urls import blueprint
from web.resident.wish_page import open_wish_link


@dataclass(frozen=True)
class Banner:
    """The title and the text of a banner that says what was done."""

    title: LazyString
    text: LazyString
    is_success: bool = True


# The banners of an appointment's page, by the code in its address.
MESSAGES = {
    "news_wanted": Banner(_l("Changed"), _l("We will tell you when it moves on, in your way.")),
    "news_ended": Banner(_l("Changed"), _l("We will not tell you any more when it moves on.")),
    "moved": Banner(_l("Changed"), _l("The appointment has a new time.")),
    "moved_by_council": Banner(
        _l("Changed"),
        _l("The appointment has a new time or place. The council moved it: that counts against nobody."),
    ),
    "cancelled_by_council": Banner(
        _l("Cancelled"), _l("The appointment is cancelled. The council cancelled it: that counts against nobody.")
    ),
    "moved_with_papers": Banner(
        _l("Changed"),
        _l("The appointment has a new time. Your list of papers is for the new day: look at it again."),
    ),
    "booked": Banner(_l("Booked"), _l("The time is yours.")),
    "cancelled": Banner(_l("Cancelled"), _l("The appointment is cancelled. Somebody else can have the time.")),
    "declined": Banner(
        _l("Thank you"), _l("We have given that time back. We will ring you, or choose another time here.")
    ),
    "offer_over": Banner(
        _l("Nothing was changed"), _l("The time that we held for you is gone. Choose another one here.")
    ),
    "offer_changed": Banner(
        _l("Nothing was changed"), _l("Your appointment has changed meanwhile. This is how it is now.")
    ),
    "kept": Banner(_l("Thank you"), _l("You keep the time that you have. We go on looking for an earlier one.")),
    "earlier_over": Banner(
        _l("Nothing was changed"), _l("That time is gone. You keep the time that you have."), is_success=False
    ),
    "waiting": Banner(_l("Thank you"), _l("We will write to you if an earlier time comes up.")),
    "not_waiting": Banner(_l("Thank you"), _l("You keep the time that you have. We offer you no earlier times.")),
    "confirmed": Banner(_l("Thank you"), _l("The appointment is confirmed.")),
    "papers": Banner(_l("Thank you"), _l("We have kept which papers you have.")),
    "changed": Banner(_l("Changed"), _l("We have kept your new details.")),
}


NOT_ALL_MET = Banner(
    _l("Important"),
    _l("We have noted the help you need. This appointment does not have all of it yet."),
    is_success=False,
)


@blueprint.get("/manage/<token>")
@public
def open_link(token: str) -> ResponseReturnValue:
    """Exchange the link's token for a cookie and a clean address. Nothing is changed: mail scanners open links too."""
    runtime = current_runtime()
    with runtime.database.reading() as db:
        try:
            authority_id, appointment_id = link_tokens.by_manage_token(db, token)
        except NotFound:
            return open_wish_link(runtime, db, token)
        context = resident_context(runtime, db, catalogue_by_id(db, authority_id))
        view = appointments.by_id(db, context.catalogue, appointment_id)
        if is_page_over(db, view, context.now):
            return appointment_over(context)
        drafts.open_appointment(context, view.reference, view.link_mark)
    return redirect(f"/{context.authority.slug}/appointment/{view.reference}", code=303)


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
    with open_appointment_context(authority, reference, to_read=True) as page:
        return show_appointment(page, _message(page.view))


def show_appointment(page: AppointmentPage, message: Banner | None) -> str:
    """The page of the appointment, with a banner."""
    view, route = page.view, route_of_booked(page.context.db, page.view)
    rebooking = rebooking_of(page.context.db, page.context.catalogue, view.id, page.context.now)
    longer = longer_time(page.context, view) if "extra-time" in view.unmet_needs else None
    wish = wish_of_appointment(page.context.db, page.context.catalogue, view.id, page.context.now)
    asked = visits_to_confirm(page.context.db, [view.id]).get(view.id)
    facts: dict[str, object] = {
        "message": message,
        "route": route,
        "rebooking": rebooking,
        "longer": longer,
        "wish": wish,
        "is_rung": wish is not None and wish.told_by == BY_PHONE and BY_PHONE in ways_to_wait(page.context.db, view.id),
        "own_adviser": page.own_adviser,
        "papers": page.papers,
        "progress": progress_lines(view),
        "may_have_news": not page.is_booked and may_be_noted(view.state, is_not_needed=view.is_not_needed),
        "may_send": may_send(page),
        "confirmation": asked,
        "code": qr_picture(view.reference) if page.is_booked and view.site.has_kiosk else None,
        "is_in_time": asked is not None and asked.answer_by is not None and page.context.now < asked.answer_by,
    }
    lines = wish_lines(wish, view.site) if wish else ()
    held = rebooking.proposal if rebooking else wish.proposal if wish else None
    facts["told"] = told_of_move(page, held.starts_at) if held and page.is_booked else ()
    numbers = numbers_of(view.services, view.counts)
    search = search_for_another_time(view)
    adviser = adviser_of_appointment(page.context.db, page.context.catalogue, view.id, page.context.today)
    again = None
    if adviser and adviser.works_here and all(one.bookable_online for one in view.services):
        again = replace(search, moving="", known=view.reference, adviser=OWN, site="", mode="")
    return page.show("appointment", search=search, numbers=numbers, wish_lines=lines, again=again, **facts)


def _message(view: AppointmentView) -> Banner | None:
    """The banner that the address names, unless the appointment is not as it says."""
    code = request.args.get("said", "")
    is_over = code == "cancelled" and view.state not in CANCELLED
    if code == "cancelled" and view.state is State.CANCELLED_BY_AUTHORITY:
        code = "cancelled_by_council"
    if code == "moved" and view.moved_by == BY_COUNCIL:
        code = "moved_by_council"
    if code == "moved" and view.paper_answers:
        code = "moved_with_papers"
    if code == "changed" and view.unmet_needs:
        return NOT_ALL_MET
    return None if is_over else MESSAGES.get(code)


@blueprint.get("/<authority:authority>/appointment/<reference>.ics")
@public
def calendar(authority: str, reference: str) -> ResponseReturnValue:
    """The appointment as a calendar file, without the link that could change it."""
    with open_appointment_context(authority, reference) as page:
        settings, view = page.context.runtime.settings, page.view
        told = Told(view.services, is_neutral=view.resident.uses_neutral_name)
        services = tuple(words_in(one, current_language().code) for one in told.services)
        if view.paper_answers:
            services = services_as_answered(services, view.paper_answers, view.local_date, current_language())
        event = appointment_event(
            replace(view, services=services, site=told.site(view.site)),
            page.context.authority,
            Audience.RESIDENT,
            current_language(),
            public_url=settings.public_url,
            mail_from=settings.mail_from,
            needs=need_lines(view, current_language()),
            owner_since=view.owner_since,
            acts_for=view.resident.name if view.representative else "",
        )
    name = secure_filename(f"appointment-{reference}.ics")
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(single_file(event), mimetype="text/calendar", headers=headers)


@blueprint.route("/<authority:authority>/appointment/<reference>/cancel", methods=["GET", "POST"], endpoint="cancel")
@public
def cancel_page(authority: str, reference: str) -> ResponseReturnValue:
    """Ask once, then cancel. Whoever cannot come can say so until it begins; only moving ends with the cut-off."""
    with open_appointment_context(authority, reference) as page:
        form = CancelForm()
        refusal = page.refuse_unless_booked() if request.method == "GET" else None
        if refusal is not None:
            return refusal
        if not form.validate_on_submit():
            return page.show("cancel", form=form, back=page.url, told=told_of_cancelling(page))
        try:
            cancel(
                page.context.runtime,
                page.view.authority_id,
                reference,
                actor=Actor.resident(),
                by="resident",
                reason=form.reason.data or "",
                enforce_cutoff=False,
                seen=page.seen,
                idempotency=page.form_key("cancel"),
            )
        except Stale:
            return page.show_stale("cancel", form=form, back=page.url, told=told_of_cancelling(page))
        except IllegalMove as error:
            return page.show_refusal(error.code)
        return page.redirect("cancelled")


@blueprint.post("/<authority:authority>/forget")
@public
def forget(authority: str) -> ResponseReturnValue:
    """Delete all that is kept for this browser of anybody."""
    with council_context(authority) as context:
        drafts.forget_browser(context)
        return show("device_forgotten", context)
