"""A ward as searches and bookings know it, and which postcodes a council has put into its wards. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.language import DEFAULT_LANGUAGE, InEnglish


@dataclass(frozen=True, slots=True, eq=False)
class WardFacts:
    """A ward with the full postcodes in it. `known` are those of all wards of the council: of others nothing is known."""

    slug: str
    name: str
    postcodes: frozenset[str]
    known: frozenset[str]
    translations: Mapping[str, Any]


def ward_in(ward: WardFacts, code: str) -> WardFacts:
    """The ward by its name in the language of `code`; in English, marked as such, where it has none."""
    if code == DEFAULT_LANGUAGE:
        return ward
    return replace(ward, name=ward.translations.get(f"name_{code}") or InEnglish(ward.name))
