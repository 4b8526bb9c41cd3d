"""How residents read that they were rung and did not answer, and when that was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from booking.queries.appointments import AppointmentView
from web.request_language import all_of, format_time


def unanswered_news(view: AppointmentView) -> str:
    """What residents read of it on the day; empty where everybody answered."""
    times = times_of_calls(view.unanswered_calls, view.zone)
    if view.representative:
        return times and str(_("We rang them at %(times)s, and nobody answered. Please contact us.", times=times))
    return times and str(_("We rang you at %(times)s, and nobody answered. Please contact us.", times=times))


def times_of_calls(calls: Sequence[datetime], zone: str) -> str:
    """ "2pm and 2:10pm" on the clocks of `zone`; empty for no calls."""
    return all_of(format_time(at.astimezone(ZoneInfo(zone))) for at in calls) if calls else ""
