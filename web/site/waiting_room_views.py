"""The waiting room: who has come and who is next, for whoever sits at a desk. Every step is one click."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.queries.appointments import of_site_day
from booking.use_cases.call_next import call_next, desk_of
from booking.use_cases.check_in import check_in
from booking.use_cases.move_visit import VisitStep, move_visit
from booking.use_cases.send_on import SentOn, send_on
from booking.use_cases.sit_at_desk import sit_at_desk
from booking.visits.desk_ability import can_serve
from booking.visits.desk_sitting_queries import desks_taken
from booking.visits.idle_desk_queries import idle_desks
from booking.visits.kept_desk_queries import kept_desks
from booking.visits.long_wait_queries import long_waits
from booking.visits.queue_state_queries import services_today
from booking.visits.visit_queries import visit_by_id, visits_of_day, working_today
from booking.visits.visit_states import APPOINTMENT_STATES, VisitState
from core.error_texts import text_of
from core.errors import IdempotencyMismatch, IllegalMove, Invalid, InvalidValue, NotFound, NotHereToday, Stale
from core.problems import joined_texts, text_of_error
from core.text import clean_line
from core.tokens import kiosk_token
from locations.model import ResourceFacts
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.call_texts import texts_of_calls
from web.components.form_fields import FieldError
from web.page_context import SiteContext, site_context
from web.request_language import current_language
from web.site.call_text_lines import WrongNumber
from web.site.outcome_views import LONGEST_REASON
from web.site.site_blueprint import SITE_PATH, blueprint
from web.site.waiting_room_alarms import RoomAlarms
from web.site.waiting_room_page import OVER, VISIT_STATES, DeskView, WaitingRoom, waiting_room

ROOM_PATH = f"{SITE_PATH}/waiting-room"
MY_DESKS = "desks"  # in the browser's session, by site
SHOWN = (*(state for state in VisitState if state is not VisitState.WITHDRAWN),)


@blueprint.get(ROOM_PATH, endpoint="waiting_room")
@requires(Action.SEE_DAY_LIST, site_arg="site")
def show(site: str) -> ResponseReturnValue:
    """The waiting room; 304 and no entry in the access log for a script that asks when nothing has changed."""
    with site_context(site) as context:
        return room_page(context)


@blueprint.post(f"{ROOM_PATH}/desk", endpoint="choose_desk")
@requires(Action.RECORD_OUTCOME, site_arg="site")
def choose(site: str) -> ResponseReturnValue:
    """Sit at a desk, until another one is chosen or the session ends; an empty one is none."""
    slug = request.form.get("my_desk", "")
    with site_context(site) as context:
        try:
            desk = desk_of(context.site, slug).slug if slug else ""
        except Invalid as error:
            return room_page(context, joined_texts(error, current_language()), 400, target="my-desk")
        before = _my_desk(context)
        left = before.slug if before and before.slug != desk else ""
        sit_at_desk(context.runtime, context.authority.id, site, actor=context.actor, taken=desk, left=left)
    session[MY_DESKS] = {**session.get(MY_DESKS, {}), site: desk}
    return _back(site)


@blueprint.post(f"{ROOM_PATH}/empty-desk", endpoint="leave_desk")
@requires(Action.RECORD_OUTCOME, site_arg="site")
def leave(site: str) -> ResponseReturnValue:
    """Say that nobody sits at a desk, whoever sat there."""
    with site_context(site) as context:
        try:
            sit_at_desk(
                context.runtime, context.authority.id, site, actor=context.actor, left=request.form.get("desk", "")
            )
        except Invalid as error:
            return room_page(context, joined_texts(error, current_language()), 400)
    return _back(site)


@blueprint.post(f"{ROOM_PATH}/next", endpoint="call_next")
@requires(Action.RECORD_OUTCOME, site_arg="site")
def call(site: str) -> ResponseReturnValue:
    """Call who is next to my desk."""
    with site_context(site) as context:
        desk = _my_desk(context)
        if desk is None:
            return room_page(context, _("Choose your desk first."), 400, target="my-desk")
        key = context.form_key("call_next", (site, desk.slug))
        try:
            called = call_next(
                context.runtime, context.authority.id, site, desk.slug, actor=context.actor, idempotency=key
            )
        except IdempotencyMismatch:
            return _back(site)
    if called is None:
        with site_context(site) as context:
            return room_page(
                context, _("Nobody waits whom your desk can call now. A colleague may have been quicker."), 409
            )
    return _back(site)


@blueprint.post(f"{ROOM_PATH}/arrivals", endpoint="arrive")
@requires(Action.RECORD_OUTCOME, site_arg="site")
def arrive(site: str) -> ResponseReturnValue:
    """Somebody who is booked has come."""
    reference, problem = request.form.get("reference", ""), ""
    with site_context(site) as context:
        try:
            check_in(
                context.runtime,
                context.authority.id,
                reference,
                actor=context.actor,
                site=context.site.slug,
                seen=request.form.get("seen"),
                idempotency=context.form_key("arrive", reference),
            )
        except (NotHereToday, NotFound) as error:
            problem = text_of_error(error, current_language())
        except (IllegalMove, Stale, IdempotencyMismatch):
            problem = _("This appointment was changed meanwhile. Nothing was changed.")
    if not problem:
        return _back(site)
    with site_context(site) as context:
        return room_page(context, problem, 409)


@blueprint.post(f"{SITE_PATH}/visits/<int:day_visit>", endpoint="step")
@requires(Action.RECORD_OUTCOME, site_arg="site")
def take_step(site: str, day_visit: int) -> ResponseReturnValue:
    """Move a visit on, or back."""
    with site_context(site) as context:
        problem, status = _step(context, day_visit)
    if not problem:
        return _back(site)
    with site_context(site) as context:  # a new one, which reads the room as it is after the click
        return room_page(context, problem, status)


@blueprint.post(f"{SITE_PATH}/visits/<int:day_visit>/onward", endpoint="send_on")
@requires(Action.RECORD_OUTCOME, site_arg="site")
def send_to_next_service(site: str, day_visit: int) -> ResponseReturnValue:
    """End a visit, and let the person wait for another service."""
    sent = SentOn(day_visit, request.form.get("service", ""), request.form.get("seen"))
    with site_context(site) as context:
        key = context.form_key(f"onward:{day_visit}", (day_visit, sent.service))
        try:
            send_on(context.runtime, context.authority.id, site, sent, actor=context.actor, idempotency=key)
            return _back(site)
        except Invalid as error:
            problem, status = joined_texts(error, current_language()), 400
        except (Stale, IllegalMove, IdempotencyMismatch):
            problem, status = _as_it_is(context, day_visit), 409
    with site_context(site) as context:
        return room_page(context, problem, status)


def _as_it_is(context: SiteContext, visit: int) -> str:
    """That nothing was changed, and how it stands with the visit now."""
    with context.runtime.database.reading() as db:
        found = visit_by_id(db, context.catalogue, visit)
    facts = {"ticket": found.ticket, "name": found.name, "state": str(VISIT_STATES[found.state]), "desk": ""}
    if found.desk and found.state not in OVER:
        facts["desk"] = f" ({found.desk.name})"
    return str(_("Nothing was changed: %(ticket)s %(name)s is now “%(state)s”%(desk)s.", **facts))


def _step(context: SiteContext, visit: int) -> tuple[str, int]:
    """Take the step that the form asks for: why it was refused, and the status of that; or nothing. Raises: NotFound."""
    form, language = request.form, current_language()
    try:
        state, desk = VisitState(form.get("to", "")), _my_desk(context)
        reason = clean_line(form.get("reason", ""), LONGEST_REASON)
    except InvalidValue as error:
        return text_of(error.reason, language), 400
    except ValueError as error:
        raise NotFound from error
    step = VisitStep(state, desk.slug if desk else "", reason or _usual_reason(state), form.get("seen"))
    key = context.form_key(f"visit:{visit}:{state}", (visit, state.value))
    try:
        move_visit(
            context.runtime, context.authority.id, context.site.slug, visit, step, actor=context.actor, idempotency=key
        )
    except Invalid as error:
        return joined_texts(error, language), 400
    except (Stale, IllegalMove, IdempotencyMismatch):
        return _as_it_is(context, visit), 409
    return "", 200


def _usual_reason(state: VisitState) -> str:
    """Why somebody goes a step back who is not asked: it is one click, and on the record as such."""
    return "" if APPOINTMENT_STATES[state].value == "not_completed" else _("Put right in the waiting room")


def _my_desk(context: SiteContext) -> ResourceFacts | None:
    """The desk that was chosen in this browser, if the site has it still."""
    slug = session.get(MY_DESKS, {}).get(context.site.slug, "")
    return next((one for one in context.site.resources if one.slug == slug), None)


def _back(site: str) -> ResponseReturnValue:
    return redirect(url_for("site.waiting_room", site=site), code=303)


def room_page(
    context: SiteContext,
    problem: str = "",
    status: int = 200,
    *,
    target: str = "",
    wrong: Mapping[int, WrongNumber] | None = None,
) -> ResponseReturnValue:
    """The page, with what stands against the last click, which links to the field at fault, or else to none.

    `wrong` are numbers for texts that could not be used, by the id of the visit.
    """
    room = _room(context, wrong or {})
    if not problem and request.if_none_match.contains_weak(room.mark):
        answer = Response(status=304)
        answer.set_etag(room.mark)
        return answer
    context.log_view("waiting_room", room.residents, date=context.today.isoformat())
    desks = [
        one for one in context.site.resources if any(can_serve(one, service) for service in context.catalogue.services)
    ]
    text = render_template(
        "site/waiting_room.html",
        site=context.site,
        room=room,
        today=context.today,
        desks=desks,
        errors=[FieldError(problem, target)] if problem else [],
        may_record=context.may(Action.RECORD_OUTCOME),
        kiosk_key=_kiosk_key(context),
        onward=[(one.slug, one.name) for one in services_today(context.catalogue, context.site, context.now)],
        may_take_walk_in=context.may(Action.TAKE_WALK_IN),
    )
    answer = Response(text, status=status, mimetype="text/html")
    answer.set_etag(room.mark)
    return answer


def _kiosk_key(context: SiteContext) -> str:
    """What makes a browser the kiosk of the site; empty where it has none."""
    return kiosk_token(context.runtime.settings.secret_key, context.site.id) if context.site.has_kiosk else ""


def _room(context: SiteContext, wrong: Mapping[int, WrongNumber]) -> WaitingRoom:
    visits = visits_of_day(context.db, context.catalogue, context.site, context.today, SHOWN)
    booked = of_site_day(context.db, context.catalogue, context.site.id, context.today)
    working = working_today(context.site, context.today, context.zone)
    kept = kept_desks(context.db, context.catalogue, context.site, visits, context.now)
    texts = texts_of_calls(context.db, [one.id for one in visits if one.text_to])
    view = DeskView(_my_desk(context), working, kept, context.zone, context.may(Action.RECORD_OUTCOME), texts, wrong)
    taken = desks_taken(context.db, context.site.id, visits, context.now, context.zone)
    alarms = RoomAlarms(
        tuple(idle_desks(context.site, kept, visits, working, taken)),
        tuple(long_waits(context.db, context.site, kept, visits, taken)),
    )
    return waiting_room(visits, booked, context.now, view, alarms)
