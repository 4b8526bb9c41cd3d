"""Small random councils for Hypothesis: how they are set up before a change and after it, and what is booked before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import strategies as st

from booking.availability.busy import NOTHING_BUSY
from booking.availability.engine import assign, find_slots
from booking.availability.site_days import search_for, site_day
from booking.availability.values import BookedVisit
from booking.slot_tokens import SlotKey
from core.wall_clock import days_between, local_date_of, local_day
from locations.model import AuthorityFacts, Catalogue, RequirementFacts, ResourceFacts, ServiceFacts, SiteFacts
from locations.session_facts import (
    ClosureFacts,
    DatedSessionFacts,
    ExceptionFacts,
    HolidayRule,
    RecurrenceFacts,
    SessionHours,
)
from locations.travel import TravelTimes

ZONE = "Europe/London"
DATES = (date(2026, 10, 25), date(2026, 10, 26))  # the clocks go back on the first
NOW = datetime(2026, 10, 20, 8, tzinfo=UTC)
KINDS = ["desk", "adviser"]
SKILLS = ["benefits", "hearing-loop"]
NEEDS = ["hearing-loop", "step-free"]
SERVICE_IDS = (1, 2)
CHANGEABLE = ["closures", "resources", "recurrences", "dated_sessions", "closures", "features", "kind"]


@dataclass(frozen=True)
class ChangedCouncil:
    """A council before and after a change, and visits that are booked before it."""

    before: Catalogue
    after: Catalogue
    visits: tuple[BookedVisit, ...]


def make_authority(extra_time_minutes: int = 15) -> AuthorityFacts:
    return AuthorityFacts(
        id=1,
        slug="testshire",
        name="Testshire",
        zone=ZONE,
        division="england-and-wales",
        brand_colour="",
        logo=None,
        service_order=(),
        phone="",
        email="",
        opening_words="",
        publishes_availability=True,
        closes_on_bank_holidays=True,
        lead_minutes=0,
        horizon_days=56,
        open_limit=2,
        cancel_cutoff_minutes=0,
        extra_time_minutes=extra_time_minutes,
        interpreter_lead_days=3,
        bsl_contact="",
        reminder_plan=(),
        privacy={},
        accessibility={},
        is_demo=False,
        plan_version=1,
    )


def make_service(
    service_id: int,
    duration_minutes: int,
    requirements: tuple[RequirementFacts, ...],
    *,
    modes: tuple[str, ...] = ("in_person",),
    turnaround_minutes: int = 0,
    grid_minutes: int = 5,
) -> ServiceFacts:
    return ServiceFacts(
        id=service_id,
        slug=f"service-{service_id}",
        name="",
        topic="",
        summary="",
        duration_minutes=duration_minutes,
        turnaround_minutes=turnaround_minutes,
        grid_minutes=grid_minutes,
        modes=modes,
        documents=(),
        triage_questions=(),
        online_instead="",
        online_url="",
        post_instead="",
        bookable_online=True,
        lead_minutes=0,
        horizon_days=56,
        open_limit=2,
        cancel_cutoff_minutes=0,
        reminder_plan=(),
        requirements=requirements,
    )


def make_site(
    resources: tuple[ResourceFacts, ...],
    *,
    site_id: int = 1,
    kind: str = "office",
    features: frozenset[str] = frozenset(),
    recurrences: tuple[RecurrenceFacts, ...] = (),
    dated_sessions: tuple[DatedSessionFacts, ...] = (),
    closures: tuple[ClosureFacts, ...] = (),
    closes_on_bank_holidays: bool = True,
) -> SiteFacts:
    return SiteFacts(
        id=site_id,
        slug=f"site-{site_id}",
        name=f"Site {site_id}",
        kind=kind,
        address="",
        postcode="",
        easting=None,
        northing=None,
        features=features,
        phone="",
        directions="",
        resources=resources,
        recurrences=recurrences,
        dated_sessions=dated_sessions,
        closures=closures,
        holidays=HolidayRule("england-and-wales", closes_on_bank_holidays),
        plan_version=1,
    )


NONE: frozenset[str] = frozenset()
REQUIREMENTS = st.builds(
    RequirementFacts, st.sampled_from(KINDS), st.sampled_from([NONE, NONE, frozenset({"benefits"})])
)
MODES = st.sampled_from([("in_person", "phone"), ("in_person", "video", "phone"), ("in_person",), ("phone",)])


@st.composite
def services(draw: st.DrawFn, service_id: int) -> ServiceFacts:
    return make_service(
        service_id,
        draw(st.sampled_from([20, 30, 60])),
        tuple(draw(st.lists(REQUIREMENTS, min_size=1, max_size=draw(st.sampled_from([1, 1, 2]))))),
        modes=draw(MODES),
        turnaround_minutes=draw(st.sampled_from([0, 0, 15])),
    )


@st.composite
def hours(draw: st.DrawFn) -> SessionHours:
    first = draw(st.integers(0, 12))
    return SessionHours(time(first), time(draw(st.integers(first + 4, 23))), draw(st.sampled_from([0, 50])), 24)


@st.composite
def sites(draw: st.DrawFn, site_id: int) -> SiteFacts:
    resource_ids = [10 * site_id + number for number in range(3)]
    resources = tuple(
        ResourceFacts(
            resource_id,
            f"r{resource_id}",
            "",
            draw(st.sampled_from(KINDS)),
            draw(st.integers(1, 2)),
            draw(st.sampled_from([NONE, frozenset(SKILLS), frozenset(SKILLS)])),
        )
        for resource_id in resource_ids
    )
    opened = st.tuples(
        st.lists(st.sampled_from(resource_ids), min_size=1, max_size=3, unique=True).map(tuple),
        st.sampled_from([frozenset(SERVICE_IDS), frozenset(SERVICE_IDS), frozenset({1}), frozenset({2})]),
    )
    days = st.sampled_from([DATES[0] + timedelta(days=number) for number in range(2)])
    weekly = st.builds(
        lambda hours, opened, off: RecurrenceFacts(
            "daily", "FREQ=DAILY", DATES[0], None, hours, opened[0], opened[1], dict.fromkeys(off, ExceptionFacts())
        ),
        hours(),
        opened,
        st.lists(days, max_size=1),
    )
    dated = st.builds(lambda day, hours, opened: DatedSessionFacts("once", day, hours, *opened), days, hours(), opened)
    closures = st.builds(
        lambda day, hour, length, resource_id, service_ids, mode: ClosureFacts(
            datetime.combine(day, time(hour), UTC),
            datetime.combine(day, time(hour), UTC) + length,
            resource_id,
            "",
            service_ids,
            mode,
        ),
        days,
        st.integers(4, 16),
        st.sampled_from([timedelta(minutes=7), timedelta(hours=4), timedelta(days=1)]),
        st.sampled_from([None, *resource_ids]),
        st.sampled_from([None, None, None, frozenset({1})]),
        st.sampled_from(["", "", "phone", "video"]),
    )
    return make_site(
        resources,
        site_id=site_id,
        kind=draw(st.sampled_from(["office", "office", "office", "virtual"])),
        features=draw(st.sampled_from([NONE, frozenset(NEEDS), frozenset(NEEDS)])),
        recurrences=tuple(draw(st.lists(weekly, min_size=1, max_size=2))),
        dated_sessions=tuple(draw(st.lists(dated, max_size=2))),
        closures=tuple(draw(st.lists(closures, max_size=3))),
    )


@st.composite
def set_ups(draw: st.DrawFn) -> Catalogue:
    authority = make_authority(draw(st.sampled_from([0, 15])))
    return Catalogue(
        authority,
        tuple(draw(services(service_id)) for service_id in SERVICE_IDS),
        tuple(draw(sites(site_id)) for site_id in range(1, draw(st.integers(1, 2)) + 1)),
        (),
        TravelTimes((), {}),
    )


@st.composite
def later_set_ups(draw: st.DrawFn, before: Catalogue) -> Catalogue:
    """The same council with some parts of another: hours, resources, closures, services."""
    other = draw(set_ups())
    replaced = {site.id: site for site in other.sites}
    new_sites = []
    for site in before.sites:
        source = replaced.get(site.id, site)
        parts = draw(st.sets(st.sampled_from(CHANGEABLE), min_size=1, max_size=2))
        new_sites.append(replace(site, **{part: getattr(source, part) for part in parts}))
    kept = other.services if draw(st.integers(0, 3)) == 0 else before.services
    authority = draw(st.sampled_from([before.authority, other.authority]))
    return Catalogue(authority, kept, tuple(new_sites), before.people, before.travel)


@st.composite
def visits(draw: st.DrawFn, before: Catalogue, number: int) -> BookedVisit | None:
    """A visit that the engine accepts before the change, in seats that it gives; None when there is none to choose."""
    service_ids = draw(st.sampled_from([(1,), (2,), (1, 2)]))
    site = draw(st.sampled_from(before.sites))
    needs = draw(st.sampled_from([NONE, NONE, NONE, *(frozenset({need}) for need in NEEDS)]))
    extra_time = draw(st.sampled_from([False, False, True]))
    modes = [mode for mode in site.modes if all(mode in before.service_by_id(service).modes for service in service_ids)]
    mode = draw(st.sampled_from(modes)) if modes else None
    search = search_for(before, service_ids, NOW, for_public=False, needs=needs, extra_time=extra_time, mode=mode)
    days = [site_day(site, day, ZONE) for day in days_between(*DATES, ZONE)]
    slots = find_slots(search, days, NOTHING_BUSY) if modes else []
    if not slots:
        return None
    unit = draw(st.sampled_from(slots)).start_unit
    day = site_day(site, local_day(local_date_of(unit, ZONE), ZONE), ZONE)
    (seats,) = assign(search, day, NOTHING_BUSY, unit, spread=draw(st.integers(0, 5)), most=1)
    return BookedVisit(
        number,
        SlotKey(1, site.id, service_ids, str(mode), unit, extra_time),
        needs,
        tuple((seat.resource_id, seat.seat, seat.first_unit, seat.last_unit) for seat in seats),
    )


@st.composite
def changed_councils(draw: st.DrawFn) -> ChangedCouncil:
    before = draw(set_ups())
    found = [draw(visits(before, number)) for number in range(4)]
    return ChangedCouncil(before, draw(later_set_ups(before)), tuple(visit for visit in found if visit is not None))
