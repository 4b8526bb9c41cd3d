"""What somebody has answered and ticked about their papers, as a column of the appointment's row."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from core.personal_data import personal


class PaperColumns:
    """A mapped column: see `booking.documents.kept_papers`; empty where nobody has answered."""

    paper_answers: Mapped[dict[str, Any]] = mapped_column(
        default=dict, server_default="{}", info=personal("story", empty={})
    )
