"""How a text travels: its alphabet, and in how many segments. Pure.

A text of the default alphabet has 160 characters in one segment and 153 in each of several; those of the extension
table count double. One other character makes the whole text UCS-2, with 70 and 67 UTF-16 code units. What counts double
is never divided between two segments. Source: 3GPP TS 23.038 V17.0.0, 6.2.1, 6.2.1.1 and 6.2.3; TS 23.040 9.2.3.24.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from unicodedata import combining, normalize

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
GSM_7 = BASIC | EXTENSION
MOST_OF_A_REMINDER = 2  # segments

# Typographic signs that would make a text UCS-2, and what says the same.
_PLAIN = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "‚": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "–": "-",
        "—": "-",
        "…": "...",
        "•": "-",
        "\u00a0": " ",
    }
)
# The vowels of Welsh with a mark that the default alphabet does not have, and the same without it.
_WELSH = str.maketrans("âêîôûŵŷáíóúẃýïëẅÿẁỳÂÊÎÔÛŴŶÁÈÍÌÒÓÙÚÀẂÝÏËẄŸẀỲ", "aeiouwyaiouwyiewywyAEIOUWYAEIIOOUUAWYIEWYWY")
_STROKES = {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th", "ð": "d"}


class Alphabet(StrEnum):
    """How the characters of a text are coded."""

    GSM_7 = "gsm-7"
    UCS_2 = "ucs-2"


# What one segment holds when it is the only one, and when it is one of several.
_ROOM = {Alphabet.GSM_7: (160, 153), Alphabet.UCS_2: (70, 67)}


@dataclass(frozen=True, slots=True)
class TextSize:
    """`units` are septets or UTF-16 code units; `characters` is what a person counts."""

    alphabet: Alphabet
    characters: int
    units: int
    segments: int


def text_size(text: str) -> TextSize:
    """The size of `text`; an empty one takes a segment too."""
    alphabet = alphabet_of(text)
    alone, shared = _ROOM[alphabet]
    is_gsm = alphabet is Alphabet.GSM_7
    units = len(text) + sum(map(text.count, EXTENSION)) if is_gsm else len(text.encode("utf-16-le")) // 2
    if units <= alone:
        segments = 1
    elif units == len(text):  # nothing counts double
        segments = -(-units // shared)
    else:
        segments = _packed((_cost(one, alphabet) for one in text), shared)
    return TextSize(alphabet, len(text), units, segments)


def alphabet_of(text: str) -> Alphabet:
    """The alphabet that `text` needs."""
    return Alphabet.GSM_7 if set(text) <= GSM_7 else Alphabet.UCS_2


def plain(text: str) -> str:
    """`text` with plain quotation marks, dashes and dots, and with Welsh vowels as the default alphabet has them."""
    return text.translate(_PLAIN).translate(_WELSH)


def without_marks(text: str) -> str:
    """`text` with plain letters in place of those whose marks the default alphabet does not have: of names of places."""
    return "".join(one if one in GSM_7 else _base(one) for one in text)


def _base(letter: str) -> str:
    """The letter without its marks."""
    decomposed = "".join(part for part in normalize("NFKD", letter) if not combining(part))
    return _STROKES.get(letter, decomposed or letter)


def _cost(character: str, alphabet: Alphabet) -> int:
    if alphabet is Alphabet.GSM_7:
        return 2 if character in EXTENSION else 1
    return 2 if ord(character) > 0xFFFF else 1


def _packed(costs: Iterable[int], room: int) -> int:
    """How many segments of `room` units hold characters of these costs in their order, none of them divided."""
    segments, used = 1, 0
    for cost in costs:
        if used + cost > room:
            segments, used = segments + 1, 0
        used += cost
    return segments
