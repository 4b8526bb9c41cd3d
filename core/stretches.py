"""Stretches of whole numbers, such as units of five minutes: from the first one up to, and without, the last one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Stretch = tuple[int, int]


def rest_of(whole: Stretch, taken: Iterable[Stretch]) -> Iterator[Stretch]:
    """What is left of `whole`, in order."""
    first, last = whole
    for begins, ends in sorted(taken):
        if first < min(begins, last):
            yield first, min(begins, last)
        first = max(first, ends)
    if first < last:
        yield first, last
