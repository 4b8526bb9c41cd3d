"""Moving and cancelling an appointment during a call, and the page that says what to read out afterwards."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from booking.queries.handed_over import handed_to
from booking.states import State
from booking.use_cases.calls import hold_to_confirm, open_call
from booking.use_cases.cancel import cancel
from booking.use_cases.reschedule import Move, reschedule
from booking.use_cases.undo_change import change_to_undo, undo_change
from core.errors import HoldExpired, IllegalMove, Invalid, SameTime, SlotTaken, Stale, TooFar, TooSoon
from core.problems import text_of_error
from people.staff.access_marks import requires
from people.staff.policy import Action
from reminders.told_since import check_untold
from web.agent import blueprint
from web.agent.call_page import show_call
from web.agent.call_request import CallState, Typed, check_reason, cleaned, field_errors, read_state, read_typed
from web.agent.call_views import (
    CANNOT_BE_BOOKED,
    SAME_TIME,
    booked_before,
    conflict_page,
    expired_hold,
    settle,
    to_done,
)
from web.agent.confirmation_page import UNDONE, ConfirmationPage
from web.agent.form_result import FormResult
from web.agent.message_views import history_of
from web.agent.not_changeable import handed_over_text, not_done_text
from web.agent.resident_card import resident_card
from web.agent.spoken_with import spoken_with
from web.components.form_fields import FieldError
from web.page_context import StaffContext, staff_context
from web.request_language import current_language

ASKED_BY = {"authority": "Asked by the council", "representative": "Asked by whoever acts for the resident"}
OF_CANCELLING = ("call_note", "reason", "asked_by")  # what is typed for it


@blueprint.post("/residents/<int:resident_id>/move")
@requires(Action.CHANGE_APPOINTMENT)
def move(resident_id: int) -> ResponseReturnValue:
    """Move the appointment to the held slot. Staff are not bound by the cut-off."""
    state, typed = read_state(request.args), read_typed(request.form)
    with staff_context() as context:
        try:
            kept = cleaned(typed)
            check_reason(kept, is_cancelling=False)
            _move(context, resident_id, state, kept)
        except Invalid as error:
            return _refused(context, resident_id, state, error)
        except SameTime:
            return show_call(context, resident_id, state, SAME_TIME)
        except HoldExpired:
            if booked_before(context, resident_id, typed) == state.moving:
                return to_done(resident_id, state.moving, "moved_before")
            return show_call(context, resident_id, state, expired_hold(context, resident_id))
        except (Stale, IllegalMove):
            return _changed(resident_id, state)
        except CANNOT_BE_BOOKED as error:
            return conflict_page(context, resident_id, state, error)
        settle(context, resident_id, kept)
    return to_done(resident_id, state.moving, "moved")


def _move(context: StaffContext, resident_id: int, state: CallState, typed: Typed) -> None:
    check_owner(context, resident_id, state.moving)
    moving = resident_card(context, resident_id).appointment(state.moving)
    hold = hold_to_confirm(context.runtime, context.call_with(resident_id), request.form.get("shown", ""))
    reschedule(
        context.runtime,
        context.authority.id,
        state.moving,
        Move(
            hold=hold.token if hold else "",
            reason=_reason(typed),
            despite_same_time=bool(request.form.get("despite_same_time")),
            is_by_council=typed.is_asked_by_council,
            changes_counts=True,
            spoke_with=spoken_with(context, resident_id, typed, moving),
        ),
        actor=context.actor,
        enforce_cutoff=False,
        seen=request.form.get("seen"),
        idempotency=context.form_key("move", (state.moving, typed)),
    )


def check_owner(context: StaffContext, resident_id: int, reference: str) -> None:
    """Raises: NotFound unless the appointment is this resident's, at a site at which whoever is signed in may change it;
    Stale when it was this resident's until it was handed over.
    """
    if handed_to(context.db, context.authority.id, resident_id, reference):
        raise Stale.because("appointment_changed")
    context.check_serves(resident_card(context, resident_id).appointment(reference).site.id)


def _reason(typed: Typed) -> str:
    """The text of the audit entry: who asked for the change, and why."""
    who = ASKED_BY.get(typed.asked_by, "Asked by the resident")
    return f"{who}: {typed.reason}" if typed.reason else who


def _refused(context: StaffContext, resident_id: int, state: CallState, error: Invalid) -> Response:
    return show_call(context, resident_id, state, FormResult(errors=field_errors(error), status=400))


@blueprint.post("/residents/<int:resident_id>/cancel", endpoint="cancel")
@requires(Action.CHANGE_APPOINTMENT)
def cancel_appointment(resident_id: int) -> ResponseReturnValue:
    """Cancel the appointment; its slot is free for others at once."""
    state, typed = read_state(request.args), read_typed(request.form)
    with staff_context() as context:
        try:
            cleaned_text = cleaned(typed)
            check_reason(cleaned_text, is_cancelling=True)
            check_owner(context, resident_id, state.cancelling)
            cancel(
                context.runtime,
                context.authority.id,
                state.cancelling,
                actor=context.actor,
                by="authority" if cleaned_text.is_asked_by_council else "resident",
                reason=cleaned_text.reason,
                enforce_cutoff=False,
                seen=request.form.get("seen"),
                idempotency=context.form_key("cancel", (state.cancelling, cleaned_text)),
            )
        except Invalid as error:
            return _refused(context, resident_id, state, error)
        except (Stale, IllegalMove):
            return _changed(resident_id, state)
        settle(context, resident_id, cleaned_text, OF_CANCELLING)
    return to_done(resident_id, state.cancelling, "cancelled")


def _changed(resident_id: int, state: CallState) -> Response:
    """The page as it is now: the appointment has changed since it was shown, and nothing was written."""
    with staff_context() as context:
        reference = state.moving or state.cancelling
        view = resident_card(context, resident_id).find(reference)
        new_owner = handed_to(context.db, context.authority.id, resident_id, reference)
        text = (
            handed_over_text(new_owner) if new_owner else not_done_text(context, view, is_cancelling=not state.moving)
        )
        if view is None or view.state is not State.BOOKED:
            state = replace(state, moving="", cancelling="")
        return show_call(context, resident_id, state, FormResult(errors=[FieldError(text, "")], status=409))


@blueprint.post("/residents/<int:resident_id>/appointments/<reference>/undo")
@requires(Action.CHANGE_APPOINTMENT)
def undo(resident_id: int, reference: str) -> ResponseReturnValue:
    """Take back the move or the cancellation of just now, before anybody is told; or say why it cannot be."""
    with staff_context() as context:
        check_owner(context, resident_id, reference)
        change = change_to_undo(context.db, context.authority.id, reference, context.now)
        if change:
            context.check_serves(change.site_id)
        key = context.form_key("undo", reference)
        try:
            undo_change(
                context.runtime, context.authority.id, reference, check_untold, actor=context.actor, idempotency=key
            )
        except (SlotTaken, Stale, TooSoon, TooFar) as error:
            refusal = text_of_error(error, current_language())
            with staff_context() as now:
                return _done_page(now, resident_id, reference, refusal), 409
    return to_done(resident_id, reference, UNDONE)


@blueprint.get("/residents/<int:resident_id>/appointments/<reference>")
@requires(Action.SEE_RESIDENT)
def done(resident_id: int, reference: str) -> ResponseReturnValue:
    """What to read out: the reference letter by letter, day, time, place and what to bring."""
    with staff_context() as context:
        return _done_page(context, resident_id, reference)


def _done_page(context: StaffContext, resident_id: int, reference: str, refusal: str = "") -> Response:
    card = resident_card(context, resident_id)
    appointment = card.appointment(reference)
    now_open = open_call(context.runtime, context.call_with(resident_id))
    change = change_to_undo(context.db, context.authority.id, appointment.reference, context.now)
    can_undo = change is not None and not refusal and context.serves(change.site_id)
    page = ConfirmationPage(
        context=context,
        card=card,
        typed=read_typed(now_open.typed),
        check_result=now_open.check_result,
        appointment=appointment,
        history=() if appointment.state is State.BOOKED else history_of(context.db, appointment),
        operation=request.args.get("what", ""),
        can_end_by_key=True,
        undo_seconds=ceil((change.until - context.now).total_seconds()) if change and can_undo else 0,
        refusal=refusal,
    )
    return Response(render_template("agent/done.html", authority=context.authority, page=page), mimetype="text/html")
