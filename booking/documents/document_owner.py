"""Whose documents they are, and what can be found of one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CheckResult(StrEnum):
    """What was found of a document at the counter."""

    SEEN = "seen"
    MISSING = "missing"


class Review(StrEnum):
    """What staff say of a file that a resident has sent."""

    OPEN = ""
    ACCEPTED = "accepted"
    AGAIN = "again"


@dataclass(frozen=True)
class DocumentOwner:
    """An appointment with whose it is, or the visit of a walk-in, at the site where it is now."""

    authority_id: int
    site_id: int
    appointment_id: int | None = None
    visit_id: int | None = None
    resident_id: int | None = None

    @property
    def subject(self) -> tuple[str, int]:
        """What the audit calls it."""
        return ("appointment", self.appointment_id) if self.appointment_id else ("visit", self.visit_id or 0)

    @property
    def keys(self) -> dict[str, int | None]:
        """Its columns in a row of documents."""
        return {
            "authority_id": self.authority_id,
            "site_id": self.site_id,
            "appointment_id": self.appointment_id,
            "visit_id": self.visit_id,
            "resident_id": self.resident_id,
        }
