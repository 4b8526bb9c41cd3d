"""Plain values that describe people: who an appointment is for, and who acts for them."""

from __future__ import annotations

from dataclasses import dataclass

BASES = ("parent", "family", "carer", "attorney", "support_worker", "other")
CONTACT_PREFERENCES = ("email", "text", "letter", "none")


@dataclass(frozen=True)
class ResidentDetails:
    """A resident as they describe themselves. Only the name is needed; there may be neither email nor telephone.

    `language` is the one that they need an interpreter for. `message_language` is the code of the one in which we write
    to them; empty leaves it as it is.
    """

    name: str
    email: str = ""
    phone: str = ""
    postcode: str = ""
    language: str = ""
    support_needs: tuple[str, ...] = ()
    contact_preference: str = "email"
    do_not_text: bool = False
    leave_no_message: bool = False
    message_language: str = ""


@dataclass(frozen=True)
class Representation:
    """Who acts for a resident, and on what basis (one of BASES)."""

    name: str
    basis: str
    email: str = ""
    phone: str = ""
