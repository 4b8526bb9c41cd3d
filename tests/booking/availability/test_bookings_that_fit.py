"""What a changed set-up does to slots and bookings, held against the engine itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from booking.availability.bookings_that_fit import MisfitReason, change_of_capacity, new_misfits
from booking.availability.busy import NOTHING_BUSY, away_rows, busy_index
from booking.availability.engine import check_slot, find_slots
from booking.availability.site_days import search_for, site_day
from booking.availability.values import BookedVisit, SlotCheck
from booking.slot_tokens import SlotKey
from core.wall_clock import days_between, local_date_of, local_day, unit_of
from locations.model import Catalogue, RequirementFacts, ResourceFacts, SiteFacts
from locations.session_facts import ClosureFacts, DatedSessionFacts, RecurrenceFacts, SessionHours
from locations.travel import TravelTimes
from tests.booking.availability.random_set_ups import (
    DATES,
    NOW,
    ZONE,
    ChangedCouncil,
    changed_councils,
    make_authority,
    make_service,
    make_site,
)

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]

CHRISTMAS = date(2026, 12, 25)
DAY = date(2026, 11, 24)


def examples(number: int) -> settings:
    """The same councils on every run."""
    return settings(max_examples=number, derandomize=True, database=None, deadline=None, suppress_health_check=SLOW)


def is_refused(catalogue: Catalogue, site: SiteFacts, visit: BookedVisit) -> bool:
    """Whether the engine refuses the visit at its own time, at this site, on a day without bookings."""
    slot = visit.slot
    if slot.mode not in site.modes or any(
        slot.mode not in catalogue.service_by_id(service_id).modes for service_id in slot.service_ids
    ):
        return True
    how = partial(search_for, extra_time=slot.extra_time, mode=slot.mode)
    search = how(catalogue, slot.service_ids, NOW, for_public=False, needs=visit.needs)
    day = site_day(site, local_day(local_date_of(slot.start_unit, ZONE), ZONE), ZONE)
    return check_slot(search, day, NOTHING_BUSY, slot.start_unit) is not SlotCheck.FREE


@examples(150)
@given(changed_councils())
def test_who_no_longer_fits_is_whom_the_engine_refuses_on_an_empty_day(council: ChangedCouncil) -> None:
    after = council.after
    lost = {found.visit.owner_id: found.reason for found in new_misfits(council.before, after, council.visits, NOW)}
    for visit in council.visits:
        site = after.site_by_id(visit.slot.site_id)
        own = tuple(resource for resource in site.resources if resource.id in visit.resource_ids)
        assert (visit.owner_id in lost) == is_refused(after, replace(site, resources=own), visit)
        is_lost_anyway = visit.owner_id in lost and lost[visit.owner_id] is not MisfitReason.RESOURCE
        assert is_lost_anyway == is_refused(after, site, visit)


def engine_capacity(catalogue: Catalogue, visits: Iterable[BookedVisit], dates: tuple[date, date]) -> Counter[Any]:
    """How many visits the engine finds room for, by service, site and start, as each site sees it."""
    seats = [(visit.slot.site_id, seat) for visit in visits for seat in visit.seats]
    of_people = [(where, seat) for where, seat in seats if seat[0] == PERSON.id]
    found: Counter[Any] = Counter()
    for service in catalogue.services:
        for site in catalogue.sites:
            if set(site.modes) & set(service.modes):
                away = away_rows(of_people, [site.id], catalogue.travel.ticks)
                search = search_for(catalogue, (service.id,), NOW, for_public=False)
                days = [site_day(site, day, ZONE) for day in days_between(*dates, ZONE)]
                slots = find_slots(search, days, busy_index([seat for _, seat in seats], away=away))
                found.update({(service.id, slot.site_id, slot.start_unit): slot.free for slot in slots})
    return found


@examples(60)
@given(changed_councils())
def test_appearing_and_disappearing_capacity_is_the_difference_of_the_engines_slots(council: ChangedCouncil) -> None:
    effect = change_of_capacity(council.before, council.after, council.visits, DATES, NOW)
    old, new = (engine_capacity(known, council.visits, DATES) for known in (council.before, council.after))
    assert Counter({slot[:3]: slot.free for slot in effect.appearing}) == new - old
    assert Counter({slot[:3]: slot.free for slot in effect.disappearing}) == old - new


@examples(40)
@given(changed_councils())
def test_nothing_changes_for_a_set_up_that_stays(council: ChangedCouncil) -> None:
    same = Catalogue(
        council.before.authority,
        council.before.services,
        tuple(replace(site) for site in council.before.sites),
        council.before.people,
        council.before.travel,
    )
    effect = change_of_capacity(council.before, same, council.visits, DATES, NOW)
    assert (effect.appearing, effect.disappearing) == ((), ())
    assert new_misfits(council.before, same, council.visits, NOW) == ()


ANN, BOB = (ResourceFacts(n, name, name, "adviser", 1, frozenset({"housing"})) for n, name in ((1, "ann"), (2, "bob")))
ADVICE = make_service(1, 30, (RequirementFacts("adviser", frozenset({"housing"})),))


def council(
    *,
    resources: tuple[ResourceFacts, ...] = (ANN, BOB),
    starts: int = 9,
    ends: int = 12,
    day: date = DAY,
    opened: tuple[int, ...] = (1, 2),
    closures: tuple[ClosureFacts, ...] = (),
    kind: str = "office",
    service: object = ADVICE,
) -> Catalogue:
    session = DatedSessionFacts("x", day, SessionHours(time(starts), time(ends)), opened, frozenset({1}))
    site = make_site(resources, kind=kind, dated_sessions=(session,), closures=closures)
    return Catalogue(make_authority(), (service,), (site,), (), TravelTimes((), {}))  # type: ignore[arg-type]


def visit_at(hour: int, minute: int = 0, day: date = DAY) -> BookedVisit:
    """A visit of half an hour to Ann."""
    unit = unit_of(datetime.combine(day, time(hour, minute), UTC))
    return BookedVisit(7, SlotKey(1, 1, (1,), "in_person", unit), frozenset(), ((1, 0, unit, unit + 6),))


def shut(resource_id: int | None = None) -> tuple[ClosureFacts, ...]:
    begin = datetime.combine(DAY, time(9), UTC)
    return (ClosureFacts(begin, begin + timedelta(hours=1), resource_id),)


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        (council(), None),
        (council(ends=10), None),
        (council(starts=10), MisfitReason.HOURS),
        (council(day=DAY + timedelta(days=1)), MisfitReason.HOURS),
        (council(closures=shut()), MisfitReason.CLOSED),
        (council(closures=shut(resource_id=1)), MisfitReason.RESOURCE),
        (council(closures=shut(resource_id=2)), None),
        (council(opened=(2,)), MisfitReason.RESOURCE),
        (council(resources=(BOB,)), MisfitReason.RESOURCE),
        (council(resources=(replace(ANN, skills=frozenset()), BOB)), MisfitReason.RESOURCE),
        (council(resources=(replace(ANN, skills=frozenset()),)), MisfitReason.SKILLS),
        (council(resources=(replace(ANN, kind="desk"),)), MisfitReason.SKILLS),
        (council(kind="virtual"), MisfitReason.MODE),
        (council(service=replace(ADVICE, modes=("phone",))), MisfitReason.MODE),
        (council(service=replace(ADVICE, grid_minutes=60)), None),
        (council(service=replace(ADVICE, lead_minutes=60 * 24 * 300, horizon_days=1)), None),
        (council(service=replace(ADVICE, duration_minutes=240)), MisfitReason.HOURS),
        (Catalogue(make_authority(), (ADVICE,), (), (), TravelTimes((), {})), MisfitReason.HOURS),
    ],
)
def test_the_reason_is_the_first_rule_that_refuses(after: Catalogue, reason: MisfitReason | None) -> None:
    lost = new_misfits(council(), after, [visit_at(9, 15)], NOW)
    assert [found.reason for found in lost] == ([] if reason is None else [reason])


def council_at_christmas(*, is_dated: bool, closes: bool) -> Catalogue:
    """Open on Christmas Day by a session of that date, or by one that recurs daily."""
    hours, opened = SessionHours(time(9), time(12)), ((1, 2), frozenset({1}))
    dated = DatedSessionFacts("once", CHRISTMAS, hours, *opened)
    daily = RecurrenceFacts("daily", "FREQ=DAILY", DAY, None, hours, *opened)
    site = make_site(
        (ANN, BOB),
        dated_sessions=(dated,) * is_dated,
        recurrences=(daily,) * (not is_dated),
        closes_on_bank_holidays=closes,
    )
    return Catalogue(make_authority(), (ADVICE,), (site,), (), TravelTimes((), {}))


def test_a_bank_holiday_that_counts_now_closes() -> None:
    before, after = (council_at_christmas(is_dated=False, closes=closes) for closes in (False, True))
    (lost,) = new_misfits(before, after, [visit_at(9, day=CHRISTMAS)], NOW)
    assert lost.reason is MisfitReason.CLOSED


def test_a_session_of_the_bank_holidays_own_date_stays_open() -> None:
    before, after = (council_at_christmas(is_dated=True, closes=closes) for closes in (False, True))
    assert new_misfits(before, after, [visit_at(9, day=CHRISTMAS)], NOW) == ()


def test_what_did_not_fit_before_is_no_news() -> None:
    assert new_misfits(council(starts=10), council(ends=10, starts=9), [visit_at(10)], NOW)
    assert new_misfits(council(starts=10), council(starts=11), [visit_at(9)], NOW) == ()


PERSON = ResourceFacts(99, "person", "Person", "adviser", 1, frozenset(), is_council_wide=True)
SOUTH = 2


def council_of_two_sites(minutes: int, starts: int = 9) -> Catalogue:
    """Two sites with the same adviser, who needs so many minutes between them."""
    session = DatedSessionFacts("x", DAY, SessionHours(time(starts), time(17)), (PERSON.id,), frozenset({1}))
    sites = tuple(make_site((PERSON,), site_id=site_id, dated_sessions=(session,)) for site_id in (1, SOUTH))
    advice = make_service(1, 30, (RequirementFacts("adviser", frozenset()),))
    return Catalogue(make_authority(), (advice,), sites, (PERSON,), TravelTimes(sites, {(1, SOUTH): minutes}))


def persons_visits(*visits: tuple[int, float]) -> list[BookedVisit]:
    """Visits of half an hour to the person, by site and hour."""
    begin = datetime.combine(DAY, time(0), UTC)
    units = [unit_of(begin + timedelta(hours=hour)) for _, hour in visits]
    return [
        BookedVisit(
            number, SlotKey(1, site_id, (1,), "in_person", unit), frozenset(), ((PERSON.id, 0, unit, unit + 6),)
        )
        for number, ((site_id, _), unit) in enumerate(zip(visits, units, strict=True))
    ]


@pytest.mark.parametrize(
    ("visits", "after", "lost"),
    [
        ([(1, 10), (SOUTH, 11)], council_of_two_sites(30), []),
        ([(1, 10), (SOUTH, 11)], council_of_two_sites(35), [(1, MisfitReason.TRAVEL)]),
        ([(SOUTH, 11), (1, 10)], council_of_two_sites(35), [(0, MisfitReason.TRAVEL)]),
        ([(1, 10), (1, 10.5)], council_of_two_sites(240), []),
        ([(1, 10), (SOUTH, 11), (1, 12)], council_of_two_sites(35), [(1, MisfitReason.TRAVEL)]),
        ([(1, 10), (SOUTH, 11)], council_of_two_sites(35, starts=11), [(0, MisfitReason.HOURS)]),
        ([(1, 10), (SOUTH, 10.5)], council_of_two_sites(35), []),
    ],
)
def test_who_has_no_longer_time_for_the_way(
    visits: list[tuple[int, float]], after: Catalogue, lost: list[tuple[int, MisfitReason]]
) -> None:
    """Before, the travel takes fifteen minutes: visits that were too close then are not reported."""
    found = new_misfits(council_of_two_sites(15), after, persons_visits(*visits), NOW)
    assert [(one.visit.owner_id, one.reason) for one in found] == lost


def test_a_visit_that_stays_is_never_the_one_to_move() -> None:
    early, late = persons_visits((1, 10), (SOUTH, 11))
    before, after = council_of_two_sites(15), council_of_two_sites(60)
    (lost,) = new_misfits(before, after, [early], NOW, staying=[late])
    assert (lost.visit, lost.reason) == (early, MisfitReason.TRAVEL)


def leave_too_little_time(catalogue: Catalogue, one: BookedVisit, other: BookedVisit) -> bool:
    """Whether a person of the council cannot be at both, unit by unit."""
    if one.slot.site_id == other.slot.site_id:
        return False
    ticks = catalogue.travel.ticks(one.slot.site_id, other.slot.site_id)
    there = [
        {unit for person, _, first, last in visit.seats if person == PERSON.id for unit in range(first, last)}
        for visit in (one, other)
    ]
    on_the_way = {unit + late for unit in there[0] for late in range(-ticks, ticks + 1)}
    return not on_the_way.isdisjoint(there[1])


MINUTES = st.sampled_from([0, 15, 45, 90, 240])
VISITS = st.lists(
    st.tuples(st.sampled_from([1, SOUTH]), st.integers(18, 33).map(lambda half_hours: half_hours / 2)),
    min_size=2,
    max_size=6,
    unique_by=lambda visit: visit[1],
)


@examples(200)
@given(VISITS, MINUTES, MINUTES)
def test_of_two_visits_that_are_too_close_now_the_later_one_no_longer_fits(
    booked: list[tuple[int, float]], minutes_before: int, minutes_after: int
) -> None:
    before, after = council_of_two_sites(minutes_before), council_of_two_sites(minutes_after)
    visits = persons_visits(*booked)
    lost = {found.visit.owner_id: found.reason for found in new_misfits(before, after, visits, NOW)}
    staying: list[BookedVisit] = []
    for visit in sorted(visits, key=lambda visit: visit.slot.start_unit):
        is_too_late = any(
            leave_too_little_time(after, visit, one) and not leave_too_little_time(before, visit, one)
            for one in staying
        )
        assert lost.get(visit.owner_id) == (MisfitReason.TRAVEL if is_too_late else None)
        staying += [] if is_too_late else [visit]


@examples(30)
@given(VISITS, MINUTES, MINUTES)
def test_a_longer_way_takes_capacity_at_the_other_site(
    booked: list[tuple[int, float]], minutes_before: int, minutes_after: int
) -> None:
    before, after = council_of_two_sites(minutes_before), council_of_two_sites(minutes_after)
    visits, dates = persons_visits(*booked), (DAY, DAY)
    effect = change_of_capacity(before, after, visits, dates, NOW)
    old, new = (engine_capacity(known, visits, dates) for known in (before, after))
    assert Counter({slot[:3]: slot.free for slot in effect.appearing}) == new - old
    assert Counter({slot[:3]: slot.free for slot in effect.disappearing}) == old - new
