"""What somebody has answered and ticked about their papers, and the number of their case, as columns of the appointment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, String, false
from sqlalchemy.orm import Mapped, mapped_column

from core.personal_data import personal


class PaperColumns:
    """Mapped columns: see `booking.documents.kept_papers`; empty where nobody has answered.

    `not_needed_at` is when the council cancelled the visit because all papers were accepted; `progress` is how far it has
    come since, see `booking.documents.progress_steps`, and somebody who `tells_progress` is told of it. `case_number` is
    as it was typed, `case_key` what of it counts; see `locations.case_numbers`.
    """

    paper_answers: Mapped[dict[str, Any]] = mapped_column(
        default=dict, server_default="{}", info=personal("story", empty={})
    )
    not_needed_at: Mapped[datetime | None]
    progress: Mapped[list[dict[str, Any]]] = mapped_column(
        default=list, server_default="[]", info=personal("story", empty=[])
    )
    tells_progress: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    case_number: Mapped[str] = mapped_column(String(40), default="", server_default="", info=personal("identity"))
    case_key: Mapped[str] = mapped_column(String(40), default="", server_default="", info=personal("identity"))
