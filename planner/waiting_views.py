"""The waiting list for staff: whom to ring, who has waited long, who was offered what, and how somebody is put on it."""

from __future__ import annotations

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString

from booking.events import RESIDENT
from booking.queries.appointments import of_ids
from booking.queries.waiting_tasks import (
    WaitingPerson,
    WaitingTask,
    history_of,
    kept_times,
    people_waiting,
    waiting_person,
)
from booking.use_cases.earlier_times import accept_earlier_time, decline_earlier_time
from booking.use_cases.wishes import mark_wish_told, withdraw_wish
from core.errors import (
    HoldExpired,
    IllegalMove,
    Invalid,
    LimitReached,
    NotFound,
    SameTime,
    SlotTaken,
    TooSoon,
)
from people.residents.access_log import log_access
from people.staff.access_marks import requires
from people.staff.policy import Action
from planner.waiting_page import PASSED_OVER, PROPOSAL_STATES, SAID, lines_of
from web.agent.call_views import to_done
from web.agent.message_views import blueprint
from web.page_context import StaffContext, staff_context
from web.told import heard_by

WORDS = {"passed_over": PASSED_OVER, "proposal_states": PROPOSAL_STATES}
CANNOT_BE_TAKEN = (HoldExpired, SlotTaken, TooSoon, IllegalMove, Invalid, LimitReached)


@blueprint.get("/staff/waiting")
@requires(Action.BOOK_FOR_RESIDENT)
def waiting_list() -> ResponseReturnValue:
    """Whom to ring now, whom to tell how it stands, and everybody else who waits; site staff see their sites."""
    with staff_context() as context:
        lines = lines_of(context, _people(context))
        groups = {task.value: [line for line in lines if line.task is task] for task in WaitingTask}
        groups["ring"].sort(key=lambda line: line.answer_by or context.now)
        kept = kept_times(context.db, context.catalogue, context.now, context.served_sites)
        facts = {"groups": groups, "kept": kept, "now": context.now}
        return render_template("staff/waiting.html", said=_said(), zone=context.zone, **facts)


@blueprint.get("/staff/waiting/<int:wish>")
@requires(Action.BOOK_FOR_RESIDENT)
def waiting_one(wish: int) -> ResponseReturnValue:
    """One person who waits, with what was offered to them, and what was not and why."""
    with staff_context() as context:
        person = _person(context, wish)
        log_one(context, person)
        entries = history_of(context.db, context.catalogue, wish, person.wish.asked_at)
        values = {"line": lines_of(context, [person])[0], "entries": entries, "said": _said(), "zone": context.zone}
        return render_template("staff/waiting_one.html", **values, **WORDS)


@blueprint.post("/staff/waiting/<int:wish>/take")
@requires(Action.BOOK_FOR_RESIDENT)
def take_earlier(wish: int) -> ResponseReturnValue:
    """Move the appointment to the time that is held, or book it for whoever has none: they said yes on the phone."""
    with staff_context() as context:
        person = _person(context, wish)
        try:
            booked = accept_earlier_time(
                context.runtime,
                context.authority.id,
                wish,
                actor=context.actor,
                channel=context.channel,
                spoke_with=_heard_by(context, person),
                idempotency=context.form_key("take earlier time", wish),
            )
        except SameTime:
            return _back("same_time")
        except CANNOT_BE_TAKEN:
            return _back("gone")
        return to_done(person.resident.id, booked.reference, "moved" if person.appointment else "booked")


@blueprint.post("/staff/waiting/<int:wish>/leave")
@requires(Action.BOOK_FOR_RESIDENT)
def leave_earlier(wish: int) -> ResponseReturnValue:
    """Give the time back that is held: it does not suit them. They go on waiting."""
    return _do(wish, decline_earlier_time, "left")


@blueprint.post("/staff/waiting/<int:wish>/told")
@requires(Action.BOOK_FOR_RESIDENT)
def wish_told(wish: int) -> ResponseReturnValue:
    """Record that they were told how it stands."""
    return _do(wish, mark_wish_told, "told")


@blueprint.post("/staff/waiting/<int:wish>/stop")
@requires(Action.BOOK_FOR_RESIDENT)
def stop_wish(wish: int) -> ResponseReturnValue:
    """Take them off the list."""
    return _do(wish, withdraw_wish, "stopped")


def _heard_by(context: StaffContext, person: WaitingPerson) -> str:
    if person.appointment is None:
        return RESIDENT
    return heard_by(of_ids(context.db, context.catalogue, [person.appointment.id])[person.appointment.id])


def _do(wish: int, operation: Callable[..., None], said: str) -> ResponseReturnValue:
    with staff_context() as context:
        _person(context, wish)
        try:
            operation(context.runtime, context.authority.id, wish, actor=context.actor)
        except HoldExpired:
            return _back("gone")
    return _back(said)


def _said() -> LazyString | None:
    """What was done, as the address says."""
    return SAID.get(request.args.get("said", ""))


def _back(said: str) -> ResponseReturnValue:
    return redirect(url_for("messages.waiting_list", said=said), code=303)


def _people(context: StaffContext) -> list[WaitingPerson]:
    found = people_waiting(context.db, context.catalogue, context.now, context.served_sites)
    residents = [one.resident.id for one in found]
    with context.runtime.database.writing() as db:
        log_access(db, context.authority.id, None, context.actor, "waiting_list", context.now, residents=residents)
    return found


def log_one(context: StaffContext, person: WaitingPerson) -> None:
    """Write into the access log who was looked at."""
    with context.runtime.database.writing() as db:
        log_access(db, context.authority.id, person.resident.id, context.actor, "waiting_list", context.now)


def _person(context: StaffContext, wish: int) -> WaitingPerson:
    """Raises: NotFound, also for somebody at sites that whoever looks does not serve."""
    found = waiting_person(context.db, context.catalogue, context.now, wish, context.served_sites)
    if found is None:
        raise NotFound.because("wish_unknown")
    return found
