"""A council as the frame of a page shows it. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AuthorityBrand:
    """An authority as far as the frame of a page shows it."""

    slug: str
    name: str
    zone: str
    brand_colour: str
    phone: str
    email: str
    bsl_contact: str
