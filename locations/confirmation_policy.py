"""Whether a service asks people to confirm that they come, as columns of its row."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column


class ConfirmationPolicy:
    """Mapped columns: so many days before they are asked, NULL for never; and the hours that they have to answer."""

    confirm_days_before: Mapped[int | None]
    confirm_within_hours: Mapped[int] = mapped_column(default=48, server_default="48")
