"""Whether somebody has said that they come, as columns of the appointment's row."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, false
from sqlalchemy.orm import Mapped, mapped_column


class ConfirmationColumns:
    """Mapped columns: when somebody said that they come, and of which version; what is never given back, and what was.

    One that `is_urgent`, as staff have said, is not given back whoever does not confirm it. `given_back_at` is when the time
    of another was, because they were asked to confirm it and did not.
    """

    confirmed_at: Mapped[datetime | None]
    confirmed_version: Mapped[int | None]
    is_urgent: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    given_back_at: Mapped[datetime | None]
