"""Two plans of reminders side by side: allotted by the reference, kept to the end, and figures that know their limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from booking.events import appointment_changed
from booking.tables import Appointment
from booking.use_cases.reschedule import Move, reschedule
from core.audit import Actor
from core.database import Database
from core.errors import Invalid, NotFound
from core.runtime import Runtime
from reminders.costs.running_trials import end_trial, start_trial, trials_of
from reminders.costs.tables import TrialAllotment
from reminders.costs.trial_results import FEWEST, ArmFigures, arm_of, difference, wilson
from reminders.outbox import plan_notifications
from reminders.recipients import REMINDER
from reminders.tables import Notification
from tests.support.factories import NOW, REMINDERS, World, make_appointment, make_runtime, make_world, slot_key_at

ADMIN = Actor("staff", 1, "Ada Admin")
STARTS = NOW + timedelta(days=15, hours=2)
TWO = [
    {"kind": "reminder_14d", "days_before": 14, "at": "09:00"},
    {"kind": "reminder_4d", "days_before": 4, "at": "09:00"},
]
KINDS = {"a": {one["kind"] for one in REMINDERS}, "b": {one["kind"] for one in TWO}}


@pytest.fixture(autouse=True)
def planning() -> Iterator[None]:
    with appointment_changed.connected_to(plan_notifications):
        yield


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database, desks=30)


@pytest.fixture
def runtime(database: Database) -> Runtime:
    return make_runtime(database)


def plans_of(runtime: Runtime, version: int = 1) -> dict[str, tuple[str, set[str]]]:
    """The plan that each appointment was allotted, nothing for none, and its reminders of this version, by reference."""
    with runtime.database.reading() as db:
        arms = {row.appointment_id: row.arm for row in db.scalars(select(TrialAllotment))}
        rows = db.execute(
            select(Appointment.reference, Appointment.id, Notification.kind)
            .join(Notification, Notification.appointment_id == Appointment.id)
            .where(Notification.kind.startswith(REMINDER), Notification.version == version)
        )
        found: dict[str, tuple[str, set[str]]] = {}
        for reference, id_, kind in rows:
            found.setdefault(reference, (arms.get(id_, ""), set()))[1].add(kind)
        return found


def start(runtime: Runtime, world: World) -> int:
    return start_trial(runtime, world.authority_id, world.service_ids[0], (REMINDERS, TWO), actor=ADMIN)


def test_each_new_appointment_has_one_of_the_plans_and_keeps_it(runtime: Runtime, world: World) -> None:
    before = make_appointment(runtime, world, STARTS).reference
    trial = start(runtime, world)
    during = [make_appointment(runtime, world, STARTS).reference for _ in range(12)]
    other = make_appointment(runtime, world, STARTS, service=1).reference
    end_trial(runtime, world.authority_id, trial, actor=ADMIN)
    end_trial(runtime, world.authority_id, trial, actor=ADMIN)
    after = make_appointment(runtime, world, STARTS).reference
    plans = plans_of(runtime)
    for reference in (before, other, after):
        assert plans[reference] == ("", KINDS["a"])
    for reference in during:
        arm = arm_of(trial, reference)
        assert plans[reference] == (arm, KINDS[arm])
    moved = next(reference for reference in during if plans[reference][0] == "b")
    key = slot_key_at(world, STARTS + timedelta(hours=1))
    reschedule(runtime, world.authority_id, moved, Move(slot_key=key), actor=ADMIN, enforce_cutoff=False)
    assert plans_of(runtime, 2)[moved] == ("b", KINDS["b"])


def test_a_service_has_one_trial_at_a_time_of_two_plans_that_differ(runtime: Runtime, world: World) -> None:
    service = world.service_ids[0]
    with pytest.raises(Invalid):
        start_trial(runtime, world.authority_id, service, (TWO, TWO), actor=ADMIN)
    with pytest.raises(NotFound):
        start_trial(runtime, world.authority_id + 1, service, (REMINDERS, TWO), actor=ADMIN)
    trial = start(runtime, world)
    with pytest.raises(Invalid):
        start(runtime, world)
    with pytest.raises(NotFound):
        end_trial(runtime, world.authority_id + 1, trial, actor=ADMIN)
    end_trial(runtime, world.authority_id, trial, actor=ADMIN)
    assert start(runtime, world) != trial


def test_the_figures_are_those_of_the_appointments(runtime: Runtime, world: World) -> None:
    trial = start(runtime, world)
    made = [make_appointment(runtime, world, STARTS).reference for _ in range(8)]
    states = ("attended", "did_not_attend", "cancelled_by_resident", "booked", "left_before_seen") * 2
    with runtime.database.writing() as db:
        for reference, state in zip(made, states, strict=False):
            db.execute(update(Appointment).where(Appointment.reference == reference).values(state=state))
    expected = {"a": Counter[str](), "b": Counter[str]()}
    for reference, state in zip(made, states, strict=False):
        expected[arm_of(trial, reference)][state] += 1
    with runtime.database.reading() as db:
        [found] = trials_of(db, world.authority_id)
    for arm, counts in zip(found.arms, expected.values(), strict=True):
        came = counts["attended"] + counts["left_before_seen"]
        assert arm == ArmFigures(came, counts["did_not_attend"], counts["cancelled_by_resident"], counts["booked"])
    assert found.difference is None


@given(st.integers(1, 10**6))
def test_either_plan_has_the_same_chance(trial: int) -> None:
    drawn = Counter(arm_of(trial, f"REF{number:05d}") for number in range(400))
    assert min(drawn["a"], drawn["b"]) > 130  # six standard deviations below the half


@pytest.mark.parametrize(
    ("first", "second", "value", "low", "high"),
    [
        # The examples of Newcombe's table II, method 10, to four figures.
        ((48, 80), (56, 70), 0.2, 0.0524, 0.3339),
        ((3, 10), (9, 10), 0.6, 0.1705, 0.8090),
        ((2, 7), (6, 7), 0.5714, 0.0582, 0.8062),
        ((0, 29), (5, 56), 0.0893, -0.0381, 0.1926),
        ((0, 20), (0, 10), 0.0, -0.1611, 0.2775),
        ((0, 10), (10, 10), 1.0, 0.6075, 1.0),
    ],
)
def test_the_interval_is_that_of_newcombe(
    first: tuple[int, int], second: tuple[int, int], value: float, low: float, high: float
) -> None:
    one, other = (ArmFigures(came=of - missed, missed=missed) for missed, of in (first, second))
    found = difference(one, other, fewest=1)
    assert found is not None
    assert (round(found.value, 4), round(found.low, 4), round(found.high, 4)) == (value, low, high)
    assert found.is_clear == (low > 0)
    assert difference(one, other) is None


def test_below_the_stated_number_nothing_is_said() -> None:
    enough, short = ArmFigures(FEWEST - 10, 10), ArmFigures(FEWEST - 11, 10)
    assert difference(enough, short) is None
    assert difference(enough, enough) is not None
    assert [round(one, 4) for one in wilson(81, 263)] == [0.2553, 0.3662]
