"""The few slots that are held by one key: the nearest, the soonest, and those by video or telephone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from booking.queries.slots import FreeSlot
from booking.queries.starts_of_week import Starts
from core.wall_clock import instant_of
from web.agent.slot_grid import GridRowSpec, all_times, place_label, units_of
from web.labels import MODES, NEXT_IN_MODE
from web.request_language import format_miles, format_moment_short

MOST = 4


@dataclass(frozen=True)
class Suggestion:
    """A slot that one key holds. `is_next` marks the soonest of all, which has the key n too."""

    title: str
    moment: str
    place: str
    token: str
    key: str = ""
    is_next: bool = False

    @property
    def keys(self) -> str:
        """All its keys, with a space between them."""
        return f"{self.key} n" if self.is_next else self.key


def suggestions_of(
    rows: Sequence[GridRowSpec], first_units: Mapping[int, int], soonest: FreeSlot | None, zone: str
) -> tuple[Suggestion, ...]:
    """At most four: at the nearest place, the soonest anywhere, by video or telephone, at the next nearest places.

    `soonest` is given when the times shown do not begin today.
    """
    firsts = [(row, first_units[row.site.id]) for row in rows if row.site.id in first_units]
    known: dict[str, Suggestion] = {}
    next_token = ""
    for candidate in _candidates(firsts, soonest, zone):
        next_token = candidate.token if candidate.is_next else next_token
        known.setdefault(candidate.token, candidate)
        if len(known) == MOST:
            break
    return numbered(replace(one, is_next=one.token == next_token) for one in known.values())


def firsts_of(starts: Starts) -> dict[int, int]:
    """The unit of the first start at each site."""
    firsts: dict[int, int] = {}
    for (site_id, _day), (base_unit, bits) in starts.items():
        unit = units_of(base_unit, bits, 1)[0]
        firsts[site_id] = min(unit, firsts.get(site_id, unit))
    return firsts


def _candidates(firsts: list[tuple[GridRowSpec, int]], soonest: FreeSlot | None, zone: str) -> Iterator[Suggestion]:
    nearby = [(row, unit) for row, unit in firsts if row.miles is not None]
    remote = [(row, unit) for row, unit in firsts if row.site.is_virtual]
    if nearby:
        distance = format_miles(nearby[0][0].miles)
        is_own = nearby[0][0].is_own_area
        title = (
            _("In their area, %(distance)s", distance=distance)
            if is_own
            else _("Nearest, %(distance)s", distance=distance)
        )
        yield _suggestion(title, *nearby[0], zone)
    if soonest is not None:
        yield replace(of_free_slot(_("Next free anywhere"), soonest), is_next=True)
    elif firsts:
        yield replace(_suggestion(_("Next free anywhere"), *min(firsts, key=itemgetter(1)), zone), is_next=True)
    if remote:
        row, unit = min(remote, key=itemgetter(1))
        # Of a later week it is none that comes next.
        yield _suggestion(str((NEXT_IN_MODE if soonest is None else MODES)[row.mode]), row, unit, zone)
    for row, unit in nearby[1:]:
        yield _suggestion(_("Next nearest, %(distance)s", distance=format_miles(row.miles)), row, unit, zone)


def _suggestion(title: str, row: GridRowSpec, unit: int, zone: str) -> Suggestion:
    (first,) = all_times(row, [unit], zone)
    moment = format_moment_short(instant_of(unit).astimezone(ZoneInfo(zone)))
    return Suggestion(title, moment, place_label(row.site, row.mode), first.token)


def of_free_slot(title: str, slot: FreeSlot) -> Suggestion:
    """The suggestion of one slot."""
    return Suggestion(title, format_moment_short(slot.starts_at), place_label(slot.site, slot.mode), slot.token)


def alternatives(slots: Iterable[FreeSlot]) -> tuple[Suggestion, ...]:
    """Other slots instead of one that cannot be booked."""
    return numbered(of_free_slot(_("Instead"), slot) for slot in slots)


def numbered(suggestions: Iterable[Suggestion]) -> tuple[Suggestion, ...]:
    """The suggestions with their keys: 1, 2, 3."""
    return tuple(replace(one, key=str(number)) for number, one in enumerate(suggestions, 1))
