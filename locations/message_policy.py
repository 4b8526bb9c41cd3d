"""When a council sends messages, what they and missed visits cost it, which kinds are off, and how receipts reach its back
office, as columns of its row."""

from __future__ import annotations

from datetime import time
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column


class MessagePolicy:
    """Mapped columns: prices as decimals, empty where nobody has said; and the kinds that are off, no part of the file."""

    # No text and no call from one until the other, by the clock of `zone`; and how far apart reminders are at least.
    quiet_from: Mapped[time] = mapped_column(default=time(21), server_default="21:00:00")
    quiet_until: Mapped[time] = mapped_column(default=time(8), server_default="08:00:00")
    reminders_apart_hours: Mapped[int] = mapped_column(default=12, server_default="12")
    missed_message_hours: Mapped[int | None]  # after which somebody who did not come is written to; NULL for never
    # Whoever is written to when an urgent request has nobody's name for a quarter of an hour; empty for nobody.
    urgent_email: Mapped[str] = mapped_column(String(254), default="", server_default="")
    text_pence: Mapped[str] = mapped_column(String(7), default="", server_default="")
    letter_pence: Mapped[str] = mapped_column(String(7), default="", server_default="")
    missed_visit_pounds: Mapped[str] = mapped_column(String(7), default="", server_default="")
    kinds_off: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    # How batches of receipts go to the back office: booking.documents.batch_delivery.BatchWay.
    receipts_go_by: Mapped[str] = mapped_column(String(8), default="file", server_default="file")
