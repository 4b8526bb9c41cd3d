"""What residents may do about an appointment by themselves."""

from __future__ import annotations

from datetime import datetime

from booking.queries.appointments import AppointmentView
from booking.states import State


def can_change(view: AppointmentView, now: datetime) -> bool:
    """Whether the resident may still move or cancel it by themselves."""
    return view.state is State.BOOKED and now <= view.cutoff_at
