"""How another time is looked for when a visit cannot take place, as columns of the council's row."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from locations.default_values import ANSWER_HOURS, NOTICE_HOURS, WITHIN_MILES


class RebookingPolicy:
    """Mapped columns: the miles to another place, the hours for which a time is held, and those within which one is rung."""

    rebook_within_miles: Mapped[int] = mapped_column(default=WITHIN_MILES, server_default=str(WITHIN_MILES))
    rebook_answer_hours: Mapped[int] = mapped_column(default=ANSWER_HOURS, server_default=str(ANSWER_HOURS))
    rebook_notice_hours: Mapped[int] = mapped_column(default=NOTICE_HOURS, server_default=str(NOTICE_HOURS))
