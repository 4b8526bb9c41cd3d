"""Putting somebody on the waiting list during a call: of an appointment, or of somebody for whom no time is free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.counted import counts_asked
from booking.queries.advisers import adviser_of_person
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
from planner.staff_wait_form import STAFF_WAYS, StaffEarlierForm, StaffWaitForm, ways_to_tell
from planner.told_of_wishes import told_of_earlier, told_of_way
from reminders.reach_queries import ways_to_wait
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
    ways: tuple[str, ...] = ()  # by which they can be told
    adviser: str = ""  # the name of the one whom they have, where that one can be booked

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
        form = StaffEarlierForm()
        known = wish_of_appointment(context.db, context.catalogue, subject.appointment.id, context.now)
        form.offer_ways(subject.ways, known.told_by if known else "", STAFF_WAYS)
        form.offer_adviser(subject.adviser, is_wanted=bool(known and known.adviser))
        form.offer(context.catalogue, subject.query, subject.appointment.site, context.today)
        if known is not None:
            form.offer_wanted(known)
        if known is not None and request.method == "GET":
            form.show(known)
        return form
    anywhere = StaffWaitForm()
    anywhere.offer_every_way(subject.ways)
    anywhere.offer_adviser(subject.adviser)
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
        told_by=form.way,
        own_adviser=form.is_for_own_adviser,
    )
    wanted = (form.wanted_weekdays, form.hours, form.until.day, form.sites)
    key = context.form_key(
        "wish", (reference, subject.resident_id, subject.numbers, *wanted, new.told_by, new.own_adviser)
    )
    return make_wish(context.runtime, context.authority.id, new, actor=context.actor, idempotency=key)


def _page(
    context: StaffContext, subject: _Subject, form: WishForm, problem: str = "", *, is_refused: bool = False
) -> str:
    name, appointment = subject.name, subject.appointment
    action = f"{url_for('messages.new_wish')}?{request.query_string.decode('ascii', 'ignore')}"
    return render_template(
        "staff/waiting_new.html",
        subject=subject,
        who=told_of_earlier(context, appointment.id, name, subject.ways) if appointment else told_of_way(name),
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
        ways, adviser = ways_to_wait(context.db, view.id), _adviser(context, view.resident.id, view.services, view.id)
        return _Subject(view.resident.id, view.resident.name, view.services, view, ways=ways, adviser=adviser)
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
    is_reached, adviser = bool(resident.email or resident.phone), _adviser(context, resident.id, services)
    return _Subject(resident.id, resident.name, services, None, is_reached, numbers, ways, adviser)


def _adviser(
    context: StaffContext, resident_id: int, services: Sequence[ServiceFacts], appointment_id: int | None = None
) -> str:
    """The name of the adviser whom they have and who can be booked; empty where there is none."""
    whose = (resident_id, [service.id for service in services], context.today, appointment_id)
    known = adviser_of_person(context.db, context.catalogue, *whose)
    return known.name if known is not None and known.works_here else ""
