"""What a session of one day opens, and which part of it residents cannot have yet. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from core.wall_clock import TICK_MINUTES, LocalDay, tick_at, unit_after
from locations.model import SiteFacts
from locations.release_shares import Stretches, shares_of_seat
from locations.session_facts import ExceptionFacts, SessionHours

TICKS_IN_HOUR = 60 // TICK_MINUTES
LONGEST_WAIT = 12
"""Ticks: where the waiting list comes first, everybody else waits 5 to 60 minutes for what comes up."""


class KeptShare(NamedTuple):
    """Ticks that residents cannot have before `from_unit`, for each seat of a resource.

    Where that is None, each tick is kept until `release_ticks` before its own instant. A service that gives the waiting list
    what comes up first has it `wait_ticks` later.
    """

    seats: tuple[Stretches, ...]
    from_unit: int | None
    release_ticks: int = 0
    wait_ticks: int = 0
    is_same_day: bool = False


class Opening(NamedTuple):
    """One resource open for some services, `first_tick <= tick < last_tick`.

    From `reserved_from` on, each tick is reserved for staff until `release_ticks` before its own instant;
    when `reserved_from == last_tick`, nothing is reserved so. `kept` are the shares of a session that has some.
    Until `new_until` everything is for the waiting list alone, where a service gives it what comes up first.
    """

    resource_id: int
    service_ids: frozenset[int]
    first_tick: int
    last_tick: int
    reserved_from: int
    release_ticks: int
    kept: tuple[KeptShare, ...] = ()
    new_until: int = 0


class HeldSession(NamedTuple):
    """A session of the site whose date this is. `hours` are those of the day, or None when it is not held then.

    `exception` is how the day differs from the other dates of a session that recurs; a session of one date is `is_dated`.
    `longest_ticks` and `new_until` are as of an opening.
    """

    slug: str
    hours: SessionHours | None
    resource_ids: tuple[int, ...]
    service_ids: frozenset[int]
    exception: ExceptionFacts | None = None
    is_dated: bool = False
    longest_ticks: int = 1
    new_until: int = 0


def opened_by(site: SiteFacts, session: HeldSession, day: LocalDay, zone: str) -> Iterator[Opening]:
    """What the session opens on the day: resource by resource, in one part or two."""
    hours = session.hours
    if hours is None or hours.drop_in:
        return
    first, last = tick_at(day, hours.starts, zone), tick_at(day, hours.ends, zone)
    if first >= last:  # an hour that the clocks skip
        return
    whole = [(tick_at(day, begins, zone), tick_at(day, ends, zone)) for begins, ends in hours.parts]
    parts = tuple((begins, ends) for begins, ends in whole if begins < ends)
    kept = _kept_shares(site, session, hours, parts, day, zone) if hours.releases else {}
    reserved = 0 if hours.releases else sum(ends - begins for begins, ends in parts) * hours.reserved_percent // 100
    opening = Opening(0, session.service_ids, first, last, last, hours.release_hours * TICKS_IN_HOUR)
    for number, (begins, ends) in enumerate(parts):
        later = sum(ends - begins for begins, ends in parts[number + 1 :])
        reserved_from = min(max(ends - max(reserved - later, 0), begins), ends)
        part = opening._replace(
            first_tick=begins, last_tick=ends, reserved_from=reserved_from, new_until=session.new_until
        )
        for resource_id in session.resource_ids:
            yield part._replace(resource_id=resource_id, kept=kept.get(resource_id, ()))


def wait_ticks(site: SiteFacts, day: date, what: str) -> int:
    """How long everybody waits for what comes up, where the waiting list comes first: at random, and always the same."""
    drawn = hashlib.blake2b(f"{site.wait_seed} {day} {what}".encode(), digest_size=8).digest()
    return 1 + int.from_bytes(drawn) % LONGEST_WAIT


def _kept_shares(
    site: SiteFacts, session: HeldSession, hours: SessionHours, parts: Stretches, day: LocalDay, zone: str
) -> dict[int, tuple[KeptShare, ...]]:
    """The shares of each resource that the session opens. Seats of one kind are divided together."""
    seats_of = {
        resource_id: (resource.kind, resource.seats)
        for resource_id in session.resource_ids
        if (resource := site.resource(resource_id)) is not None
    }
    totals: dict[str, int] = {}
    for kind, seats in seats_of.values():
        totals[kind] = totals.get(kind, 0) + seats
    percents = [release.percent for release in hours.releases] + [hours.reserved_percent]
    used: dict[str, int] = {}
    shares = {}
    for resource_id, (kind, seats) in seats_of.items():
        before = used.get(kind, 0)
        used[kind] = before + seats
        by_seat = [
            shares_of_seat(parts, seat, totals[kind], session.longest_ticks, percents)
            for seat in range(before, before + seats)
        ]
        shares[resource_id] = tuple(_shares(site, session, hours, list(zip(*by_seat, strict=True)), day, zone))
    return shares


def _shares(
    site: SiteFacts,
    session: HeldSession,
    hours: SessionHours,
    seats_by_share: list[tuple[Stretches, ...]],
    day: LocalDay,
    zone: str,
) -> Iterator[KeptShare]:
    """The shares of one resource, that of staff as the last one."""
    *released, of_staff = seats_by_share
    for number, (release, seats) in enumerate(zip(hours.releases, released, strict=True)):
        wait = wait_ticks(site, day.date, f"{session.slug} {number}")
        from_unit = unit_after(release.moment(day.date, zone))
        yield KeptShare(seats, from_unit, wait_ticks=wait, is_same_day=release.is_same_day)
    if hours.reserved_percent:
        wait = wait_ticks(site, day.date, session.slug)
        yield KeptShare(of_staff, None, hours.release_hours * TICKS_IN_HOUR, wait)
