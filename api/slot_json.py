"""Slots as JSON text, thousands at a time, built from pieces that are rendered once.

Nothing needs escaping: tokens, slugs, modes and times are made of letters, figures and `.:+-` alone. Each item equals
what `json.dumps` would write; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial

from booking.availability.site_days import counts_or_ones
from booking.availability.values import Slot
from booking.queries.slots import SlotQuery, modes_at
from booking.slot_tokens import prefix
from core.wall_clock import iso_local
from locations.model import Catalogue

TOKEN_AT = len('{"slot":"')


def slot_items(catalogue: Catalogue, query: SlotQuery, slots: Sequence[Slot]) -> list[str]:
    """The items of an answer, as JSON: each slot once for each mode in which it can be had, in the order of `slots`."""
    zone = catalogue.authority.zone
    heads = {site_id: _heads(catalogue, query, site_id) for site_id in {slot[0] for slot in slots}}
    in_all = {site_id: [*of_site.values()] for site_id, of_site in heads.items()}
    times = {start: _times(zone, start, end) for start, end in {slot[1:3] for slot in slots}}
    items = []
    for site_id, start, _, free, free_by_mode in slots:
        unit, when = times[start]
        if free_by_mode:
            for mode, free_so in free_by_mode:
                token, place = heads[site_id][mode]
                items.append(f"{token}{unit}{place}{when}{free_so}}}")
            continue
        for token, place in in_all[site_id]:
            items.append(f"{token}{unit}{place}{when}{free}}}")
    return items


def slots_json(items: Sequence[str], next_cursor: str | None) -> str:
    """The whole answer."""
    cursor = "null" if next_cursor is None else f'"{next_cursor}"'
    return f'{{"items":[{",".join(items)}],"next_cursor":{cursor}}}'


def token_in(item: str) -> str:
    """The slot's token in one of the items."""
    return item[TOKEN_AT : item.index('"', TOKEN_AT)]


def _heads(catalogue: Catalogue, query: SlotQuery, site_id: int) -> dict[str, tuple[str, str]]:
    """For each mode at the site: the JSON before and after the digits of the start in the token."""
    site = catalogue.site_by_id(site_id)
    counts = counts_or_ones(catalogue, query.service_ids, query.counts)
    how = partial(
        prefix, extra_time=query.extra_time or "extra-time" in query.needs, counts=counts, adviser=query.adviser
    )
    return {
        mode: (
            f'{{"slot":"{how(catalogue.authority.id, site.id, query.service_ids, mode)}',
            f'","site":"{site.slug}","mode":"{mode}","starts_at":"',
        )
        for mode in modes_at(catalogue, query, site)
    }


@lru_cache(maxsize=65_536)
def _times(zone: str, start: int, end: int) -> tuple[str, str]:
    """The start's digits in the token, and both times with the name of what follows."""
    return f"{start:x}", f'{iso_local(start, zone)}","ends_at":"{iso_local(end, zone)}","free":'
