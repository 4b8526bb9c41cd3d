"""Who gets a message about an appointment, or why nobody does. Pure.

Decided when a message is sent, so that a changed address counts at once:

1. Somebody who asked for letters or for no contact gets nothing by email, and neither does their representative:
   the wish is about the matter, not about one address.
2. A representative with an email address gets the message in place of the resident, for they act.
3. Else the resident, when there is an email address.

4. Of a changed contact, the address to which messages went before is told, whatever is wished for now.

"Do not text" and "leave no message" are about telephones; they do not stop an email. "Text" is served by email until
there is a channel for texts.
"""

from __future__ import annotations

from dataclasses import dataclass

from reminders.appointment_queries import MessageFacts
from reminders.plan import CONTACT_CHANGED, family_of, number_of

WISHES = {
    "letter": "Prefers letters: send one, or ring.",
    "none": "Asked not to be contacted.",
}
NO_EMAIL = "No email address: ring, or send a letter."


@dataclass(frozen=True)
class Recipient:
    """Who a message goes to. `acts_for` is the resident's name when the recipient is the representative."""

    name: str
    email: str
    acts_for: str = ""


@dataclass(frozen=True)
class Withheld:
    """Why nobody gets the message, in words for staff."""

    reason: str


def email_recipient(facts: MessageFacts, kind: str = "") -> Recipient | Withheld:
    """Who gets the email of this kind about this appointment (rules above)."""
    if family_of(kind) == CONTACT_CHANGED:
        return _earlier_recipient(facts, number_of(kind))
    if facts.contact_preference in WISHES:
        return Withheld(WISHES[facts.contact_preference])
    acting = facts.representative
    if acting and acting.email:
        return Recipient(acting.name, acting.email, acts_for=facts.resident.name)
    if facts.resident.email:
        return Recipient(facts.resident.name, facts.resident.email)
    return Withheld(NO_EMAIL)


def _earlier_recipient(facts: MessageFacts, number: int) -> Recipient | Withheld:
    """Whoever read the address before the change of this number, counted from 1."""
    email = facts.earlier_emails[number - 1] if number <= len(facts.earlier_emails) else ""
    acting = facts.representative
    if not email:
        return Withheld(NO_EMAIL)
    if acting and acting.email == email:
        return Recipient(acting.name, email, acts_for=facts.resident.name)
    return Recipient(facts.resident.name, email)
