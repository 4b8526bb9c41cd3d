"""The hours of a session, and what of it is kept for whom, as columns of its row."""

from __future__ import annotations

import secrets
from datetime import datetime, time
from typing import Any

from sqlalchemy import Boolean, false
from sqlalchemy.orm import Mapped, mapped_column

MOST_SEED = 1 << 30  # within an INTEGER


def new_wait_seed() -> int:
    """A number that nobody can foretell."""
    return secrets.randbelow(MOST_SEED)


class SessionColumns:
    """Mapped columns of sessions that recur and of those of one date alike."""

    starts: Mapped[time]
    ends: Mapped[time]
    break_starts: Mapped[time | None]
    break_ends: Mapped[time | None]
    drop_in: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    reserved_percent: Mapped[int] = mapped_column(default=0)
    release_hours: Mapped[int] = mapped_column(default=0)
    # Shares of its capacity, each with percent, days_before and, unless it is midnight, at ("08:00").
    releases: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    # Until then a new session is for the waiting list alone, where a service gives that what comes up first.
    public_from: Mapped[datetime | None]
