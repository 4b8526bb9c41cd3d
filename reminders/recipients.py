"""Who gets a message about an appointment, or why nobody does. Pure.

Decided when a message is sent, so that a changed address counts at once:

1. Somebody who asked for letters or for no contact gets nothing by email, and neither does their representative:
   the wish is about the matter, not about one address.
2. A representative with an email address gets the message in place of the resident, for they act.
3. Else the resident, when there is an email address.

"Do not text" and "leave no message" are about telephones; they do not stop an email. "Text" is served by email until
there is a channel for texts.
"""

from __future__ import annotations

from dataclasses import dataclass

from booking.queries.for_messages import MessageFacts

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


def email_recipient(facts: MessageFacts) -> Recipient | Withheld:
    """Who gets the email about this appointment (rules above)."""
    if facts.contact_preference in WISHES:
        return Withheld(WISHES[facts.contact_preference])
    acting = facts.representative
    if acting and acting.email:
        return Recipient(acting.name, acting.email, acts_for=facts.resident.name)
    if facts.resident.email:
        return Recipient(facts.resident.name, facts.resident.email)
    return Withheld(NO_EMAIL)
