"""A closure shuts exactly what all that it names have in common: resource, service and mode, in any combination."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from itertools import product

import pytest

from booking.availability.busy import NOTHING_BUSY
from booking.availability.engine import assign, check_slot, find_slots, first_slot_by_site
from booking.availability.site_days import search_for, site_day
from booking.availability.values import SlotCheck
from core.wall_clock import local_day, unit_of
from locations.model import Catalogue, RequirementFacts, ResourceFacts
from locations.session_facts import ClosureFacts, DatedSessionFacts, SessionHours
from locations.travel import TravelTimes
from tests.booking.availability.random_set_ups import NOW, ZONE, make_authority, make_service, make_site

DAY = date(2026, 11, 24)
TEN = unit_of(datetime.combine(DAY, time(10), UTC))
ADVISERS, SERVICES, MODES = (1, 2), (1, 2), ("video", "phone")
SCOPES = list(product((None, 1), (None, 1), ("", "video")))


def council(resource_id: int | None, service_id: int | None, mode: str) -> Catalogue:
    """Two advisers who give two services by video and by telephone, of which this is shut all day."""
    services = tuple(make_service(n, 30, (RequirementFacts("adviser", frozenset()),), modes=MODES) for n in SERVICES)
    advisers = tuple(ResourceFacts(n, f"adviser-{n}", "", "adviser", 1, frozenset()) for n in ADVISERS)
    opened = DatedSessionFacts("x", DAY, SessionHours(time(9), time(12)), ADVISERS, frozenset(SERVICES))
    begins, ends = (datetime.combine(DAY, at, UTC) for at in (time.min, time.max))
    shut = ClosureFacts(begins, ends, resource_id, "", None if service_id is None else frozenset({service_id}), mode)
    site = make_site(advisers, kind="virtual", dated_sessions=(opened,), closures=(shut,))
    return Catalogue(make_authority(), services, (site,), (), TravelTimes((), {}))


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_what_is_shut_is_what_all_parts_of_the_scope_name(scope: tuple[int | None, int | None, str]) -> None:
    catalogue = council(*scope)
    day = site_day(catalogue.sites[0], local_day(DAY, ZONE), ZONE)

    def is_shut(adviser: int, service: int, mode: str) -> bool:
        return all(part in (None, "", one) for part, one in zip(scope, (adviser, service, mode), strict=True))

    for service in SERVICES:
        for mode in MODES:
            search = search_for(catalogue, (service,), NOW, for_public=True, mode=mode)
            left = [adviser for adviser in ADVISERS if not is_shut(adviser, service, mode)]
            seated = assign(search, day, NOTHING_BUSY, TEN)
            assert sorted(seat.resource_id for seating in seated for seat in seating) == left
            assert {slot.free for slot in find_slots(search, [day], NOTHING_BUSY)} == ({len(left)} if left else set())
            for adviser in ADVISERS:
                alone = check_slot(replace(search, adviser=adviser), day, NOTHING_BUSY, TEN)
                assert (alone is SlotCheck.FREE) == (adviser in left)
        in_any = find_slots(search_for(catalogue, (service,), NOW, for_public=True), [day], NOTHING_BUSY)
        first = first_slot_by_site(search_for(catalogue, (service,), NOW, for_public=True), [day], NOTHING_BUSY)
        assert list(first.values()) == in_any[:1]
        by_mode = {mode: sum(not is_shut(one, service, mode) for one in ADVISERS) for mode in MODES}
        for slot in in_any:
            assert dict(slot.free_by_mode or ((mode, slot.free) for mode in MODES)) == {
                mode: free for mode, free in by_mode.items() if free
            }
