"""Changes by whoever has a link write to people, and nobody has proved that the addresses are theirs: they are counted."""

from __future__ import annotations

from collections import Counter

from flask import Flask

from core.clock import FixedClock
from core.database import Database
from tests.reminders.make_bulk_notifications import notifications
from tests.support.town import make_town
from tests.web.resident.browser import Visitor, fill_in, go_to_times

CHANGES = 10


def booked(app: Flask, address: str = "192.0.2.1", name: str = "Robin Sample") -> tuple[Visitor, str]:
    """A visitor from an address who has booked, and where their appointment is."""
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    visitor = Visitor(client)
    go_to_times(visitor)
    visitor.take_first_time()
    fill_in(visitor, name=name)
    visitor.send("/check")
    at = next(href for _, href in visitor.page.links if href.endswith(".ics"))
    return visitor, at.removeprefix("/testshire").removesuffix(".ics")


def give_address(visitor: Visitor, at: str, number: int) -> int:
    visitor.open(f"{at}/contact")
    visitor.send("/contact", email=f"victim{number % 2}@example.org", contact_preference="email")
    return visitor.status


def test_one_booking_writes_to_others_a_few_times_a_day_and_not_without_end(
    app: Flask, database: Database, clock: FixedClock
) -> None:
    make_town(database)
    visitor, at = booked(app)
    assert [give_address(visitor, at, number) for number in range(CHANGES)] == [200] * CHANGES
    assert [give_address(visitor, at, number) for number in range(CHANGES)] == [200] + [429] * (CHANGES - 1)
    assert "You can try again" in visitor.page.text
    before = len(notifications(database))
    assert give_address(visitor, at, 1) == 429
    assert len(notifications(database)) == before
    another, elsewhere = booked(app, "192.0.2.2", "Kim Sample")
    assert give_address(another, elsewhere, 0) == 200


def test_moving_to_and_fro_is_counted_with_the_other_changes(app: Flask, database: Database, clock: FixedClock) -> None:
    make_town(database)
    visitor, at = booked(app)
    answers: Counter[int] = Counter()
    for number in range(CHANGES + 2):
        reference = at.rpartition("/")[2]
        visitor.open(f"/times?service=certify&moving={reference}&day=2026-11-{25 + number % 2}")
        visitor.send("/move", slot=next(value for _, value in visitor.page.form_to("/move").buttons))
        visitor.send("/move")
        answers[visitor.status] += 1
    assert answers[429] >= 1
    assert answers[200] <= CHANGES + 1


def test_of_one_origin_the_changes_of_all_appointments_are_counted(
    app: Flask, database: Database, clock: FixedClock
) -> None:
    make_town(database)
    answers: Counter[int] = Counter()
    for name in ("Able", "Baker", "Cole", "Dean", "Easton"):
        visitor, at = booked(app, name=f"Robin {name}")
        answers += Counter(give_address(visitor, at, number) for number in range(CHANGES - 1))
    assert answers[429]
    assert answers[200] >= 40
