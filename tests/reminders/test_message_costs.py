"""What messages have cost: only what was sent, only at a price that the council gives."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from booking.tables import Appointment
from core.database import Database
from reminders.costs.cost_queries import sent_by_month, visits_by_month
from reminders.costs.message_costs import (
    Prices,
    Sent,
    break_even,
    cost_of,
    cost_of_text,
    counted_months,
    last_months,
    prices_of,
    saving_each_month,
    visits_for_one_missed,
)
from reminders.letters import LetterBody
from reminders.messages import EmailBody
from reminders.tables import DeliveryAttempt, Notification
from reminders.texts import TextBody
from reminders.worker import Worker
from tests.reminders.channels import RecordingChannel, writer
from tests.reminders.make_bulk_notifications import owe
from tests.support.factories import catalogue, make_runtime, make_world

SEP, OCT, NOV = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)
BOTH = Prices(Decimal("2.5"), Decimal(60))
TEXTS, LETTERS = Sent(1, "reminder", SEP, 3, 4), Sent(2, "reminder", OCT, letters=2)


@pytest.mark.parametrize(
    ("sent", "prices", "pounds"),
    [
        ([], Prices(), "0"),
        ([TEXTS], BOTH, "0.1"),
        ([LETTERS], BOTH, "1.2"),
        ([TEXTS, LETTERS], BOTH, "1.3"),
        ([TEXTS], Prices(letter=Decimal(60)), None),
        ([LETTERS], Prices(text=Decimal(2)), None),
        ([TEXTS], Prices(text=Decimal(0)), "0"),
        ([Sent(1, "reminder", SEP, uncounted=9)], Prices(), "0"),
    ],
)
def test_a_cost_needs_its_price(sent: list[Sent], prices: Prices, pounds: str | None) -> None:
    assert cost_of(sent, prices) == (None if pounds is None else Decimal(pounds))


def test_a_plan_pays_when_it_saves_one_missed_visit_in_so_many() -> None:
    each_text = cost_of_text([TEXTS, LETTERS], BOTH)
    assert each_text == Decimal(4) * Decimal("2.5") / 3 / 100
    assert cost_of_text([LETTERS], BOTH) is None
    assert cost_of_text([TEXTS], Prices()) is None
    assert [visits_for_one_missed(Decimal(one), Decimal(30)) for one in ("0.07", "30", "31", "0")] == [
        428,
        1,
        None,
        None,
    ]


def test_the_saving_is_the_average_of_the_full_months_since_anything_was_counted() -> None:
    assert last_months(date(2026, 1, 31)) == [date(2025, 10, 1), date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1)]
    months = last_months(date(2026, 12, 5))
    assert counted_months([TEXTS], months[:-1]) == [SEP, OCT, NOV]
    assert counted_months([LETTERS], months[:-1]) == [OCT, NOV]
    assert counted_months([Sent(1, "reminder", SEP, uncounted=9)], months[:-1]) == []
    assert saving_each_month([TEXTS, LETTERS], [OCT, NOV], BOTH) == Decimal("0.6")
    assert saving_each_month([TEXTS], [], BOTH) is None
    assert prices_of("2.33", "", "30") == Prices(Decimal("2.33"), None, Decimal(30))


@pytest.mark.parametrize(
    ("saving", "each", "number"), [("29.99", "30", 1), ("30", "30", 2), ("91", "30", 4), ("1", "0", None)]
)
def test_more_missed_visits_than_this_lose_more_than_is_saved(saving: str, each: str, number: int | None) -> None:
    assert break_even(Decimal(saving), Decimal(each)) == number


def test_each_sending_is_counted_with_its_segments_by_service_and_month(database: Database) -> None:
    """A text that is sent again was paid for twice; emails and what was never sent cost nothing."""
    world, runtime = make_world(database), make_runtime(database, datetime(2026, 11, 23, 9, tzinfo=UTC))
    person = {"phone": "07700 900123", "address": "1 Road", "postcode": "N1 1AA", "contact_preference": "text"}
    now = runtime.clock.now()
    channels = {
        name: RecordingChannel(body_type=body)
        for name, body in {"text": TextBody, "letter": LetterBody, "email": EmailBody}.items()
    }
    for channel in channels:
        owe(database, world, 2, now=now, channel=channel, person=person | {"contact_preference": channel})
    owe(database, world, 1, now=now, channel="text", status="void")
    database.facts["channels"] = frozenset({"email", "text", "letter"})
    worker = Worker(database, runtime.clock, channels, writer(), name="worker-1")
    assert worker.send_due().sent == 6
    with database.writing() as db:
        first_text, first_letter = (
            db.scalars(select(Notification.id).where(Notification.channel == channel).order_by(Notification.id)).first()
            for channel in ("text", "letter")
        )
        returned = update(DeliveryAttempt).where(DeliveryAttempt.notification_id == first_text)
        db.execute(returned.values(outcome="returned"))
        again = {"status": "pending", "next_try_at": now}
        db.execute(update(Notification).where(Notification.id == first_text).values(again))
        db.execute(update(Notification).where(Notification.id == first_letter).values(units_sent=None))
    assert worker.send_due().sent == 1
    council = catalogue(database, world).authority
    with database.reading() as db:
        found = sent_by_month(db, council, [OCT, NOV])
        units = db.scalars(
            select(Notification.units_sent).where(Notification.channel == "text").order_by(Notification.id)
        )
        assert list(units) == [4, 2, None]
    assert found == [Sent(world.service_ids[0], "reminder", NOV, texts=2, segments=6, letters=1, uncounted=1)]


def test_visits_are_counted_when_somebody_wrote_down_how_they_ended(database: Database) -> None:
    world, runtime = make_world(database), make_runtime(database)
    ids = owe(database, world, 5, now=runtime.clock.now())
    states = ("attended", "did_not_attend", "did_not_attend", "cancelled_by_resident", "booked")
    with database.writing() as db:
        for id_, state in zip(ids, states, strict=True):
            db.execute(update(Appointment).where(Appointment.id == id_).values(state=state))
        [visits] = visits_by_month(db, catalogue(database, world).authority, [NOV])
    assert (visits.came, visits.missed) == (1, 2)
