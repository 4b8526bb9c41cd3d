"""When a desk is kept for whoever is booked at it next, so that they start in time. Pure.

A desk takes somebody who is not due themselves, because they have no appointment or are early, only if they are expected to
be done before the next booking of the desk is due, or a few minutes after that; but whoever is urgent at once. Times are
minutes on any one scale.
"""

from __future__ import annotations

from collections.abc import Iterable

from booking.visits.waiting_order import Precedence

STARTS_LATE_AT_MOST = 5
"""Minutes by which somebody who is booked may be expected to start late because of somebody who is not due."""

STILL_COMES_MINUTES = 15
"""Who is booked and has not come is waited for so many minutes after their time."""

KEPT_FROM = (Precedence.WITHOUT_APPOINTMENT, Precedence.EARLY)
"""Those from whom a desk is kept."""


def kept_for(booked_at: Iterable[float], now: float, minutes: float, seats: int = 1) -> float | None:
    """The time of the booking for which a desk is kept from somebody who would take so many minutes; None if it is not.

    `booked_at` are the times of those who are booked at the desk, have not been called and may still come.
    """
    in_the_way = sorted(at for at in booked_at if now - STILL_COMES_MINUTES < at < now + minutes - STARTS_LATE_AT_MOST)
    return in_the_way[seats - 1] if len(in_the_way) >= seats else None
