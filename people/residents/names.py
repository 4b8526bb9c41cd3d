"""How names are compared. Pure: text in, keys out.

Nothing here decides how a name is shown: it is kept and shown as its owner wrote it, in any script.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import jellyfish

TOKEN_LENGTH = 100
SOUND_LENGTH = 20
# Letters that no Unicode decomposition turns into plain ones.
_SINGLE = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
        "ħ": "h",
    }
)
_JOINERS = re.compile(
    r"['’‘ʼ`´.·\u200c\u200d\u0640]"
)  # O'Brien is one word; joiners and the Arabic tatweel are no letters
_GAPS = re.compile(r"[\W_]+")
# Read as one word each, these say nothing about who it is.
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "dame", "rev"})
_DOUBLED = re.compile(r"(.)\1+")
# Scripts that write a name without a space between its parts: CJK ideographs, kana, Hangul.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,6}")


def fold(text: str) -> str:
    """`text` without case, accents or apostrophes: "Łukasz O’Brien" is "lukasz obrien". Scripts stay as they are."""
    decomposed = unicodedata.normalize("NFKD", _JOINERS.sub("", text).casefold())
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return unicodedata.normalize("NFC", bare.translate(_SINGLE))


def name_tokens(name: str) -> tuple[str, ...]:
    """The words of `name`, folded, in order, without titles (unless there is nothing else)."""
    words = tuple(word[:TOKEN_LENGTH] for word in _GAPS.split(fold(name)) if word)
    return tuple(word for word in words if word not in _TITLES) or words


def surname_of(name: str) -> str:
    """The last word of `name`, as written; a one-word name is its own surname."""
    words = name.split()
    return words[-1] if words else ""


@lru_cache(maxsize=20_000)
def sound_of(token: str) -> str:
    """How a folded word in Latin letters sounds: "kathryn" and "catherine" are both "K0RN". Empty for other scripts."""
    if not token.isascii():
        return ""
    return str(jellyfish.metaphone(token)).replace(" ", "")[:SOUND_LENGTH]


def similarity(one: str, other: str) -> float:
    """How alike two folded words or names are, 0 to 1 (Jaro-Winkler)."""
    return float(jellyfish.jaro_winkler_similarity(one, other))


def is_closely_same(one: str, other: str) -> bool:
    """Whether two names, given with the same email or telephone, are one person's.

    The same words in any order; initials and doubled letters do not count ("Mohamed A. Ali", "Ali Mohammed"). No more
    than that: families share an email, and "Marie" is not "Maria". Two records of one person are a nuisance that staff
    can see; one record of two people tells one where the other will be.
    """
    first, second = _comparable(one), _comparable(other)
    return bool(first) and first == second


def _comparable(name: str) -> list[str]:
    words = name_tokens(name)
    longer = [word for word in words if len(word) > 1 or not word.isascii()]
    return sorted(_DOUBLED.sub(r"\1", word) for word in (longer if len(longer) > 1 else words))


def index_tokens(name: str) -> tuple[str, ...]:
    """The words by which `name` is found: its own, those with a hyphen as one word too ("Al-Khatib" as "alkhatib"), and
    where a script has no spaces, the ends of each word.
    """
    words = name_tokens(name)
    joined = ("".join(name_tokens(word))[:TOKEN_LENGTH] for word in name.split() if len(name_tokens(word)) > 1)
    ends = (word[start:] for word in words if _UNSPACED.fullmatch(word) for start in range(1, len(word)))
    return tuple(dict.fromkeys((*words, *joined, *ends)))
