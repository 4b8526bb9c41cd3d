"""What the engine offers, in small drawings: one character is one tick, `#` an open tick or a possible start."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from booking.availability.busy import NOTHING_BUSY, Busy
from booking.availability.engine import (
    busy_index,
    check_slot,
    count_by_day,
    day_starts,
    find_slots,
    first_slot_by_site,
)
from booking.availability.values import Requirement, ResourceDay, Search, SiteDay, Slot, SlotCheck, Window
from core.wall_clock import local_day
from tests.booking.availability.random_inputs import (
    ADVISER,
    BASE,
    DESK,
    TUESDAY,
    booked,
    drawn,
    plan,
    resource,
    search,
    service,
    site,
)

ONE_DESK = site(plan(resource(1), "..########.."))


def starts_of(searched: Search, site_day: SiteDay, busy: Busy = NOTHING_BUSY) -> str:
    return drawn(day_starts(searched, site_day, busy), 12)


def test_a_visit_fits_wholly_into_the_open_time() -> None:
    assert starts_of(search(service(3)), ONE_DESK) == "..######...."


def test_a_booking_hides_the_starts_that_touch_it_and_no_others() -> None:
    assert starts_of(search(service(2)), ONE_DESK, booked(r1=".....xx.....")) == "..##...##..."


def test_bookings_of_another_resource_hide_nothing() -> None:
    assert starts_of(search(service(2)), ONE_DESK, booked(r9="xxxxxxxxxxxx")) == "..#######..."


def test_turnaround_needs_no_opening_but_no_booking_either() -> None:
    visit = search(service(3, turnaround=2))
    assert starts_of(visit, ONE_DESK) == "..######...."
    assert starts_of(visit, ONE_DESK, booked(r1="..........x.")) == "..####......"


def test_turnaround_past_midnight_meets_the_next_day_s_booking() -> None:
    late = site(ResourceDay(resource(1), (Window(280, 288, frozenset({1}), 288),)))
    tomorrow = busy_index([(1, 0, TUESDAY.end_unit + 1, TUESDAY.end_unit + 5)])
    slots = find_slots(search(service(4, turnaround=2)), [late], tomorrow)
    assert [slot.start_unit - BASE for slot in slots] == [280, 281, 282, 283]


def test_the_last_hour_of_a_25_hour_day_is_like_any_other() -> None:
    day = local_day(date(2026, 10, 25), "Europe/London")
    late = SiteDay(1, day, frozenset(), (ResourceDay(resource(1), (Window(288, 300, frozenset({1}), 300),)),))
    busy = busy_index([(1, 0, day.base_unit + 290, day.base_unit + 292)])
    visit = replace(search(service(4, grid=2)), latest_unit=day.end_unit)
    assert [slot.start_unit - day.base_unit for slot in find_slots(replace(visit, earliest_unit=0), [late], busy)] == [
        292,
        294,
        296,
    ]


def test_a_closure_hides_the_slots_it_touches() -> None:
    shut = site(plan(resource(1), "..########..", closed=".....x......"))
    assert starts_of(search(service(2)), shut) == "..##..###..."


def test_a_session_for_another_service_does_not_count() -> None:
    other = site(plan(resource(1), "..########..", services=(2,)))
    assert starts_of(search(service(2)), other) == "............"


def test_touching_sessions_are_one_opening() -> None:
    windows = (Window(2, 5, frozenset({1}), 5), Window(5, 8, frozenset({1, 2}), 8))
    assert starts_of(search(service(4)), site(ResourceDay(resource(1), windows))) == "..###......."


def test_starts_lie_on_the_grid_from_local_midnight() -> None:
    assert starts_of(search(service(2, grid=3)), ONE_DESK) == "...#..#....."


def test_lead_time_and_horizon_are_half_open() -> None:
    visit = replace(search(service(2)), earliest_unit=BASE + 4, latest_unit=BASE + 7)
    assert starts_of(visit, ONE_DESK) == "....###....."


def test_a_pool_offers_what_any_of_its_resources_offers() -> None:
    two = site(plan(resource(1), "####........"), plan(resource(2), "......####.."))
    assert starts_of(search(service(3)), two) == "##....##...."


def test_one_visit_is_not_stitched_together_from_two_desks() -> None:
    two = site(plan(resource(1), "####........"), plan(resource(2), "...####....."))
    assert starts_of(search(service(4)), two) == "#..#........"


def test_a_resource_is_free_while_one_seat_is() -> None:
    workshop = site(plan(resource(1, seats=2), "..########.."))
    busy = booked(r1s0="....xxx.....", r1s1="......xx....")
    assert starts_of(search(service(1)), workshop, busy) == "..####.###.."
    assert starts_of(search(service(3)), workshop, busy) == "..##...#...."


def test_kind_and_skills_decide_who_is_in_the_pool() -> None:
    three = site(
        plan(resource(1, "adviser"), "##.........."),
        plan(resource(2, "adviser", "benefits", "bsl"), "...##......."),
        plan(resource(3, "desk", "benefits"), "......##...."),
    )
    assert starts_of(search(service(1, Requirement("adviser", frozenset({"benefits"})))), three) == "...##......."


def test_several_requirements_are_met_at_the_same_time() -> None:
    both = site(plan(resource(1, "adviser"), "..#####....."), plan(resource(2), "....########"))
    assert starts_of(search(service(2, ADVISER, DESK)), both) == "....##......"


def test_one_adviser_is_not_two() -> None:
    visit = search(service(2, ADVISER, ADVISER))
    alone = site(plan(resource(1, "adviser", seats=3), "..########.."))
    pair = site(plan(resource(1, "adviser"), "..######...."), plan(resource(2, "adviser"), "....######.."))
    assert starts_of(visit, alone) == "............"
    assert starts_of(visit, pair) == "....###....."


def test_overlapping_pools_need_enough_people_together() -> None:
    """Benefits and housing: the adviser with both skills can do one of them, not both."""
    visit = search(
        service(1, Requirement("adviser", frozenset({"benefits"})), Requirement("adviser", frozenset({"housing"})))
    )
    both = resource(1, "adviser", "benefits", "housing")
    team = site(
        plan(both, "########"), plan(resource(2, "adviser", "housing"), "..##"), plan(resource(3, "adviser"), "####")
    )
    assert starts_of(visit, team) == "..##........"


def test_three_of_one_kind_need_three() -> None:
    visit = search(service(1, ADVISER, ADVISER, ADVISER))
    team = site(
        *(plan(resource(n, "adviser"), drawing) for n, drawing in enumerate(["####", ".####", "..##", "...##"]))
    )
    assert starts_of(visit, team) == "..##........"


def test_two_services_follow_each_other_without_a_pause() -> None:
    benefits, housing = service(3, ADVISER, service_id=1), service(2, DESK, service_id=2)
    both = site(plan(resource(1, "adviser"), "#####......."), plan(resource(2), "....####...."))
    assert starts_of(search(benefits, housing), both) == ".##........."


def test_a_visit_does_not_wait_for_its_own_turnaround() -> None:
    visit = search(service(3, turnaround=4), service(3, turnaround=1))
    assert starts_of(visit, ONE_DESK) == "..###......."


def test_only_the_first_service_of_a_visit_keeps_to_the_grid() -> None:
    visit = search(service(2, grid=4), service(2, grid=3, service_id=2))
    assert starts_of(visit, ONE_DESK) == "....#......."


def test_extra_time_lengthens_every_service_of_the_visit() -> None:
    (slot, *_) = find_slots(search(service(2), service(1), extra=2), [ONE_DESK], NOTHING_BUSY)
    assert slot.end_unit - slot.start_unit == (2 + 2) + (1 + 2)
    assert starts_of(search(service(2), service(1), extra=2), ONE_DESK) == "..##........"


def test_a_feature_of_the_site_meets_a_need_for_everybody() -> None:
    accessible = replace(ONE_DESK, features=frozenset({"step-free"}))
    assert starts_of(search(service(6), needs=("step-free",)), accessible) == "..###......."
    assert starts_of(search(service(6), needs=("step-free",)), ONE_DESK) == "............"


def test_one_resource_of_the_service_with_the_skill_meets_a_need() -> None:
    visit = search(service(1, ADVISER, DESK), needs=("bsl", "hearing-loop"))
    team = site(
        plan(resource(1, "adviser", "bsl"), "####........"),
        plan(resource(2, "adviser"), "########"),
        plan(resource(3, "desk", "hearing-loop"), ".##...######"),
        plan(resource(4, "desk", "bsl", "hearing-loop"), ".....##....."),
    )
    assert starts_of(visit, team) == ".##..##....."


def test_a_need_is_met_in_each_service_of_a_visit() -> None:
    visit = search(service(2, ADVISER), service(2, DESK), needs=("bsl",))
    signing, silent = resource(1, "adviser", "bsl"), resource(2, "desk")
    assert starts_of(visit, site(plan(signing, "########"), plan(silent, "########"))) == "............"


KEPT = site(ResourceDay(resource(1), (Window(2, 10, frozenset({1}), 6, release_ticks=24),)))


@pytest.mark.parametrize(
    ("now", "public", "expected"),
    [
        (BASE - 100, True, "..###......."),
        (BASE - 100, False, "..#######..."),
        (BASE + 6 - 24 - 1, True, "..###......."),
        (BASE + 6 - 24, True, "..####......"),
        (BASE + 8 - 24, True, "..######...."),
        (BASE + 9 - 24, True, "..#######..."),
        (BASE + 200, True, "..#######..."),
    ],
)
def test_kept_ticks_open_to_residents_one_by_one(now: int, public: bool, expected: str) -> None:
    visit = replace(search(service(2)), now_unit=now, for_public=public)
    assert starts_of(visit, KEPT) == expected


def test_a_moment_is_remembered_for_itself_only() -> None:
    """The plan of a day remembers masks; asking earlier again must not find what was released later."""
    early = replace(search(service(2)), now_unit=BASE - 100)
    late = replace(early, now_unit=BASE + 200)
    assert [starts_of(visit, KEPT) for visit in (late, early, late)] == [
        "..#######...",
        "..###.......",
        "..#######...",
    ]


def test_more_questions_than_a_day_remembers_are_answered_rightly() -> None:
    for length in [*range(1, 9)] * 12:
        for turnaround in range(12):
            visit = search(service(length, turnaround=turnaround))
            assert starts_of(visit, ONE_DESK).count("#") == 9 - length
    assert len(ONE_DESK.memory) <= 64


def test_free_says_how_many_fit_side_by_side() -> None:
    two = site(plan(resource(1, seats=2), "####"), plan(resource(2), ".###"), plan(resource(3, "adviser"), "#####"))
    assert [slot.free for slot in find_slots(search(service(1)), [two], booked(r1s1="...x"))] == [2, 3, 3, 2]
    assert [slot.free for slot in find_slots(search(service(1, DESK, ADVISER)), [two], NOTHING_BUSY)] == [1, 1, 1, 1]


def test_free_counts_pairs_of_different_advisers() -> None:
    """Four seats of one adviser and one of another make one pair, not two."""
    team = site(plan(resource(1, "adviser", seats=4), "#"), plan(resource(2, "adviser"), "#"))
    assert [slot.free for slot in find_slots(search(service(1, ADVISER, ADVISER)), [team], NOTHING_BUSY)] == [1]


def test_slots_are_sorted_by_start_and_then_by_site() -> None:
    here, there = site(plan(resource(2), ".##"), site_id=7), site(plan(resource(1), "###"), site_id=3)
    found = find_slots(search(service(2)), [here, there], NOTHING_BUSY)
    assert found == [Slot(3, BASE, BASE + 2, 1), Slot(3, BASE + 1, BASE + 3, 1), Slot(7, BASE + 1, BASE + 3, 1)]
    assert find_slots(search(service(2)), [here, there], NOTHING_BUSY, limit=2) == found[:2]
    assert find_slots(search(service(2)), [here, there], NOTHING_BUSY, limit=0) == []


def test_the_first_slot_of_each_site_leaves_full_sites_out() -> None:
    full, open_late = site(plan(resource(1), "###")), site(plan(resource(2), "....###"), site_id=2)
    found = first_slot_by_site(search(service(2)), [full, open_late], booked(r1="xxx"))
    assert found == {2: Slot(2, BASE + 4, BASE + 6, 1)}


def test_a_day_s_count_is_its_number_of_starts_and_zero_when_full() -> None:
    full, open_late = site(plan(resource(1), "###")), site(plan(resource(2), "....###"), site_id=2)
    counts = count_by_day(search(service(2)), [full, open_late], booked(r1="xxx"))
    assert counts == {(1, TUESDAY.date): 0, (2, TUESDAY.date): 2}


def test_a_service_that_needs_nobody_is_never_offered() -> None:
    visit = search(replace(service(2), requirements=()))
    assert starts_of(visit, ONE_DESK) == "............"
    assert find_slots(visit, [ONE_DESK], NOTHING_BUSY) == []


@pytest.mark.parametrize(
    ("tick", "expected"),
    [
        (2, SlotCheck.TOO_SOON),
        (3, SlotCheck.OFF_GRID),
        (4, SlotCheck.FREE),
        (6, SlotCheck.TAKEN),
        (8, SlotCheck.FREE),
        (10, SlotCheck.CLOSED),
        (30, SlotCheck.TOO_FAR),
        (-600, SlotCheck.TOO_SOON),
    ],
)
def test_an_offer_names_the_first_reason_against_it(tick: int, expected: SlotCheck) -> None:
    visit = replace(search(service(2, grid=2)), earliest_unit=BASE + 3, latest_unit=BASE + 30)
    assert check_slot(visit, ONE_DESK, booked(r1="......x....."), BASE + tick) is expected


def test_a_start_of_another_day_is_closed() -> None:
    visit = replace(search(service(2)), latest_unit=BASE + 5000)
    assert check_slot(visit, ONE_DESK, NOTHING_BUSY, BASE + 288 + 2) is SlotCheck.CLOSED
