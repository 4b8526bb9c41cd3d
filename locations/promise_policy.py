"""What a council promises of a service, as columns of its row."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, false
from sqlalchemy.orm import Mapped, mapped_column

from locations.default_values import PROMISE_ALARM_DAYS


class PromisePolicy:
    """Mapped columns: how soon the third free time is, how soon people are seen, and when a broken promise is an alarm."""

    third_time_within_days: Mapped[int | None]
    seen_within_minutes: Mapped[int | None]
    promise_alarm_days: Mapped[int] = mapped_column(default=PROMISE_ALARM_DAYS, server_default=str(PROMISE_ALARM_DAYS))
    # Whether what sessions keep for the day itself is for everybody while the promise is broken, and whether it is now.
    opens_same_day_early: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    is_same_day_open: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    same_day_opened_at: Mapped[datetime | None]
