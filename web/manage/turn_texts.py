"""In which order other times are given out, and why somebody stands where they stand."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from booking.queries.appointments import AppointmentView
from booking.rebooking import SCARCE_NEEDS, Turn, Waiting, in_turn, turn_of
from web.labels import SCARCE_NEEDS_IN_SENTENCE, labels_of
from web.request_language import format_day


def turn_texts(views: Collection[AppointmentView], now: datetime) -> dict[int, str]:
    """The turn of each among these, in words, by the appointment's id: "Turn 3: interpreter"."""
    by_id = {view.id: view for view in views}
    waiting = [Waiting(0, view.id, view.starts_at, view.support_needs, view.created_at) for view in views]
    return {
        one.appointment_id: str(_("Turn %(number)s: %(why)s", number=number, why=_why(by_id[one.appointment_id], now)))
        for number, one in enumerate(in_turn(waiting, now), 1)
    }


def _why(view: AppointmentView, now: datetime) -> str:
    match turn_of(view.starts_at, view.support_needs, now):
        case Turn.URGENT:
            return str(_("comes within a day"))
        case Turn.SCARCE:
            needs = [need for need in view.support_needs if need in SCARCE_NEEDS]
            return labels_of(SCARCE_NEEDS_IN_SENTENCE, needs)
    asked_on = view.created_at.astimezone(ZoneInfo(view.zone)).date()
    return str(_("asked on %(day)s", day=format_day(asked_on)))
