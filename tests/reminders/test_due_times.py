"""Which messages are owed, and when: literals, no database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from booking.events import PlanningFacts
from booking.states import ContactChange
from reminders.due_times import Owed, owed_after, owed_contact_change, owed_link, owed_reminders
from reminders.recipients import is_current

PLAN: list[dict[str, Any]] = [
    {"kind": "reminder_7d", "days_before": 7, "at": "09:00"},
    {"kind": "reminder_1d", "days_before": 1, "at": "09:00"},
    {"kind": "reminder_2h", "minutes_before": 120},
]
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
STARTS = datetime(2026, 12, 8, 10, 30, tzinfo=UTC)


def appointment(starts_at: datetime = STARTS, **values: Any) -> PlanningFacts:
    return replace(PlanningFacts(1, 1, 1, "booked", starts_at, False, "Europe/London", tuple(PLAN)), **values)


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def test_a_booking_owes_a_confirmation_and_each_reminder_until_the_next_takes_over() -> None:
    assert owed_after(appointment(), "booked", NOW) == [
        Owed("confirmation", NOW, STARTS),
        Owed("reminder_7d", at(2026, 12, 1, 9), at(2026, 12, 7, 9)),
        Owed("reminder_1d", at(2026, 12, 7, 9), at(2026, 12, 8, 8, 30)),
        Owed("reminder_2h", at(2026, 12, 8, 8, 30), STARTS),
    ]


@pytest.mark.parametrize(
    ("starts_at", "kind", "due_at"),
    [
        (at(2027, 3, 29, 9), "reminder_7d", at(2027, 3, 22, 9)),  # 10:00 BST; 09:00 a week before is still GMT
        (at(2027, 3, 29, 9), "reminder_1d", at(2027, 3, 28, 8)),  # 09:00 on the day the clocks go forward
        (at(2027, 10, 31, 10), "reminder_7d", at(2027, 10, 24, 8)),  # 10:00 GMT; a week before is BST
        (at(2027, 11, 1, 10), "reminder_1d", at(2027, 10, 31, 9)),  # 09:00 on the day they go back
        (at(2027, 3, 28, 1, 30), "reminder_2h", at(2027, 3, 27, 23, 30)),  # two hours that passed, not two on the wall
    ],
)
def test_days_before_is_wall_clock_time_over_both_clock_changes(
    starts_at: datetime, kind: str, due_at: datetime
) -> None:
    owed = {message.kind: message.due_at for message in owed_reminders(appointment(starts_at), at(2027, 1, 1))}
    assert owed[kind] == due_at


def test_a_reminder_whose_time_has_passed_at_booking_is_not_owed() -> None:
    owed = owed_after(appointment(NOW + timedelta(hours=8)), "booked", NOW)
    assert [message.kind for message in owed] == ["confirmation", "reminder_2h"]


@pytest.mark.parametrize("what", ["booked", "rescheduled"])
@pytest.mark.parametrize(
    ("now", "starts_at", "reminders"),
    [
        (at(2026, 12, 7, 8, 58), at(2026, 12, 8, 10), ["reminder_2h"]),  # the day before, two minutes before 09:00
        (at(2026, 12, 7, 5), at(2026, 12, 8, 10), ["reminder_2h"]),  # four hours before it
        (at(2026, 12, 7, 4, 59), at(2026, 12, 8, 10), ["reminder_1d", "reminder_2h"]),
        (at(2026, 12, 8, 8), at(2026, 12, 8, 10, 2), []),  # two hours and two minutes ahead
        (at(2026, 12, 8, 8), at(2026, 12, 8, 14), []),
        (at(2026, 12, 8, 8), at(2026, 12, 8, 14, 5), ["reminder_2h"]),
    ],
)
def test_no_reminder_follows_soon_after_a_notice_that_told_the_time(
    what: str, now: datetime, starts_at: datetime, reminders: list[str]
) -> None:
    notice, *found = (message.kind for message in owed_after(appointment(starts_at), what, now))
    assert notice in ("confirmation", "rescheduled")
    assert found == reminders
    assert [one.kind for one in owed_after(appointment(starts_at), "details", now, told_at=now)] == reminders


def test_a_reminder_due_at_this_very_instant_is_not_owed_as_the_confirmation_says_it() -> None:
    owed = owed_reminders(appointment(NOW + timedelta(hours=2)), NOW)
    assert owed == []


def test_a_reminder_after_the_start_is_not_owed() -> None:
    plan = [{"kind": "reminder_evening", "days_before": 0, "at": "18:00"}]
    assert owed_reminders(appointment(reminder_plan=plan), NOW) == []


def test_a_reschedule_is_told_and_reminded_of_anew() -> None:
    kinds = [message.kind for message in owed_after(appointment(), "rescheduled", NOW)]
    assert kinds == ["rescheduled", "reminder_7d", "reminder_1d", "reminder_2h"]


@pytest.mark.parametrize("state", ["cancelled_by_resident", "cancelled_by_authority"])
def test_a_cancellation_is_told_until_a_day_after_the_time_given_up(state: str) -> None:
    owed = owed_after(appointment(state=state), "cancelled", NOW)
    assert owed == [Owed("cancelled", NOW, STARTS + timedelta(days=1))]


def test_cancelling_what_is_past_tells_nobody() -> None:
    assert owed_after(appointment(NOW, state="cancelled_by_authority"), "cancelled", NOW) == []


@pytest.mark.parametrize("state", ["arrived", "in_progress", "attended", "did_not_attend"])
def test_once_somebody_is_there_nothing_is_owed(state: str) -> None:
    assert owed_after(appointment(state=state), "moved", NOW) == []


def test_a_visit_without_an_appointment_is_owed_nothing() -> None:
    assert owed_after(appointment(is_walk_in=True), "booked", NOW) == []


def test_changed_details_owe_no_notice_but_the_reminders_stay() -> None:
    kinds = [message.kind for message in owed_after(appointment(), "details", NOW)]
    assert kinds == ["reminder_7d", "reminder_1d", "reminder_2h"]


def test_an_empty_plan_owes_the_confirmation_alone() -> None:
    assert [message.kind for message in owed_after(appointment(reminder_plan=[]), "booked", NOW)] == ["confirmation"]


def test_two_reminders_at_one_instant_both_last_until_the_next() -> None:
    plan = [{"kind": "reminder_a", "minutes_before": 60}, {"kind": "reminder_b", "minutes_before": 60}]
    owed = owed_reminders(appointment(reminder_plan=plan, reminders_apart=timedelta(0)), NOW)
    assert [(message.kind, message.useful_until) for message in owed] == [
        ("reminder_a", STARTS),
        ("reminder_b", STARTS),
    ]


def test_a_reminder_that_says_no_time_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="minutes_before"):
        owed_reminders(appointment(reminder_plan=[{"kind": "reminder_x", "days_before": 1}]), NOW)


@pytest.mark.parametrize(
    ("kind", "now_version", "now_state", "current"),
    [
        ("reminder_1d", 2, "booked", True),
        ("reminder_1d", 3, "booked", False),
        ("reminder_1d", 2, "arrived", False),
        ("reminder_1d", 2, "cancelled_by_resident", False),
        ("cancelled", 2, "cancelled_by_resident", True),
        ("cancelled", 2, "booked", False),
        ("manage_link_1", 5, "attended", True),
    ],
)
def test_a_message_is_current_while_it_is_true(kind: str, now_version: int, now_state: str, current: bool) -> None:
    assert is_current(kind, version=2, now_version=now_version, now_state=now_state) is current


def test_a_link_is_of_use_for_a_day() -> None:
    assert owed_link(3, NOW) == Owed("manage_link_3", NOW, NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("had_address", "is_new_address", "kinds"),
    [
        (True, True, ["contact_changed_2", "confirmation_2"]),
        (True, False, ["contact_changed_2"]),
        (False, True, ["confirmation_2"]),
        (False, False, []),
    ],
)
def test_a_changed_contact_is_told_to_the_old_address_and_confirmed_to_the_new(
    had_address: bool, is_new_address: bool, kinds: list[str]
) -> None:
    change = ContactChange(2, had_address, is_new_address)
    owed = owed_contact_change(change, appointment(), NOW)
    assert [message.kind for message in owed] == kinds
    assert all(message.due_at == NOW < message.useful_until for message in owed)
    assert all(is_current(kind, version=1, now_version=1, now_state="booked") for kind in kinds)


def test_a_reminder_too_soon_after_another_is_left_out_unless_the_council_wants_it() -> None:
    plan = [{"kind": f"reminder_{minutes}m", "minutes_before": minutes} for minutes in (1560, 1200, 839, 60)]
    kept = {hours: [] for hours in (0, 12)}  # type: dict[int, list[str]]
    for hours, kinds in kept.items():
        facts = appointment(reminder_plan=plan, reminders_apart=timedelta(hours=hours))
        kinds += [message.kind.removeprefix("reminder_") for message in owed_reminders(facts, NOW)]
    assert kept == {0: ["1560m", "1200m", "839m", "60m"], 12: ["1560m", "839m", "60m"]}
