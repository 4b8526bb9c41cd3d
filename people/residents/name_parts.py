"""Whether what somebody types is a part of a name: a proof of who they are, where the rest is known. Pure."""

from __future__ import annotations

import re
import unicodedata

from people.residents.details import name_tokens

# German umlauts are written with an e where the keyboard has none; others leave the dots out.
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
# The beginning of a name in a script that writes none of its parts apart: CJK ideographs, kana, Hangul.
_UNSPACED_START = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{1,6}")


def has_name_part(name: str, typed: str) -> bool:
    """Whether `typed` is some words of `name`, as its owner may type them: "OBrien", "O Brien" and "O'Brien" are one, so
    are "Mueller" and "Müller", and "陳" is a part of "陳大文".
    """
    return any(_is_part(words, name_tokens(typed)) for words in {name_tokens(name), name_tokens(_with_e(name))})


def _with_e(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold().translate(_UMLAUTS)


def _is_part(words: tuple[str, ...], typed: tuple[str, ...]) -> bool:
    joined = "".join(typed)
    runs = {"".join(words[start:end]) for start in range(len(words)) for end in range(start + 1, len(words) + 1)}
    is_start = bool(_UNSPACED_START.fullmatch(joined)) and any(word.startswith(joined) for word in words)
    return bool(joined) and (set(typed) <= set(words) or joined in runs or is_start)
