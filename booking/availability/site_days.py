"""From the council's catalogue to the engine's values: what is open, day by day, and the search.

A site's days are worked out once and kept with the catalogue's own `SiteFacts`: a changed plan is a new object, so an
old day can never be served for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from booking.availability.bits import Bits, span
from booking.availability.needs_met import features_of
from booking.availability.notice import arranged_from, earliest_at
from booking.availability.values import (
    EngineResource,
    Requirement,
    ResourceDay,
    Search,
    ServiceShape,
    Share,
    SiteDay,
    Window,
)
from booking.slot_tokens import Count, Counts, SlotKey, counts_or_empty
from core.wall_clock import TICK_MINUTES, LocalDay, instant_of, local_date_of, local_day, unit_after, unit_of
from locations.model import MODES, Catalogue, ServiceFacts, SiteFacts
from locations.opening_hours import closed_on, closures_between, differs_by_mode, holiday_on, openings_on
from locations.session_openings import KeptShare, wait_ticks
from people.residents.details import place_needs, spoken_needs, wants_extra_time

MAX_KEPT_DAYS = 400


def site_day(site: SiteFacts, day: LocalDay, zone: str) -> SiteDay:
    """The plan of `site` on `day`, without its bookings."""
    kept: dict[date, SiteDay] = site.memory.setdefault("site_days", {})
    known = kept.get(day.date)
    if known is None:
        if len(kept) >= MAX_KEPT_DAYS:
            kept.clear()
        known = kept[day.date] = _site_day(site, day, zone)
    return known


def day_of_slot(catalogue: Catalogue, slot_key: SlotKey) -> SiteDay:
    """The plan of the slot's site on its day. Raises: NotFound."""
    zone = catalogue.authority.zone
    day = local_day(local_date_of(slot_key.start_unit, zone), zone)
    return site_day(catalogue.site_by_id(slot_key.site_id), day, zone)


def _site_day(site: SiteFacts, day: LocalDay, zone: str) -> SiteDay:
    whole = _day_in_mode(site, day, zone, "")
    if not differs_by_mode(site, day):
        return whole
    return replace(whole, by_mode=tuple((mode, _day_in_mode(site, day, zone, mode)) for mode in site.modes))


def _day_in_mode(site: SiteFacts, day: LocalDay, zone: str, mode: str) -> SiteDay:
    """The day with what is shut for everybody, and with what is shut for this mode alone."""
    windows: dict[int, list[Window]] = {}
    wait = wait_ticks(site, day.date, "")
    for opening in openings_on(site, day, zone, mode):
        window = Window(
            first=opening.first_tick,
            last=opening.last_tick,
            service_ids=opening.service_ids,
            reserved_from=opening.reserved_from,
            release_ticks=opening.release_ticks,
            wait_ticks=wait,
            kept=tuple(_share(share) for share in opening.kept),
            new_until=opening.new_until,
        )
        windows.setdefault(opening.resource_id, []).append(window)
    closed = closed_on(site, day, zone, mode)
    resources = tuple(
        ResourceDay(
            resource=EngineResource(resource.id, resource.kind, resource.seats, resource.skills),
            windows=tuple(windows[resource.id]),
            closed=_bits(closed.get(None, ())) | _bits(closed.get(resource.id, ())),
        )
        for resource in site.resources
        if resource.id in windows
    )
    shut = closures_between(site, instant_of(day.base_unit), instant_of(day.end_unit))
    return SiteDay(site.id, day, features_of(site), resources, holiday_on(site, day.date), shut)


def _share(share: KeptShare) -> Share:
    seats = tuple(map(_bits, share.seats))
    return Share(seats, share.from_unit, share.release_ticks, share.wait_ticks, share.is_same_day)


def _bits(periods: Iterable[tuple[int, int]]) -> Bits:
    bits = 0
    for first_tick, last_tick in periods:
        bits |= span(first_tick, last_tick)
    return bits


@lru_cache(maxsize=4096)
def shape_of(service: ServiceFacts) -> ServiceShape:
    """What the engine needs to know of `service`. Times that are not whole ticks are rounded up."""
    return ServiceShape(
        service_id=service.id,
        duration_ticks=_ticks(service.duration_minutes),
        turnaround_ticks=_ticks(service.turnaround_minutes),
        requirements=tuple(Requirement(pool.kind, pool.skills) for pool in service.requirements),
        grid_ticks=max(1, _ticks(service.grid_minutes)),
        list_comes_first=service.waiting_list_first,
        is_same_day_open=service.opens_same_day_early and service.is_same_day_open,
    )


def _shape_at(catalogue: Catalogue, service: ServiceFacts, now: datetime, *, for_list: bool) -> ServiceShape:
    """The service's shape; where the waiting list comes first, it has first what is opened early of the day itself."""
    shape, opened_at = shape_of(service), service.same_day_opened_at
    if not shape.is_same_day_open or not shape.list_comes_first or for_list or opened_at is None:
        return shape
    zone = catalogue.authority.zone
    waits = [wait_ticks(site, local_date_of(unit_of(opened_at), zone), service.slug) for site in catalogue.sites[:1]]
    is_for_all = now >= opened_at + timedelta(minutes=TICK_MINUTES * max(waits, default=0))
    return shape if is_for_all else replace(shape, is_same_day_open=False)


def counts_of(services: Sequence[ServiceFacts], numbers: Mapping[int, int] | None = None) -> Counts:
    """What `numbers`, by service id, add to the length of a visit; 1 where a service counts and none is given."""
    found: list[Count] = []
    given = numbers or {}
    for service in services:
        question = service.counting_question
        number = given.get(service.id, 1) if question else 0
        found.append(Count(number, _ticks(question.minutes_each * number)) if question else Count())
    return counts_or_empty(tuple(found))


def least_ticks(service: ServiceFacts) -> int:
    """How long the shortest visit for the service is."""
    question = service.counting_question
    return shape_of(service).duration_ticks + (_ticks(question.minutes_each) if question else 0)


def counts_or_ones(catalogue: Catalogue, service_ids: Sequence[int], counts: Counts | None = None) -> Counts:
    """These counts; without them, one of whatever the services count. Raises: NotFound."""
    return counts_of([catalogue.service_by_id(id_) for id_ in service_ids]) if counts is None else counts


def are_counts_of_plan(catalogue: Catalogue, slot_key: SlotKey) -> bool:
    """Whether the length that the slot says is what the services ask for such numbers now. Raises: NotFound."""
    services = [catalogue.service_by_id(service_id) for service_id in slot_key.service_ids]
    numbers = {id_: count.number for id_, count in zip(slot_key.service_ids, slot_key.counts, strict=False)}
    asked = [(one.counting_question, numbers.get(one.id, 0)) for one in services]
    can_be = all(1 <= number <= question.most for question, number in asked if question)
    return can_be and counts_of(services, numbers) == slot_key.counts


def _ticks(minutes: int) -> int:
    return -(-minutes // TICK_MINUTES)


def modes_of_visit(catalogue: Catalogue, site: SiteFacts, service_ids: Sequence[int]) -> tuple[str, ...]:
    """The modes of the site in which all these services can be held. Raises: NotFound."""
    services = [catalogue.service_by_id(service_id) for service_id in service_ids]
    return tuple(mode for mode in site.modes if all(mode in service.modes for service in services))


def last_bookable_date(services: Sequence[ServiceFacts], now: datetime, zone: str) -> date:
    """The last date within every service's horizon, counted in whole local days from today."""
    horizon = min(service.horizon_days for service in services)
    return local_date_of(unit_of(now), zone) + timedelta(days=horizon)


def search_for(
    catalogue: Catalogue,
    service_ids: Sequence[int],
    now: datetime,
    *,
    for_public: bool,
    needs: frozenset[str] = frozenset(),
    extra_time: bool = False,
    is_walk_in: bool = False,
    mode: str | None = None,
    for_list: bool = False,
    counts: Counts | None = None,
) -> Search:
    """The engine's search for a visit to these services, between lead time and horizon, in any mode or in this one.

    A walk-in begins at any five minutes: on no grid and without lead time. `for_list` finds what the waiting list has first.
    Without `counts` a visit is as long as for one of whatever its services count.
    """
    services = [catalogue.service_by_id(service_id) for service_id in service_ids]
    zone = catalogue.authority.zone
    last_day = local_day(last_bookable_date(services, now, zone), zone)
    earliest = earliest_at(catalogue.authority, services, now, for_public=for_public, needs=needs)
    shapes = [_shape_at(catalogue, service, now, for_list=for_list) for service in services]
    visit = _with_counts(shapes, counts_of(services) if counts is None else counts)
    return Search(
        visit=(replace(visit[0], grid_ticks=1), *visit[1:]) if is_walk_in else visit,
        # The five minutes that have begun, or those before: they may have ended since somebody pressed the button.
        earliest_unit=unit_of(now) - 1 if is_walk_in else unit_after(earliest),
        latest_unit=last_day.end_unit,
        now_unit=unit_of(now),
        for_public=for_public,
        needs=place_needs(needs),
        extra_ticks=_ticks(catalogue.authority.extra_time_minutes) if extra_time or wants_extra_time(needs) else 0,
        modes=frozenset.intersection(*(frozenset(service.modes) for service in services)) & _modes_of_query(mode),
        for_list=for_list,
        spoken=spoken_needs(needs),
        interpreted_from=unit_after(arranged_from(catalogue.authority, now))
        if for_public and spoken_needs(needs)
        else 0,
    )


def _with_counts(shapes: list[ServiceShape], counts: Counts) -> tuple[ServiceShape, ...]:
    """The services as long as what they count makes them."""
    for number, count in enumerate(counts):
        if count.ticks:
            shape = shapes[number]
            shapes[number] = replace(shape, duration_ticks=shape.duration_ticks + count.ticks)
    return tuple(shapes)


def _modes_of_query(mode: str | None) -> frozenset[str]:
    return frozenset(MODES if mode is None else (mode,))
