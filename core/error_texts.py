"""The text of each reason for a refusal: the domain names a reason and its facts, pages and programs show these words.

A text says what to do about it. `text_of` gives it in a language; tests hold that every reason that is raised has one.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.errors import Reason
from core.language import Language


def _(text: str) -> str:
    """Mark a text for translation; `text_of` translates it."""
    return text


ERROR_TEXTS: Mapping[str, str] = {
    "key_reused": _("This key was used for a different request. Send a new Idempotency-Key."),
    "slot_in_demand": _("Many people want this time at this moment. Choose another."),
}


def text_of(reason: Reason, language: Language) -> str:
    """The text of `reason` with its facts filled in. Raises: KeyError for a reason without a text."""
    return language.gettext(ERROR_TEXTS[reason.code], **reason.facts)
