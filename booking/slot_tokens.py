"""An offer: one start of one visit at one site, as an opaque token that travels through pages and programs.

The token grants nothing: whatever it says is checked against the diary again when it is used. The format is
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


def encode(offer: SlotKey) -> str:
    """The token of `offer`."""
    start = prefix(offer.authority_id, offer.site_id, offer.service_ids, offer.mode, extra_time=offer.extra_time)
    return f"{start}{offer.start_unit:x}"


def decode(token: str) -> SlotKey:
    """The offer that `token` means. Raises: Invalid."""
    try:
        version, authority, site, services, mode, extra, unit = token.split(".")
        offer = SlotKey(
            authority_id=int(authority),
            site_id=int(site),
            service_ids=tuple(int(service) for service in services.split("-")),
            mode=MODES_BY_CODE[mode],
            start_unit=int(unit, 16),
            extra_time=extra == "1",
        )
    except (ValueError, KeyError) as error:
        raise _unknown() from error
    if encode(offer) != token or version != VERSION or not _is_possible(offer):
        raise _unknown()
    return offer


def _is_possible(offer: SlotKey) -> bool:
    """Whether its numbers are such as a real offer could have."""
    ids = (offer.authority_id, offer.site_id, *offer.service_ids)
    return len(offer.service_ids) <= MAX_SERVICES and max(ids) < LARGEST_ID and 0 <= offer.start_unit < LAST_UNIT


def _unknown() -> Invalid:
    return Invalid({"slot": ["This is not a slot of this service. Ask for availability and send one of its slots."]})
