"""What messages and missed visits cost a council, and which kinds of messages it has switched off, as columns of its row."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column


class MessagePolicy:
    """Mapped columns: prices as decimals, empty where nobody has said; and the kinds that are off, no part of the file."""

    text_pence: Mapped[str] = mapped_column(String(7), default="", server_default="")
    letter_pence: Mapped[str] = mapped_column(String(7), default="", server_default="")
    missed_visit_pounds: Mapped[str] = mapped_column(String(7), default="", server_default="")
    kinds_off: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
