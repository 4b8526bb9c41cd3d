"""Bitmaps of time: a Python int with one bit for each tick, the lowest bit first in the day.

tick      0 1 2 3 4 5 6 7
free      1 1 1 0 1 1 1 1     = 0b11110111
starts    1 0 0 0 1 1 0 0     = 0b00110001, of 3 ticks in a row
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from operator import getitem

Bits = int

NOTHING: Bits = 0


def span(first: int, last: int) -> Bits:
    """The ticks from `first` up to, not including, `last`; nothing when there are none."""
    return (1 << last) - (1 << first) if last > first else NOTHING


def spans(pairs: Iterable[tuple[int, int]]) -> Bits:
    """The ticks in any of the half-open `pairs`."""
    bits = NOTHING
    for first, last in pairs:
        bits |= span(first, last)
    return bits


def starts(free: Bits, length: int) -> Bits:
    """The ticks at which `length` free ticks in a row begin.

    Runs are halved as they are found: `free & free >> 1` begins runs of 2, that shifted by 2 runs of 4,
    and so on; the last shift overlaps, so a length of 6 takes 3 steps (1 + 2 + 2), not 5.
    """
    known = 1
    while known < length:
        step = min(known, length - known)
        free &= free >> step
        known += step
    return free


def blocked(busy: Bits, length: int) -> Bits:
    """The ticks at which a run of `length` would meet a busy one: the mirror image of `starts`."""
    known = 1
    while known < length:
        step = min(known, length - known)
        busy |= busy >> step
        known += step
    return busy


@lru_cache(maxsize=1024)
def every(step: int, ticks: int, offset: int = 0) -> Bits:
    """Each `step`-th tick of a day of `ticks`, from `offset` on: the grid of offered times."""
    bits = NOTHING
    for tick in range(offset, ticks, step):
        bits |= 1 << tick
    return bits


def count(bits: Bits) -> int:
    """How many ticks are set."""
    return bits.bit_count()


def first_tick(bits: Bits) -> int:
    """The lowest tick set; -1 when there is none."""
    return (bits & -bits).bit_length() - 1


def ticks_of(bits: Bits) -> list[int]:
    """The ticks set, ascending. Eight at a time: each byte of the map is looked up in a table of its ticks."""
    width = (bits.bit_length() + 7) >> 3
    return list(chain.from_iterable(map(getitem, _byte_ticks(width), bits.to_bytes(width, "little"))))


@lru_cache(maxsize=128)
def _byte_ticks(width: int) -> Sequence[tuple[tuple[int, ...], ...]]:
    return tuple(_ticks_of_byte(place) for place in range(width))


@lru_cache(maxsize=128)
def _ticks_of_byte(place: int) -> tuple[tuple[int, ...], ...]:
    """For each value of the byte at `place`, the ticks that it sets."""
    return tuple(tuple(8 * place + bit for bit in range(8) if byte >> bit & 1) for byte in range(256))
