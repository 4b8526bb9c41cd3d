"""The columns of what a council says in other languages."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column


class Translated:
    """A mapped column: the translations of the row's own words, by the keys of the file (`locations.own_words`)."""

    translations: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")


class Multilingual(Translated):
    """Beside its translations, a council's languages, and in which it writes first to whoever was not asked."""

    languages: Mapped[list[str]] = mapped_column(default=lambda: ["en"], server_default='["en"]')
    first_language: Mapped[str] = mapped_column(String(10), default="en", server_default="en")
