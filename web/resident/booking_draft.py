"""One visit that is being booked, as it is kept between its pages. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from web.components.paper_form import PAPER_FIELDS
from web.resident.search_state import parse_search_state

# What is typed on each page of a booking, by field.
STEPS: Mapping[str, tuple[str, ...]] = {
    "who": ("who",),
    "acting": ("name", "basis", "email", "phone", "helper_address", "helper_postcode"),
    "details": (
        *("name", "email", "phone", "address", "postcode"),
        *("contact_preference", "leave_no_message", "neutral", "notes"),
    ),
    "papers": PAPER_FIELDS,
    "bring": ("have",),
    "check": (),
    "invited": (),
}


@dataclass(frozen=True)
class Draft:
    """One visit that is being booked: what is held, the search that led to it, and what has been typed.

    `step` is the page that could not go on because the hold had expired, `typed` what was sent from there, as it was sent.
    """

    visit: str
    hold: str
    slot_token: str
    search_query: str = ""
    needs: tuple[str, ...] = ()
    language: str = ""
    key: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    helper: dict[str, Any] | None = None
    step: str = ""
    typed: dict[str, Any] = field(default_factory=dict)
    papers: dict[str, Any] | None = None

    @property
    def invitation(self) -> int | None:
        """The number of the invitation by which it came about: then it is known whom it is for."""
        return parse_search_state(self.search_query).invitation

    @property
    def next_page(self) -> str:
        """The page after a time has been held: where it expired, or the first, or the answers where there are some."""
        if self.invitation is not None:
            return "invited"
        return self.step or self.missing_page or "check"

    @property
    def missing_page(self) -> str:
        """The first page whose answers are missing; empty when all are there."""
        if self.helper is not None and not self.helper:
            return "acting"
        if not self.person:
            return "details" if self.helper else "who"
        return ""

    def values_on(self, step: str, saved: dict[str, Any]) -> dict[str, Any]:
        """What stands in the fields of a page: what was typed there last, though it was not taken, or else what is saved."""
        return self.typed if self.typed and self.step == step else saved

    @property
    def is_for_somebody_else(self) -> bool:
        """Whether a representative books."""
        return self.helper is not None
