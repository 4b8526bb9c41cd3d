"""In how many segments a text travels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.gsm7 import BASIC, EXTENSION, Alphabet, alphabet_of, plain, text_size

GSM_TEXTS = st.text(st.sampled_from(sorted(BASIC | EXTENSION)), max_size=700)


@pytest.mark.parametrize(
    ("text", "alphabet", "segments"),
    [
        ("", "gsm-7", 1),
        ("a" * 160, "gsm-7", 1),
        ("a" * 161, "gsm-7", 2),
        ("a" * 306, "gsm-7", 2),
        ("a" * 307, "gsm-7", 3),
        ("€" * 80, "gsm-7", 1),
        ("€" * 81, "gsm-7", 2),
        ("€" * 152, "gsm-7", 2),  # 76 in each: the 77th would be divided
        ("€" * 153, "gsm-7", 3),
        ("é" * 160, "gsm-7", 1),
        ("ŵ" * 70, "ucs-2", 1),
        ("ŵ" * 71, "ucs-2", 2),
        ("ŵ" * 134, "ucs-2", 2),
        ("ŵ" * 135, "ucs-2", 3),
        ("😀" * 35, "ucs-2", 1),
        ("😀" * 66, "ucs-2", 2),  # 33 in each: half of the 34th would be alone
        ("😀" * 67, "ucs-2", 3),
        ("محمد", "ucs-2", 1),
    ],
)
def test_segments(text: str, alphabet: str, segments: int) -> None:
    size = text_size(text)
    assert (size.alphabet, size.segments, size.characters) == (alphabet, segments, len(text))


def test_the_tables_have_the_characters_of_the_standard() -> None:
    """128 code points: one escapes to the extension table, which has ten characters."""
    assert (len(BASIC), len(EXTENSION), len(BASIC & EXTENSION)) == (127, 10, 0)


@given(GSM_TEXTS)
def test_a_text_of_the_default_alphabet_fills_its_segments(text: str) -> None:
    size = text_size(text)
    assert size.alphabet is Alphabet.GSM_7
    assert size.units == len(text) + sum(character in EXTENSION for character in text)
    room = 160 if size.segments == 1 else 153 * size.segments
    assert size.units <= room
    assert size.segments == 1 or size.units > 152 * (size.segments - 1)


@given(st.text(max_size=300), st.text(max_size=20))
def test_a_longer_text_never_takes_fewer_segments(text: str, more: str) -> None:
    assert text_size(text + more).segments >= text_size(text).segments
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    assert text_size(text).units == units or alphabet_of(text) is Alphabet.GSM_7


@given(st.text(max_size=100))
def test_plain_signs_never_make_a_text_of_another_alphabet(text: str) -> None:
    assert alphabet_of(plain(text)) is Alphabet.GSM_7 or alphabet_of(text) is Alphabet.UCS_2
    assert alphabet_of(plain("“It’s 9–5 …”")) is Alphabet.GSM_7
