"""A session's capacity in shares, each of which residents can book from a moment of its own. Pure.

The capacity is divided in pieces as long as the longest visit that the session is for, each on one seat of one resource.
Seat by seat a share is one run of pieces, so that two services back to back, or somebody who needs longer, find a place
in it; from seat to seat the runs begin at another time of day, so that each share has times all day where there are
several seats. Everybody sees the same, whenever they look.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate, pairwise
from typing import Any

from core.wall_clock import parse_wall_time, wall_instant

ALL = 100
MOST_SHARES = 10
Stretches = tuple[tuple[int, int], ...]
"""Half-open stretches of ticks."""


@dataclass(frozen=True, slots=True)
class Release:
    """So many percent of a session can be booked by residents so many days before it, from a time of day on."""

    percent: int
    days_before: int
    at: time = time.min

    def moment(self, day: date, zone: str) -> datetime:
        """From when on, for a session on `day`."""
        return wall_instant(day - timedelta(days=self.days_before), self.at, zone)

    @property
    def is_same_day(self) -> bool:
        """Whether it is kept until the day itself."""
        return self.days_before == 0


def releases_of(tables: Iterable[Mapping[str, Any]]) -> tuple[Release, ...]:
    """The shares that the tables say, which the file's own checks have passed."""
    return tuple(
        Release(one["percent"], one["days_before"], parse_wall_time(one["at"]) if one.get("at") else time.min)
        for one in tables
    )


def release_tables(releases: Iterable[Release]) -> list[dict[str, Any]]:
    """The tables that say these shares, without what holds when a key is left out."""
    return [
        {"percent": one.percent, "days_before": one.days_before}
        | ({"at": f"{one.at:%H:%M}"} if one.at != time.min else {})
        for one in releases
    ]


def in_order(releases: Sequence[Release]) -> bool:
    """Whether each share comes after the one before it."""
    moments = [(-one.days_before, one.at) for one in releases]
    return all(one < other for one, other in pairwise(moments))


def shares_of_seat(
    parts: Stretches, seat: int, seats: int, block: int, percents: Sequence[int]
) -> tuple[Stretches, ...]:
    """The ticks of each share on one of `seats` alike; together they are `parts`, in which the session is open.

    `block` ticks are as long as a visit. All seats together have, of each share and those before it, the nearest whole
    number of pieces.
    """
    total = sum(last - first for first, last in parts)
    pieces = max(1, total // block)
    bounds = [
        _on_seat(_of_all(sum_, sum(percents), pieces * seats), seat, seats) for sum_ in (0, *accumulate(percents))
    ]
    shift = seat * pieces // seats
    return tuple(
        tuple(
            ticks
            for first, last in _turned(begin + shift, end + shift, pieces)
            for ticks in _within(parts, first * block, total if last == pieces else last * block)
        )
        for begin, end in pairwise(bounds)
    )


def _of_all(percent: int, whole: int, pieces: int) -> int:
    """The nearest whole number of pieces to a part of the whole; a half counts as one."""
    return (2 * pieces * percent + whole) // (2 * whole)


def _on_seat(pieces: int, seat: int, seats: int) -> int:
    """How many of these pieces are on one seat, when seats take them in turn."""
    return max(0, -((seat - pieces) // seats))


def _turned(begin: int, end: int, pieces: int) -> Iterator[tuple[int, int]]:
    """The run of pieces, in up to two, where counting goes on at nought after the last."""
    if begin == end:
        return
    first = begin % pieces
    last = first + end - begin
    yield first, min(last, pieces)
    if last > pieces:
        yield 0, last - pieces


def _within(parts: Stretches, first: int, last: int) -> Iterator[tuple[int, int]]:
    """The ticks of the day that are the open ticks from `first` to `last`, counted without breaks."""
    before = 0
    for begins, ends in parts:
        one, other = max(first - before, 0), min(last - before, ends - begins)
        if one < other:
            yield begins + one, begins + other
        before += ends - begins
