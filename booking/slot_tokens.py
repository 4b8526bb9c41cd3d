"""A slot's key: one start of one visit at one site, as an opaque token that travels through pages and programs.

The token grants nothing: whatever it says is checked against plan and bookings again when it is used. The format is
`1.<authority>.<site>.<services>.<mode>.<extra>.<unit in hexadecimal>`. A service of which a resident has several (three
children to register, say) stands there as `<service>x<number>y<ticks that they add to its length>`. Where one adviser is
wanted, the extra time is followed by `w<resource>`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from core.errors import Invalid

VERSION = "1"
MODE_CODES = {"in_person": "p", "video": "v", "phone": "t"}
MODES_BY_CODE = {code: mode for mode, code in MODE_CODES.items()}
COUNTED = "x"  # what stands in a token whose services count, and in no other
WITH = "w"  # before the adviser who is wanted
MAX_SERVICES = 4
LARGEST_ID = 2**31  # what every database can look up
LARGEST_COUNT = 999  # far more than any service can say
LAST_UNIT = 2**25  # some day in 2289; clocks and calendars can still show it


class Count(NamedTuple):
    """How many of what a service counts, and the ticks that these add to its length; 0 where it does not count."""

    number: int = 0
    ticks: int = 0


Counts = tuple[Count, ...]
"""One for each service of a visit, in their order; empty when none of them counts."""


@dataclass(frozen=True)
class SlotKey:
    """A start (in 5-minute units since 1970) of a visit for `service_ids`, back to back, at a site."""

    authority_id: int
    site_id: int
    service_ids: tuple[int, ...]
    mode: str
    start_unit: int
    extra_time: bool = False
    counts: Counts = ()
    adviser: int = 0  # the resource that is to serve the visit; 0 for anybody


def prefix(
    authority_id: int,
    site_id: int,
    service_ids: tuple[int, ...],
    mode: str,
    *,
    extra_time: bool,
    counts: Counts = (),
    adviser: int = 0,
) -> str:
    """The part of a token that all starts of one search at one site share; the unit in hexadecimal follows."""
    services = "-".join(map(_service_text, service_ids, counts or (Count(),) * len(service_ids)))
    extra = f"{int(extra_time)}{WITH}{adviser}" if adviser else str(int(extra_time))
    return f"{VERSION}.{authority_id}.{site_id}.{services}.{MODE_CODES[mode]}.{extra}."


def encode(slot_key: SlotKey) -> str:
    """The token of `slot_key`."""
    key = slot_key
    of_search = (key.authority_id, key.site_id, key.service_ids, key.mode)
    how = prefix(*of_search, extra_time=key.extra_time, counts=key.counts, adviser=key.adviser)
    return f"{how}{key.start_unit:x}"


def without_adviser(slot_key: SlotKey) -> SlotKey:
    """The same start with anybody: what an appointment keeps, whose seats say who serves it."""
    return replace(slot_key, adviser=0)


def _service_text(service_id: int, count: Count) -> str:
    return f"{service_id}{COUNTED}{count.number}y{count.ticks}" if any(count) else str(service_id)


def _service_of(text: str) -> tuple[int, Count]:
    service_id, is_counted, counted = text.partition(COUNTED)
    number, _, ticks = counted.partition("y")
    return int(service_id), Count(int(number), int(ticks)) if is_counted else Count()


def counts_or_empty(counts: Counts) -> Counts:
    """The counts of a visit, empty when no service of it counts."""
    return counts if any(map(any, counts)) else ()


def decode(token: str) -> SlotKey:
    """The key that `token` means. Raises: Invalid."""
    try:
        version, authority, site, services, mode, extra, unit = token.split(".")
        parts = [_service_of(service) for service in services.split("-")]
        is_longer, _, adviser = extra.partition(WITH)
        slot_key = SlotKey(
            authority_id=int(authority),
            site_id=int(site),
            service_ids=tuple(service_id for service_id, _ in parts),
            mode=MODES_BY_CODE[mode],
            start_unit=int(unit, 16),
            extra_time=is_longer == "1",
            counts=counts_or_empty(tuple(count for _, count in parts)),
            adviser=int(adviser) if adviser else 0,
        )
    except (ValueError, KeyError) as error:
        raise _unknown() from error
    if encode(slot_key) != token or version != VERSION or not _is_possible(slot_key):
        raise _unknown()
    return slot_key


def counts_in_token(token: str) -> Counts:
    """The counts of the slot of `token`; most have none. Raises: Invalid."""
    return decode(token).counts if COUNTED in token else ()


def _is_possible(slot_key: SlotKey) -> bool:
    """Whether its numbers are such as a real slot could have."""
    ids = (slot_key.authority_id, slot_key.site_id, *slot_key.service_ids, slot_key.adviser)
    counted = max((max(count) for count in slot_key.counts), default=0)
    is_short = len(slot_key.service_ids) <= MAX_SERVICES and counted <= LARGEST_COUNT
    return is_short and max(ids) < LARGEST_ID and 0 <= slot_key.start_unit < LAST_UNIT


def _unknown() -> Invalid:
    return Invalid.in_field("slot", "slot_unknown")
