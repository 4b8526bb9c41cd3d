"""Two questions after a visit: asked once in thirty days, answered once, kept without a person, and shown from five on."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from booking.events import appointment_changed
from booking.ratings.rating_repository import asked_visit, keep_rating, open_question_of, rating_figures
from booking.ratings.rating_rules import Rating, RatingFigures, figures_of, month_of, months_shown
from booking.ratings.tables import VisitRating
from booking.tables import Appointment
from booking.use_cases.after_visit import write_words
from booking.use_cases.end_of_visit import AtCounter
from booking.use_cases.rate_visit import rate_by_link
from booking.visits.tables import DayVisit
from booking.visits.visit_words import VisitWords
from core.audit import Actor
from core.clock import FixedClock
from core.database import Database, table_of
from core.errors import NotFound
from core.runtime import Runtime
from people.residents.details import ResidentDetails
from reminders.outbox import plan_notifications
from reminders.tables import Notification
from tests.reminders.channels import RecordingChannel, worker_on
from tests.support.factories import World, make_appointment, make_runtime, make_world

STAFF = Actor("staff", 1, "Sam Staff")
START = datetime(2026, 12, 8, 10, 30, tzinfo=UTC)
GOOD = Rating(4, "A chair to wait on")


@pytest.fixture(autouse=True)
def _planned() -> Iterator[None]:
    with appointment_changed.connected_to(plan_notifications):
        yield


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START + timedelta(minutes=20))


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


@pytest.fixture
def runtime(database: Database, clock: FixedClock) -> Runtime:
    return Runtime(make_runtime(database).settings, database, clock)


def visit(
    runtime: Runtime,
    world: World,
    clock: FixedClock,
    days: int = 0,
    person: int | None = None,
    name: str = "Robin Sample",
) -> int:
    """The resident of an appointment so many days later, after whose visit something was written."""
    starts_at = START + timedelta(days=days)
    who = person or ResidentDetails(name, email="robin@example.org")
    booked = make_appointment(make_runtime(runtime.database), world, starts_at, resident=who)
    clock.instant = starts_at + timedelta(minutes=20)
    here = AtCounter(world.authority_id, world.site_id, booked.reference)
    write_words(runtime, here, VisitWords("Checked the form"), actor=STAFF)
    with runtime.database.reading() as db:
        return db.get_one(Appointment, booked.appointment_id).resident_id


def links(runtime: Runtime, clock: FixedClock) -> list[str]:
    """The tokens in the messages that go out now."""
    clock.advance(timedelta(minutes=10))
    channel = RecordingChannel()
    worker_on(runtime.database, clock, channel).send_due()
    texts = [message.email.text for message in channel.sent if "After your visit" in message.email.subject]
    return [found for text in texts for found in re.findall(r"/r/([\w-]+)", text)]


def kept(database: Database) -> list[tuple[str, str, date, int, str]]:
    with database.reading() as db:
        rows = db.scalars(select(VisitRating)).all()
        return [(row.site, row.service, row.month, row.mark, row.comment) for row in rows]


def test_the_message_asks_and_the_answer_is_kept_once_without_a_link_to_anybody(
    database: Database, clock: FixedClock, world: World, runtime: Runtime
) -> None:
    visit(runtime, world, clock)
    (token,) = links(runtime, clock)
    rate_by_link(runtime, token, GOOD)
    rate_by_link(runtime, token, Rating(1, "Again"))
    assert kept(database) == [("high-street", "certify", date(2026, 12, 1), 4, "A chair to wait on")]
    assert {column.name for column in table_of(VisitRating).columns} == {
        *("id", "authority_id", "site", "service", "month", "mark", "comment")
    }
    with database.reading() as db:
        assert asked_visit(db, runtime.settings.secret_keys, token, clock.now()).is_answered


def test_opening_the_link_changes_nothing(
    database: Database, clock: FixedClock, world: World, runtime: Runtime
) -> None:
    visit(runtime, world, clock)
    (token,) = links(runtime, clock)
    with database.reading() as db:
        for _ in range(2):
            assert not asked_visit(db, runtime.settings.secret_keys, token, clock.now()).is_answered
    assert kept(database) == []


@pytest.mark.parametrize(("days", "is_asked"), [(28, False), (31, True)])
def test_nobody_is_asked_twice_within_thirty_days(
    clock: FixedClock, world: World, runtime: Runtime, days: int, is_asked: bool
) -> None:
    person = visit(runtime, world, clock)
    assert len(links(runtime, clock)) == 1
    visit(runtime, world, clock, days, person)
    assert len(links(runtime, clock)) == is_asked


def test_another_person_is_asked_of_their_own(clock: FixedClock, world: World, runtime: Runtime) -> None:
    visit(runtime, world, clock)
    links(runtime, clock)
    visit(runtime, world, clock, 1, name="Alex Other")
    assert len(links(runtime, clock)) == 1


def test_a_correction_asks_no_second_time(
    database: Database, clock: FixedClock, world: World, runtime: Runtime
) -> None:
    visit(runtime, world, clock)
    links(runtime, clock)
    with database.reading() as db:
        reference = db.scalars(select(Appointment.reference)).one()
    here = AtCounter(world.authority_id, world.site_id, reference)
    write_words(runtime, here, VisitWords("The right line"), actor=STAFF)
    clock.advance(timedelta(minutes=10))
    channel = RecordingChannel()
    worker_on(database, clock, channel).send_due()
    (message,) = channel.sent
    assert "The right line" in message.email.text
    assert "/r/" not in message.email.text


def test_a_link_that_nobody_was_given_or_that_is_too_old_is_refused(
    database: Database, clock: FixedClock, world: World, runtime: Runtime
) -> None:
    visit(runtime, world, clock)
    (token,) = links(runtime, clock)
    clock.advance(timedelta(days=30, minutes=-10))
    wrong = token[:-1] + ("A" if token[-1] != "A" else "B")
    with database.reading() as db:
        visit_id, appointment_id = db.execute(select(DayVisit.id, DayVisit.appointment_id)).one()
        assert open_question_of(db, appointment_id or 0, clock.now()) is not None
    for other in (wrong, "", "2-" + token.partition("-")[2] + "2", f"{visit_id}"):
        with pytest.raises(NotFound):
            rate_by_link(runtime, other, GOOD)
    clock.advance(timedelta(minutes=1))
    with pytest.raises(NotFound):
        rate_by_link(runtime, token, GOOD)
    assert kept(database) == []


def test_figures_are_shown_from_five_answers_on_and_of_ones_own_sites_alone(database: Database, world: World) -> None:
    first, council = date(2026, 12, 1), world.authority_id
    with database.writing() as db:
        for mark in (5, 5, 4, 3):
            keep_rating(db, council, "high-street", "certify", first + timedelta(days=mark), Rating(mark, "Fine"))
        keep_rating(db, council, "mill-lane", "certify", first, GOOD)
        keep_rating(db, council, "high-street", "certify", first - timedelta(days=1), GOOD)
    where = (council, ["high-street"], first, date(2027, 1, 1))
    with database.writing() as db:
        assert rating_figures(db, *where) == [RatingFigures("high-street", "certify")]
        keep_rating(db, council, "high-street", "certify", date(2026, 12, 31), Rating(1))
        (found,) = rating_figures(db, *where)
        assert rating_figures(db, council + 1, *where[1:]) == []
        assert rating_figures(db, *where[:3], date(2026, 12, 31)) == []
        assert rating_figures(db, *where[:2], date(2026, 12, 2), date(2027, 1, 1)) == []
    assert (found.answers, found.numbers) == (5, (2, 1, 1, 0, 1))
    assert f"{found.average:.1f}" == "3.6"


@pytest.mark.databases("sqlite")
def test_no_look_at_the_figures_shows_what_was_answered_since_another_one(database: Database, world: World) -> None:
    """A manager asks for every month on each day for five months: a month that is shown never changes, and has five."""
    rng, shown, council = random.Random(11), dict[date, list[RatingFigures]](), world.authority_id
    for number in range(150):
        today = date(2026, 9, 1) + timedelta(days=number)
        with database.writing() as db:
            for month in {month_of(today - timedelta(days=back)) for back in range(150)}:
                found = rating_figures(db, council, ["high-street", "mill-lane"], month, today)
                assert shown.setdefault(month, found) == found if month < month_of(today) else not found
                assert all(one.answers >= 5 for one in found if one.is_shown)
            if rng.random() < 0.3:
                keep_rating(
                    db, council, rng.choice(["high-street", "mill-lane"]), "certify", today, Rating(rng.randint(1, 5))
                )
    assert any(one.is_shown for found in shown.values() for one in found)
    assert any(not one.is_shown for found in shown.values() for one in found)


def test_what_people_wrote_is_in_the_order_of_the_alphabet() -> None:
    ratings = [Rating(5, "zebra"), Rating(1, "Apple"), Rating(3), Rating(3), Rating(2, "mango")]
    assert figures_of("a", "b", ratings).comments == ("Apple", "mango", "zebra")
    assert figures_of("a", "b", ratings[1:]).comments == ()


def test_months_that_are_over_are_shown_the_newest_first() -> None:
    shown = months_shown(date(2026, 1, 31))
    assert shown[:2] == (date(2025, 12, 1), date(2025, 11, 1))
    assert (len(shown), len(set(shown)), shown[-1]) == (24, 24, date(2024, 1, 1))


def outcome(runtime: Runtime, world: World, state: str) -> None:
    """The newest appointment is in that state now."""
    with runtime.database.writing() as db:
        newest = select(func.max(Appointment.id)).scalar_subquery()
        db.execute(update(Appointment).where(Appointment.id == newest).values(state=state))


@pytest.mark.parametrize("status", ["void", "withheld", "failed", "late", "sent", "in_doubt", "pending"])
def test_only_what_went_out_or_waits_counts_as_asked(
    database: Database, clock: FixedClock, world: World, runtime: Runtime, status: str
) -> None:
    person = visit(runtime, world, clock)
    with database.writing() as db:
        db.execute(
            update(Notification).where(Notification.kind == "summary_1").values(status=status, closed_at=clock.now())
        )
        first = db.scalars(select(DayVisit.id)).one()
    visit(runtime, world, clock, 3, person)
    with database.reading() as db:
        asked = set(db.scalars(select(DayVisit.id).where(DayVisit.rating_nonce != "")))
    assert (asked == {first}) == (status in ("sent", "in_doubt", "pending"))
    assert len(asked) == 1  # a link that nobody was given is taken back


@pytest.mark.parametrize(
    "state", ["cancelled_by_authority", "cancelled_by_resident", "did_not_attend", "in_progress", "booked"]
)
def test_a_visit_that_did_not_take_place_takes_no_answer(
    database: Database, clock: FixedClock, world: World, runtime: Runtime, state: str
) -> None:
    visit(runtime, world, clock)
    (token,) = links(runtime, clock)
    outcome(runtime, world, state)
    with database.reading() as db:
        assert asked_visit(db, runtime.settings.secret_keys, token, clock.now()).is_withdrawn
    with pytest.raises(NotFound):
        rate_by_link(runtime, token, GOOD)
    outcome(runtime, world, "not_completed")
    with database.writing() as db:
        db.execute(update(DayVisit).values(state="withdrawn"))
    with pytest.raises(NotFound):
        rate_by_link(runtime, token, GOOD)
    assert kept(database) == []
