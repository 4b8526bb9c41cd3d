"""References as they are read aloud."""

from __future__ import annotations

from core.tokens import ALPHABET
from web.spelling import SPELLING, spell_out


def test_a_reference_is_spelled_in_two_groups() -> None:
    assert spell_out("K7PM4QX2") == "Kilo Seven Papa Mike, Four Quebec X-ray Two"


def test_the_space_of_a_spoken_reference_does_not_count() -> None:
    assert spell_out("k7pm 4qx2") == spell_out("K7PM4QX2")


def test_every_character_of_a_reference_has_a_word_that_begins_with_it() -> None:
    assert all(SPELLING[character][0] == character for character in ALPHABET if character.isalpha())
    assert set(ALPHABET) <= set(SPELLING)
