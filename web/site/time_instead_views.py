"""What somebody who waits without an appointment is offered instead: later today, at another site, or on another day."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.queries.appointments import AppointmentView, by_reference
from booking.queries.slots import FreeSlot
from booking.queries.times_instead import TimesInstead, times_instead
from booking.slot_tokens import decode
from booking.states import State
from booking.use_cases.book import Booking
from booking.use_cases.book_instead import MAY_BE_GIVEN, Waits, book_instead, wait_again
from booking.visits.visit_queries import VisitOfDay, visit_by_id
from booking.visits.visit_states import VisitState
from booking.visits.wait_estimate import WaitRange
from core.errors import (
    IdempotencyMismatch,
    IllegalMove,
    Invalid,
    NotFound,
    SameTime,
    SlotTaken,
    Stale,
    TooFar,
    TooSoon,
)
from core.problems import joined_texts, text_of_error
from people.residents.details import ResidentDetails
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.expected_queries import expected_of_change
from web.labels import NEEDS, labels_of
from web.page_context import SiteContext, site_context
from web.request_language import current_language, format_miles, format_moment, format_time
from web.site.forms import TimeInsteadForm
from web.site.site_blueprint import SITE_PATH, blueprint
from web.told import ToldLine, told_lines

INSTEAD_PATH = f"{SITE_PATH}/visits/<int:day_visit>/times"


@dataclass(frozen=True)
class OfferedSite:
    """Another site: its name, how far it is, and how long they would wait there now."""

    name: str
    distance: str
    wait: WaitRange | None


@blueprint.get(INSTEAD_PATH, endpoint="times_instead")
@requires(Action.TAKE_WALK_IN, site_arg="site")
def show(site: str, day_visit: int) -> ResponseReturnValue:
    """The times and sites, or what was booked."""
    with site_context(site) as context:
        visit = _visit(context, day_visit)
        return _page(context, visit, _form(visit, is_empty=True))


@blueprint.post(INSTEAD_PATH, endpoint="book_instead")
@requires(Action.TAKE_WALK_IN, site_arg="site")
def book(site: str, day_visit: int) -> ResponseReturnValue:
    """Book a time for them; they wait no longer."""
    with site_context(site) as context:
        visit = _visit(context, day_visit)
        form = _form(visit)
        form.slot.validate_choice = False  # one that has gone meanwhile is refused with words of its own
        status = 400
        if form.validate():
            try:
                _book(context, visit, form)
                return _back(site, visit)
            except (Stale, IllegalMove):
                status = _refuse(form, _("A colleague has changed this meanwhile. Nothing was booked"))
            except (SlotTaken, TooSoon, TooFar, NotFound):
                status = _refuse(form, _("This time is not free any more. Choose another one"))
            except IdempotencyMismatch:
                status = _refuse(form, _("This form was sent before with something else. Send it again"))
            except SameTime as error:
                status = _refuse(form, text_of_error(error, current_language()))
            except Invalid as error:
                form.refuse("slot", joined_texts(error, current_language()))
    with site_context(site) as context:
        visit = _visit(context, day_visit)
        return (_page(context, visit, form), status) if visit.state in MAY_BE_GIVEN else _back(site, visit)


@blueprint.post(f"{INSTEAD_PATH}/back", endpoint="wait_again")
@requires(Action.TAKE_WALK_IN, site_arg="site")
def take_back(site: str, day_visit: int) -> ResponseReturnValue:
    """Cancel the time that was given, and let them wait with their ticket again."""
    with site_context(site) as context:
        visit, has_changed = _visit(context, day_visit), False
        try:
            with suppress(IllegalMove):  # the page says how it stands
                version = request.form.get("version", "")
                wait_again(context.runtime, _waits(context, visit), actor=context.actor, version=version)
        except Stale:
            has_changed = True
    if not has_changed:
        return _back(site, visit)
    with site_context(site) as context:
        visit = _visit(context, day_visit)
        return _page(context, visit, _form(visit, is_empty=True), has_changed=True), 409


def _form(visit: VisitOfDay, *, is_empty: bool = False) -> TimeInsteadForm:
    """The form as it was sent, or empty. Of somebody whose record is known it asks for no name, and no number."""
    form = TimeInsteadForm(formdata=None, name=visit.name) if is_empty else TimeInsteadForm()
    if visit.resident_id is not None:
        del form.name, form.phone
    return form


def _back(site: str, visit: VisitOfDay) -> ResponseReturnValue:
    return redirect(url_for("site.times_instead", site=site, day_visit=visit.id), code=303)


def _waits(context: SiteContext, visit: VisitOfDay, seen: str | None = None) -> Waits:
    return Waits(context.authority.id, context.site.id, visit.id, seen)


def _refuse(form: TimeInsteadForm, text: str) -> int:
    form.refuse("slot", text)
    return 409


def _book(context: SiteContext, visit: VisitOfDay, form: TimeInsteadForm) -> None:
    """Book it. Raises: what `book_instead` raises."""
    person = visit.resident_id or ResidentDetails(form.name.data or "", phone=form.phone.data or "")
    slot_key = decode(form.slot.data)
    if slot_key.service_ids != (visit.service.id,):
        raise SlotTaken
    booking = Booking(
        authority_id=context.authority.id,
        channel="counter",
        resident=person,
        slot_key=slot_key,
        support_needs=visit.support_needs,
    )
    book_instead(
        context.runtime,
        booking,
        _waits(context, visit, request.form.get("seen")),
        actor=context.actor,
        idempotency=context.form_key(f"instead:{visit.id}", (visit.id, form.slot.data, person)),
    )


def _visit(context: SiteContext, number: int) -> VisitOfDay:
    """The walk-in of this site. Raises: NotFound."""
    visit = visit_by_id(context.db, context.catalogue, number)
    if visit.site.id != context.site.id or not visit.is_walk_in or visit.local_date != context.today:
        raise NotFound.because("visit_unknown")
    return visit


def _booked(context: SiteContext, visit: VisitOfDay) -> AppointmentView | None:
    """What was booked for somebody who waits no longer; None while they wait, and for who was not here after all."""
    if visit.state is not VisitState.WITHDRAWN or not visit.booked_instead:
        return None
    return by_reference(context.db, context.catalogue, visit.booked_instead)


def _page(context: SiteContext, visit: VisitOfDay, form: TimeInsteadForm, *, has_changed: bool = False) -> str:
    waits, booked = visit.state in MAY_BE_GIVEN, _booked(context, visit)
    offers = times_instead(context.db, context.catalogue, visit, context.now) if waits else TimesInstead((), (), ())
    form.slot.choices = [(slot.token, _label(context, slot)) for slot in offers.slots]
    undo: tuple[ToldLine, ...] = ()
    if booked is not None and booked.state is State.BOOKED:
        undo = told_lines(expected_of_change(context.db, context.authority, booked.id, "cancelled", context.now))
    return render_template(
        "site/times_instead.html",
        site=context.site,
        visit=visit,
        needs=labels_of(NEEDS, visit.support_needs),
        form=form,
        has_errors=bool(form.errors),
        waits=waits,
        booked=_words(context, booked) if booked else "",
        undo=undo,
        version=booked.version if booked else "",
        has_changed=has_changed,
        has_today=bool(offers.today),
        sites=[
            OfferedSite(one.site.name, format_miles(one.miles) if one.miles is not None else "", one.wait)
            for one in offers.sites
        ],
        told=_told(is_known=visit.resident_id is not None),
    )


def _words(context: SiteContext, view: AppointmentView) -> str:
    """What was booked: where, when, and the reference."""
    moment = format_moment(view.starts_at.astimezone(ZoneInfo(context.zone)))
    facts = {"site": view.site.name, "moment": moment, "reference": view.spoken_reference}
    return str(_("Booked: %(moment)s, %(site)s. The reference is %(reference)s.", **facts))


def _label(context: SiteContext, slot: FreeSlot) -> str:
    """Where and when: today's times without the day."""
    at = slot.starts_at.astimezone(ZoneInfo(context.zone))
    when = _("today at %(time)s", time=format_time(at)) if at.date() == context.today else format_moment(at)
    return f"{when}, {slot.site.name}"


def _told(*, is_known: bool) -> tuple[ToldLine, ...]:
    """Who is told: it depends on what is typed, or on their record."""
    if is_known:
        return (ToldLine(_("The confirmation and the reminders, as their record says")),)
    return (
        ToldLine(_("With a telephone number: the confirmation by text, if it is a mobile, and the reminders")),
        ToldLine(_("Without one: nobody. Read the time and the reference out."), is_told=False),
    )
