"""The people of an appointment, as screens show them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ResidentView:
    """Who it is for."""

    id: int
    name: str
    email: str
    phone: str
    postcode: str
    language: str
    contact_preference: str
    do_not_text: bool
    leave_no_message: bool
    message_language: str
    safe_hours: str
    postal: str = ""


@dataclass(frozen=True)
class RepresentativeView:
    """Who acts for the resident, and on what basis."""

    id: int
    name: str
    basis: str
    email: str
    phone: str
