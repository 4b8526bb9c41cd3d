"""What text may hold so that every database and every printer takes it. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache

from core.errors import InvalidValue

# Line ends and tabs are text; other control characters (C0) are not, and half a surrogate pair is no character at all.
_REFUSED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# Nobody types these, but they come along with what is pasted: C1 controls, marks that turn the direction of the text
# (a number copied from a telephone's address book stands between two of them), byte order marks. Marks that names in
# Arabic, Hebrew or Hindi need (U+200C to U+200F) stay.
_REMOVED = re.compile(r"[\x80-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
# Directions that reorder the text around them; joiners, which several scripts need, stay.
_REORDERING = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
# Letters and signs that look like nothing: fillers of Hangul, an empty Braille cell, joiners and selectors of other marks.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {chr(0xFE00 + number) for number in range(16)}
_LINE_END = re.compile(r"\r\n?|[\x85\u2028\u2029]")

NAME_LENGTH = 70  # of a person or a council in a message
NAMES_KEPT = 64  # one message says a name several times
SMALL = 3  # figures of a number that somebody counts
_PAGE = re.compile(r"://|^\W*www\.|[^\W_][.。．｡][^\W_]+(:\d+)?[/\\]", re.IGNORECASE)
_GAP = re.compile(r"\n{3,}")
_DOT_IN_WORD = re.compile(r"(?<=[\w-])([.。．｡])(?=[\w-]{2})")


def clean_line(text: str, longest: int | None = None) -> str:
    """`text` as one line: composed (NFC), runs of spaces and line ends as one space, nothing around it.

    Text of which nothing can be seen is nothing.
    Raises: InvalidValue for a control character, or for more than `longest` characters.
    """
    return _limited(" ".join(_clean(text).split()), longest)


def clean_text(text: str, longest: int | None = None) -> str:
    """`text` of several lines: composed (NFC), each line end a line feed, no space around the whole.

    Text of which nothing can be seen is nothing.
    Raises: InvalidValue for a control character, or for more than `longest` characters.
    """
    return _limited(_LINE_END.sub("\n", _clean(text)).strip(), longest)


def parse_or_empty(parse: Callable[[str], str], text: str) -> str:
    """What `parse` makes of `text`, or nothing when `text` holds nothing but spaces. Raises: InvalidValue."""
    return parse(text) if clean_text(text) else ""


def printable(text: str) -> str:
    """`text` without the characters that `clean_line` refuses: for a search, which no error needs to stop."""
    left = _REFUSED.sub("", text)
    return "" if is_blank(left) else left


def received_text(text: str) -> str:
    """`text` of several lines, whatever it holds: a space in place of each character that `clean_text` refuses."""
    return clean_text(_REFUSED.sub(" ", text))


def is_blank(text: str) -> bool:
    """Whether nothing of `text` can be seen."""
    return not any(_is_seen(character) for character in text)


def one_line(text: str) -> str:
    """`text` in one line: no control characters, no lone surrogates, no changes of direction, single spaces.

    For what is passed on whatever it holds, such as another program's answer or a header: nothing is refused.
    """
    spaced = " ".join(text.split())
    if spaced.isascii() and spaced.isprintable():
        return spaced
    return " ".join("".join(character for character in spaced if _is_kept(character)).split())


def without_gaps(text: str) -> str:
    """`text` with at most one empty line in a row, and one line end at its end."""
    return _GAP.sub("\n\n", text).strip() + "\n"


@lru_cache(maxsize=NAMES_KEPT)
def person_name(text: str) -> str:
    """`text` as the name of a person: one line of 70 characters at most, without the address of a page.

    A word with such an address is dropped. A dot inside a word gets a space after it ("St.John" becomes "St. John"),
    because mail programs turn "evil.example" into a link.
    """
    words = " ".join(word for word in one_line(text).split() if not _PAGE.search(word))
    return _DOT_IN_WORD.sub(r"\1 ", words)[:NAME_LENGTH].strip()


def _clean(text: str) -> str:
    if _REFUSED.search(text):
        raise InvalidValue.because("unprintable")
    text = unicodedata.normalize("NFC", _REMOVED.sub("", text))
    return "" if is_blank(text) else text


def _is_seen(character: str) -> bool:
    return not character.isspace() and unicodedata.category(character) != "Cf" and character not in _BLANK


def _limited(text: str, longest: int | None) -> str:
    if longest is not None and len(text) > longest:
        raise InvalidValue.because("too_long", longest=longest)
    return text


def _is_kept(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cs") and character not in _REORDERING


def small_number(text: str) -> int | None:
    """The whole number of up to three figures that `text` is, or None."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= SMALL else None


def small_numbers(texts: Sequence[str], *, most: int) -> tuple[int, ...]:
    """The first `most` of these whole numbers of up to three figures; none where one of them is something else."""
    numbers = [number for text in texts if (number := small_number(text)) is not None]
    return tuple(numbers[:most]) if len(numbers) == len(texts) else ()
