"""A memorable word, by which somebody shows on the telephone that it is they: how it is compared. Pure."""

from __future__ import annotations

from core.errors import Invalid
from people.residents.details import fold, name_tokens

SHORTEST_WORD, LONGEST_WORD = 5, 60


def word_key(word: str) -> str:
    """A word as it is compared: said aloud, it has no capitals, accents, spaces or dashes."""
    return "".join(character for character in fold(word) if character.isalnum())


def check_word(word: str, name: str) -> str:
    """The word as it is compared. Raises: Invalid for one that is too short or too long, or that everybody knows."""
    key = word_key(word)
    if len(key) < SHORTEST_WORD or len(word) > LONGEST_WORD:
        raise Invalid.in_field("new_word", "word_length", shortest=SHORTEST_WORD, longest=LONGEST_WORD)
    if key.isdecimal() or key in name_tokens(name) or key == word_key(name):
        raise Invalid.in_field("new_word", "word_known")
    return key
