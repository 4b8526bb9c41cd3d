"""What an agent is told of an appointment that cannot be moved or cancelled as the page had it."""

from __future__ import annotations

from dataclasses import replace

from flask_babel import gettext as _

from booking.queries.appointments import AppointmentView
from booking.queries.day_list import last_change_of
from booking.states import State
from web.agent.call_request import CallState
from web.agent.resident_card import ResidentCard
from web.changed_meanwhile import state_now
from web.page_context import StaffContext


def not_done_text(context: StaffContext, view: AppointmentView | None, *, is_cancelling: bool) -> str:
    """That this did not move or cancel the appointment, and what it is now."""
    if is_cancelling:
        refusal = str(_("The appointment was not cancelled by you just now. Nothing was changed."))
    else:
        refusal = str(_("The appointment was not moved. Nothing was changed."))
    return f"{refusal} {_now(context, view)}" if view is not None else refusal


def handed_over_text(new_owner: str) -> str:
    """That the appointment went to somebody else meanwhile."""
    return str(_("The visit was handed to %(name)s meanwhile. Nothing was saved.", name=new_owner))


def changed_text(context: StaffContext, view: AppointmentView | None) -> str:
    """How the appointment is now, when it is not as it was shown."""
    refusal = str(_("The appointment has changed meanwhile. Nothing was saved."))
    return f"{refusal} {_now(context, view)}" if view is not None else refusal


def without_ended(context: StaffContext, card: ResidentCard, state: CallState) -> tuple[CallState, str]:
    """`state` without an appointment that cannot be moved or cancelled any more, and the text that says so, or nothing.

    Raises: NotFound for one that is not this resident's.
    """
    reference = state.moving or state.cancelling
    view = card.appointment(reference) if reference else None
    if view is None or (view.state is State.BOOKED and view in card.upcoming):
        return state, ""
    context.check_serves(view.site.id)
    refusal = _("This appointment cannot be moved any more.")
    if state.cancelling:
        refusal = _("This appointment cannot be cancelled any more.")
    return replace(state, moving="", cancelling=""), f"{refusal} {_now(context, view)}"


def _now(context: StaffContext, view: AppointmentView) -> str:
    with context.runtime.database.reading() as db:
        return state_now(view, last_change_of(db, view.authority_id, view.id))
