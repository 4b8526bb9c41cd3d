"""How a council is reached, in words: the one list for pages, messages and calendars.

Nobody is told to ring as the only way. Whoever cannot hear or speak on the telephone finds Relay UK, which puts an
operator between a typed and a spoken conversation, the email address and, where the council has one, its contact in
British Sign Language. Source: https://www.relayuk.bt.com/how-to-use-relay-uk.html, read 2026-11-25.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from core.language import Language

RELAY_PREFIX = "18001"
_NOT_DIALLED = re.compile(r"[^0-9+]")


class Contactable(Protocol):
    """A council, as far as it can be reached."""

    @property
    def phone(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def bsl_contact(self) -> str: ...


@dataclass(frozen=True, slots=True)
class ContactLine:
    """One way to reach a council: what it is, the number or address, and where a link to it leads, if anywhere."""

    label: str
    value: str
    href: str = ""

    def __str__(self) -> str:
        return f"{self.label}: {self.value}"


def contact_lines(council: Contactable, language: Language) -> list[ContactLine]:
    """Every way to reach `council`; none for a council that has given none."""
    return list(_lines(council, language))


def _lines(council: Contactable, language: Language) -> Iterator[ContactLine]:
    _ = language.gettext
    if council.phone:
        relay = f"{RELAY_PREFIX} {council.phone}"
        yield ContactLine(_("Phone"), council.phone, _tel(council.phone))
        yield ContactLine(_("With the Relay UK app, if you cannot hear or speak on the phone"), relay, _tel(relay))
    if council.email:
        yield ContactLine(_("Email"), council.email, f"mailto:{council.email}")
    if council.bsl_contact:
        is_address = council.bsl_contact.startswith("https://")
        yield ContactLine(_("British Sign Language"), council.bsl_contact, council.bsl_contact if is_address else "")


def _tel(number: str) -> str:
    return f"tel:{_NOT_DIALLED.sub('', number)}"
