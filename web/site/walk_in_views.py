"""A visit of somebody who walks in without an appointment: it begins at once, where somebody and a desk are free."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.queries.slots import SlotQuery, next_slot
from booking.slot_tokens import SlotKey
from booking.use_cases.book import Booked, Booking, book
from core.errors import IdempotencyMismatch, Invalid, SlotTaken, TooFar, TooSoon
from core.problems import joined_texts
from core.wall_clock import unit_of
from locations.model import ServiceFacts
from people.residents.details import ResidentDetails
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.page_context import SiteContext, site_context
from web.request_language import current_language, format_minutes, format_moment
from web.site.forms import WalkInForm, walk_in_form
from web.site.site_blueprint import SITE_PATH, blueprint

MODE = "in_person"
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
    """Begin the visit, and go to its row among those who wait; or say when the next time is free."""
    with site_context(site) as context:
        form = walk_in_form(context.site, context.catalogue.services)
        if not form.validate():
            return _form_page(context, form), 400
        service = context.catalogue.service(form.service.data)
        try:
            booked = _book(context, form, service)
        except (SlotTaken, TooSoon, TooFar):
            form.refuse("service", _nothing_free(context, service))
            return _form_page(context, form), 409
        except Invalid as error:
            form.refuse("name", joined_texts(error, current_language()))
            return _form_page(context, form), 400
        except IdempotencyMismatch:
            return redirect(url_for("site.walk_in", site=site), code=303)
        address = url_for("site.day", site=site, date=context.today.isoformat(), keep=booked.reference)
    return redirect(f"{address}#a-{booked.reference}", code=303)


def _form_page(context: SiteContext, form: WalkInForm) -> str:
    return render_template("site/walk_in.html", site=context.site, form=form, has_errors=bool(form.errors))


def _book(context: SiteContext, form: WalkInForm, service: ServiceFacts) -> Booked:
    """The visit, which begins with the five minutes that have begun. Raises: SlotTaken, Invalid, IdempotencyMismatch."""
    person = ResidentDetails(form.name.data or "", phone=form.phone.data or "")
    start_unit = unit_of(context.now)
    booking = Booking(
        authority_id=context.authority.id,
        channel="counter",
        resident=person,
        slot_key=SlotKey(context.authority.id, context.site.id, (service.id,), MODE, start_unit),
        is_walk_in=True,
    )
    key = context.form_key("walk_in", (context.site.id, service.id, person))
    return book(context.runtime, booking, actor=context.actor, idempotency=key)


def _nothing_free(context: SiteContext, service: ServiceFacts) -> str:
    """That nobody is free for the whole visit now, and when the next time here is."""
    length = format_minutes(service.duration_minutes)
    query = SlotQuery((service.id,), site_ids=(context.site.id,), mode=MODE, for_public=False)
    slot = next_slot(context.db, context.catalogue, query, context.now)
    if slot is None:
        return str(_("Nothing is free here now for %(length)s, and no time can be booked", length=length))
    moment = format_moment(slot.starts_at.astimezone(ZoneInfo(context.zone)))
    return str(_("Nothing is free here now for %(length)s. The next time is %(moment)s", length=length, moment=moment))
