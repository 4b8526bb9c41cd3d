"""What a council asks of its staff, as columns of its row."""

from __future__ import annotations

from sqlalchemy import Boolean, false
from sqlalchemy.orm import Mapped, mapped_column

from locations.default_values import INTERPRETER_LEAD_DAYS


class StaffPolicy:
    """Mapped columns: the days in which they find an interpreter, and whether they say why they open a record."""

    interpreter_lead_days: Mapped[int] = mapped_column(
        default=INTERPRETER_LEAD_DAYS, server_default=str(INTERPRETER_LEAD_DAYS)
    )
    ask_why_looking: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
