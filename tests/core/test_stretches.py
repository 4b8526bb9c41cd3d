"""What is left of a stretch is what was not taken, to the unit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.stretches import rest_of


@given(st.tuples(st.integers(0, 20), st.integers(1, 20)), st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9))))
def test_what_is_left_is_what_was_not_taken(whole: tuple[int, int], taken: list[tuple[int, int]]) -> None:
    first, last = whole[0], sum(whole)
    stretches = [(start, start + length) for start, length in taken]
    rest = list(rest_of((first, last), stretches))
    left = [unit for unit in range(first, last) if not any(start <= unit < end for start, end in stretches)]
    assert [unit for start, end in rest for unit in range(start, end)] == left
    assert all(start < end for start, end in rest)
