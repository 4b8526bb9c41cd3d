"""Counting with bitmaps: how many of several resources are free, for all ticks of a day at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from booking.availability.bits import Bits


def binary_counts(maps: Iterable[Bits]) -> list[Bits]:
    """The number of `maps` that have each tick, as binary digits: the map of ones, of twos, of fours.

    Adding a map is long addition with the carry, done for every tick at once: about two steps for each map.
    """
    digits: list[Bits] = []
    for carry in maps:
        place = 0
        while carry:
            if place == len(digits):
                digits.append(0)
            digit = digits[place]
            digits[place] = digit ^ carry
            carry &= digit
            place += 1
    return digits


def counts_at(digits: Sequence[Bits], ticks: Sequence[int]) -> list[int]:
    """The number that `binary_counts` found at each of `ticks`."""
    counts = [0] * len(ticks)
    for place, digit in enumerate(digits):
        counts = [known + ((digit >> tick & 1) << place) for known, tick in zip(counts, ticks, strict=True)]
    return counts


def at_least(number: int, maps: Iterable[Bits]) -> Bits:
    """The ticks that at least `number` of `maps` have."""
    reached = [-1] + [0] * number
    for bits in maps:
        for already in range(number, 0, -1):
            reached[already] |= reached[already - 1] & bits
    return reached[number]
