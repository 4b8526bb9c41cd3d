"""What a service says of its waiting list, as columns of its row."""

from __future__ import annotations

from sqlalchemy import Boolean, false
from sqlalchemy.orm import Mapped, mapped_column

from locations.confirmation_policy import ConfirmationPolicy


class WaitingPolicy(ConfirmationPolicy):
    """Mapped columns: who has a freed time first, how many are asked at short notice, and when whoever waits is answered."""

    waiting_list_first: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    offered_at_once: Mapped[int] = mapped_column(default=1, server_default="1")
    answer_days: Mapped[int] = mapped_column(default=14, server_default="14")
