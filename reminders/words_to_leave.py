"""What staff say where somebody else may hear it, or leave on a machine: whom it is for and who rings, never about what."""

from __future__ import annotations

from collections.abc import Sequence

from core.language import language_for
from locations.model import Catalogue
from locations.own_words import council_in, languages_for


def words_to_leave(catalogue: Catalogue, name: str, message_language: str) -> Sequence[str]:
    """The words for somebody of this name, in the languages in which they are written to, the first of them first."""
    codes = languages_for(catalogue.authority, message_language)
    return tuple(dict.fromkeys(_words_in(council_in(catalogue, code), name, code) for code in codes))


def _words_in(catalogue: Catalogue, name: str, code: str) -> str:
    council, language = catalogue.authority, language_for(code)
    if not council.phone:
        return language.gettext("This is %(council)s, with a message for %(name)s.", council=council.name, name=name)
    return language.gettext(
        "This is %(council)s, with a message for %(name)s. Please ring us on %(phone)s.",
        council=council.name,
        name=name,
        phone=council.phone,
    )
