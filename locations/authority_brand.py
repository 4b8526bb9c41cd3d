"""A council as the frame of a page shows it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class AuthorityBrand:
    """An authority as far as the frame of a page shows it."""

    slug: str
    name: str
    zone: str
    brand_colour: str
    phone: str
    email: str
    bsl_contact: str
    languages: Sequence[str]
    translations: Mapping[str, Any]
