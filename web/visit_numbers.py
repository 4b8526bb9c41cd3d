"""The numbers that make a visit longer, as an address or a form brings them."""

from __future__ import annotations

from collections.abc import Sequence

MOST_NUMBERS, LONGEST_NUMBER = 2, 3  # of the services of a visit, and their figures


def parse_numbers(texts: Sequence[str]) -> tuple[int, ...]:
    """The numbers; none where one of them is no number."""
    are_numbers = all(text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER for text in texts)
    return tuple(map(int, texts))[:MOST_NUMBERS] if are_numbers else ()
