"""Another time, or none after all, from the same screen; and the reading back of whatever was done."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.queries.appointments import AppointmentView
from booking.states import State
from booking.use_cases.changes import Move, cancel, reschedule
from core.errors import HoldExpired, IllegalMove, Invalid, NotFound, Stale
from people.staff.access_marks import requires
from people.staff.policy import Action
from web.agent.call_page import SHARED, Screen, show_call
from web.agent.call_state import CallState, read_state
from web.agent.call_views import GONE, conflict_of
from web.agent.forms import Typed, check_reason, cleaned, field_errors, read_typed
from web.agent.held_slots import forget, kept_for, let_go, token_to_confirm
from web.agent.resident_card import card_of
from web.components.form_fields import FieldError
from web.labels import CALL_RESULTS, STATES, STATES_IN_SENTENCE
from web.message_routes import confirmation_text, route_of_appointment
from web.page_context import StaffContext, staff_context
from web.request_language import format_moment
from web.spelling import spelt


def add_routes(blueprint: Blueprint) -> None:
    """Put this module's pages on the blueprint."""
    at = "/residents/<int:resident_id>"
    blueprint.add_url_rule(f"{at}/move", "move", move, methods=["POST"])
    blueprint.add_url_rule(f"{at}/cancel", "cancel", cancel_appointment, methods=["POST"])
    blueprint.add_url_rule(f"{at}/appointments/<reference>", "done", done)


@requires(Action.CHANGE_APPOINTMENT)
def move(resident_id: int) -> ResponseReturnValue:
    """The appointment at the time that is held. Staff are not bound by the cut-off."""
    state, typed = read_state(request.args), read_typed(request.form)
    with staff_context() as at:
        kept = kept_for(resident_id, at.now)
        try:
            kept_text = cleaned(typed)
            check_reason(kept_text, is_cancelling=False)
            _move(at, resident_id, state, kept_text)
        except Invalid as error:
            return _refused(at, resident_id, state, typed, error)
        except HoldExpired:
            return show_call(at, resident_id, state, Screen(typed, status=410))
        except (Stale, IllegalMove):
            return _changed(resident_id, state, typed)
        except GONE as error:
            conflict = conflict_of(at, error, kept.slot_token, frozenset()) if kept else None
            let_go(at, resident_id)
            return show_call(at, resident_id, state, Screen(typed, conflict=conflict, status=409))
        forget(resident_id)
    return _to_done(resident_id, state.moving, "moved")


def _move(at: StaffContext, resident_id: int, state: CallState, typed: Typed) -> None:
    _check_owner(at, resident_id, state.moving)
    token = token_to_confirm(resident_id, request.form.get("shown", ""), at.now)
    reschedule(
        at.runtime,
        at.authority.id,
        state.moving,
        Move(hold=token, reason=_reason(typed)),
        actor=at.actor,
        enforce_cutoff=False,
        seen=request.form.get("seen"),
        idempotency=at.form_key("move", (state.moving, typed)),
    )


def _check_owner(at: StaffContext, resident_id: int, reference: str) -> None:
    """Raises: NotFound unless the appointment is this resident's."""
    if card_of(at, resident_id).find(reference) is None:
        raise NotFound.because("not_of_this_resident")


def _reason(typed: Typed) -> str:
    """Who asked, and why: the record keeps both."""
    who = "Asked by the council" if typed.asked_by == "authority" else "Asked by the resident"
    return f"{who}: {typed.reason}" if typed.reason else who


def _refused(at: StaffContext, resident_id: int, state: CallState, typed: Typed, error: Invalid) -> Response:
    return show_call(at, resident_id, state, Screen(typed, errors=field_errors(error), status=400))


@requires(Action.CHANGE_APPOINTMENT)
def cancel_appointment(resident_id: int) -> ResponseReturnValue:
    """No appointment after all; its time is free for others at once."""
    state, typed = read_state(request.args), read_typed(request.form)
    with staff_context() as at:
        try:
            kept = cleaned(typed)
            check_reason(kept, is_cancelling=True)
            _check_owner(at, resident_id, state.cancelling)
            cancel(
                at.runtime,
                at.authority.id,
                state.cancelling,
                actor=at.actor,
                by="authority" if kept.asked_by == "authority" else "resident",
                reason=kept.reason,
                enforce_cutoff=False,
                seen=request.form.get("seen"),
                idempotency=at.form_key("cancel", (state.cancelling, kept)),
            )
        except Invalid as error:
            return _refused(at, resident_id, state, typed, error)
        except (Stale, IllegalMove):
            return _changed(resident_id, state, typed)
    return _to_done(resident_id, state.cancelling, "cancelled")


def _changed(resident_id: int, state: CallState, typed: Typed) -> Response:
    """The screen as things are now: the appointment has changed since it was drawn, and nothing was written."""
    with staff_context() as at:
        view = card_of(at, resident_id).find(state.moving or state.cancelling)
        if view is None or view.state is not State.BOOKED:
            state = replace(state, moving="", cancelling="")
        return show_call(
            at, resident_id, state, Screen(typed, errors=[FieldError(_changed_text(at, view), "")], status=409)
        )


def _changed_text(at: StaffContext, view: AppointmentView | None) -> str:
    if view is None:
        return str(_("The appointment has changed meanwhile. Nothing was saved."))
    facts = {"state": STATES_IN_SENTENCE[view.state], "moment": _moment(at, view)}
    return str(
        _("The appointment has changed meanwhile. Nothing was saved. It is now: %(state)s, %(moment)s.", **facts)
    )


def _moment(at: StaffContext, view: AppointmentView) -> str:
    return format_moment(view.starts_at.astimezone(ZoneInfo(at.zone)))


def _to_done(resident_id: int, reference: str, what: str) -> ResponseReturnValue:
    return redirect(url_for("agent.done", resident_id=resident_id, reference=reference, what=what or None), code=303)


@requires(Action.SEE_RESIDENT)
def done(resident_id: int, reference: str) -> ResponseReturnValue:
    """What to read back: the reference letter by letter, day, time, place, what to bring."""
    with staff_context() as at:
        card = card_of(at, resident_id)
        view = card.find(reference)
        if view is None:
            raise NotFound.because("not_of_this_resident")
        page = render_template(
            "agent/done.html",
            authority=at.authority,
            zone=at.zone,
            card=card,
            state=CallState(),
            view=view,
            result=CALL_RESULTS.get(request.args.get("what", ""), STATES[view.state]),
            message_goes=confirmation_text(route_of_appointment(view)),
            spelt=spelt(view.reference),
            address=lambda name, **values: url_for(f"agent.{name}", resident_id=resident_id, **values),
            **SHARED,
            errors_by={},
            typed=Typed(),
            held=None,
        )
        return Response(page, mimetype="text/html")
