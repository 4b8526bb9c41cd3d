"""What people bring to a service, and what is said after it, as columns of its row."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, false
from sqlalchemy.orm import Mapped, mapped_column


class DocumentPolicy:
    """Mapped columns: what everybody brings, what some do: [{"case": "If you rent", "documents": ["Rent book"]}], and
    what is counted and dated: [{"document": "Payslips", "weekly": 5, "fortnightly": 3, "monthly": 2}].

    And whether nobody needs to come once all papers that they have sent are accepted.
    """

    documents: Mapped[list[str]]
    documents_by_case: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    documents_by_rule: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    # Of which staff choose one after a visit, to say what was done.
    done_lines: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    done_without_visit: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
