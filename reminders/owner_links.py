"""The pages of all appointments that only who reads an address opens. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from core.tokens import owner_proof
from reminders.delivery_decisions import MessageFacts
from reminders.recipients import Delivery


def owner_urls(
    secret_key: str, manage_url: str, facts: MessageFacts, delivery: Delivery, in_language: Callable[[str], str]
) -> Mapping[str, str]:
    """The address of each page, by its name; the calendar is made by who reads the email."""
    proof = owner_proof(secret_key, facts.manage_nonce, delivery.address)
    pages = ("all", "calendar") if delivery.address == facts.mail_address else ("all",)
    return {page: in_language(f"{manage_url}/{page}/{proof}") for page in pages}
