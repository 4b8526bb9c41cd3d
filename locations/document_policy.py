"""What people bring to a service in some cases, as a column of its row."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column


class DocumentPolicy:
    """A mapped column: [{"case": "If you rent", "documents": ["Tenancy agreement"]}], beside what everybody brings."""

    documents_by_case: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
