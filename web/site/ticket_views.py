"""A ticket for somebody without an appointment: they wait until a desk calls them, and no time is booked for them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.use_cases.take_walk_in import take_walk_in
from booking.visits.queue_state_queries import wait_of_visit
from booking.visits.visit_queries import visit_by_id
from booking.visits.visit_states import NewWalkIn, VisitState
from core.errors import IdempotencyMismatch, Invalid, NotFound
from core.problems import joined_texts
from people.residents.details import NEEDS
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.page_context import SiteContext, site_context
from web.request_language import current_language, format_time
from web.site.forms import TicketForm, ticket_form
from web.site.noted import is_from_script, noted_at
from web.site.site_blueprint import SITE_PATH, blueprint

TICKETS_PATH = f"{SITE_PATH}/tickets"


@blueprint.get(TICKETS_PATH)
@requires(Action.TAKE_WALK_IN, site_arg="site")
def ticket(site: str) -> ResponseReturnValue:
    """The form: who is here, and for what."""
    with site_context(site) as context:
        return _form_page(context, ticket_form(context.site, context.catalogue.services, is_empty=True))


@blueprint.post(TICKETS_PATH, endpoint="give_ticket")
@requires(Action.TAKE_WALK_IN, site_arg="site")
def give(site: str) -> ResponseReturnValue:
    """Give the next ticket, and show it."""
    with site_context(site) as context:
        form = ticket_form(context.site, context.catalogue.services)
        if not form.validate():
            return _form_page(context, form), 400
        came_at = noted_at(context.now)
        if came_at and came_at.astimezone(ZoneInfo(context.zone)).date() != context.today:
            form.refuse("name", _("They came on another day, so there is no ticket for them today"))
            return _form_page(context, form), 409
        needs = tuple(code for code in NEEDS if code in (form.support_needs.data or ()))
        new = NewWalkIn(form.name.data, needs, form.is_urgent.data, shows_name=form.shows_name.data)
        try:
            given = take_walk_in(
                context.runtime,
                context.authority.id,
                site,
                form.service.data,
                new,
                actor=context.actor,
                idempotency=context.form_key("ticket", (site, form.service.data, new)),
                noted_at=came_at,
            )
        except Invalid as error:
            form.refuse("service", joined_texts(error, current_language()))
            return _form_page(context, form), 400
        except IdempotencyMismatch:
            if is_from_script():
                form.refuse("name", _("This form was sent before, for somebody else"))
                return _form_page(context, form), 409
            return redirect(url_for("site.ticket", site=site), code=303)
    if is_from_script():
        return "", 204
    return redirect(url_for("site.show_ticket", site=site, day_visit=given.visit_id), code=303)


@blueprint.get(f"{TICKETS_PATH}/<int:day_visit>", endpoint="show_ticket")
@requires(Action.TAKE_WALK_IN, site_arg="site")
def show(site: str, day_visit: int) -> ResponseReturnValue:
    """The ticket, to be read out or printed, with how long they will still wait."""
    with site_context(site) as context:
        visit = visit_by_id(context.db, context.catalogue, day_visit)
        if visit.site.id != context.site.id or not visit.is_walk_in:
            raise NotFound.because("visit_unknown")
        is_waiting = visit.state is VisitState.WAITING and visit.local_date == context.today
        wait = wait_of_visit(context.db, context.catalogue, context.site, visit, context.now) if is_waiting else None
        return render_template(
            "site/ticket.html",
            site=context.site,
            visit=visit,
            wait=wait,
            given_at=format_time(visit.arrived_at.astimezone(ZoneInfo(context.zone))),
        )


def _form_page(context: SiteContext, form: TicketForm) -> str:
    return render_template("site/ticket_form.html", site=context.site, form=form, has_errors=bool(form.errors))
