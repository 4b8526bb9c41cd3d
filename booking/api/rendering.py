"""Slots as JSON text, thousands at a time, put together from pieces that are rendered once.

Nothing needs escaping: tokens, slugs, modes and times are made of letters, figures and `.:+-` alone. Each item equals
what `json.dumps` would write; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence

from booking.availability.values import Slot
from booking.offers import prefix
from booking.queries.search import Ask, modes_at
from core.wall_clock import iso_local
from locations.catalogue import Catalogue

Entry = tuple[Slot, str]
"""A slot and one of the modes in which it can be had."""


def entries_of(catalogue: Catalogue, ask: Ask, slots: Sequence[Slot]) -> list[Entry]:
    """Each slot once for each mode in which it can be had, in the order of `slots`."""
    modes = {site.id: modes_at(catalogue, ask, site) for site in catalogue.sites}
    if all(len(some) <= 1 for some in modes.values()):
        only = {site_id: some[0] for site_id, some in modes.items() if some}
        return [(slot, only[slot[0]]) for slot in slots]
    return [(slot, mode) for slot in slots for mode in modes[slot[0]]]


def slots_json(catalogue: Catalogue, ask: Ask, entries: Sequence[Entry], next_cursor: str | None) -> str:
    """The whole answer."""
    cursor = "null" if next_cursor is None else f'"{next_cursor}"'
    return f'{{"items":[{",".join(_items(catalogue, ask, entries))}],"next_cursor":{cursor}}}'


def token_of(catalogue: Catalogue, ask: Ask, entry: Entry) -> str:
    """The token of an entry."""
    slot, mode = entry
    return f"{_prefix(catalogue, ask, slot.site_id, mode)}{slot.start_unit:x}"


def _items(catalogue: Catalogue, ask: Ask, entries: Sequence[Entry]) -> list[str]:
    heads = {pair: _head(catalogue, ask, *pair) for pair in {(slot[0], mode) for slot, mode in entries}}
    times = {start: _times(catalogue.authority.zone, start, end) for start, end in {slot[1:3] for slot, _ in entries}}
    items = []
    for (site_id, start, _end, free), mode in entries:
        token, place = heads[site_id, mode]
        unit, when = times[start]
        items.append(f"{token}{unit}{place}{when}{free}}}")
    return items


def _head(catalogue: Catalogue, ask: Ask, site_id: int, mode: str) -> tuple[str, str]:
    """What stands before and after the start's own digits in the token."""
    slug = catalogue.site_by_id(site_id).slug
    token = _prefix(catalogue, ask, site_id, mode)
    return f'{{"slot":"{token}', f'","site":"{slug}","mode":"{mode}","starts_at":"'


def _times(zone: str, start: int, end: int) -> tuple[str, str]:
    """The start's digits in the token, and both times with the name of what follows."""
    return f"{start:x}", f'{iso_local(start, zone)}","ends_at":"{iso_local(end, zone)}","free":'


def _prefix(catalogue: Catalogue, ask: Ask, site_id: int, mode: str) -> str:
    extra_time = ask.extra_time or "extra-time" in ask.needs
    return prefix(catalogue.authority.id, site_id, ask.service_ids, mode, extra_time=extra_time)
