"""What people bring to a service, as columns of its row."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column


class DocumentPolicy:
    """Mapped columns: what everybody brings, and what some do: [{"case": "If you rent", "documents": ["Rent book"]}]."""

    documents: Mapped[list[str]]
    documents_by_case: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
