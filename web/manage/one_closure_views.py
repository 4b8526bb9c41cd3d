"""The page of a closure: who has another time, who is to be rung, and what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.queries.appointments import AppointmentView, by_reference
from booking.queries.closure_lists import MOST_SHOWN, ClosureView, ListedPerson, is_listed, people_of
from booking.queries.open_proposals import open_proposal
from booking.rebooking import TO_BE_RUNG, RebookState
from booking.use_cases.make_closure import lift_closure
from booking.use_cases.offers import accept_offer
from core.errors import HoldExpired, NotFound, Refused
from core.wall_clock import unit_of
from locations.session_facts import FROM_FILE
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.labels import REBOOK_STATES
from web.manage.closure_context import log_people, managed_closure
from web.manage.closure_pages import closure_line, listed_rows, time_key
from web.manage.manage_blueprint import CLOSURE_PATH, blueprint
from web.manage.new_closure_views import offer_times
from web.page_context import StaffContext, staff_context
from web.request_language import format_moment_short

NOT_ANSWERED = (*TO_BE_RUNG, RebookState.OFFERED)


@dataclass(frozen=True)
class Section:
    """The people in one state."""

    state: RebookState
    heading: str
    rows: Sequence[object]
    total: int


@blueprint.get(CLOSURE_PATH)
@requires(Action.MANAGE_CLOSURES)
def closure(closure: int) -> ResponseReturnValue:
    """The progress, and everybody by state."""
    with staff_context() as context:
        return _page(context, managed_closure(context, closure))


@blueprint.post(f"{CLOSURE_PATH}/offers")
@requires(Action.MANAGE_CLOSURES)
def offer_others(closure: int) -> ResponseReturnValue:
    """Seek other times for everybody who has none, and go back."""
    with staff_context() as context:
        shut = managed_closure(context, closure)
        if not shut.is_lifted:
            offer_times(context, shut.id)
    return redirect(url_for("manage.closure", closure=closure, done="offers"), code=303)


@blueprint.post(f"{CLOSURE_PATH}/people/<reference>/confirm")
@requires(Action.MANAGE_CLOSURES)
def confirm_time(closure: int, reference: str) -> ResponseReturnValue:
    """Take the time that is held for somebody, who said yes on the telephone; and go back to the list."""
    with staff_context() as context:
        shut = managed_closure(context, closure)
        view = _listed(context, shut, reference)
        error = _confirm(context, view)
    if error:
        with staff_context() as context:  # a new one, which reads the list as it is now
            return _page(context, managed_closure(context, closure), error), 409
    return redirect(url_for("manage.closure", closure=closure, done="confirmed"), code=303)


@blueprint.get(f"{CLOSURE_PATH}/lift")
@requires(Action.MANAGE_CLOSURES)
def confirm_lift(closure: int) -> ResponseReturnValue:
    """Who keeps their time when the closure is lifted."""
    with staff_context() as context:
        shut = managed_closure(context, closure)
        people = people_of(context.db, context.catalogue, shut.id, context.now)
        staying = [person for state in NOT_ANSWERED for person in people[state]]
        staying.sort(key=lambda person: person.appointment.starts_at)
        log_people(context, "closure_lift", [person.appointment for person in staying], closure=shut.id)
        return render_template(
            "manage/lift.html",
            closure=shut,
            line=closure_line(shut, context.authority.name, context.zone),
            rows=listed_rows(staying, is_seeking=False),
            keeping=shut.count(*NOT_ANSWERED),
            changed=shut.affected - shut.count(*NOT_ANSWERED, RebookState.CANCELLED),
            is_of_file=shut.source == FROM_FILE,
        )


@blueprint.post(f"{CLOSURE_PATH}/lift")
@requires(Action.MANAGE_CLOSURES)
def lift(closure: int) -> ResponseReturnValue:
    """Lift the closure, and go back to its page."""
    with staff_context() as context:
        shut = managed_closure(context, closure)
        lift_closure(context.runtime, context.authority.id, shut.id, actor=context.actor)
    return redirect(url_for("manage.closure", closure=closure, done="lifted"), code=303)


def _listed(context: StaffContext, shut: ClosureView, reference: str) -> AppointmentView:
    """The appointment, which must be on the closure's list. Raises: NotFound."""
    try:
        view = by_reference(context.db, context.catalogue, reference)
    except NotFound as error:
        raise NotFound from error
    if not is_listed(context.db, shut.id, view.id):
        raise NotFound
    return view


def _confirm(context: StaffContext, view: AppointmentView) -> str:
    """Move the appointment to the time that the page showed; why that could not be done, or nothing."""
    sent = request.form.get("proposal", "")
    if sent == time_key(view.site.id, unit_of(view.starts_at)):
        return ""  # pressed twice
    proposal = open_proposal(context.db, context.catalogue, view.id, context.now)
    key = context.form_key("confirm", (view.reference, sent))
    try:
        if proposal is None or time_key(proposal.site.id, proposal.slot_key.start_unit) != sent:
            raise HoldExpired
        accept_offer(
            context.runtime,
            context.authority.id,
            view.reference,
            actor=context.actor,
            seen=request.form.get("stamp"),
            idempotency=key,
        )
    except Refused:
        at = format_moment_short(view.starts_at.astimezone(ZoneInfo(view.zone)))
        facts = {"name": view.resident.name, "time": at}
        return str(_("%(name)s, %(time)s: this has changed since you opened the page. Nothing was done.", **facts))
    return ""


def _page(context: StaffContext, shut: ClosureView, error: str = "") -> str:
    people = people_of(context.db, context.catalogue, shut.id, context.now)
    everybody = [person.appointment for listed in people.values() for person in listed]
    log_people(context, "closure_people", everybody, closure=shut.id)
    is_on = not shut.is_lifted and shut.ends_at > context.now
    return render_template(
        "manage/closure.html",
        closure=shut,
        line=closure_line(shut, context.authority.name, context.zone),
        is_on=is_on,
        may_offer=is_on and any(not person.was_sought for person in people[RebookState.TO_RING]),
        to_ring=Section(
            RebookState.TO_RING,
            _("To ring"),
            listed_rows(_in_turn(people), is_seeking=shut.wants_offers),
            shut.count(*TO_BE_RUNG),
        ),
        others=[
            Section(state, str(REBOOK_STATES[state]), listed_rows(listed, is_seeking=False), shut.count(state))
            for state, listed in people.items()
            if state not in TO_BE_RUNG
        ],
        states=REBOOK_STATES,
        most=MOST_SHOWN,
        error=error,
        done="" if error else request.args.get("done", ""),
        read_at=context.now.astimezone(ZoneInfo(context.zone)),
    )


def _in_turn(people: Mapping[RebookState, Sequence[ListedPerson]]) -> list[ListedPerson]:
    """Those to be rung, who is due first first."""
    ringing = [person for state in TO_BE_RUNG for person in people[state]]
    return sorted(ringing, key=lambda person: (person.appointment.starts_at, person.appointment.id))
