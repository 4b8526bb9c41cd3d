"""What a site says in the council's own words, as columns of its row."""

from __future__ import annotations

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column


class SiteWords:
    """Mapped columns: what people read first on its page and in their messages, and how to find the entrance."""

    opening_words: Mapped[str] = mapped_column(Text, default="", server_default="")
    directions: Mapped[str] = mapped_column(Text, default="")
