"""A council's colour can always be read, and never carries anything but a colour."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from web.branding import FALLBACK, READABLE, brand_css, contrast_with_white, hex_of, parse_colour, readable

CHANNEL = st.integers(min_value=0, max_value=255)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast_with_white((0, 0, 0)) == 21.0
    assert round(contrast_with_white((0x76, 0x76, 0x76)), 2) == 4.54


def test_a_readable_colour_is_left_as_it_is() -> None:
    assert hex_of(readable(parse_colour("#1d4f7c"))) == "#1d4f7c"


@given(st.tuples(CHANNEL, CHANNEL, CHANNEL))
def test_every_colour_becomes_readable(colour: tuple[int, int, int]) -> None:
    assert contrast_with_white(readable(colour)) >= READABLE


@given(st.text())
def test_a_stylesheet_cannot_be_injected(text: str) -> None:
    if not text.startswith("#"):
        assert brand_css(text) == brand_css(FALLBACK)
    assert brand_css(text).count("{") == 1
