"""A language in which every translated text is marked, and what of a page is in no mark: words that no catalogue reaches."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, time
from html.parser import HTMLParser

from babel.support import NullTranslations

from core.language import Language

FIRST, LAST = "[«", "»]"
_INNERMOST = re.compile(r"\[«(?:(?!\[«|»\]).)*»\]", re.DOTALL)
_ADDRESSES = re.compile(r"https?://\S+|\S+@\S+")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
SHOWN_ATTRIBUTES = frozenset({"aria-label", "title", "alt", "placeholder", "label"})
# Data attributes from which scripts take what they show.
SHOWN_BY_SCRIPTS = frozenset(
    {
        "gone",
        "minutes",
        "minute",
        "on",
        "off",
        "offline",
        "back",
        "out",
        "paused",
        "none",
        "more",
        "more-one",
        "waiting",
    }
    | {"said", "title", "label"}
)
UNREAD_TAGS = frozenset({"script", "style", "kbd", "code", "textarea"})


def marked(text: str) -> str:
    """The text as this language has it."""
    return f"{FIRST}{text}{LAST}"


class PseudoTranslations(NullTranslations):
    """Every text, marked."""

    def gettext(self, message: str) -> str:
        """The text, marked."""
        return marked(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The singular or the plural, marked."""
        return marked(msgid1 if n == 1 else msgid2)

    ugettext, ungettext = gettext, ngettext


class PseudoLanguage(Language):
    """English, with its texts, days and times in marks."""

    def __init__(self) -> None:
        super().__init__("en", PseudoTranslations())
        self.__dict__["day_names"] = tuple(map(marked, super().day_names))
        self.__dict__["day_names_short"] = tuple(map(marked, super().day_names_short))
        self.__dict__["_months"] = tuple(map(marked, super()._months))
        self.__dict__["_months_short"] = tuple(map(marked, super()._months_short))

    def time(self, at: datetime | time) -> str:
        """ "[«9am»]"."""
        return marked(super().time(at))


class _Texts(HTMLParser):
    """The texts of a page in their order, with a line end at each tag, and those of attributes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.body: list[str] = []
        self.attributes: list[str] = []
        self._unread: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.body.append("\n")
        if tag in UNREAD_TAGS:
            self._unread.append(tag)
        facts = {name: value or "" for name, value in attrs}
        for name, value in facts.items():
            is_shown = name in SHOWN_ATTRIBUTES or (
                name[:5] == "data-" and (name[5:] in SHOWN_BY_SCRIPTS or name.startswith("data-i18n."))
            )
            if is_shown or (tag == "button" and facts.get("name") == "reason" and name == "value"):
                self.attributes.append(value)

    def handle_endtag(self, tag: str) -> None:
        self.body.append("\n")
        if self._unread and self._unread[-1] == tag:
            self._unread.pop()

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.body.append(data)


def without_marks(text: str) -> str:
    """What of `text` stands in no mark."""
    found = 1
    while found:
        text, found = _INNERMOST.subn("", text)
    return text


def bare_texts(text: str, data: Iterable[str]) -> set[str]:
    """The lines of `text` that have a word outside every mark which is none of `data`."""
    rest = _ADDRESSES.sub("", without_marks(text))
    for value in sorted(data, key=len, reverse=True):
        rest = rest.replace(value, "")
    return {" ".join(line.split()) for line in rest.splitlines() if _LETTERS.search(line)}


def bare_texts_of_page(html: str, data: Iterable[str]) -> set[str]:
    """The texts of a page, shown, read out or put there by scripts, that no catalogue reaches."""
    reader = _Texts()
    reader.feed(html)
    values = list(data)
    found = bare_texts("".join(reader.body), values)
    for attribute in reader.attributes:
        found |= bare_texts(attribute, values)
    return found
