"""What somebody who waits without an appointment is offered instead: later today, at another site, or on another day."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.queries.appointments import by_reference
from booking.queries.slots import FreeSlot
from booking.queries.times_instead import times_instead
from booking.slot_tokens import decode
from booking.use_cases.book import Booking
from booking.use_cases.book_instead import Waits, book_instead
from booking.visits.visit_queries import VisitOfDay, visit_by_id
from booking.visits.visit_states import IN_WAITING_ROOM
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
from web.page_context import SiteContext, site_context
from web.request_language import current_language, format_miles, format_moment, format_time
from web.site.forms import TimeInsteadForm
from web.site.site_blueprint import SITE_PATH, blueprint
from web.told import ToldLine

INSTEAD_PATH = f"{SITE_PATH}/visits/<int:day_visit>/times"


@dataclass(frozen=True)
class OfferedTime:
    """A time as a button."""

    token: str
    label: str


@dataclass(frozen=True)
class OfferedSite:
    """Another site: its name, how far it is, how long they would wait there now, and a time there today."""

    name: str
    distance: str
    wait: WaitRange | None
    time: OfferedTime | None


@blueprint.get(INSTEAD_PATH, endpoint="times_instead")
@requires(Action.TAKE_WALK_IN, site_arg="site")
def show(site: str, day_visit: int) -> ResponseReturnValue:
    """The times and sites, or what was booked."""
    with site_context(site) as context:
        visit = _visit(context, day_visit)
        return _page(context, visit, TimeInsteadForm(formdata=None, name=visit.name), booked=_booked(context, visit))


@blueprint.post(INSTEAD_PATH, endpoint="book_instead")
@requires(Action.TAKE_WALK_IN, site_arg="site")
def book(site: str, day_visit: int) -> ResponseReturnValue:
    """Book a time for them; they wait no longer."""
    with site_context(site) as context:
        visit, form = _visit(context, day_visit), TimeInsteadForm()
        status = 400
        if form.validate():
            try:
                reference = _book(context, visit, form)
                return redirect(
                    url_for("site.times_instead", site=site, day_visit=visit.id, booked=reference), code=303
                )
            except (Stale, IllegalMove):
                status = _refuse(form, _("They do not wait any more. Nothing was booked"))
            except (SlotTaken, TooSoon, TooFar, IdempotencyMismatch):
                status = _refuse(form, _("This time is not free any more. Choose another one"))
            except SameTime as error:
                status = _refuse(form, text_of_error(error, current_language()))
            except Invalid as error:
                form.refuse("name", joined_texts(error, current_language()))
    with site_context(site) as context:
        return _page(context, _visit(context, day_visit), form), status


def _refuse(form: TimeInsteadForm, text: str) -> int:
    form.refuse("name", text)
    return 409


def _book(context: SiteContext, visit: VisitOfDay, form: TimeInsteadForm) -> str:
    """The reference of the appointment. Raises: what `book_instead` raises."""
    person = ResidentDetails(form.name.data or "", phone=form.phone.data or "")
    token = request.form.get("slot", "")
    slot_key = decode(token)
    if slot_key.service_ids != (visit.service.id,):
        raise SlotTaken
    booking = Booking(
        authority_id=context.authority.id,
        channel="counter",
        resident=person,
        slot_key=slot_key,
        support_needs=visit.support_needs,
    )
    return book_instead(
        context.runtime,
        booking,
        Waits(visit.id, context.site.id, request.form.get("seen")),
        actor=context.actor,
        idempotency=context.form_key(f"instead:{visit.id}", (visit.id, token, person)),
    ).reference


def _visit(context: SiteContext, number: int) -> VisitOfDay:
    """The walk-in of this site. Raises: NotFound."""
    visit = visit_by_id(context.db, context.catalogue, number)
    if visit.site.id != context.site.id or not visit.is_walk_in or visit.local_date != context.today:
        raise NotFound.because("visit_unknown")
    return visit


def _booked(context: SiteContext, visit: VisitOfDay) -> str:
    """What was booked for somebody who waits no longer: where, when, and the reference; empty for anything else."""
    if visit.state in IN_WAITING_ROOM or not request.args.get("booked"):
        return ""
    view = by_reference(context.db, context.catalogue, request.args["booked"])
    facts = {"site": view.site.name, "moment": format_moment(view.starts_at.astimezone(ZoneInfo(context.zone)))}
    return str(_("Booked: %(moment)s, %(site)s. The reference is %(reference)s.", reference=view.reference, **facts))


def _page(context: SiteContext, visit: VisitOfDay, form: TimeInsteadForm, booked: str = "") -> str:
    waits = visit.state in IN_WAITING_ROOM
    offers = times_instead(context.db, context.catalogue, visit, context.now) if waits else None
    sites = offers.sites if offers else ()
    return render_template(
        "site/times_instead.html",
        site=context.site,
        visit=visit,
        form=form,
        has_errors=bool(form.errors),
        waits=waits,
        booked=booked,
        today=[_time(context, one, is_today=True) for one in offers.today] if offers else [],
        sites=[
            OfferedSite(
                one.site.name,
                format_miles(one.miles) if one.miles is not None else "",
                one.wait,
                _time(context, one.slot, is_today=True) if one.slot else None,
            )
            for one in sites
        ],
        later=[_time(context, one, is_today=False) for one in offers.later] if offers else [],
        told=_told(),
    )


def _time(context: SiteContext, slot: FreeSlot, *, is_today: bool) -> OfferedTime:
    at = slot.starts_at.astimezone(ZoneInfo(context.zone))
    return OfferedTime(slot.token, format_time(at) if is_today else format_moment(at))


def _told() -> tuple[ToldLine, ...]:
    """Who is told: it depends on what is typed."""
    return (
        ToldLine(_("With a telephone number: the confirmation by text, if it is a mobile, and the reminders")),
        ToldLine(_("Without one: nobody. Read the time and the reference out."), is_told=False),
    )
