"""The page of a closure: who has another time, who is to be rung, and what can be done about it."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from booking.queries.closure_lists import ClosureView, also_listed, people_of
from booking.rebooking import TO_BE_RUNG, RebookState
from booking.use_cases.make_closure import lift_closure
from locations.session_facts import FROM_FILE
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.manage.closure_context import log_people, managed_closure
from web.manage.closure_overlaps import closures_that_meet, scope_of
from web.manage.closure_pages import closure_line, listed_rows
from web.manage.list_sections import (
    confirm_held_time,
    confirmed_person,
    confirmed_text,
    listed_person,
    sections_of,
)
from web.manage.manage_blueprint import CLOSURE_PATH, blueprint
from web.manage.new_closure_views import offer_times
from web.manage.told_of_offers import told_of_keeping
from web.page_context import StaffContext, staff_context

NOT_ANSWERED = (*TO_BE_RUNG, RebookState.OFFERED)


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
        error = confirm_held_time(context, listed_person(context, shut.people, reference))
    if error:
        with staff_context() as context:  # a new one, which reads the list as it is now
            return _page(context, managed_closure(context, closure), error), 409
    return redirect(url_for("manage.closure", closure=closure, done="confirmed", person=reference), code=303)


@blueprint.get(f"{CLOSURE_PATH}/lift")
@requires(Action.MANAGE_CLOSURES)
def confirm_lift(closure: int) -> ResponseReturnValue:
    """Who keeps their time when the closure is lifted."""
    with staff_context() as context:
        shut = managed_closure(context, closure)
        if shut.is_lifted:
            return redirect(url_for("manage.closure", closure=closure, done="lifted"), code=303)
        people = people_of(context.db, context.catalogue, shut.people, context.now)
        elsewhere = also_listed(context.db, shut.id)
        staying = [
            person for state in NOT_ANSWERED for person in people[state] if person.appointment.id not in elsewhere
        ]
        staying.sort(key=lambda person: person.appointment.starts_at)
        log_people(context, "closure_lift", [person.appointment for person in staying], closure=shut.id)
        return render_template(
            "manage/lift.html",
            closure=shut,
            line=closure_line(shut, context.authority.name, context.zone),
            rows=listed_rows(staying, is_seeking=False),
            told=told_of_keeping(context, [person.appointment.id for person in staying]),
            keeping=shut.count(*NOT_ANSWERED) - len(elsewhere),
            elsewhere=len(elsewhere),
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


def _page(context: StaffContext, shut: ClosureView, error: str = "") -> str:
    is_on = not shut.is_lifted and shut.ends_at > context.now
    values = sections_of(context, shut.people, is_seeking=shut.wants_offers, closure=shut.id)
    return render_template(
        "manage/closure.html",
        closure=shut,
        line=closure_line(shut, context.authority.name, context.zone),
        is_on=is_on,
        may_offer=is_on and values["has_unsought"],
        error=error,
        shut_too=closures_that_meet(context, scope_of(shut), shut.starts_at, shut.ends_at, without=shut.id),
        done="" if error else request.args.get("done", ""),
        confirmed=confirmed_text(confirmed_person(context, shut.people)),
        **values,
    )
