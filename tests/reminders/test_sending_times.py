"""When a message may go: at no quiet hour, in the hours that somebody asked for, and not after one that says the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import update

from booking.events import PlanningFacts, appointment_changed
from booking.use_cases.cancel import cancel
from core.clock import FixedClock
from locations.tables import Authority
from people.residents.details import ResidentDetails
from people.residents.tables import Resident
from reminders.contacts import Contacts, Person
from reminders.due_times import Owed, PlanningInput
from reminders.outbox import plan_notifications
from reminders.planned_ways import planned_ways
from reminders.recipients import CALL, CHANNELS, EMAIL, TEXT, USUAL_CHANNELS, ChannelRules
from reminders.sending_times import Hours, SendingRules, due_for, is_urgent, may_go_at, says_it_again
from reminders.tables import Notification
from tests.reminders.make_bulk_notifications import notifications
from tests.reminders.test_rerouting import Post
from tests.support.factories import AGENT, NOW, make_runtime, make_world

LONDON = ZoneInfo("Europe/London")
FORWARD, BACK = datetime(2027, 3, 28, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)
CLOCKS = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
HOURS = st.builds(Hours, CLOCKS, CLOCKS)
# Of the days before and after both changes of the clocks.
INSTANTS = st.builds(
    lambda day, minutes: day + timedelta(minutes=minutes), st.sampled_from([FORWARD, BACK]), st.integers(-1440, 2880)
)


def clock_at(at: datetime) -> time:
    return at.astimezone(LONDON).time()


def may_go(at: datetime, quiet: Hours, wanted: Hours | None) -> bool:
    """Said once more, of one instant."""
    if wanted and wanted.starts != wanted.ends:
        return wanted.have(clock_at(at))
    return not quiet.have(clock_at(at))


@given(st.sampled_from([TEXT, CALL]), INSTANTS, HOURS, st.none() | HOURS)
@example(TEXT, BACK + timedelta(minutes=70), Hours(time(21), time(1, 30)), None)  # 01:10, for the second time
@example(TEXT, FORWARD + timedelta(minutes=50), Hours(time(21), time(1, 30)), None)  # no clock shows 01:30
def test_it_goes_at_the_first_instant_that_is_allowed(
    channel: str, at: datetime, quiet: Hours, wanted: Hours | None
) -> None:
    found = may_go_at(channel, at, SendingRules(quiet=quiet), wanted)
    assert may_go(found, quiet, wanted)
    assert at <= found <= at + timedelta(hours=49)
    earlier = at
    while earlier < found:
        assert not may_go(earlier, quiet, wanted)
        earlier += timedelta(minutes=5)


@given(INSTANTS, HOURS, st.none() | HOURS)
def test_email_knows_no_hours(at: datetime, quiet: Hours, wanted: Hours | None) -> None:
    assert may_go_at(EMAIL, at, SendingRules(quiet=quiet), wanted) == at


@pytest.mark.parametrize(
    ("starts_at", "before", "due"),
    [
        ("09:30", 120, "08:00"),  # 07:30 is quiet: at eight, which is still of use
        ("08:00", 120, "20:30"),  # at eight it is too late: the evening before
        ("14:00", 120, "12:00"),
    ],
)
def test_the_reminder_of_an_early_visit_goes_the_evening_before(starts_at: str, before: int, due: str) -> None:
    start = datetime.combine(NOW.date() + timedelta(days=3), time.fromisoformat(starts_at), LONDON)
    found = due_for(TEXT, start - timedelta(minutes=before), start, SendingRules(), None)
    assert f"{clock_at(found):%H:%M}" == due
    assert found < start


@pytest.mark.parametrize(
    ("booked_at", "due"),
    [
        ("17:00", "20:30"),  # before the quiet hours
        ("22:00", "05:30"),  # no text has an hour any more: as planned, when the next channel brings it without a sound
    ],
)
def test_a_reminder_without_an_hour_disturbs_nobody_in_the_evening(booked_at: str, due: str) -> None:
    day = NOW.date() + timedelta(days=3)
    start = datetime.combine(day, time(7, 30), LONDON)
    now = datetime.combine(day - timedelta(days=1), time.fromisoformat(booked_at), LONDON)
    facts = PlanningFacts(1, 1, 1, "booked", start, False, "Europe/London", ())
    contacts = Contacts(Person("Robin Sample", "robin@example.org", NUMBER), preference="text")
    rules = ChannelRules(frozenset({EMAIL, TEXT}))
    planning = PlanningInput(facts, contacts, rules, ("Europe/London", time(21), time(8)))
    (planned,) = planned_ways(planning, [Owed("reminder_2h", start - timedelta(hours=2), start)], now)
    assert (planned.way.channel, f"{clock_at(planned.due_at):%H:%M}") == (TEXT, due)
    assert now <= planned.due_at < start


@given(INSTANTS, st.integers(30, 600), HOURS, st.none() | HOURS)
def test_a_reminder_is_due_while_it_is_of_use_and_at_most_two_days_early(
    due_at: datetime, minutes: int, quiet: Hours, wanted: Hours | None
) -> None:
    useful_until = due_at + timedelta(minutes=minutes)
    found = due_for(TEXT, due_at, useful_until, SendingRules(quiet=quiet), wanted)
    assert due_at - timedelta(days=2) <= found < useful_until


def test_a_cancellation_within_four_hours_of_the_visit_is_told_at_any_hour() -> None:
    assert is_urgent("cancelled", NOW + timedelta(hours=4), NOW)
    assert not is_urgent("cancelled", NOW + timedelta(hours=4, seconds=1), NOW)
    assert not is_urgent("cancelled", NOW, NOW)
    assert not is_urgent("reminder_2h", NOW + timedelta(hours=2), NOW)


@pytest.mark.parametrize(
    ("kind", "other", "hours", "again"),
    [
        ("reminder_2h", "confirmation", 2.9, True),
        ("reminder_2h", "rescheduled", 3, False),
        ("reminder_2h", "confirmation_2", 1, True),
        ("reminder_2h", "reminder_1d", 11.9, True),
        ("reminder_2h", "reminder_1d", 12, False),
        ("reminder_2h", "offer_1", 0, False),
        ("cancelled", "confirmation", 0, False),
    ],
)
def test_no_reminder_says_again_what_was_just_said(kind: str, other: str, hours: float, *, again: bool) -> None:
    said = {other: NOW - timedelta(hours=hours)}
    assert says_it_again(kind, said, timedelta(hours=12), NOW) == again


@pytest.fixture
def post(database: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    monkeypatch.setitem(database.facts, CHANNELS, frozenset(USUAL_CHANNELS))  # type: ignore[attr-defined]
    with appointment_changed.connected_to(plan_notifications):
        yield Post(make_runtime(database), make_world(database))  # type: ignore[arg-type]


def set_clock(post: Post, at: datetime) -> None:
    clock = post.runtime.clock
    assert isinstance(clock, FixedClock)
    clock.advance(at - clock.now())


NIGHT = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
NUMBER = "07700 900123"


@pytest.mark.databases("sqlite")
def test_a_text_waits_for_the_morning_and_email_does_not(post: Post) -> None:
    set_clock(post, NIGHT)
    post.book(ResidentDetails("Robin Sample", phone=NUMBER, contact_preference="text"))
    post.send()
    assert (post.rows(), len(post.text.sent)) == ({"text": "pending"}, 0)
    (row,) = (row for row in notifications(post.database) if row.kind == "confirmation")
    assert (row.reason, row.next_try_at) == ("quiet_hours", datetime(2026, 11, 24, 8, tzinfo=UTC))
    set_clock(post, datetime(2026, 11, 24, 8, tzinfo=UTC))
    post.send()
    assert post.rows() == {"text": "sent"}
    assert post.rows("reminder_2h") == {"text": "withheld"}  # the confirmation has just said the same


@pytest.mark.databases("sqlite")
def test_what_the_night_would_make_too_late_goes_by_another_channel(post: Post) -> None:
    set_clock(post, NIGHT)
    post.book(ResidentDetails("Robin Sample", "robin@example.org", NUMBER, contact_preference="text"))
    with post.database.writing() as db:
        db.execute(update(Authority).values(quiet_until=time(10, 30), plan_version=Authority.plan_version + 1))
    post.send()
    post.send()
    assert post.rows() == {"text": "withheld", "email for text": "sent"}


@pytest.mark.databases("sqlite")
def test_hours_that_somebody_asked_for_are_looked_at_when_it_is_sent(post: Post) -> None:
    set_clock(post, datetime(2026, 11, 23, 9, tzinfo=UTC))
    post.book(ResidentDetails("Robin Sample", phone=NUMBER, contact_preference="text"))
    with post.database.writing() as db:
        db.execute(update(Resident).values(safe_hours="10:00-12:00"))
    post.send()
    assert post.rows() == {"text": "pending"}
    set_clock(post, datetime(2026, 11, 23, 10, tzinfo=UTC))
    post.send()
    assert post.rows() == {"text": "sent"}


@pytest.mark.databases("sqlite")
def test_who_would_come_in_vain_is_told_at_night(post: Post) -> None:
    set_clock(post, datetime(2026, 11, 24, 6, 30, tzinfo=UTC))
    post.book(ResidentDetails("Robin Sample", phone=NUMBER, contact_preference="text"))
    with post.database.writing() as db:
        db.execute(update(Notification).values(status="sent", closed_at=NIGHT))
    whose = (post.world.authority_id, post.reference)
    cancel(post.runtime, *whose, actor=AGENT, by="authority", reason="No adviser", enforce_cutoff=False)
    post.send()
    assert post.rows("cancelled") == {"text": "sent"}
