"""What a council promises of a service: measured once a day, and an alarm when it has been broken for some days."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from booking.promises.promise_rules import (
    LATEST_FIGURE,
    Measured,
    broken_days,
    days_to_third,
    is_kept,
    most_minutes,
)
from booking.promises.tables import PromiseDay
from booking.queries.promise_figures import broken_promises, promises_of
from booking.states import State
from booking.use_cases.measure_promises import are_promises_kept, measure_promises
from booking.use_cases.outcomes import correct, record_outcome
from core.database import Database
from locations.catalogue_queries import bump_plan, catalogue_by_id
from locations.tables import Service, SessionTemplate
from tests.support.factories import AGENT, NOW, World, make_appointment, make_runtime, make_world

TODAY = date(2026, 11, 23)


@given(st.lists(st.integers(0, 200), min_size=1, max_size=60))
def test_nine_of_ten_are_seen_within_the_figure_and_no_smaller_one_would_do(waits: list[int]) -> None:
    figure = most_minutes(waits)
    assert figure in waits
    assert 10 * sum(wait <= figure for wait in waits) >= 9 * len(waits)
    assert 10 * sum(wait < figure for wait in waits) < 9 * len(waits)


@given(st.dictionaries(st.integers(0, 40), st.one_of(st.none(), st.integers(0, 9)), max_size=20), st.integers(0, 9))
def test_days_are_counted_back_from_the_last_figure_to_the_last_one_that_kept_it(
    figures: dict[int, int | None], limit: int
) -> None:
    measured = [Measured(TODAY - timedelta(days=ago), figure) for ago, figure in figures.items()]
    run = 0
    for ago in sorted(figures):
        if is_kept(figures[ago], limit):
            break
        run += 1
    is_old = not figures or min(figures) > LATEST_FIGURE.days
    assert broken_days(measured, limit, TODAY) == (0 if is_old else run)


def test_fewer_than_three_times_have_no_third() -> None:
    assert days_to_third(TODAY, [TODAY, TODAY, date(2026, 11, 27)]) == 4
    assert days_to_third(TODAY, [TODAY, TODAY]) is None


def promise(database: Database, world: World, **values: int) -> None:
    """Promise this of the first service."""
    with database.writing() as db:
        db.execute(update(Service).where(Service.id == world.service_ids[0]).values(values))
        bump_plan(db, world.authority_id)


def figures(database: Database) -> list[tuple[str, date, int | None]]:
    """What was written, in its order."""
    with database.reading() as db:
        rows = db.scalars(select(PromiseDay).order_by(PromiseDay.id))
        return [(row.promise, row.date, row.figure) for row in rows]


def test_the_third_free_time_is_measured_once_a_day_and_an_alarm_after_three(database: Database) -> None:
    world = make_world(database)
    promise(database, world, third_time_within_days=1)
    assert are_promises_kept(make_runtime(database))
    assert measure_promises(make_runtime(database)) == 1
    assert figures(database) == [("third_time", TODAY, 0)]
    with database.writing() as db:
        db.execute(update(SessionTemplate).values(first_date=date(2026, 12, 1)))
        bump_plan(db, world.authority_id)
    for days, is_in_order in ((1, True), (2, True), (3, False)):
        runtime = make_runtime(database, NOW + timedelta(days=days))
        with ThreadPoolExecutor(4) as pool:
            written = list(pool.map(measure_promises, [runtime] * 4))
        assert sum(written) == 1
        assert are_promises_kept(runtime) is is_in_order
    assert [figure for _, _, figure in figures(database)] == [0, 7, 6, 5]
    promise(database, world, third_time_within_days=5)
    assert are_promises_kept(make_runtime(database, NOW + timedelta(days=3)))


def test_a_service_without_a_time_breaks_its_promise(database: Database) -> None:
    world = make_world(database, last_date=date(2026, 11, 20))
    promise(database, world, third_time_within_days=30, promise_alarm_days=1)
    measure_promises(make_runtime(database))
    assert figures(database) == [("third_time", TODAY, None)]
    assert not are_promises_kept(make_runtime(database))


def test_an_alarm_reads_the_latest_figures_alone_however_far_apart_they_are(database: Database) -> None:
    """Every day for a year, and once a week where a service is given once a week."""
    world = make_world(database)
    promise(database, world, third_time_within_days=1, seen_within_minutes=10, promise_alarm_days=20)
    with database.writing() as db:
        db.add_all(
            PromiseDay(
                authority_id=world.authority_id,
                service_id=world.service_ids[0],
                promise=kind,
                date=TODAY - timedelta(days=between * number),
                figure=99,
            )
            for kind, between in (("third_time", 1), ("seen", 7))
            for number in range(52)
        )
    with database.reading() as db:
        catalogue = catalogue_by_id(db, world.authority_id)
        assert [view.broken_days for view in promises_of(db, catalogue, NOW)] == [52, 52]
        assert [view.broken_days for view in broken_promises(db, catalogue, NOW)] == [20, 20]
    promise(database, world, promise_alarm_days=53)
    with database.reading() as db:
        assert broken_promises(db, catalogue_by_id(db, world.authority_id), NOW) == ()


def test_minutes_past_the_booked_time_are_measured_when_the_day_is_over(database: Database) -> None:
    world = make_world(database, desks=2)
    promise(database, world, seen_within_minutes=10, promise_alarm_days=1)
    nine = NOW + timedelta(hours=1)
    early, late = (make_appointment(make_runtime(database), world, nine).reference for _ in range(2))

    def record(reference: str, state: State, minutes: int) -> None:
        record_outcome(
            make_runtime(database, nine + timedelta(minutes=minutes)), world.authority_id, reference, state, actor=AGENT
        )

    record(early, State.ARRIVED, -10)
    record(early, State.IN_PROGRESS, 4)
    record(late, State.ARRIVED, 12)  # they came late themselves, and wait from then on
    record(late, State.IN_PROGRESS, 13)
    correct(
        make_runtime(database, nine + timedelta(minutes=14)),
        world.authority_id,
        late,
        State.ARRIVED,
        actor=AGENT,
        reason="The wrong person",
    )
    record(late, State.IN_PROGRESS, 25)
    record(late, State.ATTENDED, 40)
    assert measure_promises(make_runtime(database, NOW + timedelta(hours=9))) == 0
    tomorrow = make_runtime(database, NOW + timedelta(days=1))
    assert measure_promises(tomorrow) == 1
    assert figures(database) == [("seen", TODAY, 13)]
    assert not are_promises_kept(tomorrow)
    assert measure_promises(tomorrow) == 0
