"""Why a booking of another system cannot be made at its time: the column that says so, and the reason. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from difflib import get_close_matches
from functools import partial
from zoneinfo import ZoneInfo

from booking.availability.busy import NOTHING_BUSY
from booking.availability.engine import check_slot
from booking.availability.site_days import counts_of, last_bookable_date, modes_of_visit, search_for, site_day
from booking.availability.values import SlotCheck
from booking.importing.old_booking import OldBooking
from booking.slot_tokens import SlotKey
from core.errors import Reason
from core.wall_clock import TICK_MINUTES, instant_of, local_date_of, local_day, unit_of, wall_instant
from locations.model import Catalogue, SiteFacts
from people.residents.details import place_needs, wants_extra_time

MOST_NAMED = 12
Found = tuple[str, Reason]  # a column, and what is wrong in it


def slot_key_of(catalogue: Catalogue, booking: OldBooking) -> SlotKey | Found:
    """The slot that `booking` has, or why it can be none of this council."""
    site = next((one for one in catalogue.sites if one.slug == booking.site), None)
    services = [one for slug in booking.services for one in catalogue.services if one.slug == slug]
    if site is None:
        known = named([one.slug for one in catalogue.sites], booking.site)
        return "site", Reason("import_site_unknown", {"given": booking.site, "known": known})
    if len(services) < len(booking.services):
        slugs = [one.slug for one in catalogue.services]
        unknown = next(slug for slug in booking.services if slug not in slugs)
        return "services", Reason("import_service_unknown", {"given": unknown, "known": named(slugs, unknown)})
    service_ids = tuple(service.id for service in services)
    zone = catalogue.authority.zone
    starts_at = wall_instant(booking.start.date(), booking.start.time(), zone)
    if starts_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != booking.start:
        return "start", Reason("import_start_skipped")
    return _offered(catalogue, site, service_ids, booking) or SlotKey(
        authority_id=catalogue.authority.id,
        site_id=site.id,
        service_ids=service_ids,
        mode=booking.mode,
        start_unit=unit_of(starts_at),
        counts=counts_of(services),
    )


def named(slugs: Sequence[str], given: str) -> list[str]:
    """Those of `slugs` that may be meant: all, when they are few, or else those most like `given`."""
    return list(slugs) if len(slugs) <= MOST_NAMED else get_close_matches(given, slugs, 5, 0)


def _offered(catalogue: Catalogue, site: SiteFacts, service_ids: tuple[int, ...], booking: OldBooking) -> Found | None:
    if not site.service_ids.issuperset(service_ids):
        return "services", Reason("import_not_offered", {"site": site.name})
    modes = modes_of_visit(catalogue, site, service_ids)
    if booking.mode not in modes:
        return "mode", Reason("import_mode_not_offered", {"site": site.name, "modes": list(modes)})
    if booking.start.minute % TICK_MINUTES:
        return "start", Reason("import_off_grid", {"minutes": _grid(catalogue, service_ids)})
    return None


def why_not(
    catalogue: Catalogue, slot_key: SlotKey, needs: frozenset[str], now: datetime, rivals: Iterable[int]
) -> Found:
    """Why the slot cannot be had, by staff; `rivals` are the lines of bookings of the same file that were made then."""
    check = _check(catalogue, slot_key, needs, now)
    if check is SlotCheck.TOO_SOON:
        return "start", Reason("import_in_the_past")
    if check is SlotCheck.TOO_FAR:
        services = [catalogue.service_by_id(service_id) for service_id in slot_key.service_ids]
        last = last_bookable_date(services, now, catalogue.authority.zone)
        return "start", Reason("import_beyond_horizon", {"last": f"{last:%d/%m/%Y}"})
    if check is SlotCheck.OFF_GRID:
        return "start", Reason("import_off_grid", {"minutes": _grid(catalogue, slot_key.service_ids)})
    if check is SlotCheck.FREE:
        lines = sorted(rivals)
        if lines:
            return "start", Reason("import_taken_in_file", {"lines": lines})
        return "start", Reason("import_taken")
    if place_needs(needs) and _check(catalogue, slot_key, needs - place_needs(needs), now) is SlotCheck.FREE:
        missing = [Reason(f"need.{need}") for need in sorted(place_needs(needs))]
        return "support_needs", Reason("import_needs_not_there", {"needs": missing})
    if wants_extra_time(needs) and _check(catalogue, slot_key, frozenset(), now) is SlotCheck.FREE:
        return "support_needs", Reason("import_no_extra_time")
    return "start", Reason("import_not_open")


def overlap(one: SlotKey, end_unit: int, other: SlotKey, other_end: int) -> bool:
    """Whether two visits are at one site at the same time."""
    return one.site_id == other.site_id and one.start_unit < other_end and other.start_unit < end_unit


def visit_end(catalogue: Catalogue, slot_key: SlotKey, needs: frozenset[str], now: datetime) -> int:
    """The unit at which the visit would end."""
    search = search_for(catalogue, slot_key.service_ids, now, for_public=False, needs=needs, counts=slot_key.counts)
    return slot_key.start_unit + search.visit_ticks


def _check(catalogue: Catalogue, slot_key: SlotKey, needs: frozenset[str], now: datetime) -> SlotCheck:
    """The check of the slot as if nothing were booked."""
    how = partial(search_for, catalogue, slot_key.service_ids, now, mode=slot_key.mode, counts=slot_key.counts)
    search = how(for_public=False, needs=needs)
    zone = catalogue.authority.zone
    if instant_of(slot_key.start_unit) < now:
        return SlotCheck.TOO_SOON
    day = site_day(
        catalogue.site_by_id(slot_key.site_id), local_day(local_date_of(slot_key.start_unit, zone), zone), zone
    )
    return check_slot(search, day, NOTHING_BUSY, slot_key.start_unit)


def _grid(catalogue: Catalogue, service_ids: Sequence[int]) -> int:
    return catalogue.service_by_id(service_ids[0]).grid_minutes
