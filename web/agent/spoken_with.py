"""With whom staff speak in a call: only of that person it is known that they have heard what was booked or moved."""

from __future__ import annotations

from booking.events import RESIDENT
from booking.queries.appointments import AppointmentView
from booking.use_cases.calls import open_call
from web.agent.call_request import Typed
from web.page_context import StaffContext


def spoken_with(context: StaffContext, resident_id: int, typed: Typed, moving: AppointmentView | None = None) -> str:
    """The resident or their representative; empty where who calls was not checked, or nobody said who it is.

    Of a visit that is moved, and in which somebody acts for the resident, staff say who asked for it.
    """
    caller = open_call(context.runtime, context.call_with(resident_id)).spoken_with(is_self=typed.is_self)
    if moving is None or not caller:
        return caller
    if typed.is_asked_by_council:
        return ""
    if moving.representative is None:
        return RESIDENT
    return typed.asked_by
