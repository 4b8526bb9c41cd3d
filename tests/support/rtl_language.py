"""A language whose lines begin on the right: English written in Arabic letters, so that every text is there."""

from __future__ import annotations

import re

from babel.support import NullTranslations

from core.language import Language

# A letter for each of ours; nobody has to be able to read it.
_LETTERS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ابثدعفجهيذكلمنوپقرستوفوكسيز"[:26])
_KEPT = re.compile(r"%\([a-z_]+\)[a-z]|</?[a-zA-Z][^>]*>|%%")


def in_arabic_letters(text: str) -> str:
    """The text in Arabic letters; its placeholders and elements stay."""
    pieces, at = [], 0
    for kept in _KEPT.finditer(text):
        pieces += [text[at : kept.start()].lower().translate(_LETTERS), kept.group()]
        at = kept.end()
    return "".join(pieces) + text[at:].lower().translate(_LETTERS)


class ArabicLetters(NullTranslations):
    """Every text, in Arabic letters."""

    def gettext(self, message: str) -> str:
        """The text."""
        return in_arabic_letters(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The singular or the plural."""
        return in_arabic_letters(msgid1 if n == 1 else msgid2)

    ugettext, ungettext = gettext, ngettext


def arabic() -> Language:
    """The language, with the days and months of Arabic."""
    return Language("ar", ArabicLetters())
