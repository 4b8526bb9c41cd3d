"""The hours of a session, and what of it is kept for whom, as columns of its row."""

from __future__ import annotations

from datetime import time

from sqlalchemy import Boolean, false
from sqlalchemy.orm import Mapped, mapped_column


class SessionColumns:
    """Mapped columns of sessions that recur and of those of one date alike."""

    starts: Mapped[time]
    ends: Mapped[time]
    break_starts: Mapped[time | None]
    break_ends: Mapped[time | None]
    drop_in: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    reserved_percent: Mapped[int] = mapped_column(default=0)
    release_hours: Mapped[int] = mapped_column(default=0)
