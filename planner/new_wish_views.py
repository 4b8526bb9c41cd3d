"""Putting somebody on the waiting list during a call: of an appointment, or of somebody for whom no time is free."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.counted import counts_asked
from booking.queries.appointments import AppointmentView, by_reference
from booking.queries.open_wishes import wish_of_appointment
from booking.queries.slots import SlotQuery, candidate_sites
from booking.use_cases.wishes import NewWish, make_wish
from core.errors import IllegalMove, Invalid, NotFound
from core.problems import joined_texts
from core.text import small_numbers
from locations.model import ServiceFacts
from people.residents.resident_repository import resident_of
from people.staff.access_marks import requires
from people.staff.policy import Action
from planner.staff_wait_form import StaffWaitForm, ways_to_tell
from planner.told_of_wishes import told_of_earlier, told_of_way
from reminders.recipients import EARLIER_TIME, TEXT
from web.agent.call_request import MOST_SERVICES
from web.agent.message_views import blueprint
from web.components.wish_fields import WishForm
from web.message_routes import rules_of_page
from web.page_context import StaffContext, staff_context
from web.request_language import current_language

LONGEST_NUMBER = 18  # figures, of what every database can look up


@dataclass(frozen=True)
class _Subject:
    """Who is to wait, and for what."""

    resident_id: int
    name: str
    services: tuple[ServiceFacts, ...]
    appointment: AppointmentView | None
    can_be_reached: bool = True
    numbers: tuple[int, ...] = ()
    ways: tuple[str, ...] = ()  # by which whoever has no appointment can be told

    @property
    def query(self) -> SlotQuery:
        """What can be had at all."""
        mode = self.appointment.mode if self.appointment else None
        counts = self.appointment.counts if self.appointment else counts_asked(self.services, self.numbers)
        return SlotQuery(tuple(service.id for service in self.services), mode=mode, for_public=False, counts=counts)


@blueprint.route("/staff/waiting/new", methods=["GET", "POST"])
@requires(Action.BOOK_FOR_RESIDENT)
def new_wish() -> ResponseReturnValue:
    """Ask which times suit, and put them on the list. The address says who, and for what."""
    with staff_context() as context:
        subject = _subject(context)
        if subject.appointment and subject.appointment.local_date <= context.today:
            problem = _("The appointment is so soon that no earlier day is left.")
            return Response(_page(context, subject, WishForm(), problem, is_refused=True), status=409)
        if not subject.can_be_reached:
            problem = _(
                "We have no email address and no phone number for them. Add one first, so that we can tell them."
            )
            return _page(context, subject, WishForm(), problem, is_refused=True)
        form = _form(context, subject)
        if subject.appointment:
            known = wish_of_appointment(context.db, context.catalogue, subject.appointment.id, context.now)
            if known is not None:
                form.offer_wanted(known)
            if known is not None and request.method == "GET":
                form.show(known)
        if not form.validate_on_submit():
            return _page(context, subject, form)
        try:
            wish = _put_on_list(context, subject, form)
        except Invalid as error:
            problem = "" if form.refuse_all(error) else joined_texts(error, current_language())
            return Response(_page(context, subject, form, problem), status=400)
        except IllegalMove:
            return Response(
                _page(context, subject, form, _("This appointment is over, or cancelled already.")), status=409
            )
    return redirect(url_for("messages.waiting_one", wish=wish, said="waiting"), code=303)


def _form(context: StaffContext, subject: _Subject) -> WishForm:
    """The questions, with the places for somebody who has none yet."""
    if subject.appointment:
        form = WishForm()
        form.offer(context.catalogue, subject.query, subject.appointment.site, context.today)
        return form
    anywhere = StaffWaitForm()
    anywhere.offer_ways(subject.ways)
    anywhere.offer(context.catalogue, subject.query, None, context.today)
    anywhere.offer_places(candidate_sites(context.catalogue, subject.query))
    return anywhere


def _put_on_list(context: StaffContext, subject: _Subject, form: WishForm) -> int:
    from_time, to_time = form.hours
    reference = subject.appointment.reference if subject.appointment else None
    new = NewWish(
        channel=context.channel,
        appointment=reference,
        services=() if reference else tuple(service.slug for service in subject.services),
        resident=None if reference else subject.resident_id,
        sites=form.sites,
        weekdays=form.wanted_weekdays,
        from_time=from_time,
        to_time=to_time,
        until=form.until.day,
        numbers=subject.numbers,
        told_by=form.told_by.data if isinstance(form, StaffWaitForm) else "",
    )
    wanted = (form.wanted_weekdays, form.hours, form.until.day, form.sites)
    key = context.form_key("wish", (reference, subject.resident_id, subject.numbers, *wanted, new.told_by))
    return make_wish(context.runtime, context.authority.id, new, actor=context.actor, idempotency=key)


def _page(
    context: StaffContext, subject: _Subject, form: WishForm, problem: str = "", *, is_refused: bool = False
) -> str:
    appointment = subject.appointment.id if subject.appointment else None
    action = f"{url_for('messages.new_wish')}?{request.query_string.decode('ascii', 'ignore')}"
    return render_template(
        "staff/waiting_new.html",
        subject=subject,
        who=told_of_earlier(context, appointment, subject.name) if appointment else told_of_way(subject.name),
        form=form,
        problem=problem,
        is_refused=is_refused,
        action=action,
        has_errors=bool(form.errors or problem),
    )


def _subject(context: StaffContext) -> _Subject:
    """Raises: NotFound for who or what is not there, or not theirs to serve."""
    reference = request.args.get("appointment", "")
    if reference:
        view = by_reference(context.db, context.catalogue, reference)
        context.check_serves(view.site.id)
        return _Subject(view.resident.id, view.resident.name, view.services, view)
    number, slugs = request.args.get("resident", ""), request.args.getlist("service")
    if not number.isascii() or not number.isdigit() or len(number) > LONGEST_NUMBER:
        raise NotFound.because("resident_unknown")
    resident = resident_of(context.db, context.authority.id, int(number))
    if not 0 < len(slugs) <= MOST_SERVICES or len(set(slugs)) < len(slugs):
        raise NotFound.because("no_service_chosen")
    services = tuple(context.catalogue.public_service(slug) for slug in slugs)
    numbers = small_numbers(request.args.getlist("number"), most=MOST_SERVICES)
    numbers = () if counts_asked(services, numbers) is None else numbers
    ways = ways_to_tell(resident, by_text=TEXT in rules_of_page().channels_for(EARLIER_TIME))
    return _Subject(resident.id, resident.name, services, None, bool(resident.email or resident.phone), numbers, ways)
