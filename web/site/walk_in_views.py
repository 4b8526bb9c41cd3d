"""A visit of somebody who walks in without an appointment: it begins at once, where somebody and a desk are free.

Else the next time that is free can be booked with what was typed.
"""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.availability.site_days import counts_of
from booking.counted import minutes_of
from booking.queries.slots import SlotQuery, next_slot
from booking.slot_tokens import Counts, SlotKey
from booking.use_cases.book import Booked, Booking, book
from core.errors import IdempotencyMismatch, Invalid, SlotTaken, TooFar, TooSoon
from core.problems import joined_texts
from core.wall_clock import instant_of, unit_of
from locations.model import ServiceFacts
from people.residents.details import ResidentDetails
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.page_context import SiteContext, site_context
from web.request_language import current_language, format_minutes, format_moment
from web.site.forms import WalkInForm, walk_in_form
from web.site.site_blueprint import SITE_PATH, blueprint

MODE = "in_person"
LONGEST_UNIT = 8  # figures that are looked at: units of five minutes since 1970
WALK_INS_PATH = f"{SITE_PATH}/walk-ins"


@blueprint.get(WALK_INS_PATH)
@requires(Action.TAKE_WALK_IN, site_arg="site")
def walk_in(site: str) -> ResponseReturnValue:
    """The form: who is here, and for what."""
    with site_context(site) as context:
        return _form_page(context, walk_in_form(context.site, context.catalogue.services, is_empty=True))


@blueprint.post(WALK_INS_PATH)
@requires(Action.TAKE_WALK_IN, site_arg="site")
def take_walk_in(site: str) -> ResponseReturnValue:
    """Begin the visit, and go to its row among those who wait; or offer the next time that is free."""
    with site_context(site) as context:
        return _answer(context, unit_of(context.now), is_walk_in=True)


@blueprint.post(f"{WALK_INS_PATH}/next", endpoint="book_next")
@requires(Action.TAKE_WALK_IN, site_arg="site")
def book_next_time(site: str) -> ResponseReturnValue:
    """Book the time that was offered with what is typed, and go to its row; or offer the next that is free."""
    with site_context(site) as context:
        return _answer(context, _start_sent(), is_walk_in=False)


@blueprint.post(f"{WALK_INS_PATH}/try", endpoint="try_walk_in")
@requires(Action.TAKE_WALK_IN, site_arg="site")
def try_to_send(site: str) -> ResponseReturnValue:
    """Nothing: it says to the script that the form can be sent now, by a person who is signed in."""
    with site_context(site):
        return "", 204


def _answer(context: SiteContext, start_unit: int, *, is_walk_in: bool) -> ResponseReturnValue:
    """The row of what was booked, or the form with what stands against it."""
    form = walk_in_form(context.site, context.catalogue.services)
    if not form.validate():
        return _form_page(context, form, _offered(context)), 400
    service = context.catalogue.service(form.service.data)
    try:
        booked = _book(context, form, service, start_unit, is_walk_in=is_walk_in)
    except (SlotTaken, TooSoon, TooFar):
        return _form_page(context, form, _offer_next(context, form, service)), 409
    except Invalid as error:
        form.refuse("name", joined_texts(error, current_language()))
        return _form_page(context, form, _offered(context)), 400
    except IdempotencyMismatch:
        return redirect(url_for("site.walk_in", site=context.site.slug), code=303)
    day = instant_of(start_unit).astimezone(ZoneInfo(context.zone)).date()
    address = url_for("site.day", site=context.site.slug, date=day.isoformat(), keep=booked.reference)
    return redirect(f"{address}#a-{booked.reference}", code=303)


@dataclass(frozen=True)
class NextSlot:
    """The next time that is free: the unit at which it starts, and in words."""

    start: int
    moment: str


def _start_sent() -> int:
    """The unit of the time that the form offers; 0 for none."""
    start = request.form.get("start", "")[:LONGEST_UNIT]
    return int(start) if start.isascii() and start.isdecimal() else 0


def _offered(context: SiteContext) -> NextSlot | None:
    """The time that the form offers, if it is to come, so that it is still offered beside what has to be put right."""
    start = _start_sent()
    if start <= unit_of(context.now):
        return None
    return NextSlot(start, format_moment(instant_of(start).astimezone(ZoneInfo(context.zone))))


def _form_page(context: SiteContext, form: WalkInForm, next_slot: NextSlot | None = None) -> str:
    return render_template(
        "site/walk_in.html", site=context.site, form=form, next_slot=next_slot, has_errors=bool(form.errors)
    )


def _book(
    context: SiteContext, form: WalkInForm, service: ServiceFacts, start_unit: int, *, is_walk_in: bool
) -> Booked:
    """The visit, which begins with the five minutes of `start_unit`. Raises: SlotTaken, Invalid, IdempotencyMismatch."""
    person = ResidentDetails(form.name.data or "", phone=form.phone.data or "")
    booking = Booking(
        authority_id=context.authority.id,
        channel="counter",
        resident=person,
        slot_key=SlotKey(
            authority_id=context.authority.id,
            site_id=context.site.id,
            service_ids=(service.id,),
            mode=MODE,
            start_unit=start_unit,
            counts=_counts(form, service),
        ),
        is_walk_in=is_walk_in,
    )
    operation, time = ("walk_in", 0) if is_walk_in else ("next_time", start_unit)
    key = context.form_key(operation, (context.site.id, service.id, form.number, person, time))
    return book(context.runtime, booking, actor=context.actor, idempotency=key)


def _counts(form: WalkInForm, service: ServiceFacts) -> Counts:
    """What the number that was answered adds to the visit."""
    return counts_of([service], {service.id: form.number})


def _offer_next(context: SiteContext, form: WalkInForm, service: ServiceFacts) -> NextSlot | None:
    """The next time here, after the form says that nobody is free for the whole visit before it."""
    counts = _counts(form, service)
    length = format_minutes(sum(minutes_of([service], counts)))
    query = SlotQuery((service.id,), site_ids=(context.site.id,), mode=MODE, for_public=False, counts=counts)
    with context.runtime.database.reading() as db:
        slot = next_slot(db, context.catalogue, query, context.now)
    if slot is None:
        form.refuse("service", _("Nothing is free here now for %(length)s, and no time can be booked", length=length))
        return None
    moment = format_moment(slot.starts_at.astimezone(ZoneInfo(context.zone)))
    text = _("Nothing is free here now for %(length)s. The next time is %(moment)s", length=length, moment=moment)
    form.refuse("service", text)
    return NextSlot(unit_of(slot.starts_at), moment)
