"""A slot's key: one start of one visit at one site, as an opaque token that travels through pages and programs.

The token grants nothing: whatever it says is checked against plan and bookings again when it is used. The format is
`1.<authority>.<site>.<services>.<mode>.<extra>.<unit in hexadecimal>`.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import Invalid

VERSION = "1"
MODE_CODES = {"in_person": "p", "video": "v", "phone": "t"}
MODES_BY_CODE = {code: mode for mode, code in MODE_CODES.items()}
MAX_SERVICES = 4
LARGEST_ID = 2**31  # what every database can look up
LAST_UNIT = 2**25  # some day in 2289; clocks and calendars can still show it


@dataclass(frozen=True)
class SlotKey:
    """A start (in 5-minute units since 1970) of a visit for `service_ids`, back to back, at a site."""

    authority_id: int
    site_id: int
    service_ids: tuple[int, ...]
    mode: str
    start_unit: int
    extra_time: bool = False


def prefix(authority_id: int, site_id: int, service_ids: tuple[int, ...], mode: str, *, extra_time: bool) -> str:
    """The part of a token that all starts of one search at one site share; the unit in hexadecimal follows."""
    services = "-".join(map(str, service_ids))
    return f"{VERSION}.{authority_id}.{site_id}.{services}.{MODE_CODES[mode]}.{int(extra_time)}."


def encode(slot_key: SlotKey) -> str:
    """The token of `slot_key`."""
    key = slot_key
    return f"{prefix(key.authority_id, key.site_id, key.service_ids, key.mode, extra_time=key.extra_time)}{key.start_unit:x}"


def decode(token: str) -> SlotKey:
    """The key that `token` means. Raises: Invalid."""
    try:
        version, authority, site, services, mode, extra, unit = token.split(".")
        slot_key = SlotKey(
            authority_id=int(authority),
            site_id=int(site),
            service_ids=tuple(int(service) for service in services.split("-")),
            mode=MODES_BY_CODE[mode],
            start_unit=int(unit, 16),
            extra_time=extra == "1",
        )
    except (ValueError, KeyError) as error:
        raise _unknown() from error
    if encode(slot_key) != token or version != VERSION or not _is_possible(slot_key):
        raise _unknown()
    return slot_key


def _is_possible(slot_key: SlotKey) -> bool:
    """Whether its numbers are such as a real slot could have."""
    ids = (slot_key.authority_id, slot_key.site_id, *slot_key.service_ids)
    return len(slot_key.service_ids) <= MAX_SERVICES and max(ids) < LARGEST_ID and 0 <= slot_key.start_unit < LAST_UNIT


def _unknown() -> Invalid:
    return Invalid.in_field("slot", "slot_unknown")
