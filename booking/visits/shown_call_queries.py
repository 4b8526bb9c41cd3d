"""What a display in the waiting room shows: who is called to which desk, for long enough to be seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.visits.visit_queries import VisitOfDay
from booking.visits.visit_states import VisitState

SHOWN_FOR = timedelta(seconds=30)
"""A call is shown so long at least, also when the person has come meanwhile and others were called."""
MOST_SHOWN = 8
AFTER_A_CALL = (VisitState.BEING_SEEN, VisitState.PARKED, VisitState.MISSED)


@dataclass(frozen=True)
class ShownCall:
    """A call on the display. `first_name` is empty for whoever has not said that it may be shown."""

    ticket: int
    first_name: str
    desk: str
    called_at: datetime


def shown_calls(visits: Iterable[VisitOfDay], now: datetime) -> list[ShownCall]:
    """Whoever is called now, and whoever was a moment ago and has come: the last one first."""
    shown = [
        one
        for one in visits
        if one.called_at
        and one.desk
        and (one.state is VisitState.CALLED or (one.state in AFTER_A_CALL and now - one.called_at < SHOWN_FOR))
    ]
    calls = [
        ShownCall(one.ticket, first_name(one.called_name) if one.shows_name else "", one.desk.name, one.called_at)
        for one in shown
        if one.desk and one.called_at
    ]
    return sorted(calls, key=lambda call: call.called_at, reverse=True)[:MOST_SHOWN]


def first_name(name: str) -> str:
    """The first word of a name, without the rest of it."""
    return next(iter(name.split()), "")
